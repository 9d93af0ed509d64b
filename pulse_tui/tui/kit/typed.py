"""Screens on which words are typed into a line above the last one: what is looked for follows at every letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pulse_tui.tui.kit.screen import BaseScreen, Head

if TYPE_CHECKING:
    from textual import events
    from textual.widgets import Input

    from pulse_tui.tui.kit.keys import Key


class TypedScreen(BaseScreen):
    """One line at a time. Subclasses say what its words do."""

    DEFAULT_CSS = """
    TypedScreen #typed { dock: bottom; height: 1; margin-bottom: 1; border: none; padding: 0 1; background: ansi_default; }
    """

    def __init__(self, head: Head, keys: Sequence[Key] | None = None) -> None:
        """No line is open. ``keys`` as of :class:`BaseScreen`."""
        super().__init__(head, keys)
        self._line: Input | None = None
        self.closing = False
        """Enter or Esc is on its way to the line: what is typed behind it is dropped, for it is meant neither for the line nor for
        what the screen shows before its words are applied."""

    @property
    def typing(self) -> bool:
        """Whether a line is open: letters are text, not keys."""
        return self._line is not None

    def typed(self, text: str) -> None:
        """The line's words changed; half of them may make no sense."""
        raise NotImplementedError

    def entered(self, text: str) -> bool:
        """Enter was pressed. False keeps the line open."""
        raise NotImplementedError

    async def open_line(self, text: str, placeholder: str, keys: str) -> None:
        """Open it; ``keys``: what Enter and Esc do."""
        if self._line is not None:
            return
        from textual.widgets import Input  # noqa: PLC0415  nobody needs it before the first /

        line = Input(text, placeholder=placeholder, id="typed", compact=True)
        line.cursor_blink = False
        self._line = line
        self.bottom.type_into(keys)
        await self.mount(line)
        self.set_focus(line)  # at once: the next key may be here already

    def on_input_changed(self, event: Input.Changed) -> None:
        """At every letter."""
        self.typed(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter closes the line where its words make sense."""
        if self.entered(event.value):
            await self._close_line()
        self.closing = False

    def before_key(self, event: events.Key) -> None:
        """Called by the app before a key is sent on."""
        self.closing = self._line is not None and self.focused is self._line and event.key in ("enter", "escape")

    async def key_escape(self, event: events.Key) -> None:
        """Esc leaves the line; its words stay as they were typed so far."""
        if self._line is not None:
            event.stop()  # it is not also the screen's own Esc
            await self._close_line()
            self.closing = False

    async def _close_line(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self.bottom.type_into("")
            self.set_focus(None)
            await line.remove()
