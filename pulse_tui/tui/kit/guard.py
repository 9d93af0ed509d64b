"""Dialogs that drop what was typed before they were seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual._time import get_time
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from pulse_tui.tui.kit.canvas import Canvas, Span
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.styles import BOLD, DIM, PLAIN, REVERSE

EARLY_S = 0.15
"""Keys within this time of the dialog's first frame were meant for what stood there before."""

ResultT = TypeVar("ResultT")


class GuardedScreen(ModalScreen[ResultT], Generic[ResultT]):
    """A dialog. ``accepts_after`` is the moment (monotonic) before which the app drops keys and pastes."""

    AUTO_FOCUS = None
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "cancel", "cancel", show=True)]
    DEFAULT_CSS = """
    GuardedScreen { align: center bottom; background: ansi_default; }
    GuardedScreen Input { height: 1; border: none; padding: 0 1; width: 1fr; background: ansi_default; }
    GuardedScreen Input:focus { border: none; }
    """

    accepts_after: float = math.inf

    def seen(self) -> None:
        """A frame of it was written: the clock starts at the first one, not at the key that opened the dialog."""
        if self.accepts_after == math.inf:
            self.accepts_after = get_time() + EARLY_S

    def before_key(self, event: events.Key) -> None:
        """Called by the app before a key is sent on."""

    def action_cancel(self) -> None:
        self.dismiss(None)

    def after_typed(self, fields: Sequence[Input], then: Callable[[], None]) -> None:
        """Call ``then`` once every field has what was typed before: a key that submits overtakes the letters that wait in
        the queue of their field, and a pasted reason would be cut.
        """
        waiting = set(fields)

        def caught_up(field: Input) -> None:
            waiting.discard(field)
            if not waiting and self.is_current:
                self.call_later(then)

        for field in fields:
            field.call_later(caught_up, field)


class Lines(Canvas):
    """Some lines of a dialog."""

    DEFAULT_CSS = "Lines { width: 1fr; height: auto; }"

    def __init__(self, lines: list[list[Span]], *, id: str | None = None) -> None:
        """Drawn one below the other."""
        super().__init__(id=id)
        self.lines = lines
        self.styles.height = len(lines)

    def draw_line(self, y: int, width: int, height: int) -> list[Span]:
        return self.lines[y] if y < len(self.lines) else []

    def show(self, lines: list[list[Span]]) -> None:
        """Other lines, as many."""
        self.lines = lines
        self.redraw()


class Choice(Canvas, can_focus=True):
    """Something to choose with Space; Enter does nothing here."""

    def __init__(self, label: str, *, id: str) -> None:
        """The label, without brackets."""
        super().__init__(id=id)
        self.label = label
        self.enabled = True
        self.styles.width = len(label) + 6
        self.styles.height = 1

    def draw_line(self, y: int, width: int, height: int) -> list[Span]:
        style = (REVERSE + BOLD) if self.has_focus else PLAIN if self.enabled else DIM
        return [(" ", PLAIN), (f"[ {self.label} ]", style)]

    def on_focus(self) -> None:
        """The focused choice is drawn reversed."""
        self.redraw()

    def on_blur(self) -> None:
        """And not any more."""
        self.redraw()
