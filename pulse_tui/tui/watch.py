"""The board: read in a thread, drawn when it differs, read again when anybody wrote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.calls import Calls
from pulse_tui.tui.evals.pane import ChartWanted
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.session import Session

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import Board

POLL_S = 1.0
TICK_S = 15.0
"""Ages are coarse (minutes at the finest), so a look every 15 s is often enough."""
CHEAP_S = 0.002
"""A change mark that answers faster than this is asked on the loop itself."""


class Watch(Calls):
    """Keeps the panes as the database is: within a poll of any change, by whomever."""

    def __init__(self, head: Head, saved: Session, clock: Callable[[], datetime]) -> None:
        """As for :class:`Calls`."""
        super().__init__(head, saved, clock)
        self._mark: object = None
        self._mark_direct = False
        self._reading = False
        self._read_again = False
        self._chart_drawn = asyncio.Event()

    def _watch(self) -> None:
        """Begin to poll, and to look at the ages."""
        self.set_interval(POLL_S, self._poll)
        self.set_interval(TICK_S, self._tick)

    def reload_page(self) -> None:
        """Ask again for what the open page shows."""
        raise NotImplementedError

    def _show_board(self, board: Board) -> None:
        self.board = board
        self._set_head(header=board.header)
        self.main.show_board(board, self._now_us())

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
                asset = self.main.registry.asset
                async with self._told():
                    mark, board = await self._in("read", lambda a=asset: (desk.change_mark(), desk.board(a)))  # type: ignore[misc]
                    self._mark = mark
                    if board != self.board:
                        self._show_board(board)
                if not self._read_again:
                    break
        finally:
            self._reading = False
        self.reload_page()

    def look_now(self) -> None:
        """Poll now: a round brought something. On the loop's thread."""
        self._spawn(self._poll())

    async def _poll(self) -> None:
        """Ask whether anybody wrote; read only then."""
        desk = self.desk
        if desk is None:
            return
        async with self._told():
            if self._mark_direct:
                began = time.perf_counter()
                mark = desk.change_mark()
                self._mark_direct = time.perf_counter() - began < 10 * CHEAP_S
            else:
                began, mark, ended = await self._in(
                    "read", lambda: (time.perf_counter(), desk.change_mark(), time.perf_counter())
                )
                self._mark_direct = ended - began < CHEAP_S
            if mark != self._mark:
                await self.read_board()

    def _tick(self) -> None:
        self.main.tick(self._now_us())

    # ------------------------------------------------------------------ benchmarks

    def on_follow_asset(self, message: messages.FollowAsset) -> None:
        """The Benchmarks pane shows the asset that the cursor rests on."""
        asset = message.asset_id
        if self.desk is not None:
            self._ask(lambda desk: desk.trends(asset), lambda trends: self.main.follow(asset, trends))

    def on_chart_wanted(self, message: ChartWanted) -> None:
        """Draw in a thread: the first chart imports plotext."""
        pane, trend, width, height = message.pane, message.trend, message.width, message.height

        async def run() -> None:
            lines = await self._in("chart", lambda: _draw_chart(trend, width, height))
            pane.put_chart(trend, width, height, lines)
            self._chart_drawn.set()

        self._spawn(run())

    def on_app_focus(self) -> None:
        """The terminal has the focus again: ages may have ticked over."""
        self._tick()


def _draw_chart(trend: Any, width: int, height: int) -> tuple[str, ...]:
    from pulse_tui.tui.kit import chart  # noqa: PLC0415  plotext is imported here, after the first frame

    return chart.draw(trend, width, height)
