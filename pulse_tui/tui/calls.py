"""Calls of the desk in threads, and what the operator is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from textual.app import App
from textual.screen import Screen
from textual.timer import Timer

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import to_us
from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.kit.screen import BaseScreen, Head
from pulse_tui.tui.main import MainScreen
from pulse_tui.tui.session import Session

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from pulse_tui.domain.views.panes import Board
    from pulse_tui.ports import Desk

SAY_S = 6.0
SAY_BAD_S = 20.0
NEWS_S = 3.0
"""News of the sources gives the keys back sooner: nobody asked for it."""
LOG_KEPT = 200

T = TypeVar("T")


def system_clock() -> datetime:
    """The present moment: the tower's default clock; tests give another."""
    return datetime.now(UTC)


class Calls(App[None]):
    """The floor of the tower: the desk, a thread for each kind of call, and the messages in the last line."""

    def __init__(self, head: Head, saved: Session, clock: Callable[[], datetime]) -> None:
        """``saved`` is where the operator was the last time."""
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.theme = os.environ["TEXTUAL_THEME"]  # also where somebody imported Textual before this room
        self.head = head
        self.desk: Desk | None = None
        self.board: Board | None = None
        self.log_entries: list[tuple[str, str, bool]] = []
        self._saved, self._clock = saved, clock
        self._saying: Timer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def get_default_screen(self) -> Screen[None]:
        self.main = MainScreen(self.head, self._saved)
        return self.main

    async def read_board(self) -> None:
        """Read the board and draw it."""
        raise NotImplementedError

    # ------------------------------------------------------------------ threads and errors

    async def _in(self, pool: str, call: Callable[[], T]) -> T:
        """Call in the one thread of ``pool``: a long rollback ("deed") never holds up a "read" or a "chart"."""
        executor = self._pools.get(pool)
        if executor is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  after the first frame

            executor = self._pools[pool] = ThreadPoolExecutor(1, f"pulse-{pool}")
        return await asyncio.get_running_loop().run_in_executor(executor, call)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.say(f"internal error: {type(error).__name__}: {error}", bad=True)

    @contextlib.asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """A refusal or failure inside becomes a message; the tower stays up."""
        try:
            yield
        except PulseError as error:
            self.say(str(error), bad=True)

    def _ask(self, call: Callable[[Desk], T], then: Callable[[T], object], *, deed: bool = False) -> None:
        """Call the desk in a thread and hand the answer on."""
        desk = self.desk
        if desk is None:
            self.say("the estate is still being opened; try again in a moment", bad=True)
            return

        async def run() -> None:
            async with self._told():
                answer = await self._in("deed" if deed else "read", lambda: call(desk))
                result = then(answer)
                if isinstance(result, Awaitable):
                    await result

        self._spawn(run())

    def _deed(self, call: Callable[[Desk], str]) -> None:
        """A deed: say what was done and read the board again."""
        if self.head.read_only:
            self.say("this tower is read-only", bad=True)
            return

        def done(sentence: str) -> Awaitable[None]:
            self.say(sentence)
            return self.read_board()

        self._ask(call, done, deed=True)

    def on_say(self, message: messages.Say) -> None:
        """A screen has something to say."""
        self.say(message.text, bad=message.bad)

    def say(self, message: str, *, bad: bool = False, shown_s: float | None = None) -> None:
        """A message for the operator: in the last line for some seconds, in the log for good."""
        at = self._clock().strftime("%H:%M:%S")
        self.log_entries.append((at, message, bad))
        del self.log_entries[:-LOG_KEPT]
        screen = self._page()
        if screen is None:
            return
        screen.say(message, bad=bad)
        if self._saying is not None:
            self._saying.stop()
        self._saying = self.set_timer(shown_s or (SAY_BAD_S if bad else SAY_S), self._said)

    def news(self, message: str) -> None:
        """What the sources brought. It never covers an error that still stands in the last line."""
        screen = self._page()
        if screen is not None and screen.bottom.bad:
            self.log_entries.append((self._clock().strftime("%H:%M:%S"), message, False))
        else:
            self.say(message, shown_s=NEWS_S)

    def _said(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.bottom.message:
                screen.say("")

    def _page(self) -> BaseScreen | None:
        """The topmost screen that has a last line."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, BaseScreen)), None)

    def _now_us(self) -> int:
        return to_us(self._clock())

    def _set_head(self, **changes: Any) -> None:
        head = self.head._replace(**changes)
        if head != self.head:
            self.head = head
            for screen in self.screen_stack:
                if isinstance(screen, BaseScreen):
                    screen.set_head(head)
