"""A small choice: what was the alert worth?"""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind

CHOICES: Final = (
    ("u", "useful", "somebody had to know"),
    ("n", "noise", "nobody had to"),
    ("d", "duplicate", "another alert had it already"),
    ("l", "late", "it was known before it came"),
)


class VerdictScreen(GuardedScreen[str | None]):
    """One key chooses. Its result is the verdict, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "cancel", "cancel", show=True),
        *(bind(key, f"choose('{word}')", word, words, show=True) for key, word, words in CHOICES),
    ]
    DEFAULT_CSS = "VerdictScreen #card { width: 1fr; height: auto; max-height: 100%; border-top: heavy ansi_cyan; }"

    def __init__(self, title: str) -> None:
        """``title`` of the alert."""
        super().__init__()
        self.about = title

    def compose(self) -> ComposeResult:
        head: list[Span] = [(" Verdict  ", styles.FOCUS), (safe(self.about), styles.PLAIN)]
        rows: list[list[Span]] = [
            [(f"  {key} ", styles.BOLD), (f"{word:<10}", styles.PLAIN), (words, styles.DIM)]
            for key, word, words in CHOICES
        ]
        with Vertical(id="card"):
            yield Lines([head, *rows, [("  Esc cancels; the alert's state stays as it is", styles.DIM)]])

    def action_choose(self, word: str) -> None:
        self.dismiss(word)
