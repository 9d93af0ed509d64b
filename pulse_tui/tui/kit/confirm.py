"""The approval dialog. Cancel has the focus, Enter never confirms, and the asset's name must be typed.

To confirm: type the name exactly, then ctrl-y, or Tab to the button and Space. Keys typed before the dialog was seen
are dropped, so that neither a held key nor a pasted line approves anything.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import wrap
from pulse_tui.tui.kit.forms import Confirmation
from pulse_tui.tui.kit.guard import Choice, GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind

LINES: Final = 4
"""Of one part of what is asked: the fields must fit below on the smallest screen."""


class ApprovalScreen(GuardedScreen[str | None]):
    """The dialog that confirms an action. Its result is the reason that was typed ("" for none), or None for no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "cancel", "cancel", show=True),
        bind("ctrl+y", "confirm", "confirm, once the name is typed", show=True, priority=True),
        bind("tab", "field(1)", "next", priority=True),
        bind("shift+tab", "field(-1)", "previous", priority=True),
        bind("enter", "refuse_enter", "nothing: Enter never confirms", priority=True),
        bind("space", "choose", "press the button that has the focus"),
    ]
    DEFAULT_CSS = """
    ApprovalScreen #card { width: 1fr; height: auto; max-height: 100%; border-top: heavy ansi_yellow; }
    ApprovalScreen #buttons, ApprovalScreen .field { height: 1; width: 1fr; }
    ApprovalScreen .field Lines { width: 26; }
    """

    def __init__(self, confirmation: Confirmation) -> None:
        """What is asked."""
        super().__init__()
        self.confirmation = confirmation
        self.name_input = Input(id="name", select_on_focus=False, compact=True)
        self.why_input = Input(id="why", select_on_focus=False, compact=True)
        self.cancel = Choice("Cancel  Esc", id="cancel")
        self.approve = Choice(f"{confirmation.what}  ctrl-y", id="approve")
        self.hint = Lines([self._hint()], id="hint")
        for field in (self.name_input, self.why_input):
            field.cursor_blink = False

    def compose(self) -> ComposeResult:
        asked = self.confirmation
        width = self.app.size.width - 2
        checked = styles.BAD if "BLOCKING" in asked.checks else styles.PLAIN
        parts = (
            (asked.detail, styles.PLAIN),
            (asked.checks, checked),
            (asked.signs, styles.PLAIN if asked.signed else styles.WARN),
            (asked.after, styles.WARN),
        )
        text: list[list[Span]] = [
            [(f" {safe(asked.what)}?  ", styles.WARN + styles.BOLD), (safe(asked.about), styles.BOLD)],
            *([(f" {line}", style)] for part, style in parts if part for line in wrap(part, width)[:LINES]),
            [],
        ]
        with Vertical(id="card"):
            yield Lines(text)
            with Horizontal(classes="field"):
                yield Lines([[(" Type ", styles.PLAIN), (safe(asked.name), styles.BOLD)]])
                yield self.name_input
            with Horizontal(classes="field"):
                yield Lines([[(" Why (for the log)", styles.PLAIN)]])
                yield self.why_input
            yield self.hint
            with Horizontal(id="buttons"):
                yield self.cancel
                yield self.approve

    @property
    def confirmed(self) -> bool:
        """The name was typed, letter for letter, and the reason where one is needed."""
        asked = self.confirmation
        return self.named and (not asked.needs_why or self.said >= asked.least)

    @property
    def said(self) -> int:
        """Characters of the reason, white space aside."""
        return len("".join(self.why_input.value.split()))

    @property
    def named(self) -> bool:
        """The name was typed, letter for letter."""
        return self.name_input.value == self.confirmation.name

    def on_mount(self) -> None:
        """Focus starts on Cancel."""
        self.approve.enabled = False
        self.set_focus(self.cancel)

    def on_input_changed(self) -> None:
        """The hint and the button follow what is typed."""
        self.approve.enabled = self.confirmed
        self.approve.redraw()
        self.hint.show([self._hint()])

    def _hint(self) -> list[Span]:
        if self.confirmed:
            return [(" ● the name is right: ctrl-y, or Tab to the button and Space", styles.GOOD)]
        if self.named:
            least = self.confirmation.least
            more = f" in {least} characters ({self.said} so far)" if least > 1 else ""
            return [(f" ● the name is right; now say why{more}: Tab goes to the line", styles.GOOD)]
        return [(" Enter never confirms. Type the name shown above, letter for letter", styles.DIM)]

    def before_key(self, event: events.Key) -> None:
        """Letters typed on a button go to the name's field (before they are sent on, so that none is lost)."""
        if self.focused in (self.cancel, self.approve) and event.is_printable and event.character not in (None, " "):
            self.set_focus(self.name_input)

    def action_field(self, by: int) -> None:
        fields: list[Widget] = [self.cancel, self.name_input, self.why_input, self.approve]
        at = fields.index(self.focused) if self.focused in fields else 0
        self.set_focus(fields[(at + by) % len(fields)])

    def action_refuse_enter(self) -> None:
        """Enter is what a tired hand repeats: it moves nothing here."""
        if self.confirmed:
            answer = (" ● the name is right, but Enter never confirms: ctrl-y does; Esc cancels", styles.GOOD)
        else:
            answer = (" Enter never confirms: ctrl-y does, after the name; Esc cancels", styles.WARN)
        self.hint.show([[answer]])

    def action_choose(self) -> None:
        if self.focused is self.cancel:
            self.dismiss(None)
        elif self.focused is self.approve:
            self.action_confirm()

    def action_confirm(self) -> None:
        self.after_typed((self.name_input, self.why_input), self._confirm)

    def _confirm(self) -> None:
        if self.confirmed:
            self.dismiss(self.why_input.value.strip())
        else:
            least = self.confirmation.least
            why = f"say why in at least {least} characters" if least > 1 else "say why"
            missing = why if self.named else f"type {safe(self.confirmation.name)}"
            self.hint.show([[(f" ✖ {missing} first", styles.BAD)]])
