"""The dialog that sorts a table by a column and shows and hides columns; the table behind it follows at every key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, fit
from pulse_tui.tui.kit.columns import Arrangement, BadColumn, arrow
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.table import Table

ROOM = 12
"""Columns that are listed at once."""


class ArrangeScreen(GuardedScreen[None]):
    """A line for each column of the table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("j,down", "move(1)", "down"),
        bind("k,up", "move(-1)", "up"),
        bind("enter", "sort", "sort", "sort by the column; again: the other way round; again: as the rows come"),
        bind("space", "show", "show, hide", "show the column, or hide it"),
        bind("d", "default", "default", "all as at first"),
        bind("escape,q,o", "cancel", "close", "close; the table stays as it is arranged", show=True),
    ]
    DEFAULT_CSS = "ArrangeScreen #card { width: 1fr; height: auto; max-height: 100%; border-top: heavy ansi_cyan; }"

    def __init__(self, table: Table[Any], changed: Callable[[], object]) -> None:
        """``changed`` is called after each change of the table."""
        super().__init__()
        self.table, self.changed = table, changed
        self.columns = table.spec.columns
        self.cursor = next((n for n, c in enumerate(self.columns) if c.called == table.arrangement.sort), 0)
        self.wrong = ""
        self.lines = Lines(self._lines())

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield self.lines

    def _lines(self) -> list[list[Span]]:
        head: list[Span] = [(" Sort and columns  ", styles.FOCUS), (self.table.spec.title, styles.PLAIN)]
        first = max(0, min(self.cursor - ROOM // 2, len(self.columns) - ROOM))
        rows = [self._line(n) for n in range(first, min(first + ROOM, len(self.columns)))]
        keys = "Enter sorts, turns, stops   Space shows, hides   d as at first   Esc closes"
        wrong: Span = (f" ✖ {self.wrong}", styles.BAD)
        return [head, *rows, [wrong if self.wrong else (f" {keys}", styles.DIM)]]

    def _line(self, n: int) -> list[Span]:
        column, arrangement = self.columns[n], self.table.arrangement
        shows, pointing = arrangement.shows(column), arrow(column, arrangement)
        letter = self.table.letters.get(column.called, "")
        here = n == self.cursor
        words = f"{pointing} sorted" if pointing else f"{letter} sorts" if letter else ""
        return [
            (" ▌" if here else "  ", styles.FOCUS),
            (fit(column.called, 22), styles.BOLD if here else styles.PLAIN),
            ("shown   " if shows else "hidden  ", styles.PLAIN if shows else styles.DIM),
            (words, styles.BOLD if pointing else styles.DIM),
        ]

    def _arrange(self, make: Callable[[], Arrangement]) -> None:
        try:
            self.table.show_as(make())
            self.wrong = ""
        except BadColumn as error:
            self.wrong = str(error)
        self.lines.show(self._lines())
        self.changed()

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self.columns) - 1))
        self.lines.show(self._lines())

    def action_sort(self) -> None:
        self._arrange(lambda: self.table.arrangement.sorted_by(self.columns[self.cursor].called))

    def action_show(self) -> None:
        self._arrange(lambda: self.table.arrangement.toggled(self.columns[self.cursor].called, self.columns))

    def action_default(self) -> None:
        self._arrange(Arrangement)
