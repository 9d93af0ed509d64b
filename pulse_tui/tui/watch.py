"""The board: read in a thread, drawn when it differs, read again when anybody wrote."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.app import App

from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.tui.bell import RING, Bell
from pulse_tui.tui.kit.manners import here, manners
from pulse_tui.tui.kit.screen import BaseScreen, Head
from pulse_tui.tui.main import MainScreen
from pulse_tui.tui.notices import Notices
from pulse_tui.tui.threads import Threads

if TYPE_CHECKING:
    from pulse_tui.domain.views.board import Board
    from pulse_tui.domain.views.past import Landing
    from pulse_tui.ports.tower import Desk, PastDesk

POLL_S = 1.0
TICK_S = 15.0
"""Ages are coarse (minutes at the finest), so drawing them again every 15 s is often enough."""
BROKEN_AFTER_S = 10.0
"""A board that could not be asked for this long says from when it is."""
CHEAP_S = 0.002
"""A change mark that answers faster than this is asked on the loop itself."""


class Watch:
    """Keeps the screens as the database is: within a poll of any change, by whomever."""

    main: MainScreen
    """Set when Textual asks for its first screen."""

    def __init__(
        self, app: App[None], head: Head, threads: Threads, notices: Notices, clock: Callable[[], datetime]
    ) -> None:
        """Nothing is open and nothing is read yet."""
        self._app, self._threads, self._notices, self._clock = app, threads, notices, clock
        self.head = head
        self.desk: Desk | None = None
        self.board: Board | None = None
        self._mark: object = None
        self._mark_direct = False
        self._reading = False
        self._read_again = False
        self._known_us = 0
        """When the board was last known to be as the database is."""
        self.past: PastDesk | None = None
        """The desk as of a moment, while that is shown; then it is :attr:`desk`, too."""
        self.live: Desk | None = None
        """The desk of the present meanwhile; None where there is none behind."""
        self._then_us = 0
        self._before = head
        self._live_mark: object = None
        self._urgent: frozenset[str] | None = None
        self._bell = Bell()

    @property
    def live_us(self) -> int:
        """The present moment, in microseconds."""
        return to_us(self._clock())

    @property
    def now_us(self) -> int:
        """The moment that is shown, in microseconds: the present one, or of a replay that of then."""
        return self.live_us if self.past is None else self._then_us

    # ------------------------------------------------------------------ the past

    async def show_past(self, past: PastDesk, landing: Landing) -> None:
        """From now on the tower is as it stood: read-only, and nothing on it is of today."""
        if self.past is None:
            self.live, self._before = (None if self.desk is past else self.desk), self.head
            self._live_mark, self._urgent = None, None
        self.past = self.desk = past
        self._then_us = self._known_us = landing.at_us
        at, zone = from_us(landing.at_us), manners(self._app).zone
        shown = f"{at:%Y-%m-%d %H:%M:%S} UTC" + (f", {here(at, zone)}" if zone is not None else "")
        self.set_head(replay=shown, alone=self.live is None, read_only=True, as_of="", tempo=None, operator="")
        await self.read_board()

    async def show_present(self) -> bool:
        """Back to the live tower; False where there is none behind."""
        if self.past is None or self.live is None:
            return False
        before = self._before
        self.past, self.desk, self.live, self._mark = None, self.live, None, None
        self._known_us = self.now_us
        self.set_head(replay="", alarm="", read_only=before.read_only, operator=before.operator)
        await self.read_board()
        return True

    async def _look_at_live(self, live: Desk) -> None:
        """Whoever looks at the past learns of what becomes urgent meanwhile."""
        mark = await self._threads.run("check", live.change_mark)
        if mark == self._live_mark:
            return
        board = await self._threads.run("check", live.board)
        self._live_mark = mark
        firing = frozenset(a.id for a in board.alerts if a.priority == "P1" and a.state == "firing")
        if self._urgent is None:
            self._urgent = firing
        new = len(firing - self._urgent)
        self.set_head(alarm=f"{new} new P1" if new else "")

    # ------------------------------------------------------------------ the board

    def begin(self) -> None:
        """Poll from now on, and keep the ages true."""
        self._app.set_interval(POLL_S, self.poll)
        self._app.set_interval(TICK_S, self.tick)

    def set_head(self, **changes: Any) -> None:
        """Every screen's header line has news."""
        head = self.head._replace(**changes)
        if head != self.head:
            self.head = head
            for screen in self._app.screen_stack:
                if isinstance(screen, BaseScreen):
                    screen.set_head(head)

    def _ring(self, board: Board) -> None:
        """A new P1 rings, where the operator wants that; the past never does."""
        if self.past is None and self._bell.due(board, self.live_us) and manners(self._app).bell:
            driver = self._app._driver
            if driver is not None:
                driver.write(RING)

    def show_board(self, board: Board) -> None:
        """Draw it."""
        self.board = board
        self._ring(board)
        self.set_head(header=board.header)
        self.main.show_board(board, self.now_us)

    async def read_board(self) -> None:
        """Read the board in a thread; a change that comes while reading leads to one more round."""
        desk = self.desk
        if desk is None:
            return
        if self._reading:
            self._read_again = True
            return
        self._reading = True
        try:
            while True:
                self._read_again = False
                asset = self.main.lead
                async with self._notices.reported():
                    mark, board = await self._threads.run(
                        "read",
                        lambda asset=asset: (desk.change_mark(), desk.board(asset)),  # type: ignore[misc]
                    )
                    self._mark = mark
                    self._known_good()
                    if board != self.board:
                        self.show_board(board)
                if not self._read_again:
                    break
        finally:
            self._reading = False
        page = self._notices.page()
        for screen in self._app.screen_stack:
            if isinstance(screen, BaseScreen) and screen is not page:
                screen.outdated = True
        if page is not None and page.reload is not None:
            page.reload()
        self._threads.spawn(self._read_tempo(desk))

    async def _read_tempo(self, desk: Desk) -> None:
        """Ask how fast labs release models, where it keeps nobody waiting: the first answer takes half a second to make."""
        async with self._notices.reported():
            self.set_head(tempo=await self._threads.run("check", desk.tempo))

    async def poll(self) -> None:
        """Ask whether anybody wrote, or whether time itself changed something; read only then."""
        desk = self.desk
        if desk is None:
            return
        if self.past is not None:
            if (live := self.live) is not None:
                async with self._notices.reported():
                    await self._look_at_live(live)
            return
        async with self._notices.reported():
            if self._mark_direct:
                began = time.perf_counter()
                mark = desk.change_mark()
                self._mark_direct = time.perf_counter() - began < 10 * CHEAP_S
            else:
                began, mark, ended = await self._threads.run(
                    "read", lambda: (time.perf_counter(), desk.change_mark(), time.perf_counter())
                )
                self._mark_direct = ended - began < CHEAP_S
            if mark != self._mark or self._due():
                await self.read_board()
            else:
                self._known_good()

    def _due(self) -> bool:
        board, now_us = self.board, self.now_us
        if board is None or now_us < self._known_us:
            return board is not None  # the clock was set back: nothing of time is as it was
        return board.changes_us is not None and board.changes_us <= now_us

    def _known_good(self) -> None:
        self._known_us = self.now_us
        self.set_head(as_of="")

    def tick(self) -> None:
        """Ages may have changed; and the board may be old, where it can no longer be asked for."""
        if self.past is None and self._known_us and abs(self.now_us - self._known_us) > BROKEN_AFTER_S * 1e6:
            self.set_head(as_of=f"{from_us(self._known_us):%H:%M:%S}")
        for screen in self._app.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.tick(self.now_us)
