"""The app: it composes the wings, hands each ask to the wing that answers it, and starts and ends. No rules here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from pulse_tui.tui import session
from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.common.estates_wing import EstatesWing
from pulse_tui.tui.common.moving import MovingWing
from pulse_tui.tui.common.wing import CommonWing
from pulse_tui.tui.context import BackgroundRunner, Context
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.keymap import Keymap
from pulse_tui.tui.kit.keys import QUIT
from pulse_tui.tui.kit.manners import Manners
from pulse_tui.tui.kit.opening import Opening
from pulse_tui.tui.kit.screen import BaseScreen, Head
from pulse_tui.tui.main import MainScreen
from pulse_tui.tui.notices import Notices
from pulse_tui.tui.start import start
from pulse_tui.tui.threads import Threads
from pulse_tui.tui.watch import Watch
from pulse_tui.tui.wing import Wing, table_of
from pulse_tui.tui.wings import WINGS

if TYPE_CHECKING:
    from textual.driver import Driver

    from pulse_tui.domain.views.board import Board
    from pulse_tui.ports.tower import Desk
    from pulse_tui.settings.tower import Preferences


def system_clock() -> datetime:
    """The present moment: the tower's default clock; tests give another."""
    return datetime.now(UTC)


class Tower(App[None]):
    """The tower as a whole. Construction touches nothing; the desk is opened in a thread after the first frame."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [QUIT]
    manners = Manners()
    """What suits the operator and their terminal."""

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        *,
        quick_board: Callable[[], Board | None],
        scheduler: BackgroundRunner | None,
        read_only: bool,
        session_file: Path | None,
        title: str,
        clock: Callable[[], datetime] = system_clock,
        hand_out: Callable[[str], bool] = lambda _text: False,
        wings: Sequence[Callable[[Context], Wing]] = WINGS,
        replay: bool = False,
        preferences: Preferences | None = None,
        hint: str = "",
    ) -> None:
        """``quick_board`` fills the panes before ``open_desk`` imports what is heavy; both are called in a thread.

        ``hand_out`` gives copied text to a program that has the clipboard, where there is one; whether it took it.
        ``preferences``: what the operator chose for every tower of this process. ``replay``: the desk is a :class:`~pulse_tui.ports.tower.PastDesk`, and no live one is behind it.
        ``hint``: which keys to press first, in the first line.
        """
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.theme = os.environ["TEXTUAL_THEME"]  # also where somebody imported Textual before this room
        if styles.wants_ascii(os.environ, getattr(sys.__stderr__, "encoding", None)):
            self._filters.append(styles.AsciiFilter())
        BaseScreen.keymap = Keymap(preferences.keys if preferences is not None else ())
        self.notices = Notices(self, clock)
        self.threads = Threads(self.notices.failed)
        self.watching = Watch(self, Head(title, read_only=read_only, hint=hint), self.threads, self.notices, clock)
        self.opening = Opening()
        self.context = Context(self, self.watching, self.threads, self.notices, self.opening, self.answer, hand_out)
        self.context.preferences = preferences
        self.started = False
        self.left_acting = False
        """Whether an action was under way when the tower was left: it was finished, and nobody has seen how."""
        self._asked_to_leave = False
        self._open_desk, self._quick_board, self._runner = open_desk, quick_board, scheduler
        self._session_file, self._makers, self._replay = session_file, wings, replay

    def get_driver_class(self) -> type[Driver]:
        from pulse_tui.tui.kit.driver import quiet_driver  # noqa: PLC0415  it asks Textual for its own driver first

        return quiet_driver(super().get_driver_class())

    def get_default_screen(self) -> Screen[None]:
        wings = [make(self.context) for make in self._makers]
        wings.append(CommonWing(self.context, wings))
        wings += [MovingWing(self.context), EstatesWing(self.context)]
        self._table = table_of(wings)
        panes = [pane for wing in wings for pane in wing.panes]
        saved, complaint = session.load(self._session_file, len(panes))
        self.watching.main = MainScreen(self.watching.head, panes, saved)
        if complaint:
            self.watching.main.complaints.insert(0, complaint)
        return self.watching.main

    @on(Ask)
    def answer(self, ask: Ask) -> None:
        """Hand what a pane, a screen or a wing asks for to the wing that has an answer."""
        answer = self._table.get(type(ask))
        if answer is None:
            self.notices.say(f"internal error: no wing answers {type(ask).__name__}", bad=True)
        else:
            with self.opening.answering(ask if ask.opens else None):
                answer(ask)
        self.opening.answered(ask)

    # ------------------------------------------------------------------ start and end

    def on_ready(self) -> None:
        """The first frame is on the screen: now the rest."""
        self.threads.spawn(self._start())

    async def _start(self) -> None:
        await start(self.context, self.watching, self._open_desk, self._quick_board, self._runner, replay=self._replay)
        self.started = True

    @property
    def at_rest(self) -> bool:
        """Whether the operator is at the panes, the board stands, and nothing is under way."""
        return self.started and self.watching.past is None and len(self.screen_stack) == 1 and not self.threads.busy

    def report(self, text: str, *, bad: bool = False) -> None:
        """A sentence for the operator; ``bad``: something did not work.

        Said in the app's own context: a timer made in another one fails, and takes the tower down when that ends.
        """
        self.call_later(self.notices.say, text, bad=bad)

    def poll_now(self) -> None:
        """A round brought something. On the loop's thread."""
        self.threads.spawn(self.watching.poll())

    async def action_quit(self) -> None:
        """Leave; while an action is under way (a rollback takes its time) only when asked twice."""
        if not self.threads.acting or self._asked_to_leave:
            self.exit()
            return
        self._asked_to_leave = True
        self.notices.say(
            "an action is under way: see how it ends; again leaves, and it is finished all the same", bad=True
        )

    def action_help_quit(self) -> None:
        """ctrl-c says how to leave, where every sentence stands: it may have been meant for the shell."""
        self.notices.say("ctrl-q leaves the tower, from any page and dialog")

    async def on_unmount(self) -> None:
        """Leave in order: the session, the rounds, the desk."""
        self.left_acting = self.threads.acting
        if self._session_file is not None:
            try:
                session.save(self._session_file, self.watching.main.session())
            except OSError as error:
                self.notices.record(f"the session was not saved: {error}", bad=True)
        if self.context.runner is not None:
            async with self.notices.reported():
                await self.context.runner.stop()
        if (desk := self.watching.desk) is not None:
            async with self.notices.reported():
                await self.threads.run("act", desk.close)
        self.threads.close()

    # ------------------------------------------------------------------ keys and signals

    def on_app_focus(self) -> None:
        """The terminal has the focus again: ages may have changed meanwhile."""
        self.watching.tick()

    def on_driver_signal_resume(self) -> None:
        """Back from the shell, which gave us an empty screen: Textual itself draws only what changed."""
        self.screen.refresh()

    def post_display_hook(self) -> None:
        """A frame was written. A callback after the refresh comes later, on a busy machine by so much that keys are lost."""
        if self.screen_stack and (seen := getattr(self.screen, "seen", None)) is not None:
            seen()

    async def on_event(self, event: events.Event) -> None:
        """Drop keys and pastes between a key that opens a screen and its first frame; run bindings in the keys' order.

        What is dropped is not kept: it was typed at a page that is no longer on the screen. ``Esc`` gives up what the
        desk is slow to answer, and ``ctrl-q`` always quits.

        Textual runs a binding after its key has bubbled up, when the next keys are on their way already:
        in a burst, what was meant for the line that ``/`` opens would run actions instead.
        """
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            key = event.key if isinstance(event, events.Key) else ""
            early = event.time < getattr(self.screen, "accepts_after", 0.0)
            if key != "ctrl+q" and getattr(self.screen, "closing", False):
                return
            if key != "ctrl+q" and (early or self.opening.under_way):
                if key == "escape" and self.opening.give_up():
                    self.notices.say("given up: what was being read does not open")
                return
            before_key = getattr(self.screen, "before_key", None)
            if before_key is not None and isinstance(event, events.Key):
                before_key(event)
            if isinstance(event, events.Key) and self.focused is None and await self._check_bindings(event.key):
                return
        await super().on_event(event)
