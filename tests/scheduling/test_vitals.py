"""What an agent knows of itself, and what is made of it."""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.cli.serving import Around, serve
from pulse_tui.domain.errors import Busy, StorageError
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.vitals import Limits, Seen, State, readiness, status_line, stuck
from pulse_tui.rounds.vitals import READING, WRITING, Vitals
from pulse_tui.rounds.work import Rounds
from pulse_tui.scheduling import Outcome
from pulse_tui.service.log import Log
from pulse_tui.service.notify import Supervisor
from pulse_tui.wiring import House
from tests.fakes.supervisor import Listening, supervisor

WELL = Seen(begun=True, listening=True, answered=True)
LIMITS = Limits()


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def vitals(lines: list[str], ticks: Ticks) -> Vitals:
    return Vitals(LIMITS, lines.append, ticks)


def fine() -> None:
    """The database works."""


def broken() -> None:
    raise StorageError("postgresql://pulse@db-1 refuses: the password of pulse")


def test_well_is_ready() -> None:
    assert readiness(WELL, LIMITS) == (State.READY, ())


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (WELL._replace(stopping=True), "it is stopping"),
        (WELL._replace(begun=False), "no round has begun yet"),
        (WELL._replace(listening=False), "it does not listen yet"),
        (WELL._replace(answered=False), "the database has not been asked yet"),
        (WELL._replace(trouble=WRITING), WRITING),
        (WELL._replace(asked=61.0), "the database has not answered for 1 min"),
        (WELL._replace(rounds={"news": 901.0}), "the round of news has been under way for 15 min"),
        (WELL._replace(kept=181.0), "there was no housekeeping for 3 min"),
        (WELL._replace(kept=500.0, keeping=200.0), "the housekeeping has been under way for 3.3 min"),
    ],
)
def test_what_is_not_well_is_not_ready_and_says_why(seen: Seen, reason: str) -> None:
    state, reasons = readiness(seen, LIMITS)
    assert (state, list(reasons)) == (State.NOT_READY, [reason])


def test_a_broken_configuration_degrades_and_stops_nothing() -> None:
    found = readiness(WELL._replace(degraded="the old one stays"), LIMITS)
    assert found.lines() == "degraded\nthe old one stays\n"
    assert status_line(found, 14, ["a", "b", "c", "d"]) == (
        "degraded: the old one stays (collecting 14 sources, 4 failing: a, b, c and 1 more)"
    )


def test_a_disk_that_gets_full_degrades_beside_whatever_else_does(vitals: Vitals) -> None:
    vitals.disk = "the disk gets full"
    assert vitals.seen().degraded == "the disk gets full"
    vitals.degraded = "the old one stays"
    assert vitals.seen().degraded == "the old one stays; the disk gets full"
    vitals.disk = vitals.degraded = ""
    assert vitals.seen().degraded == ""


def test_a_database_that_is_away_for_a_failover_starves_no_watchdog_and_one_that_stays_away_does() -> None:
    away = WELL._replace(trouble=READING, since=200.0)
    assert stuck(away, LIMITS) == []
    assert stuck(away._replace(since=301.0), LIMITS) == ["the database has not worked for 5 min"]


@given(st.builds(Seen, rounds=st.dictionaries(st.text("ab", min_size=1), st.floats(0, 5_000)), kept=st.floats(0, 500),
                 keeping=st.none() | st.floats(0, 500), asked=st.none() | st.floats(0, 200), begun=st.booleans(),
                 listening=st.booleans(), answered=st.booleans(), trouble=st.sampled_from(["", READING]),
                 since=st.floats(0, 1_000), degraded=st.sampled_from(["", "x"]), stopping=st.booleans()))  # fmt: skip
def test_what_is_stuck_is_never_ready(seen: Seen) -> None:
    if stuck(seen, LIMITS):
        assert readiness(seen, LIMITS).state is State.NOT_READY
    if readiness(seen, LIMITS).state is not State.NOT_READY:
        assert seen.begun
        assert seen.answered
        assert not seen.stopping


def test_rounds_are_counted_by_how_they_ended(vitals: Vitals, ticks: Ticks) -> None:
    def work(source: str, _due: bool) -> Outcome:
        ticks.now += 2.0
        if source == "bug":
            raise RuntimeError(source)
        return Outcome("", 1.0, failed=source == "bad", skipped=source == "other")

    noted = vitals.round(work)
    for source in ("good", "bad", "other", "good"):
        noted(source, True)
    with pytest.raises(RuntimeError):
        noted("bug", True)
    tally = vitals.tally()
    assert (tally.rounds, tally.seconds) == ({"ok": 2, "failed": 2, "skipped": 1}, 10.0)
    assert tally.failing == ["bad", "bug"]
    vitals.round(lambda _s, _d: Outcome("", 1.0))("bad", True)
    assert vitals.tally().failing == ["bug"]


def test_a_round_that_hangs_is_seen_while_it_hangs(vitals: Vitals, ticks: Ticks) -> None:
    begun, free = threading.Event(), threading.Event()

    def hang(_source: str, _due: bool) -> Outcome:
        begun.set()
        free.wait(60)
        return Outcome("", 1.0)

    thread = threading.Thread(target=vitals.round(hang), args=("news", True))
    thread.start()
    assert begun.wait(60)
    ticks.now = 1_000.0
    assert "the round of news has been under way for 16.7 min" in vitals.stuck()
    free.set()
    thread.join()
    assert not any("news" in reason for reason in vitals.stuck())


def test_what_becomes_of_the_database_is_reported_once_and_quotes_nothing_to_a_probe(
    vitals: Vitals, lines: list[str]
) -> None:
    vitals.ask(fine, fine)
    for _ in range(3):
        vitals.ask(fine, broken)
    assert vitals.seen().trouble == WRITING
    assert "db-1" not in vitals.readiness().lines()
    vitals.ask(fine, fine)
    assert [line.partition(":")[0] for line in lines] == [WRITING, "the database works again"]
    assert "db-1" in lines[0]


def test_a_database_that_stays_away_needs_a_person(vitals: Vitals, lines: list[str], ticks: Ticks) -> None:
    for _ in range(5):
        vitals.ask(fine, broken)
        ticks.now += 30.0
    assert [line.level for line in lines if isinstance(line, Happening)] == [Level.WARNING, Level.ERROR]


def test_somebody_who_writes_for_long_is_no_trouble_until_it_goes_on(vitals: Vitals) -> None:
    def busy() -> None:
        raise Busy("somebody else writes")

    vitals.ask(fine, fine)
    for _ in range(2):
        vitals.ask(fine, busy)
    assert vitals.seen().trouble == ""
    vitals.ask(fine, busy)
    assert vitals.seen().trouble == WRITING
    vitals.ask(fine, fine)
    assert vitals.seen().trouble == ""


class Hung(Rounds):
    """Whose first round never ends."""

    def __init__(self, house: House, free: threading.Event) -> None:
        super().__init__(house)
        self._free = free

    def round(self, source: str, due: bool = False) -> Outcome:
        self._free.wait(120)
        return Outcome("", 60.0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "signals").mkdir()
    (tmp_path / "pulse.yaml").write_text(
        "name: small\ndatabase: sqlite:///p.db\nsources: [{id: drop, kind: signals, every: 1s, path: signals}]\n"
    )
    house = House(tmp_path)
    house.sync()
    yield house
    house.close()


def test_a_round_that_hangs_lets_the_watchdog_bite(house: House) -> None:
    """The loop goes on and is asked every quarter of the time: it does not feed what it knows to be stuck."""
    free = threading.Event()
    lines: list[str] = []
    limits = Limits(round_s=1.5)

    async def watched(listening: Listening) -> tuple[int, int]:
        sd = Supervisor({"NOTIFY_SOCKET": listening.name, "WATCHDOG_USEC": "400000"})
        around = Around(Log(house.clock, bytes, write=lines.append), sd, limits)
        options = argparse.Namespace(json=False, database=None)
        task = asyncio.create_task(serve(house, Hung(house, free), options, 60, around))
        while not any("stuck" in line for line in lines):
            await asyncio.sleep(0.02)
        while not any(line.startswith("STATUS=not ready: the round of drop has been") for line in listening.lines()):
            await asyncio.sleep(0.02)
        before = listening.lines().count("WATCHDOG=1")
        await asyncio.sleep(1.0)
        after = listening.lines().count("WATCHDOG=1")
        free.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return before, after

    with supervisor() as listening:
        before, after = asyncio.run(asyncio.wait_for(watched(listening), 120))
    assert before >= 1, "it was fed while the round was young"
    assert after == before, "and never since"
    assert sum("stuck: the round of drop" in line for line in lines) == 1
