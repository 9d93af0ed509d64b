"""What a table knows of the rows it shows, so that an update measures only those that are new.

Rows are compared by identity: whoever reads them again hands out unchanged ones as the same objects. The rows are kept
here, so that no other object gets the identity of one that is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Generic

from rich.cells import cell_len

from pulse_tui.tui.kit.filters import Filter
from pulse_tui.tui.kit.rows import Cells, Column, RowT, Spec
from pulse_tui.tui.kit.values import Value, words

AGED_US = 3_600_000_000
"""After an hour all cells are measured again: an age of 99d has become one of 100d."""


def widths_of(cells: Cells) -> tuple[int, ...]:
    """Cells that each text takes on the screen."""
    return tuple([len(text) if text.isascii() else cell_len(text) for text, _ in cells])


class Widest(Generic[RowT]):
    """The widest cell of each column."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self._cells: Any = None
        self._at_us = 0
        self._rows: Mapping[int, RowT] = {}
        self._widths: dict[int, tuple[int, ...]] = {}
        self._counts: Counter[tuple[int, ...]] = Counter()

    def measure(self, spec: Spec[RowT], rows: Sequence[RowT], now_us: int) -> list[int]:
        """Cells of the widest text of each column, titles included. ``now_us`` is the moment ages are counted from."""
        if spec.cells is not self._cells or abs(now_us - self._at_us) > AGED_US:
            self._cells, self._at_us, self._rows, self._widths, self._counts = spec.cells, now_us, {}, {}, Counter()
        kept = dict(zip(map(id, rows), rows, strict=True))
        for gone in self._rows.keys() - kept.keys():
            widths = self._widths.pop(gone)
            self._counts[widths] -= 1
            if not self._counts[widths]:
                del self._counts[widths]
        of = spec.widths
        shared = {widths: widths for widths in self._counts}  # thousands of rows have few of them
        added: list[tuple[int, ...]] = []
        for new, row in kept.items():
            if new not in self._rows:
                widths = of(row) if of is not None else widths_of(spec.cells(row, now_us))
                self._widths[new] = widths = shared.setdefault(widths, widths)
                added.append(widths)
        self._counts.update(added)
        self._rows = kept
        titles = [len(column.title) for column in spec.columns]
        return [max(each) for each in zip(titles, *self._counts, strict=True)]


class Sieve(Generic[RowT]):
    """The rows that a filter lets through."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._for: tuple[object, object] = (None, None)
        self._rows: Sequence[RowT] = ()
        self._passes: Mapping[int, bool] = {}

    def let_through(
        self, filter: Filter, spec: Spec[RowT], rows: Sequence[RowT], now_us: int = 0, zone: tzinfo = UTC
    ) -> Sequence[RowT]:
        """Those that match at this moment, in their order; the rows themselves where there is no filter. Raises BadFilter where that takes too long."""
        kept = self._matching(filter, spec, rows)
        if filter.wanted:
            kept = [row for row in kept if spec.wants_attention(row)]
        moment = spec.moment
        if moment is None or not filter.timed:
            return kept
        holds = filter.judge(now_us, zone)
        return [row for row in kept if holds(moment(row))]

    def _matching(self, filter: Filter, spec: Spec[RowT], rows: Sequence[RowT]) -> Sequence[RowT]:
        if not filter.terms:
            self._rows, self._passes = (), {}
            return rows
        fields, matches, budget = spec.fields, filter.matches, filter.budget(len(rows))
        if self._for != (filter, fields):
            self._for, self._passes = (filter, fields), {}
        known, passes, kept = self._passes, {}, []
        for row in rows:
            fits = known.get(id(row))
            if fits is None:
                fits = matches(fields(row))
                if budget is not None:
                    budget.check()
            passes[id(row)] = fits
            if fits:
                kept.append(row)
        self._rows, self._passes = tuple(rows), passes
        return kept


class Order(Generic[RowT]):
    """The rows sorted by a column."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._for: tuple[object, object] = (None, None)
        self._rows: Sequence[RowT] = ()
        self._values: Mapping[int, Value] = {}

    def sort(self, spec: Spec[RowT], column: Column, rows: Sequence[RowT], *, turned: bool) -> list[RowT]:
        """By the column's values, the unknown last either way; equals stay in the order that the rows come in."""
        if self._for != (column, spec.cells):
            self._for, self._values = (column, spec.cells), {}
        by = column.by or _words_in(spec, column)
        known = self._values
        values = {id(row): known[id(row)] if id(row) in known else by(row) for row in rows}
        self._rows, self._values = tuple(rows), values
        unknown = [row for row in rows if values[id(row)] is None]
        ordered = [row for row in rows if values[id(row)] is not None] if unknown else rows
        key: Callable[[RowT], Any] = lambda row: values[id(row)]  # noqa: E731
        return [*sorted(ordered, key=key, reverse=column.most_first is not turned), *unknown]


def _words_in(spec: Spec[RowT], column: Column) -> Callable[[RowT], Value]:
    """Of its cell, where nobody says what the column is sorted by."""
    place, cells = spec.columns.index(column), spec.cells
    return lambda row: words(cells(row, 0)[place][0])
