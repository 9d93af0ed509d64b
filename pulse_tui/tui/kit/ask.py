"""A short form for the actions that need words: how long, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.forms import Field
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind


class AskScreen(GuardedScreen[tuple[str, ...] | None]):
    """A dialog with fields. Its result is their values in order, or None. Enter in the last field submits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "cancel", "cancel", show=True),
        bind("enter", "next", "next, submit", show=True, priority=True),
        bind("tab,down", "field(1)", "next", priority=True),
        bind("shift+tab,up", "field(-1)", "previous", priority=True),
    ]
    DEFAULT_CSS = """
    AskScreen #card { width: 1fr; height: auto; max-height: 100%; border-top: heavy ansi_cyan; }
    AskScreen .field { height: 1; width: 1fr; }
    AskScreen .field Lines { width: 18; }
    """

    def __init__(self, what: str, about: str, fields: Sequence[Field]) -> None:
        """The last field without a value gets the focus. ``about``: one line; what there is to choose from, a line each."""
        super().__init__()
        self.what, self.about, self.fields = what, about, tuple(fields)
        self.inputs = [Input(field.value, select_on_focus=True, compact=True) for field in fields]
        for field in self.inputs:
            field.cursor_blink = False
        self.hint = Lines([[(" Enter goes on and submits, Esc cancels", styles.DIM)]])

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            first, *choices = self.about.split("\n")
            head: list[Span] = [(f" {safe(self.what)}  ", styles.FOCUS), (safe(first), styles.PLAIN)]
            yield Lines([head, *([(f"  {safe(choice)}", styles.PLAIN)] for choice in choices)])
            for field, line in zip(self.fields, self.inputs, strict=True):
                with Horizontal(classes="field"):
                    yield Lines([[(f" {safe(field.label)}", styles.PLAIN)]])
                    yield line
            yield self.hint

    def on_mount(self) -> None:
        """Focus the first empty field."""
        self.set_focus(next((line for line in self.inputs if not line.value), self.inputs[0]))

    def action_field(self, by: int) -> None:
        at = self.inputs.index(self.focused) if isinstance(self.focused, Input) else 0
        self.set_focus(self.inputs[(at + by) % len(self.inputs)])

    def action_next(self) -> None:
        if self.focused is not self.inputs[-1]:
            self.action_field(1)
            return
        self.after_typed(self.inputs, self._submit)

    def _submit(self) -> None:
        for field, line in zip(self.fields, self.inputs, strict=True):
            wrong = field.wrong(line.value)
            if wrong:
                self.hint.show([[(f" ✖ {field.label}: {wrong}", styles.BAD)]])
                self.set_focus(line)
                return
        self.dismiss(tuple(line.value.strip() for line in self.inputs))
