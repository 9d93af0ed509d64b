"""Screens with a table whose rows ``/`` filters: the line it opens, and the moves over the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.kit.filters import BadFilter
from pulse_tui.tui.kit.screen import BaseScreen, Head

if TYPE_CHECKING:
    from textual import events
    from textual.widgets import Input

    from pulse_tui.tui.kit.keys import Key
    from pulse_tui.tui.kit.table import Table


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

    def the_table(self) -> Table[Any] | None:
        """The table that takes the keys."""
        raise NotImplementedError

    def filtered(self) -> None:
        """The table shows other rows than before."""

    def moved(self) -> None:
        """The cursor stands on another row."""

    # ------------------------------------------------------------------ the line

    async def action_filter(self) -> None:
        table = self.the_table()
        if table is None or self._filter_line is not None:
            return
        from textual.widgets import Input  # noqa: PLC0415  nobody needs it before the first /

        line = Input(table.filter.text, placeholder=self.EXAMPLES, id="filter", compact=True)
        line.cursor_blink = False
        self._filter_line, self._filter_before = line, table.filter.text
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
