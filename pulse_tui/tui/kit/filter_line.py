"""Screens with a table: the line that ``/`` opens, the moves, the marks, and what the rows are sorted by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from pulse_tui.tui.asks.common import Arrange, Say
from pulse_tui.tui.kit.columns import kept, restored
from pulse_tui.tui.kit.filters import BadFilter
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.screen import BaseScreen, Head

if TYPE_CHECKING:
    from textual import events
    from textual.widgets import Input

    from pulse_tui.tui.kit.keys import Key
    from pulse_tui.tui.kit.table import Table


MARKS: Final = (
    bind("space", "mark", "mark", "mark the row for the next action, or take its mark away, and go on; a * stands beside it"),
    bind("ctrl+a", "mark_all", "mark all", "mark every row that the filter lets through; again: none"),
    bind(
        "o", "arrange", "sort",
        "sort by a column, show and hide columns; a capital letter underlined in a title sorts at once", show=True,
    ),
)  # fmt: skip
TIMES: Final = "  age<1h  since=03:00"
"""What the line adds to its examples where rows have a moment."""


class FilterScreen(BaseScreen):
    """Opens a line above the last one; the table follows while typing, and what makes no sense is reported, not applied."""

    DEFAULT_CSS = """
    FilterScreen #filter { dock: bottom; height: 1; margin-bottom: 1; border: none; padding: 0 1; background: ansi_default; }
    """
    EXAMPLES = "text  !text  state=FAIL  owner:ml"

    def __init__(self, head: Head, keys: Sequence[Key] | None = None) -> None:
        """No line is open. ``keys`` as of :class:`BaseScreen`."""
        super().__init__(head, keys)
        self._filter_line: Input | None = None
        self._filter_before = ""
        self.kept: dict[str, str] = {}
        """How tables of pages are arranged, by names of the session file; whoever opens a page gives it the tower's."""

    def the_table(self) -> Table[Any] | None:
        """The table that takes the keys."""
        raise NotImplementedError

    def filtered(self) -> None:
        """The table shows other rows than before."""

    def moved(self) -> None:
        """The cursor stands on another row."""

    def on_mount(self) -> None:
        """Arrange the table as it was left."""
        super().on_mount()
        self.arranged_as_left()

    def arranged_as_left(self) -> None:
        """The table as it was left, in this session or the last."""
        if (table := self.the_table()) is None:
            return
        table.take_letters(capitals(self.all_keys))
        arrangement, complaints = restored(self.kept, table.spec.called, table.spec.columns)
        if not table.spec.fixed or not arrangement.sort:
            table.show_as(arrangement)
        for complaint in complaints:
            self.post_message(Say(complaint, bad=True))

    def rearranged(self) -> None:
        """Somebody arranged the table otherwise: keep it."""
        if (table := self.the_table()) is not None:
            name = table.spec.called
            for what in ("sort", "columns"):
                self.kept.pop(f"{name}.{what}", None)
            self.kept.update(kept(table.arrangement, name))
            self.moved()

    # ------------------------------------------------------------------ the line

    async def action_filter(self) -> None:
        table = self.the_table()
        if table is None or self._filter_line is not None:
            return
        from textual.widgets import Input  # noqa: PLC0415  nobody needs it before the first /

        examples = self.EXAMPLES + (TIMES if table.spec.moment is not None else "")
        line = Input(table.filter.text, placeholder=examples, id="filter", compact=True)
        line.cursor_blink = False
        self._filter_line, self._filter_before = line, table.filter.text
        self.bottom.type_into("Enter keeps the filter  Esc leaves the line")
        await self.mount(line)
        self.set_focus(line)  # at once: the next key may be here already

    def on_input_changed(self, event: Input.Changed) -> None:
        """The table follows while typing; a half-written comparison leaves it as it is."""
        self._filter(event.value, quiet=True)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps the filter."""
        if self._filter(event.value, quiet=False):
            await self._close_filter()

    async def key_escape(self, event: events.Key) -> None:
        """Esc in the line leaves it; the filter stays as it was typed so far (Esc again clears it)."""
        if self._filter_line is not None:
            event.stop()  # it is not also the screen's own Esc
            await self._close_filter()

    async def _close_filter(self) -> None:
        line, self._filter_line = self._filter_line, None
        if line is not None:
            self.bottom.type_into("")
            self.set_focus(None)
            await line.remove()

    def _filter(self, text: str, *, quiet: bool) -> bool:
        table = self.the_table()
        if table is None:
            return True
        try:
            table.set_filter(text)
        except BadFilter as error:
            table.set_filter(self._filter_before)
            if not quiet:
                self.post_message(Say(str(error), bad=True))
            return False
        self.filtered()
        return True

    def clear_filter(self) -> bool:
        """All rows again. False when none were hidden."""
        table = self.the_table()
        if table is None or not table.filter.terms:
            return False
        table.set_filter("")
        self.filtered()
        return True

    # ------------------------------------------------------------------ marks and order

    def action_mark(self) -> None:
        if (table := self.the_table()) is not None:
            table.mark()
            self.moved()

    def action_mark_all(self) -> None:
        if (table := self.the_table()) is not None:
            table.mark_all()
            self.moved()

    def unmark(self, keys: Collection[str] | None = None) -> bool:
        """These rows are not marked any more; None: none is. False when none of them was."""
        table = self.the_table()
        if table is None or not table.unmark(keys):
            return False
        self.moved()
        return True

    def action_arrange(self) -> None:
        if self.the_table() is not None:
            self.post_message(Arrange())

    def on_key(self, event: events.Key) -> None:
        """A capital letter that is no key of this screen sorts by the column whose title has it underlined."""
        table, letter = self.the_table(), event.character or ""
        if table is not None and self._filter_line is None and letter.isupper() and table.sort_letter(letter):
            event.stop()
            self.rearranged()

    # ------------------------------------------------------------------ moving

    def action_move(self, by: int) -> None:
        table = self.the_table()
        if table is not None and table.move(by):
            self.moved()

    def action_pages(self, by: float) -> None:
        table = self.the_table()
        if table is not None and table.move_pages(by):
            self.moved()

    def action_edge(self, last: bool) -> None:
        table = self.the_table()
        if table is not None and table.move_to_edge(last):
            self.moved()

    def action_attention(self, by: int) -> None:
        table = self.the_table()
        if table is None:
            return
        if table.move_to_attention(by):
            self.moved()
        else:
            self.post_message(Say("nothing else here wants attention"))


def capitals(keys: Sequence[Key]) -> frozenset[str]:
    """The capital letters among the keys."""
    return frozenset(one for key in keys for one in key.key.split(",") if len(one) == 1 and one.isupper())
