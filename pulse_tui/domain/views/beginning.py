"""Many rows of which the first are at hand: what a screen needs before anybody scrolls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

RowT = TypeVar("RowT")


class Beginning(Sequence[RowT]):
    """All of many rows, of which the first are at hand: the others are read once somebody asks for one of them.

    Equal to nothing but itself: to compare it would be to read them.
    """

    def __init__(self, first: tuple[RowT, ...], total: int, rows: Callable[[], Sequence[RowT]]) -> None:
        """``rows`` reads all of them, ``total`` rows that begin with the ``first``; it may take a fifth of a second."""
        self.first = first
        self._total, self._read = total, rows
        self._rows: Sequence[RowT] | None = None

    def _all(self) -> Sequence[RowT]:
        if self._rows is None:
            self._rows = self._read()
        return self._rows

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | Sequence[RowT]:
        near = isinstance(index, int) and 0 <= index < len(self.first)
        return self.first[index] if near else self._all()[index]

    def __iter__(self) -> Iterator[RowT]:
        yield from self.first
        if len(self.first) < self._total:
            yield from self._all()[len(self.first) :]


def at_hand(rows: Sequence[RowT]) -> Sequence[RowT]:
    """The rows that cost nothing to look at."""
    return rows.first if isinstance(rows, Beginning) else rows
