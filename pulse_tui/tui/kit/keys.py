"""Keys: the bindings of the main screen, how a key is written, and the footer line made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from textual.binding import Binding

from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of

NARROW: Final = 100
"""Below this many columns the footer uses short words."""
DEEDS: Final = frozenset(
    {
        "acknowledge",
        "silence",
        "waive",
        "freeze",
        "propose",
        "approve",
        "execute",
        "undo",
        "reject",
        "refresh",
        "resolve",
        "approve_release",
        "promote_release",
        "quarantine_release",
        "retire_release",
        "pin_baseline",
        "accept_risk",
    }
)
"""Actions that change something: hidden, and without effect, when the tower is read-only."""

_NAMES: Final = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "shift-Tab",
    "space": "Space",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "down": "Down",
    "up": "Up",
}


def key_name(keys: str) -> str:
    """``ctrl+d,pagedown`` as people read it: ``ctrl-d PgDn``."""
    return " ".join(_NAMES.get(key, key.replace("ctrl+", "ctrl-")) for key in keys.split(","))


def bind(keys: str, action: str, short: str, long: str = "", *, show: bool = False, priority: bool = False) -> Binding:
    """A binding: ``short`` for the footer, ``long`` for the help."""
    return Binding(keys, action, short, show=show, tooltip=long or short, priority=priority, key_display=key_name(keys))


MOVES: Final = [
    bind("j,down", "move(1)", "down"),
    bind("k,up", "move(-1)", "up"),
    bind("g,home", "edge(False)", "top"),
    bind("G,end", "edge(True)", "bottom"),
    bind("ctrl+d,pagedown", "pages(0.5)", "half a page down"),
    bind("ctrl+u,pageup", "pages(-0.5)", "half a page up"),
]
EVERYWHERE: Final = [
    bind("ctrl+z", "app.suspend_process", "shell", "to the shell for a while; fg comes back"),
    bind("y", "copy", "copy", "copy the line or page to the clipboard (tmux, or OSC 52 through SSH)"),
    bind("M", "messages", "messages", "every message and error of this session in full"),
    bind("colon", "palette", "command", "run a command by name; Enter takes the highlighted one", show=True),
    bind("question_mark", "help", "help", "this page", show=True),
]
MAIN: Final = [
    bind("enter", "open", "open", "open the row: what changed, what is the risk, what to do", show=True),
    bind("slash", "filter", "filter", "filter rows: text, !text, prio<=P2, sev>=high, env=prod, owner:ml", show=True),
    bind("v", "view", "view", "registry: by asset, or by workflow with its worst stage marked", show=True),
    bind("o", "order", "sort", "registry: worst first, by name, by what moved last, by owner", show=True),
    bind(
        "o",
        "names",
        "own names",
        "advisories: components by our one naming scheme, or as their providers write them",
        show=True,
    ),
    bind("a", "acknowledge", "ack", "acknowledge the alert: you are looking at it", show=True),
    bind("s", "silence", "silence", "silence the alert for some hours, with a reason", show=True),
    bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True),
    bind("R", "resolve", "resolve", "close the alert by hand, with a reason: its condition is over"),
    bind(
        "f",
        "freeze",
        "freeze",
        "freeze the row's asset, or lift the freeze: promotions stop, rollbacks never do",
        show=True,
    ),
    bind("p", "propose", "plan rollback", "make a rollback plan for the row; approve it in the plan", show=True),
    bind("h", "history", "history", "the releases of the row's asset: compare, gate, approve, promote", show=True),
    bind(
        "t", "tree", "tree", "what the row's asset depends on, and what changed there since it was approved", show=True
    ),
    bind(
        "c", "calendar", "calendar", "what was released, promoted and announced, and what is due: ours and the vendors'"
    ),
    bind("i", "inventory", "inventory", "where the sources and the estate do not agree"),
    bind("ctrl+r", "refresh", "refresh", "collect from all sources now", show=True),
    *EVERYWHERE[-2:],
    *MOVES,
    bind("n", "attention(1)", "next that wants attention"),
    bind("N", "attention(-1)", "previous that wants attention"),
    bind("right_square_bracket", "metric(1)", "next benchmark metric"),
    bind("left_square_bracket", "metric(-1)", "previous benchmark metric"),
    bind("1", "pane(0)", "Registry"),
    bind("2", "pane(1)", "Benchmarks"),
    bind("3", "pane(2)", "Advisories"),
    bind("4", "pane(3)", "Alerts"),
    bind("tab", "next_pane(1)", "next pane", priority=False),
    bind("shift+tab", "next_pane(-1)", "previous pane"),
    bind("S", "sources", "sources", "how every source is doing, and what was refused"),
    bind("escape", "clear", "clear", "clear the filter, or the message in the last line"),
    *EVERYWHERE[:-2],
    bind("q", "app.quit", "quit"),
]


def footer_spans(bindings: Iterable[Binding], width: int) -> list[Span]:
    """``Enter open  / filter …`` as many as fit; the way back and help stay."""
    shown = [b for b in bindings if b.show]
    if width < NARROW:
        shown = [replace(b, description=_SHORT.get(b.description, b.description)) for b in shown]
    room = width - sum(width_of(_key_spans(b)) for b in shown if b.action in _ALWAYS)
    spans: list[Span] = []
    for binding in shown:
        item = _key_spans(binding)
        if binding.action in _ALWAYS:
            spans += item
        elif width_of(item) <= room:
            spans += item
            room -= width_of(item)
    return spans


def _key_spans(binding: Binding) -> list[Span]:
    key = (binding.key_display or key_name(binding.key)).split(" ")[0]
    return [(f" {key}", look.BOLD), (f" {binding.description} ", look.DIM)]


_ALWAYS: Final = ("back", "palette", "help")
_SHORT: Final = {"plan rollback": "plan"}


class Bottom(Canvas):
    """The last line: the keys that apply, or for a while the newest message."""

    DEFAULT_CSS = "Bottom { dock: bottom; height: 1; }"

    def __init__(self, *, id: str) -> None:
        """Empty until told."""
        super().__init__(id=id)
        self._keys: Sequence[Binding] = ()
        self._message = ""
        self._bad = False
        self.leave = "Esc keys "
        """How the message goes away; a page, where Esc goes back, says nothing."""

    @property
    def bad(self) -> bool:
        """Whether the message that is shown tells of something that did not work."""
        return bool(self._message) and self._bad

    @property
    def message(self) -> str:
        """The message that is shown, or an empty string."""
        return self._message

    def show_keys(self, bindings: Sequence[Binding]) -> None:
        """The keys that apply now."""
        self._keys = bindings
        self.redraw()

    def say(self, message: str, *, bad: bool = False) -> None:
        """One line of a message; an empty one brings the keys back."""
        self._message, self._bad = " ".join(message.split()), bad
        self.redraw()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        if not self._message:
            return footer_spans(self._keys, width)
        mark, style = (" ✖ ", look.BAD) if self._bad else (" ● ", look.GOOD)
        tail = f" M full text  {self.leave}" if self._bad else f" {self.leave}"
        text = safe(self._message)
        room = max(0, width - len(tail) - 3)
        return [
            (mark, style),
            (text[: room - 1] + "…" if len(text) > room else text.ljust(room), look.PLAIN),
            (tail, look.DIM),
        ]
