"""A table of rows keyed by id, drawn line by line, that keeps its cursor and its place through every update.

Textual's DataTable forgets cursor and scroll when refilled and writes 800 bytes for a cursor key; this one redraws
the marker and the first cell of two lines. A million rows cost nothing to show: only visible lines are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final, Generic

from rich.cells import cell_len
from rich.style import Style

from pulse_tui.domain.views.beginning import at_hand
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.canvas import Canvas, Span, fit, frame_bottom, frame_top, notice, safe
from pulse_tui.tui.kit.columns import Arrangement, BadColumn, arrow, found, letters, title_spans
from pulse_tui.tui.kit.filters import WANTED, Filter, parse
from pulse_tui.tui.kit.manners import manners
from pulse_tui.tui.kit.measured import Order, Sieve, Widest
from pulse_tui.tui.kit.rows import Column, RowT, Spec, column_widths

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref

URGENT_WORDS = ("P1", "P2")
"""Rows of these priorities are never hidden without a word."""
CONTEXT = 2
"""Rows that stay in sight when the cursor scrolls past an edge."""
HEAD = 2  # the frame's top line and the column titles
MARK: Final = "*"
"""Stands in the frame beside a marked row: seen without colour, and no column loses a cell to it."""


class Table(Canvas, Generic[RowT]):
    """Rows of one :class:`~pulse_tui.tui.kit.rows.Spec`, with a cursor and a filter, inside a frame."""

    empty = ""
    """What stands in the place of no rows, where that depends on more than the rows; else the spec's words."""

    zone: tzinfo = UTC
    """Of the clock times that a filter names."""

    def __init__(self, spec: Spec[RowT], *, id: str) -> None:
        """It shows "reading…" until the first :meth:`update_rows`."""
        super().__init__(id=id)
        self.spec = spec
        self.filter = Filter()
        self.arrangement = Arrangement()
        self.letters: dict[str, str] = {}
        """By column, the capital letter that sorts by it."""
        self.marks: frozenset[str] = frozenset()
        """Keys of the marked rows: each of a row that is there, though the filter may hide it."""
        self._anchor: str | None = None
        """The key that was marked last: where a range begins."""
        self._taken: Collection[str] = ()
        self.focused_pane = False
        self._all: Sequence[RowT] | None = None
        self._rows: Sequence[RowT] = []
        self._cursor = 0
        self._top = 0
        self._now_us = 0
        self._wanted_key: str | None = None
        self._widest: list[int] = [len(column.title) for column in spec.columns]
        self._measured: Widest[RowT] = Widest()
        self._sieve: Sieve[RowT] = Sieve()
        self._order: Order[RowT] = Order()
        self._widths: tuple[int, ...] = ()

    def on_mount(self) -> None:
        """What a filter calls ``03:00`` is by the operator's own clock."""
        self.zone = manners(self.app).zone or UTC

    # ------------------------------------------------------------------ what it shows

    @property
    def heading(self) -> str:
        """The title in the frame; what it says of the rows' own order only while they stand in it."""
        return self.spec.title.partition(", ")[0] if self.arrangement.sort else self.spec.title

    @property
    def marked(self) -> list[RowT]:
        """The marked rows: those that are seen in their order, then those that the filter hides."""
        if not self.marks:
            return []
        key, seen = self.spec.key, [row for row in self._rows if self.spec.key(row) in self.marks]
        known = {key(row) for row in seen}
        return [*seen, *(row for row in self._all or () if (k := key(row)) in self.marks and k not in known)]

    @property
    def chosen(self) -> list[RowT]:
        """What an action is about: the marked rows, else the row under the cursor."""
        return self.marked or ([self.row] if self.row is not None else [])

    def one(self) -> RowT | None:
        """What a key for a single row acts on: the row under the cursor. While others are marked it acts on nothing and says so:
        the cursor goes on when a row is marked, so that it stands where nobody looks."""
        row = self.row
        if row is not None and self.marks - {self.spec.key(row)}:
            self.post_message(Say(f"{len(self.marks)} marked; this key acts on the cursor's row alone: unmark first"))
            return None
        return row

    @property
    def copied_text(self) -> str:
        """What ``y`` copies: a line for each chosen row."""
        return "\n".join(self.spec.copied(row) for row in self.chosen)

    @property
    def row(self) -> RowT | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    def ref(self) -> Ref | None:
        """What the row under the cursor is; None where that has no name."""
        row = self.row
        return self.spec.ref(row) if row is not None and self.spec.ref is not None else None

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor (or of the row that was asked for and is not there yet)."""
        return self.spec.key(self._rows[self._cursor]) if self._rows else self._wanted_key

    @property
    def cursor(self) -> int:
        """Index of the cursor among the rows that the filter lets through."""
        return self._cursor

    @property
    def top(self) -> int:
        """Index of the first visible row."""
        return self._top

    @property
    def rows(self) -> Sequence[RowT]:
        """The rows that the filter lets through."""
        return self._rows

    @property
    def total(self) -> int:
        """How many rows there are, those that the filter hides too."""
        return len(self._all or ())

    @property
    def hidden(self) -> str:
        """``1 P1, 2 P2 hidden by the filter``; empty when it hides none of these."""
        if not self.filter.terms or self._all is None or len(self._rows) == len(self._all):
            return ""
        counts = Counter(getattr(row, "priority", "") for row in self._all)
        counts.subtract(getattr(row, "priority", "") for row in self._rows)
        words = ", ".join(f"{counts[priority]} {priority}" for priority in URGENT_WORDS if counts[priority])
        return f"{words} hidden by the filter" if words else ""

    @property
    def page(self) -> int:
        """How many rows are visible."""
        return max(1, self.size.height - HEAD - 1)

    # ------------------------------------------------------------------ updates

    def update_rows(self, rows: Sequence[RowT], now_us: int) -> None:
        """Show these rows. The cursor stays on its key; when that is gone, at its place.

        The lines on the screen stay where they are too, except that a table scrolled to its top stays at its
        top, so that a new row above is seen.
        """
        self._now_us = now_us
        if self._all is None or rows != self._all:
            self._all = rows
            self._measure()
            self._choose()
        elif self.filter.timed:
            self._choose()
        if self.marks:
            self.marks &= self.known_keys()
        self.redraw()

    def known_keys(self) -> set[str]:
        """The keys that a mark may have: a mark whose row is gone goes with it."""
        return set(map(self.spec.key, self._all or ()))

    def use(self, spec: Spec[RowT]) -> None:
        """Draw the same rows in another way; cursor and filter stay, and the arrangement where it has the columns."""
        self.spec = spec
        if not {c.called for c in spec.columns} >= {self.arrangement.sort or spec.columns[0].called}:
            self.arrangement = self.arrangement._replace(sort="", turned=False)
        self._lettered()
        self._measure()
        self._choose()
        self.redraw()

    def tick(self, now_us: int) -> None:
        """Time went on: repaint the ages that ticked over, and judge again what the filter says about when."""
        self._now_us = now_us
        if self.filter.timed and self._all is not None:
            self._choose()
        self.redraw()

    def set_filter(self, text: str) -> None:
        """Filter the rows; an empty text shows all. Raises BadFilter and leaves the old filter."""
        before = self.filter
        self.filter = parse(text, self.spec.names, moments=self.spec.moment is not None)
        try:
            self._let_through()
        except BadFilter:
            self.filter = before
            raise
        finally:
            self._choose()
        self.redraw()

    # ------------------------------------------------------------------ its arrangement

    def show_as(self, arrangement: Arrangement) -> None:
        """Sort the rows and show the columns like this. Raises BadColumn for a tree that is to be sorted."""
        if arrangement.sort and self.spec.fixed:
            raise BadColumn("a tree keeps its order: nothing else sorts it")
        self.arrangement = arrangement
        self._lettered()
        self._choose()
        self.redraw()

    def widen(self) -> list[str]:
        """Show every column, or where all are shown those that are by themselves; returns which have no room."""
        self.show_as(self.arrangement.widened(self.spec.columns))
        return [
            column.called
            for column, width in zip(self.spec.columns, self._widths, strict=False)
            if self.arrangement.shows(column) and not width
        ]

    def take_letters(self, taken: Collection[str]) -> None:
        """Capital letters that are keys already: they sort nothing here."""
        self._taken = taken
        self._lettered()

    def sort_letter(self, letter: str) -> bool:
        """Sort by the column whose title has this letter underlined. False when none has."""
        name = next((name for name, given in self.letters.items() if given == letter), None)
        if name is None:
            return False
        self.show_as(self.arrangement.sorted_by(name))
        return True

    def _lettered(self) -> None:
        columns = [] if self.spec.fixed else [c for c in self.spec.columns if self.arrangement.shows(c)]
        self.letters = letters(columns, self._taken)

    # ------------------------------------------------------------------ marks

    def mark(self) -> None:
        """Mark the row under the cursor, or take its mark away; the cursor goes on."""
        if self.row is not None:
            self._anchor = self.spec.key(self.row)
            self.marks ^= {self._anchor}
            self.move(1)
            self.redraw()

    def mark_range(self) -> int:
        """Mark every row that is seen from the one marked last to the cursor; returns how many. 0: none is marked to begin from."""
        if self._anchor not in self.marks:
            return 0
        keys = list(map(self.spec.key, self._rows))
        start = keys.index(self._anchor) if self._anchor in keys else None
        if start is None:
            return 0
        between = keys[min(start, self._cursor) : max(start, self._cursor) + 1]
        self.marks |= frozenset(between)
        self._anchor = keys[self._cursor]
        self.redraw()
        return len(between)

    def invert_marks(self) -> None:
        """Of the rows that the filter lets through, mark those that are not. Marks that it hides stay."""
        self.marks ^= frozenset(map(self.spec.key, self._rows))
        self.redraw()

    def mark_all(self) -> None:
        """Mark every row that the filter lets through; where all of them are marked, none."""
        keys = frozenset(map(self.spec.key, self._rows))
        self.marks = frozenset() if keys <= self.marks else self.marks | keys
        self.redraw()

    def unmark(self, keys: Collection[str] | None = None) -> bool:
        """These marks go; None: all. False when none went."""
        left = frozenset() if keys is None else self.marks - frozenset(keys)
        went, self.marks = left != self.marks, left
        self.redraw()
        return went

    def want(self, key: str) -> bool:
        """Put the cursor on ``key``, now or when such a row arrives. False when it is not there now."""
        for index, row in enumerate(self._rows):
            if self.spec.key(row) == key:
                self._wanted_key = None
                self._go(index)
                return True
        if self._all is None:
            self._wanted_key = key
        return False

    def set_focused(self, focused: bool) -> None:
        """Draw the frame of the pane that takes the keys."""
        if focused != self.focused_pane:
            self.focused_pane = focused
            self.redraw()

    def _measure(self) -> None:
        self._widest = self._measured.measure(self.spec, at_hand(self._all or ()), self._now_us)
        self._widths = ()

    def _choose(self) -> None:
        """Apply the filter and keep the cursor on its key."""
        wanted, row = self._wanted_key, self.row
        offset, was_at_top = self._cursor - self._top, self._top == 0
        try:
            self._rows = self._let_through()
        except BadFilter as error:  # with other rows it took no longer than it may: all are shown rather than too few
            self.post_message(Say(f"the filter /{self.filter.text} was taken away: {error}", bad=True))
            self.filter = Filter()
            self._rows = self._let_through()
        if self.arrangement.sort:
            column = found(self.arrangement.sort, self.spec.columns)
            self._rows = self._order.sort(self.spec, column, self._rows, turned=self.arrangement.turned)
        place = self._place_of(wanted, row)
        if place is not None:
            self._wanted_key = None
            self._cursor = place
            self._top = 0 if was_at_top else place - offset
        else:
            self._cursor = min(self._cursor, max(0, len(self._rows) - 1))
        self._keep_visible()

    def _let_through(self) -> Sequence[RowT]:
        return self._sieve.let_through(self.filter, self.spec, self._all or (), self._now_us, self.zone)

    def _place_of(self, wanted: str | None, row: RowT | None) -> int | None:
        """Where the wanted key stands, else this row; None when it is gone."""
        rows = at_hand(self._rows)  # where it is none of these it is found once all are there
        if wanted is None:
            if row is None:
                return None
            try:
                return rows.index(row)  # as it was: no key has to be made
            except ValueError:
                wanted = self.spec.key(row)
        spec_key = self.spec.key
        return next((n for n, other in enumerate(rows) if spec_key(other) == wanted), None)

    # ------------------------------------------------------------------ the cursor

    def move(self, by: int) -> bool:
        """Move the cursor by rows, to the first or last at most. False when it stood there already."""
        return self._go(self._cursor + by)

    def move_pages(self, by: float) -> bool:
        """Move by pages (0.5 is half of one)."""
        step = round(by * self.page)
        return self._go(self._cursor + (step or (1 if by > 0 else -1)))

    def move_to_edge(self, last: bool) -> bool:
        """To the first or the last row."""
        return self._go(len(self._rows) - 1 if last else 0)

    def move_to_attention(self, by: int) -> bool:
        """To the next (1) or previous (-1) row that wants attention, round the end."""
        count = len(self._rows)
        for n in range(1, count):
            index = (self._cursor + by * n) % count
            if self.spec.wants_attention(self._rows[index]):
                return self._go(index)
        return False

    def _go(self, index: int) -> bool:
        index = max(0, min(index, len(self._rows) - 1))
        if index == self._cursor or not self._rows:
            return False
        before, top = self._cursor, self._top
        self._cursor, self._wanted_key = index, None
        self._keep_visible()
        if self._top == top:
            self.redraw((before - top + HEAD, index - top + HEAD))
        else:
            self.redraw()
        return True

    def _keep_visible(self) -> None:
        page = self.page
        if not self._top <= self._cursor < self._top + page:
            # Nearly a page at the edge: a held key then scrolls once a page, not at every row (2 kB a key).
            jump = max(page // 2, page - 1 - CONTEXT)
            self._top = self._cursor - (page - 1 - jump) if self._cursor >= self._top + page else self._cursor - jump
        self._top = max(0, min(self._top, len(self._rows) - page))

    # ------------------------------------------------------------------ drawing

    def prepare(self, width: int, height: int) -> None:
        shown = [n for n, column in enumerate(self.spec.columns) if self.arrangement.shows(column)]
        columns = tuple(self.spec.columns[n] for n in shown)
        widest = [  # the title of the sorted column has its arrow beside it
            max(self._widest[n], (len(column.title) + 1) * (column.called == self.arrangement.sort))
            for n, column in zip(shown, columns, strict=True)
        ]
        given = dict(zip(shown, column_widths(columns, widest, max(0, width - 3)), strict=True))
        self._widths = tuple(given.get(n, 0) for n in range(len(self.spec.columns)))
        self._keep_visible()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        line_style = styles.FOCUS if self.focused_pane else styles.DIM
        if y == 0:
            title_style = styles.FOCUS if self.focused_pane else styles.BOLD
            return frame_top(
                self.heading + self._sorting(), self._count(), width, focused=self.focused_pane, title_style=title_style,
                line_style=line_style,
            )  # fmt: skip
        if y == height - 1:
            hidden = self.hidden
            text = f"/{self.filter.text}" if self.filter.terms else ""
            style = styles.ALARM if hidden else styles.WARN
            return frame_bottom(f"{hidden} {text}".strip(), width, text_style=style, line_style=styles.DIM)
        inner = self._inner(y - 1, width - 2)
        side = (MARK, styles.FOCUS) if self._is_marked(self._top + y - HEAD) and y >= HEAD else ("│", styles.DIM)
        return (side, *inner, (self._thumb(y, height) or "│", styles.DIM))

    def as_text(self) -> str:
        """The rows that the filter lets through, in their order, with the columns that are shown: all of them, as wide as they are."""
        columns = [n for n, column in enumerate(self.spec.columns) if self.arrangement.shows(column)]
        rows = [
            [safe(cells[n][0]) for n in columns] for cells in (self.spec.cells(row, self._now_us) for row in self._rows)
        ]
        titles = [self.spec.columns[n].title for n in columns]
        widths = [max(map(cell_len, column)) for column in zip(titles, *rows, strict=True)]
        mark = [MARK if self._is_marked(n) else " " for n in range(len(rows))]
        head = f"{self.heading}  {self._count()}" + (f"  /{self.filter.text}" if self.filter.terms else "")
        right = [self.spec.columns[n].right for n in columns]
        lines = [
            " ".join(
                [mark, *(fit(text, wide, right=r) for text, wide, r in zip(row, widths, right, strict=True))]
            ).rstrip()
            for mark, row in zip([" ", *mark], [titles, *rows], strict=True)
        ]
        return "\n".join([head, *lines, ""])

    def _is_marked(self, index: int) -> bool:
        return bool(self.marks) and 0 <= index < len(self._rows) and self.spec.key(self._rows[index]) in self.marks

    def _sorting(self) -> str:
        """What the rows are sorted by, where no column that is drawn says so."""
        name = self.arrangement.sort
        for column, width in zip(self.spec.columns, self._widths, strict=False):
            if column.called == name and not width:
                return f" ─ by {name} {arrow(column, self.arrangement)}"
        return ""

    def _count(self) -> str:
        if self._all is None:
            return ""
        total = len(self._all)
        count = f"{len(self._rows)} of {total}" if self.filter.terms else (str(total) if total else "")
        return f"{self.marked_words()} · {count}" if self.marks else count

    def marked_words(self) -> str:
        """``3 marked``, and how many of them the filter hides. Empty without any."""
        if not self.marks:
            return ""
        unseen = len(self.marks) - sum(self.spec.key(row) in self.marks for row in self._rows)
        return f"{len(self.marks)} marked" + (f", {unseen} of them hidden" if unseen else "")

    def _thumb(self, y: int, height: int) -> str:
        """A block in the right border where the visible part lies, when not all is visible."""
        count, page = len(self._rows), self.page
        if count <= page or not HEAD <= y < height - 1:
            return ""
        size = max(1, page * page // count)
        start = HEAD + (page - size) * self._top // max(1, count - page)
        return "█" if start <= y < start + size else ""

    def _inner(self, y: int, width: int) -> list[Span]:
        if y == 0:
            return self._title_spans(width)
        if not self._rows:
            return [notice(self._nothing(), y - 1, width)]
        index = self._top + y - 1
        if index >= len(self._rows):
            return [(" " * width, styles.PLAIN)]
        cells = list(self.spec.cells(self._rows[index], self._now_us))
        if index != self._cursor:
            return self._row_spans(cells, width, " ", styles.PLAIN)
        if self.focused_pane:
            first = next((n for n, cell_width in enumerate(self._widths) if cell_width), 0)
            cells[first] = (cells[first][0], cells[first][1] + styles.REVERSE + styles.BOLD)
        return self._row_spans(cells, width, "▌", styles.FOCUS if self.focused_pane else styles.DIM)

    def _title_spans(self, width: int) -> list[Span]:
        spans: list[Span] = [(" ", styles.PLAIN)]
        used = 1
        for column, cell_width in zip(self.spec.columns, self._widths, strict=False):
            if cell_width:
                spans.append((" " * (used > 1), styles.DIM))
                pointing = arrow(column, self.arrangement)
                spans += title_spans(column, self.letters.get(column.called, ""), pointing, cell_width)
                used += cell_width + (used > 1)
        spans.append((" " * max(0, width - used), styles.PLAIN))
        return spans

    def _nothing(self) -> str:
        if self._all is None:
            return "reading…"
        if self._all and self.filter.text == WANTED:
            return "nothing here wants attention. Esc shows all"
        if self._all:
            return f"nothing matches /{self.filter.text}. Esc clears the filter"
        return self.empty or self.spec.empty

    def _row_spans(self, cells: Sequence[Span], width: int, marker: str, marker_style: Style) -> list[Span]:
        spans: list[Span] = [(marker, marker_style)]
        used = 1
        for (text, style), column, cell_width in zip(cells, self.spec.columns, self._widths, strict=False):
            if cell_width:
                if used > 1:  # a gap between equals takes their style: one run, fewer bytes
                    spans.append((" ", style if spans[-1][1] == style == styles.DIM else styles.PLAIN))
                    used += 1
                spans.append((fit(_short(text, column, cell_width), cell_width, right=column.right), style))
                used += cell_width
        if used < width:
            spans.append((" " * (width - used), styles.PLAIN))
        return spans


def _short(text: str, column: Column, width: int) -> str:
    return column.shorten(text, width) if column.shorten is not None and cell_len(text) > width else text
