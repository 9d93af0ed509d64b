"""Another estate in the same tower: it is checked first, and refused while an action is under way."""

from __future__ import annotations

import asyncio
import threading

from pulse_tui.domain.errors import ConfigError, NotFound, Problem
from pulse_tui.tui.context import EstateLine
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import NARROW, Pilot, check_snapshot, play


class FakeEstates:
    """Three estates; the one named eu has a broken configuration."""

    def __init__(self) -> None:
        self.went: list[str] = []

    def known(self) -> tuple[EstateLine, ...]:
        return (
            EstateLine("acme-ai", "/srv/acme", current=True),
            EstateLine("staging", "/srv/staging", current=False),
            EstateLine("eu", "/srv/eu", current=False, problem="there is no such configuration"),
        )

    def check(self, name: str) -> None:
        if name == "eu":
            raise ConfigError([Problem("/srv/eu/pulse.yaml:3", "unknown key 'sourcs'", "did you mean 'sources'?")])
        if name not in {line.name for line in self.known()}:
            raise NotFound(f"no estate is known as {name!r}", todo="did you mean 'staging'?")

    def go(self, name: str) -> None:
        self.went.append(name)


def test_the_list_marks_the_one_that_is_open_and_enter_goes_to_another() -> None:
    estates = FakeEstates()

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon", *"ctx", "enter")
        assert pilot.screen_name == "EstatesScreen"
        check_snapshot("estates-80x24", pilot.text())
        await pilot.press("enter")
        assert pilot.notices[-1] == "acme-ai is the estate that is open"
        await pilot.press("j", "enter")
        assert estates.went == ["staging"]

    play(scenario, estates=estates, size=NARROW)


def test_what_is_wrong_with_the_other_one_is_said_and_this_one_stays() -> None:
    estates = FakeEstates()

    async def scenario(pilot: Pilot) -> None:
        for name, words in (("eu", "unknown key 'sourcs'"), ("stagin7", "no estate is known as 'stagin7'")):
            await pilot.press("colon")
            await pilot.type(f"ctx {name}")
            await pilot.press("enter")
            assert words in pilot.notices[-1]
            assert pilot.screen_name == "MainScreen"
        assert estates.went == []
        await pilot.press("colon")
        await pilot.type("ctx stag")
        await pilot.press("enter")
        assert estates.went == ["staging"]

    play(scenario, estates=estates)


class Slow(FakeDesk):
    """An action takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def acknowledge(self, alert_id: str) -> str:
        self.let_go.wait(60)
        return super().acknowledge(alert_id)


def test_nobody_goes_while_an_action_is_under_way() -> None:
    estates, desk = FakeEstates(), Slow()

    async def scenario(pilot: Pilot) -> None:
        pilot.tower.context.act(lambda d: d.acknowledge("al-1"))
        while not pilot.tower.threads.acting:
            await asyncio.sleep(0.01)
        pilot.tower.context.answer(switch)
        assert "an action is under way" in pilot.notices[-1]
        desk.let_go.set()
        await pilot.settle()
        pilot.tower.context.answer(switch)
        await pilot.settle()
        assert estates.went == ["staging"]

    from pulse_tui.tui.asks.estates import SwitchEstate

    switch = SwitchEstate("staging")
    play(scenario, estates=estates, desk=desk)


def test_a_tower_of_one_estate_says_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon", *"ctx", "enter")
        assert pilot.notices[-1] == "this tower shows one estate"

    play(scenario)
