"""Running a tower on a fake desk without a terminal, and reading its screen as text."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from textual import events
from textual._time import get_time
from textual.keys import _character_to_key

from pulse_tui.domain.views.board import Board
from pulse_tui.settings.tower import Preferences
from pulse_tui.tui.alerts.pane import AlertsPane
from pulse_tui.tui.app import Tower
from pulse_tui.tui.context import BackgroundRunner, Context, Estates
from pulse_tui.tui.evals.pane import BenchmarksPane
from pulse_tui.tui.kit.canvas import Canvas
from pulse_tui.tui.kit.guard import GuardedScreen
from pulse_tui.tui.main import MainScreen
from pulse_tui.tui.registry.pane import RegistryPane
from pulse_tui.tui.wing import Wing
from pulse_tui.tui.wings import WINGS
from tests.fakes.desk import FakeDesk
from tests.fakes.registry_desk import NOW

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIDE, NARROW = (120, 36), (80, 24)


def key_event(tower: Tower, key: str) -> events.Key:
    """The event that a terminal's driver sends for a key."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character = key if len(key) == 1 else {"space": " ", "slash": "/", "colon": ":", "question_mark": "?"}.get(key)
    event = events.Key(name, character)
    event.set_sender(tower)
    return event


class Pilot:
    """A running tower: press keys, wait until it is quiet, read the screen."""

    def __init__(self, tower: Tower, desk: FakeDesk, pilot: Any) -> None:
        self.tower, self.desk, self._pilot = tower, desk, pilot

    async def settle(self) -> None:
        """Until no task of the tower is under way and everything is drawn."""
        calm, end = 0, time.monotonic() + 60
        while calm < 3:
            assert time.monotonic() < end, f"the tower does not come to rest:\n{self.text()}"
            await self._processed()
            self.tower.screen._on_timer_update()  # a new layout may ask for more, such as a chart
            ready = self.tower.started and not any(pane.waiting for pane in self.main.panes)
            calm = calm + 1 if ready and not self.tower.threads.busy else 0
            if not calm:
                await asyncio.sleep(0.005)

    async def _processed(self) -> None:
        """Until every widget has handled the messages it has, and those that these led to."""
        for _ in range(4):
            await self._pilot._wait_for_screen()

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.tower.post_message(key_event(self.tower, key))
            await self.settle()

    async def type(self, text: str) -> None:
        for letter in text:
            self.tower.post_message(key_event(self.tower, letter))
        await self.settle()

    async def burst(self, keys: Iterable[str]) -> None:
        """As when the terminal sends all of it at once."""
        for key in keys:
            name = {"\r": "enter", "\x1b": "escape", "/": "slash", ":": "colon", "?": "question_mark"}.get(key, key)
            self.tower.post_message(key_event(self.tower, name))
        await self.settle()

    async def open_dialog(self, *keys: str) -> None:
        """Press the keys and wait until the dialog takes input."""
        await self.press(*keys)
        while isinstance(screen := self.tower.screen, GuardedScreen) and get_time() <= screen.accepts_after:
            await asyncio.sleep(0.01)

    async def changed(self) -> None:
        """Somebody else wrote, and the tower polls."""
        self.desk.changed()
        await self.tower.watching.poll()
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)
        await self.settle()

    def lines(self) -> list[str]:
        """The screen as plain text."""
        return ["".join(s.text for s in strip).rstrip() for strip in self.tower.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(self.lines())

    @property
    def main(self) -> MainScreen:
        return self.tower.context.main

    @property
    def registry(self) -> RegistryPane:
        return next(pane for pane in self.main.panes if isinstance(pane, RegistryPane))

    @property
    def benchmarks(self) -> BenchmarksPane:
        return next(pane for pane in self.main.panes if isinstance(pane, BenchmarksPane))

    @property
    def alerts(self) -> AlertsPane:
        return next(pane for pane in self.main.panes if isinstance(pane, AlertsPane))

    @property
    def notices(self) -> list[str]:
        """Every notice so far."""
        return [notice.text for notice in self.tower.notices.log]

    @property
    def screen_name(self) -> str:
        return type(self.tower.screen).__name__


def shown_text(canvas: Canvas) -> list[str]:
    """What a widget shows, as plain text."""
    return ["".join(text for text, _ in line).rstrip() for line in canvas._shown]


def copies_of(pilot: Pilot) -> list[str]:
    """What is copied from now on."""
    made: list[str] = []

    def take(text: str) -> bool:
        made.append(text)
        return True

    pilot.tower.context.hand_out = take
    return made


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
    wings: Sequence[Callable[[Context], Wing]] = WINGS,
    preferences: Preferences | None = None,
    estates: Estates | None = None,
) -> None:
    """Run a scenario on a tower over a fake desk."""
    the_desk = desk or FakeDesk()

    async def run() -> None:
        tower = Tower(
            lambda: the_desk, quick_board=quick, scheduler=scheduler, read_only=read_only,
            session_file=session_file, title="acme-ai", clock=lambda: NOW, wings=wings,
            preferences=preferences,
        )  # fmt: skip
        tower.context.estates = estates
        async with tower.run_test(size=size) as pilot:
            here = Pilot(tower, the_desk, pilot)
            await here.settle()
            await scenario(here)

    asyncio.run(asyncio.wait_for(run(), 120))


def check_snapshot(name: str, text: str) -> None:
    """Compare with the file; PULSE_SNAPSHOT_UPDATE=1 writes it."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("PULSE_SNAPSHOT_UPDATE") == "1":
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{path.name} differs; PULSE_SNAPSHOT_UPDATE=1 rewrites it"
