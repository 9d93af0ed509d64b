"""The command palette on ``:``: a small list of what fits; Enter takes the highlighted line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, fit
from pulse_tui.tui.kit.guard import GuardedScreen, Lines
from pulse_tui.tui.kit.keys import bind

SHOWN = 8


class Command(NamedTuple):
    """A command and what it does."""

    words: str
    help: str
    does: str | Ask
    """An action of a screen, or an ask."""
    of_main: bool = False
    """The action is the main screen's, not that of the screen the palette was opened on."""
    behind: bool = False
    """It stands behind another that fits as well."""


def score(query: str, words: str) -> float | None:
    """How well ``query`` fits, higher is better; None when it does not.

    The beginning of the command counts most, then beginnings of its words in their order (``ref ml``, ``rm``), then a
    piece from within. Letters that merely occur somewhere fit nothing. Shorter commands win ties.
    """
    text, asked = words.casefold(), query.casefold().strip()
    parts = re.split(r"[ \-_./:]+", text)
    if text.startswith(asked):
        rank = 4
    elif _begins(asked.split(), parts):
        rank = 3
    elif len(asked) > 1 and _initials(asked.replace(" ", ""), parts):
        rank = 2
    elif asked in text:
        rank = 1
    else:
        return None
    return 10 * rank - len(text) / 100


def _begins(asked: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether each asked word begins a word of the command, in their order."""
    rest = iter(parts)
    return all(any(part.startswith(word) for part in rest) for word in asked)


def _initials(letters: str, parts: Sequence[str]) -> bool:
    """Whether the letters are beginnings of words, one after the other, as ``reml`` for ``refresh mlflow``."""
    if not letters:
        return True
    for n, part in enumerate(parts):
        for taken in range(min(len(letters), len(part)), 0, -1):
            if part.startswith(letters[:taken]) and _initials(letters[taken:], parts[n + 1 :]):
                return True
    return False


def best(query: str, commands: Sequence[Command], limit: int = SHOWN) -> list[Command]:
    """The commands that fit, best first; all of them, in their order, for an empty query."""
    if not query.strip():
        return list(commands[:limit])
    scored = [
        (value - command.behind, command) for command in commands if (value := score(query, command.words)) is not None
    ]
    return [command for _, command in sorted(scored, key=lambda pair: -pair[0])[:limit]]


class PaletteScreen(GuardedScreen[Command | None]):
    """The command line (`:`). Its result is the chosen command."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "cancel", "cancel", show=True),
        bind("enter", "take", "run", show=True, priority=True),
        bind("down,ctrl+n", "choose(1)", "next", priority=True),
        bind("up,ctrl+p", "choose(-1)", "previous", priority=True),
        bind("tab", "complete", "complete", priority=True),
    ]
    DEFAULT_CSS = """
    PaletteScreen #card { width: 1fr; height: auto; border-top: heavy ansi_cyan; }
    """

    accepts_after = 0.0  # what is typed after ":" is meant for it

    def __init__(self, commands: Sequence[Command]) -> None:
        """Everything that can be run."""
        super().__init__()
        self.commands = tuple(commands)
        self.chosen = 0
        self.matches = best("", self.commands)
        self.line = Input(placeholder="command", compact=True)
        self.line.cursor_blink = False
        self.list = Lines(self._drawn())

    def _seen(self) -> None:
        """Nothing to guard: a command is only run when its words were typed or chosen."""

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield self.line
            yield self.list

    def on_mount(self) -> None:
        """Typing starts at once."""
        self.set_focus(self.line)

    def on_input_changed(self) -> None:
        """The list follows what is typed."""
        self.matches, self.chosen = best(self.line.value, self.commands), 0
        self.list.show(self._drawn())

    def _drawn(self) -> list[list[Span]]:
        lines: list[list[Span]] = []
        for n in range(SHOWN):
            if n >= len(self.matches):
                lines.append([(" nothing like that", styles.DIM)] if n == 0 else [])
                continue
            style = styles.REVERSE if n == self.chosen else styles.PLAIN
            mark = "▌" if n == self.chosen else " "
            lines.append(
                [
                    (mark, styles.FOCUS),
                    (fit(self.matches[n].words, 28), style),
                    (f"  {self.matches[n].help}", styles.DIM),
                ]
            )
        return lines

    def action_choose(self, by: int) -> None:
        if self.matches:
            self.chosen = (self.chosen + by) % len(self.matches)
            self.list.show(self._drawn())

    def action_complete(self) -> None:
        if self.matches:
            self.line.value = self.matches[self.chosen].words
            self.line.cursor_position = len(self.line.value)

    def action_take(self) -> None:
        if self.matches:
            self.dismiss(self.matches[self.chosen])
