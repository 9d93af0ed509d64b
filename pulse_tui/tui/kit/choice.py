"""A dialog in which one key chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind


class ChoiceScreen(GuardedScreen[str | None]):
    """Some words, each with its key. Its result is the word, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "cancel", "cancel, choose nothing", show=True)]
    DEFAULT_CSS = "ChoiceScreen #card { width: 1fr; height: auto; max-height: 100%; border-top: heavy ansi_cyan; }"

    def __init__(self, what: str, about: str, choices: Sequence[tuple[str, str, str]], note: str = "") -> None:
        """``choices``: (key, word, what it means), each key once. ``about``: one line, or several. ``note`` stands below them."""
        super().__init__()
        self.what, self.about, self.note = what, about, note
        self.choices = {key: (word, meaning) for key, word, meaning in choices}

    def compose(self) -> ComposeResult:
        first, *more = self.about.split("\n")
        head: list[Span] = [(f" {safe(self.what)}  ", styles.FOCUS), (safe(first), styles.PLAIN)]
        about: list[list[Span]] = [[(f"  {safe(line)}", styles.PLAIN)] for line in more]
        width = max((len(word) for word, _ in self.choices.values()), default=0)
        rows: list[list[Span]] = [
            [(f"  {key}  ", styles.BOLD), (f"{word:<{max(width + 2, 11)}}", styles.PLAIN), (meaning, styles.DIM)]
            for key, (word, meaning) in self.choices.items()
        ]
        with Vertical(id="card"):
            yield Lines(
                [head, *about, *rows, [(f"  Esc cancels{'; ' if self.note else ''}{safe(self.note)}", styles.DIM)]]
            )

    def on_key(self, event: events.Key) -> None:
        """The key of a choice chooses it; any other does nothing."""
        if event.key in self.choices:
            event.stop()
            self.dismiss(self.choices[event.key][0])
