"""What a scraper gets, however often it asks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

from pulse_tui.enrich.learning.openmetrics import Family, Sample
from pulse_tui.rounds import exposed
from pulse_tui.rounds.exposed import Exposed


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Measures:
    """Take a while, and count how often and where they were asked for."""

    def __init__(self, waits: Callable[[], object] = lambda: None, *, fail: bool = False) -> None:
        self.asked: list[str] = []
        self._waits, self._fail = waits, fail

    def __call__(self) -> Iterator[Family]:
        self.asked.append(threading.current_thread().name)
        self._waits()
        if self._fail:
            raise OSError("the disk is gone")
        yield Family("pulse_measured", "x", (Sample((), float(len(self.asked))),))


def own() -> Iterator[Family]:
    yield Family("pulse_agent_own", "x", (Sample((), 1.0),))


def test_a_storm_of_scrapes_computes_once_and_off_the_loop() -> None:
    beaten, went_on = threading.Event(), list[bool]()
    measures = Measures(lambda: went_on.append(beaten.wait(60)))

    async def storm() -> list[bytes]:
        texts = Exposed(measures, own, Ticks())

        async def beat() -> None:
            while not measures.asked:
                await asyncio.sleep(0.005)
            for _ in range(5):
                await asyncio.sleep(0.005)
            beaten.set()

        beating = asyncio.create_task(beat())
        found = await asyncio.gather(*(texts.text() for _ in range(500)))
        await beating
        texts.close()
        return found

    texts = asyncio.run(storm())
    assert len(measures.asked) == 1
    assert measures.asked[0].startswith("metrics")
    assert {text.endswith(b"# EOF\n") for text in texts} == {True}
    assert all(b"pulse_measured 1.0" in text and b"pulse_agent_own 1.0" in text for text in texts)
    assert went_on == [True], "the loop went on while they were computed"


def test_measures_are_computed_again_when_their_time_has_passed_and_meanwhile_the_old_ones_stand() -> None:
    ticks, measures = Ticks(), Measures()

    async def two() -> tuple[bytes, bytes, bytes]:
        texts = Exposed(measures, own, ticks)
        first = await texts.text()
        ticks.now += exposed.HOLD_S - 1
        second = await texts.text()
        ticks.now += 2
        await texts.text()
        third, end = second, time.monotonic() + 60
        while b"pulse_measured 2.0" not in third and time.monotonic() < end:
            await asyncio.sleep(0.01)
            ticks.now += exposed.OWN_S
            third = await texts.text()
        texts.close()
        return first, second, third

    first, second, third = asyncio.run(two())
    assert b"pulse_measured 1.0" in first
    assert b"pulse_measures_age_seconds 14.0" in second
    assert b"pulse_measured 2.0" in third


def test_measures_that_fail_are_reported_and_hide_nothing_of_the_process() -> None:
    async def one() -> bytes:
        texts = Exposed(Measures(fail=True), own, Ticks())
        try:
            return await texts.text()
        finally:
            texts.close()

    text = asyncio.run(one())
    assert b"pulse_measures_failed 1.0" in text
    assert b"pulse_agent_own 1.0" in text
