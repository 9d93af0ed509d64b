"""A short form for the actions that need words: how long, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import wrap
from pulse_tui.tui.kit.forms import Field
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind

Check = Callable[[tuple[str, ...]], tuple[int, str] | None]
"""What is wrong with the values together: which field, and why; None: nothing."""


_KEYS: list[Span] = [(" Enter goes on and submits, Esc cancels", styles.DIM)]
_DO_IT: list[Span] = [(" Enter does it, Esc cancels", styles.DIM)]


class AskScreen(GuardedScreen[tuple[str, ...] | None]):
    """A dialog with fields, or a question without any. Its result is their values in order, or None. Enter in the last field submits."""

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

    def __init__(self, what: str, about: str, fields: Sequence[Field], check: Check | None = None) -> None:
        """The first field without a value gets the focus. ``about``: one line; what there is to choose from, a line each."""
        super().__init__()
        self.check = check
        self._refused: str | None = None
        self.what, self.about, self.fields = what, about, tuple(fields)
        self.inputs = [Input(field.value, select_on_focus=True, compact=True) for field in fields]
        for field in self.inputs:
            field.cursor_blink = False
        self.hint = Lines([_KEYS if fields else _DO_IT])

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            first, *choices = self.about.split("\n")
            head: list[Span] = [(f" {safe(self.what)}  ", styles.FOCUS), (safe(first), styles.PLAIN)]
            if len(self.what) + len(first) + 4 > self.app.size.width:  # what matters is not cut off
                lines = [head[:1], *self._wrapped(safe(first), styles.PLAIN)]
            else:
                lines = [head]
            yield Lines([*lines, *([(f"  {safe(choice)}", styles.PLAIN)] for choice in choices)])
            for field, line in zip(self.fields, self.inputs, strict=True):
                with Horizontal(classes="field"):
                    yield Lines([[(f" {safe(field.label)}", styles.PLAIN)]])
                    yield line
            yield self.hint

    def on_mount(self) -> None:
        """Focus the first empty field."""
        if self.inputs:
            self.set_focus(next((line for line in self.inputs if not line.value), self.inputs[0]))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """What the field takes is shown while it has the focus; a refusal stays until another field has it."""
        field = self._field(event.widget)
        if field is None or (self._refused is not None and self._refused == field.label):
            return
        self._refused = None
        words = f"one of: {', '.join(field.known)}" if field.known else ""
        text = "; ".join(part for part in (words, field.note) if part)
        self._hint([*self._wrapped(text, styles.PLAIN), _KEYS])

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """A part of a known word becomes the word before anything is submitted, so that it is seen."""
        field = self._field(event.widget)
        if field is not None and isinstance(event.widget, Input):
            event.widget.value = field.completed(event.widget.value)

    def _field(self, line: object) -> Field | None:
        return next((f for f, known in zip(self.fields, self.inputs, strict=True) if known is line), None)

    def _wrapped(self, text: str, style: Style) -> list[list[Span]]:
        return [[(f" {part}", style)] for part in wrap(text, max(20, self.app.size.width - 2))] if text else []

    def _hint(self, lines: list[list[Span]]) -> None:
        self.hint.styles.height = len(lines)
        self.hint.show(lines)

    def action_field(self, by: int) -> None:
        if not self.inputs:
            return
        at = self.inputs.index(self.focused) if isinstance(self.focused, Input) else 0
        self.set_focus(self.inputs[(at + by) % len(self.inputs)])

    def action_next(self) -> None:
        if not self.inputs:
            self._submit()
            return
        if self.focused is not self.inputs[-1]:
            self.action_field(1)
            return
        self.after_typed(self.inputs, self._submit)

    def _submit(self) -> None:
        for field, line in zip(self.fields, self.inputs, strict=True):
            line.value = field.completed(line.value)
            wrong = field.wrong(line.value)
            if wrong:
                self._refuse(field, line, wrong)
                return
        values = tuple(line.value.strip() for line in self.inputs)
        together = self.check(values) if self.check is not None else None
        if together is not None:
            at, wrong = together
            self._refuse(self.fields[at], self.inputs[at], wrong)
            return
        self.dismiss(values)

    def _refuse(self, field: Field, line: Input, wrong: str) -> None:
        self._refused = field.label
        self._hint(self._wrapped(f"✖ {field.label}: {wrong}", styles.BAD))
        self.set_focus(line)
