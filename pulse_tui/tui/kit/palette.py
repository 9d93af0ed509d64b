"""The command palette on ``:``: a small list of what fits; Enter takes the highlighted line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
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
NAMES = 28
"""Columns that names have at least; more where what stands behind them leaves room."""


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


Thing = tuple[str, str, Ask]
"""What it is called, what a person wants to know of it, and the ask that opens it. Its name comes first."""


class Noun(NamedTuple):
    """A kind of things that can be named on the command line: ``alert al-2``, ``asset support-bot``."""

    name: str
    help: str
    things: Callable[[], Iterable[Thing]] = tuple
    """Those that are known now, the most important first."""
    plural: str = ""
    """What it is called without a name; empty: the same."""
    alone: Ask | None = None
    """What the noun asks for without a name."""
    listed: Callable[[str], Ask] | None = None
    """Shows all that some words fit, as a list."""
    other: Callable[[str], Ask] | None = None
    """What a name asks for that nothing known has; None: nothing."""
    leads: bool = False
    """Its things are found by their name alone, too."""
    aliases: tuple[str, ...] = ()


class Nouns:
    """All nouns of one command line. Their things are asked for when somebody names one, and once."""

    def __init__(self, nouns: Iterable[Noun]) -> None:
        """In their order; of two with one name the first counts."""
        self._nouns: dict[str, Noun] = {}
        for noun in nouns:
            for name in filter(None, (noun.name, noun.plural, *noun.aliases)):
                self._nouns.setdefault(name, noun)
        self._known: dict[str, list[tuple[str, Command]]] = {}

    @property
    def names(self) -> list[str]:
        """Every name of every noun."""
        return list(self._nouns)

    def alone(self) -> list[Command]:
        """Those that say something without a name: ``alerts``, ``plans``."""
        found = {n.name: n for n in self._nouns.values() if n.alone is not None}
        return [Command(n.plural or n.name, n.help, n.alone) for n in found.values() if n.alone]

    def named(self, text: str) -> list[Noun]:
        """The nouns that the first word of ``text`` means: of that name, else those that begin so. None without a second word."""
        word, blank, _ = text.lstrip().partition(" ")
        word = word.casefold()
        if not blank or not word:
            return []
        if (noun := self._nouns.get(word)) is not None:
            return [noun]
        return list({n.name: n for name, n in self._nouns.items() if name.startswith(word)}.values())

    def best(self, text: str, limit: int) -> list[Command]:
        """What fits a noun and some words of a thing; things of leading nouns by their words alone."""
        nouns = self.named(text)
        rest = text.lstrip().partition(" ")[2].strip() if nouns else text.strip()
        nouns = nouns or [n for n in {n.name: n for n in self._nouns.values()}.values() if n.leads]
        fit = [command for noun in nouns for command in self._of(noun, rest, limit)]
        return fit[:limit]

    def lists(self, text: str) -> list[Command]:
        """What a noun and a name do beside opening a thing: a list of all that fit, or a look into the database."""
        nouns = self.named(text)
        rest = text.lstrip().partition(" ")[2].strip()
        if len(nouns) != 1 or not rest:
            return []
        (noun,) = nouns
        many = len(self._of(noun, rest, 2))
        if many > 1 and noun.listed is not None and not self._exact(noun, rest):
            return [Command(f"{noun.name} {rest}", "all that this fits, as a list", noun.listed(rest))]
        if not many and noun.other is not None:
            return [Command(f"{noun.name} {rest}", noun.help, noun.other(rest))]
        return []

    def _exact(self, noun: Noun, rest: str) -> bool:
        whole = f"{noun.name} {rest} ".casefold()
        return any(f"{name} ".startswith(whole) for name, _ in self._things(noun))

    def _of(self, noun: Noun, rest: str, limit: int) -> list[Command]:
        asked = rest.casefold()
        words = asked.split()
        own = f"{noun.name} "
        begin, within = [], []
        for name, command in self._things(noun):
            text = name[len(own) :]
            if text.startswith(asked):
                begin.append(command)
                if len(begin) == limit and len(text) == len(asked):
                    break
            elif all(word in text for word in words):
                within.append(command)
        exact = [
            c for c in begin if c.words.casefold() == own + asked or c.words.casefold().startswith(own + asked + " ")
        ]
        return list(dict.fromkeys([*exact, *begin, *within]))[:limit]

    def forget(self) -> None:
        """Ask for all things again."""
        self._known.clear()

    def _things(self, noun: Noun) -> list[tuple[str, Command]]:
        if noun.name not in self._known:
            commands = [Command(f"{noun.name} {words}", help or noun.help, does) for words, help, does in noun.things()]
            self._known[noun.name] = [(command.words.casefold(), command) for command in commands]
        return self._known[noun.name]


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
        bind("down,ctrl+n", "choose(1)", "next", "next; among earlier commands the newer one", priority=True),
        bind("up,ctrl+p", "choose(-1)", "previous", "previous; in an empty line the commands before", priority=True),
        bind("tab", "complete", "complete", priority=True),
    ]
    DEFAULT_CSS = """
    PaletteScreen #card { width: 1fr; height: auto; border-top: heavy ansi_cyan; }
    """

    accepts_after = 0.0  # what is typed after ":" is meant for it

    def __init__(
        self,
        commands: Sequence[Command],
        nouns: Iterable[Noun] = (),
        history: Sequence[str] = (),
        *,
        read_only: bool = False,
    ) -> None:
        """Everything that can be run; ``history``: what was, the newest first. ``read_only``: what acts is not among it."""
        super().__init__()
        self.nouns = Nouns(nouns)
        words = {command.words for command in commands}
        self.commands = (*commands, *(command for command in self.nouns.alone() if command.words not in words))
        self.history = tuple(history)
        self._nothing = " nothing like that" + ("; read-only: what acts is not here" if read_only else "")
        self._matched = ""
        """The text that the list is about."""
        self._recalled = -1
        """Which of the history stands in the line; -1: what was typed does."""
        self.chosen = 0
        self.matches = best("", self.commands)
        self.line = Input(placeholder="command", compact=True)
        self.line.cursor_blink = False
        self.list = Lines([[] for _ in range(SHOWN)])

    def _seen(self) -> None:
        """Nothing to guard: a command is only run when its words were typed or chosen."""

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield self.line
            yield self.list

    def on_mount(self) -> None:
        """Typing starts at once."""
        self.list.show(self._drawn())
        self.set_focus(self.line)

    def on_input_changed(self) -> None:
        """The list follows what is typed."""
        self._match()
        self.list.show(self._drawn())

    def look_again(self) -> None:
        """More things are known now; what was chosen stays chosen."""
        chosen = self.matches[self.chosen].words if self.matches else ""
        self.nouns.forget()
        self._match()
        self.chosen = next((n for n, match in enumerate(self.matches) if match.words == chosen), 0)
        self.list.show(self._drawn())

    def _match(self) -> None:
        text = self._matched = self.line.value
        if self._recalled >= 0 and text != self.history[self._recalled]:
            self._recalled = -1
        self.matches, self.chosen = self._fitting(text), 0

    def _fitting(self, text: str) -> list[Command]:
        """The commands that fit, and what the nouns know; where nothing does, the noun that is nearest."""
        if not text.strip():
            return best("", self.commands)
        named = bool(self.nouns.named(text))
        own = [] if named else best(text, self.commands)
        found = [
            *self.nouns.lists(text),
            *own,
            *(self.nouns.best(text, SHOWN) if named or len(text.strip()) > 1 else ()),
        ]
        return list(dict.fromkeys(found))[:SHOWN] or self._nearest(text)

    def _nearest(self, text: str) -> list[Command]:
        words = {command.words: command for command in self.commands}
        names = [*words, *self.nouns.names]
        from difflib import get_close_matches  # noqa: PLC0415  nobody needs it before a word that nothing has

        word, _, rest = text.strip().partition(" ")
        near = get_close_matches(word.casefold(), names, n=SHOWN, cutoff=0.6)
        if rest and (noun := next((name for name in near if name in self.nouns.names), None)) is not None:
            return self._fitting(f"{noun} {rest}")
        return list(dict.fromkeys(command for word in near for command in best(word, self.commands, 1)))

    def _drawn(self) -> list[list[Span]]:
        lines: list[list[Span]] = []
        names = max((cell_len(match.words) for match in self.matches), default=0)
        helps = max((cell_len(match.help) for match in self.matches), default=0)
        room = max(NAMES, min(names, self.app.size.width - helps - 3))
        for n in range(SHOWN):
            if n >= len(self.matches):
                lines.append([(self._nothing, styles.DIM)] if n == 0 else [])
                continue
            style = styles.REVERSE if n == self.chosen else styles.PLAIN
            mark = "▌" if n == self.chosen else " "
            lines.append(
                [
                    (mark, styles.FOCUS),
                    (fit(self.matches[n].words, room), style),
                    (f"  {self.matches[n].help}", styles.DIM),
                ]
            )
        return lines

    def action_choose(self, by: int) -> None:
        if self.history and (self._recalled >= 0 or (by < 0 and not self.line.value)):
            self._recalled = min(len(self.history) - 1, self._recalled - by)
            self.line.value = self.history[self._recalled] if self._recalled >= 0 else ""
            self.line.cursor_position = len(self.line.value)
        elif self.matches:
            self.chosen = (self.chosen + by) % len(self.matches)
            self.list.show(self._drawn())

    def action_complete(self) -> None:
        self.after_typed((self.line,), self._complete)

    def _complete(self) -> None:
        self._catch_up()
        if self.matches:
            self.line.value = self.matches[self.chosen].words
            self.line.cursor_position = len(self.line.value)

    def action_take(self) -> None:
        self.after_typed((self.line,), self._take)

    def _take(self) -> None:
        self._catch_up()
        if self.matches:
            self.dismiss(self.matches[self.chosen])

    def _catch_up(self) -> None:
        """The list follows the text by a message, which a key may overtake."""
        if self._matched != self.line.value:
            self._match()
