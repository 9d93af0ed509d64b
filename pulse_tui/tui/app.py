"""The app: how a tower starts, what it does before the desk is open, and how it leaves. No rules here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType

from pulse_tui.domain.errors import PulseError
from pulse_tui.tui import session
from pulse_tui.tui.calls import system_clock
from pulse_tui.tui.deeds import BackgroundRunner
from pulse_tui.tui.evals.deeds import BenchDeeds
from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.watch import Watch

if TYPE_CHECKING:
    from textual.driver import Driver

    from pulse_tui.domain.views.panes import Board
    from pulse_tui.ports import Desk


class Tower(BenchDeeds, Watch):
    """The tower over a desk. Construction touches nothing; the desk is opened in a thread after the first frame."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [bind("ctrl+q", "quit", "quit", priority=True)]

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
    ) -> None:
        """``quick_board`` fills the panes before ``open_desk`` imports what is heavy; both are called in a thread.

        ``hand_out`` gives copied text to a program that has the clipboard, where there is one; whether it took it.
        """
        saved, self._complaint = session.load(session_file)
        super().__init__(Head(title, read_only=read_only), saved, clock)
        self._open_desk, self._quick_board, self._runner = open_desk, quick_board, scheduler
        self._session_file = session_file
        self._hand_out = hand_out
        self._started = False
        if look.wants_ascii(os.environ, getattr(sys.__stderr__, "encoding", None)):
            self._filters.append(look.AsciiFilter())

    def get_driver_class(self) -> type[Driver]:
        from pulse_tui.tui.kit.driver import quiet_driver  # noqa: PLC0415  it asks Textual for its own driver first

        return quiet_driver(super().get_driver_class())

    # ------------------------------------------------------------------ start

    def on_ready(self) -> None:
        """The first frame is on the screen: now the rest."""
        self._spawn(self._begin())

    async def _begin(self) -> None:
        try:
            board = await self._in("read", self._quick_board)
        except PulseError as error:
            self.say(str(error), bad=True)
            board = None
        if board is not None:
            self._show_board(board)
            await self._painted()
        try:
            self.desk = await self._in("read", self._import_and_open)
        except PulseError as error:
            self.say(str(error), bad=True)
            return
        self._set_head(operator=self.desk.operator, read_only=self.head.read_only or self.desk.read_only)
        for complaint in (self._complaint, *self.main.complaints()):
            if complaint:
                self.say(complaint, bad=True)
        await self.read_board()
        self._watch()
        if self._runner is not None:
            async with self._told():
                await self._runner.start(self.news)
                self._runner_started = True
        self._started = True

    async def _painted(self) -> None:
        """Until what was just shown is on the screen: heavy imports would take its turns at the interpreter."""
        painted = asyncio.Event()
        self.main.call_after_refresh(painted.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(painted.wait(), 1.0)
            if self.main.benchmarks.waiting:
                await asyncio.wait_for(self._chart_drawn.wait(), 1.0)

    def _import_and_open(self) -> Desk:
        """A short switch interval gives the loop its turn between two imports."""
        interval = sys.getswitchinterval()
        sys.setswitchinterval(0.001)
        try:
            return self._open_desk()
        finally:
            sys.setswitchinterval(interval)

    # ------------------------------------------------------------------ end

    async def on_unmount(self) -> None:
        """Leave in order: the session, the rounds, the desk."""
        if self._session_file is not None:
            try:
                session.save(self._session_file, self.main.session())
            except OSError as error:
                self.log_entries.append(("", f"the session was not saved: {error}", True))
        if self._runner is not None and self._runner_started:
            async with self._told():
                await self._runner.stop()
        if self.desk is not None:
            async with self._told():
                await self._in("deed", self.desk.close)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------------ keys and signals

    def on_driver_signal_resume(self) -> None:
        """Back from the shell, which gave us an empty screen: Textual itself draws only what changed."""
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Drop keys and pastes that came before a dialog was seen; run bindings in the order of the keys.

        Textual runs a binding after its key has bubbled up, when the next keys are on their way already:
        in a burst, what was meant for the line that ``/`` opens would fire deeds instead.
        """
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            accepts_after: float = getattr(self.screen, "accepts_after", 0.0)
            if event.time < accepts_after:
                return
            before_key = getattr(self.screen, "before_key", None)
            if before_key is not None and isinstance(event, events.Key):
                before_key(event)
            if isinstance(event, events.Key) and self.focused is None and await self._check_bindings(event.key):
                return
        await super().on_event(event)
