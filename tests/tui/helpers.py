"""Running a tower on a fake desk without a terminal, and reading its screen as text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.fakes.desk import NOW, FakeDesk

from pulse_tui.domain.board import Board
from pulse_tui.tui.app import BackgroundRunner, Tower

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIDE, NARROW = (120, 36), (80, 24)


class Pilot:
    """A running tower: press keys, wait until it is quiet, read the screen."""

    def __init__(self, tower: Tower, desk: FakeDesk, pilot: Any) -> None:
        self.tower, self.desk, self._pilot = tower, desk, pilot

    async def settle(self) -> None:
        """Until no task of the tower is under way and everything is drawn."""
        for _ in range(60):
            await self._pilot.pause()
            if not self.tower._tasks and self.tower.desk is not None and not self.tower.main.benchmarks.waiting:
                break
            await asyncio.sleep(0.01)
        await self._pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def open_dialog(self, *keys: str) -> None:
        """Press the keys and wait until the dialog takes input."""
        await self.press(*keys)
        await asyncio.sleep(0.2)

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)
        await self.settle()

    def lines(self) -> list[str]:
        """The screen as plain text."""
        return ["".join(s.text for s in strip).rstrip() for strip in self.tower.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(self.lines())

    @property
    def screen_name(self) -> str:
        return type(self.tower.screen).__name__


Play = Callable[[Pilot], Awaitable[None]]


def play(
    scenario: Play,
    *,
    desk: FakeDesk | None = None,
    size: tuple[int, int] = WIDE,
    read_only: bool = False,
    session_file: Path | None = None,
    scheduler: BackgroundRunner | None = None,
    quick: Callable[[], Board | None] = lambda: None,
) -> None:
    """Run a scenario on a tower over a fake desk."""
    the_desk = desk or FakeDesk()

    async def run() -> None:
        tower = Tower(
            lambda: the_desk, quick_board=quick, scheduler=scheduler, read_only=read_only,
            session_file=session_file, title="acme-ai", clock=lambda: NOW,
        )  # fmt: skip
        async with tower.run_test(size=size) as pilot:
            here = Pilot(tower, the_desk, pilot)
            await here.settle()
            await scenario(here)

    asyncio.run(asyncio.wait_for(run(), 20))


def check_snapshot(name: str, text: str) -> None:
    """Compare with the file; PULSE_SNAPSHOT_UPDATE=1 writes it."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("PULSE_SNAPSHOT_UPDATE") == "1":
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{path.name} differs; PULSE_SNAPSHOT_UPDATE=1 rewrites it"
