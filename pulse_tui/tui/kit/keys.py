"""Keys: what a binding is, the keys that every screen has, how a key is written, and the footer line made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from textual.binding import Binding

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of

NARROW: Final = 100
"""Below this many columns the footer uses short words."""


@dataclass(frozen=True, repr=False, match_args=False)  # what nobody calls is not made: the first frame waits for it
class Key(Binding):
    """A key binding with what a screen needs to know of it besides."""

    changes: bool = False
    """It changes something: hidden, and without effect, when the tower is read-only."""
    narrow: str = ""
    """What the footer calls it where there is little room."""

    @property
    def name(self) -> str:
        """The action without its parameters: ``move`` of ``move(1)``."""
        return self.action.partition("(")[0]


_NAMES: Final = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "comma": ",",
    "full_stop": ".",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
    "underscore": "_",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "shift-Tab",
    "space": "Space",
    "ctrl+@": "ctrl-Space",
    "ctrl+space": "ctrl-Space",
    "asterisk": "*",
    "exclamation_mark": "!",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "down": "Down",
    "up": "Up",
}


def key_name(keys: str) -> str:
    """``ctrl+d,pagedown`` as people read it: ``ctrl-d PgDn``."""
    return " ".join(dict.fromkeys(_NAMES.get(key, key.replace("ctrl+", "ctrl-")) for key in keys.split(",")))


def bind(
    keys: str,
    action: str,
    short: str,
    long: str = "",
    *,
    show: bool = False,
    priority: bool = False,
    changes: bool = False,
    narrow: str = "",
) -> Key:
    """A key: ``short`` for the footer, ``long`` for the help; ``changes`` and ``narrow`` as of :class:`Key`."""
    return Key(
        keys, action, short, show=show, tooltip=long or short, priority=priority, key_display=key_name(keys),
        changes=changes, narrow=narrow,
    )  # fmt: skip


MOVES: Final = [
    bind("j,down", "move(1)", "down"),
    bind("k,up", "move(-1)", "up"),
    bind("g,home", "edge(False)", "top"),
    bind("G,end", "edge(True)", "bottom"),
    bind("ctrl+d,pagedown", "pages(0.5)", "half a page down"),
    bind("ctrl+u,pageup", "pages(-0.5)", "half a page up"),
]
EVERYWHERE: Final = [
    bind("comma", "turn(-1)", "before", "of a replay: to the change before this one", show=True),
    bind("full_stop", "turn(1)", "after", "of a replay: to the change after this one", show=True),
    bind("left_curly_bracket", "minutes(-10)", "-10 min", "of a replay: ten minutes back"),
    bind("right_curly_bracket", "minutes(10)", "+10 min", "of a replay: ten minutes on"),
    bind("ctrl+z", "app.suspend_process", "shell", "to the shell for a while; fg comes back"),
    bind("left_square_bracket", "step(-1)", "back", "back through the pages of this session"),
    bind("right_square_bracket", "step(1)", "forward", "forward through them"),
    bind("minus", "page_before", "last page", "to the page before this one, and with the same key back to this one"),
    bind(
        "J",
        "jump",
        "jump",
        "to what is related to the row or page: alert, asset, advisory, component, release, run, plan, note",
    ),
    bind("y", "copy", "copy", "copy the line or page to the clipboard (tmux, or OSC 52 through SSH)"),
    bind("Y", "share", "share", "copy the command line, or the address, that shows a colleague the same thing"),
    bind("ctrl+s", "save", "save", "write the rows that are seen, or the page, to a text file"),
    bind("x", "object", "YAML", "the row or page as YAML or JSON: what its command prints with --json"),
    bind(
        "L,M",
        "messages",
        "messages",
        "the log of this tower: every message, and by Tab the command line of each action",
    ),
    bind("colon", "palette", "command", "run a command by name; Enter takes the highlighted one", show=True),
    bind("question_mark", "help", "help", "this page", show=True),
]


QUIT: Final = bind("ctrl+q", "quit", "quit", "leave the tower from anywhere, out of a dialog too", priority=True)
"""The app's own key."""


def footer_spans(keys: Iterable[Key], width: int) -> list[Span]:
    """``Enter open  / filter …`` as many as fit; the keys that go back and to the help stay."""
    shown = [key for key in keys if key.show]
    if width < NARROW:
        shown = [replace(key, description=key.narrow) if key.narrow else key for key in shown]
    room = width
    kept: set[int] = set()
    for wanted in (_ALWAYS, _URGENT, {key.name for key in shown}):
        for n, key in enumerate(shown):
            if key.name in wanted and n not in kept and (wide := width_of(_key_spans(key))) <= room:
                kept.add(n)
                room -= wide
    return [span for n, key in enumerate(shown) if n in kept for span in _key_spans(key)]


def _key_spans(key: Key) -> list[Span]:
    pressed = (key.key_display or key_name(key.key)).split(" ")[0]
    return [(f" {pressed}", styles.BOLD), (f" {key.description} ", styles.DIM)]


_ALWAYS: Final = frozenset({"back", "palette", "help"})
_URGENT: Final = frozenset({"resume", "put_back", "propose"})
"""What ends an emergency is the last to go from a narrow line."""


class Bottom(Canvas):
    """The last line: the keys that apply, or for a while the newest message."""

    DEFAULT_CSS = "Bottom { dock: bottom; height: 1; }"

    def __init__(self, *, id: str) -> None:
        """Empty at first."""
        super().__init__(id=id)
        self._keys: Sequence[Key] = ()
        self._marked = ""
        self._message = ""
        self._bad = False
        self._typing = ""
        self.log_key = "L"
        """What opens the log of messages: the operator may have chosen another key."""
        self.leave = "Esc keys "
        """How the message goes away; a page, where Esc goes back, says nothing."""

    @property
    def bad(self) -> bool:
        """Whether the message that is shown is about something that did not work."""
        return bool(self._message) and self._bad

    @property
    def message(self) -> str:
        """The message that is shown, or an empty string."""
        return self._message

    def show_keys(self, keys: Sequence[Key], marked: str = "") -> None:
        """The keys that apply now, behind what is marked: that is what they act on."""
        self._keys, self._marked = keys, marked
        self.redraw()

    def type_into(self, keys: str) -> None:
        """A line takes every letter now: these keys alone do something else. Empty: no line does any more."""
        self._typing = keys
        self.redraw()

    def say(self, message: str, *, bad: bool = False) -> None:
        """One line of a message; an empty one brings the keys back."""
        self._message, self._bad = " ".join(message.split()), bad
        self.redraw()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        if not self._message:
            if self._typing:
                return [(f" {self._typing}"[:width], styles.DIM)]
            marked = f" {safe(self._marked)} " if self._marked else ""
            return [(marked, styles.REVERSE), *footer_spans(self._keys, width - width_of([(marked, styles.PLAIN)]))]
        mark, style = (" ✖ ", styles.BAD) if self._bad else (" ● ", styles.GOOD)
        more = f"{self.log_key} full text  " if self._bad and not self._typing else ""
        tail = f" {more}{self.leave if not self._typing else ''}"
        text = safe(self._message)
        room = max(0, width - len(tail) - 3)
        return [
            (mark, style),
            (text[: room - 1] + "…" if len(text) > room else text.ljust(room), styles.PLAIN),
            (tail, styles.DIM),
        ]
