"""What every full screen has: the header, the last line, the sentence for a terminal that is too small."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual._time import get_time
from textual.app import ComposeResult
from textual.binding import BindingsMap
from textual.screen import Screen
from textual.widget import Widget

from pulse_tui.tui.asks import common as asks
from pulse_tui.tui.asks.past import Pass, StepTo
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, fit
from pulse_tui.tui.kit.header import Top
from pulse_tui.tui.kit.keymap import Keymap, screen_name
from pulse_tui.tui.kit.keys import Bottom, Key, key_name
from pulse_tui.tui.kit.opening import Asking

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref
    from pulse_tui.domain.views.board import Header
    from pulse_tui.domain.views.vendors import TempoLine
    from pulse_tui.tui.asks.base import OpenPage

NAMELESS = "there is no single thing here that has a name"

LEAST = (60, 15)
"""Columns and rows below which the tower says what it needs instead of drawing."""


_OF_REPLAY = frozenset({"turn", "minutes"})
"""Actions that only a replay has."""


class Head(NamedTuple):
    """What the header line shows on every screen."""

    title: str
    header: Header | None = None
    operator: str = ""
    read_only: bool = False
    as_of: str = ""
    """When the board was last known to be as the database is, once that can no longer be asked; else empty."""
    tempo: TempoLine | None = None
    """How fast labs release models; None: it is not known."""
    replay: str = ""
    """The moment that is shown, where that is not the present: ``2026-11-28 02:40:13 UTC``; empty in a live tower."""
    alone: bool = False
    """Whether no live tower is behind the replay."""
    hint: str = ""
    """Which keys to press first, for whoever has never seen a tower: while there is room for it."""
    alarm: str = ""
    """What opened in the live tower since somebody looks at the past; empty: nothing urgent."""


class TooSmall(Canvas):
    """A plain sentence in whatever room there is."""

    DEFAULT_CSS = "TooSmall { display: none; }"

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        columns, rows = LEAST
        words = (
            f"pulse-tui needs {columns}x{rows}; this terminal has {self.app.size.width}x{self.app.size.height}. q quits"
        )
        text = "".join(words.split(" ")) if width < 8 else words
        lines: list[str] = [""]
        for word in text.split():
            if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        return [(fit(lines[y] if y < len(lines) else "", width), styles.PLAIN)]


class BaseScreen(Asking, Screen[None]):
    """A screen with the header on top and keys or a message in the last line."""

    ESCAPE_TO_MINIMIZE = False
    AUTO_FOCUS = None
    DEFAULT_CSS = "BaseScreen { overflow: hidden; }"

    keymap: ClassVar[Keymap] = Keymap()
    """The keys that the operator of this process chose; set by the tower before its first screen."""
    accepts_after: float = math.inf
    """The moment (monotonic) of its first frame: the app drops keys and pastes that were typed before."""

    def __init__(self, head: Head, keys: Sequence[Key] | None = None) -> None:
        """``head`` as known so far; the app calls :meth:`set_head` when it changes. ``keys``: instead of BINDINGS."""
        super().__init__()
        self.head = head
        own = [key for key in type(self).BINDINGS if isinstance(key, Key)]
        self.all_keys = self.keymap.of(screen_name(type(self)), own) if keys is None else list(keys)
        if self.all_keys != own:
            self._bindings = BindingsMap(self.all_keys)
        self.now_us = 0
        """The moment that ages are counted from, where the screen shows any."""
        self._changing = frozenset(key.name for key in self.all_keys if key.changes)
        self.reload: Callable[[], None] | None = None
        """Asks for what the screen shows again; set by who opened it, called when somebody wrote."""
        self.opened_by: OpenPage | None = None
        """The ask that opened it; set by who opened it, None where asking again would change something."""
        self.path: tuple[str, ...] = ()
        """What it stands over, the panes first, each in a few words."""
        self._arrived = False
        self.outdated = False
        """Somebody wrote while another page covered it."""
        self.top = Top(head.title, id="top")
        self.bottom = Bottom(id="bottom")
        log = next((key for key in self.all_keys if key.action == "messages"), None)
        if log is not None:
            self.bottom.log_key = key_name(log.key).split()[0]
        self.too_small = TooSmall(id="too-small")
        self._set_top()

    def compose(self) -> ComposeResult:
        yield self.top
        yield from self.body()
        yield self.bottom
        yield self.too_small

    def body(self) -> Sequence[Widget]:
        """The widgets between header and last line."""
        raise NotImplementedError

    def set_head(self, head: Head) -> None:
        """The header has news."""
        changed_mode = (head.read_only, bool(head.replay)) != (self.head.read_only, bool(self.head.replay))
        self.head = head
        self._set_top()
        self.top.redraw()
        if changed_mode:
            self.show_keys()

    def _set_top(self) -> None:
        self.top.title, self.top.header = self.head.title, self.head.header
        self.top.operator, self.top.read_only, self.top.as_of = self.head.operator, self.head.read_only, self.head.as_of
        self.top.tempo, self.top.hint = self.head.tempo, self.head.hint
        self.top.replay, self.top.alarm, self.top.alone = self.head.replay, self.head.alarm, self.head.alone
        self.top.set_class(bool(self.head.replay), "-replay")

    def ref(self) -> Ref | None:
        """What it is about; of a list, the row under the cursor. None where that has no name."""
        return None

    def place(self) -> OpenPage | None:
        """What opens it again, as it is then; None where nothing does."""
        return self.opened_by

    def crumb(self) -> str:
        """What it is in a few words, for the path to the pages over it."""
        return ""

    def tick(self, now_us: int) -> None:
        """Time went on."""

    def say(self, message: str, *, bad: bool = False) -> None:
        """One line of a message in the last line."""
        self.bottom.say(message, bad=bad)

    def applies(self, action: str) -> bool:
        """Whether an action makes sense now; a key that does not is not shown."""
        del action
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action in _OF_REPLAY and not self.head.replay:
            return False
        if self.head.read_only and action in self._changing:
            return False
        return self.applies(action)

    def keys(self) -> list[Key]:
        """The keys that apply now, in their order."""
        return [key for key in self.all_keys if self.check_action(key.name, ()) is True]

    def explained_keys(self) -> list[Key]:
        """The keys that the help lists."""
        return self.keys()

    def marked(self) -> str:
        """How many rows are marked, in words; empty where none is."""
        return ""

    def show_keys(self) -> None:
        """The last line lists the keys that apply."""
        self.bottom.show_keys(self.keys(), self.marked())

    def on_mount(self) -> None:
        """First arrangement."""
        self.fit_terminal()
        self.show_keys()

    def seen(self) -> None:
        """A frame of it was written to the terminal: keys count from the first one on."""
        if self.accepts_after == math.inf:
            self.accepts_after = get_time()

    def on_screen_resume(self) -> None:
        """It is on top, or is so again: what was written meanwhile shows here, too."""
        self.post_message(asks.Arrived(self._arrived))
        self._arrived = True
        if self.outdated and self.reload is not None:
            self.outdated = False
            self.reload()

    def on_resize(self) -> None:
        """A terminal that is too small gets a sentence."""
        self.fit_terminal()

    def fit_terminal(self) -> None:
        """Show the widgets that fit."""
        width, height = self.app.size
        small = width < LEAST[0] or height < LEAST[1]
        for child in (self.top, *self.body(), self.bottom):
            child.display = not small
        self.too_small.display = small

    def action_step(self, by: int) -> None:
        self.post_message(asks.Step(by))

    def action_jump(self) -> None:
        self.post_message(asks.Jump(self.ref()))

    def action_page_before(self) -> None:
        self.post_message(asks.Toggle())

    def action_turn(self, by: int) -> None:
        self.post_message(StepTo(by))

    def action_minutes(self, minutes: int) -> None:
        self.post_message(Pass(minutes))

    def action_messages(self) -> None:
        self.post_message(asks.OpenMessages())

    def whole(self) -> tuple[str, str] | None:
        """What it is called and all of its text, to be written to a file; None where there is nothing."""
        return None

    def action_save(self) -> None:
        found = self.whole()
        self.post_message(asks.Save(*found) if found is not None else asks.Say("there is nothing here to write down"))

    def action_object(self) -> None:
        ref = self.ref()
        self.post_message(asks.OpenObject(ref) if ref is not None else asks.Say(NAMELESS))

    def action_share(self) -> None:
        ref = self.ref()
        self.post_message(asks.Share(ref) if ref is not None else asks.Say(NAMELESS))

    def action_palette(self) -> None:
        self.post_message(asks.OpenPalette())

    def action_help(self) -> None:
        self.post_message(asks.OpenHelp(self.explained_keys()))

    def action_back(self) -> None:
        self.app.pop_screen()
