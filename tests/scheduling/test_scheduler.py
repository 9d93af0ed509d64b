"""The scheduler on a real loop: rounds go on whatever happens in one of them."""

from __future__ import annotations

import asyncio
import math
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pulse_tui import scheduling
from pulse_tui.running import converse
from pulse_tui.scheduling import Outcome, Scheduler, ThreadRunner, WorkerRunner


class Scripted:
    """A runner that does what the test says."""

    def __init__(self, work: Callable[[str, int], Outcome]) -> None:
        self.work = work
        self.rounds: list[str] = []
        self.due: list[bool] = []
        self.running = 0
        self.most = 0
        self.closed = False
        self.slow = 0.0
        self.kept: Callable[[], str] = lambda: ""

    async def round(self, source: str, due: bool = False) -> Outcome:
        self.rounds.append(source)
        self.due.append(due)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.slow)
            return self.work(source, self.rounds.count(source))
        finally:
            self.running -= 1

    async def housekeeping(self) -> Outcome:
        return Outcome(self.kept(), 0.0)

    async def close(self) -> None:
        self.closed = True


async def until(done: Callable[[], bool], limit: float = 60.0) -> None:
    """Wait until it is so."""
    end = time.monotonic() + limit
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def play(runner: Scripted, sources: dict[str, float], done: Callable[[], bool]) -> list[str]:
    """Run until ``done``; what was told."""
    told: list[str] = []

    async def body() -> None:
        scheduler = Scheduler(lambda: sources, lambda: runner)
        await scheduler.start(told.append)
        await until(done)
        await scheduler.stop()

    asyncio.run(body())
    assert runner.closed
    return told


def test_every_source_goes_round_at_its_own_pace() -> None:
    runner = Scripted(lambda _source, _n: Outcome("", 0.02))
    told = play(runner, {"a": 0.02, "b": 0.02}, lambda: min(runner.rounds.count(s) for s in "ab") >= 3)
    assert told == []


def test_a_round_that_breaks_is_told_and_the_source_is_asked_again(monkeypatch: object) -> None:
    before, scheduling.BROKEN_S = scheduling.BROKEN_S, 0.05
    try:

        def work(source: str, n: int) -> Outcome:
            if n == 1:
                raise RuntimeError("database is locked")
            return Outcome("fine", 60.0)

        runner = Scripted(work)
        told = play(runner, {"a": 0.02}, lambda: runner.rounds.count("a") >= 2)
    finally:
        scheduling.BROKEN_S = before
    assert told[0] == "a: the round broke: RuntimeError: database is locked"


def test_a_source_is_never_asked_twice_at_once() -> None:
    runner = Scripted(lambda _source, _n: Outcome("", 60.0))
    runner.slow = 0.1

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 60.0}, lambda: runner)
        await scheduler.start(lambda _message: None)
        await asyncio.gather(*(scheduler.refresh("a") for _ in range(5)), scheduler.refresh(None))
        await scheduler.stop()

    asyncio.run(body())
    assert runner.most == 1


def test_a_refresh_of_what_is_not_configured_does_nothing() -> None:
    runner = Scripted(lambda _source, _n: Outcome("", 60.0))

    async def body() -> None:
        scheduler = Scheduler(lambda: {}, lambda: runner)
        await scheduler.refresh("a")
        await scheduler.start(lambda _message: None)
        await scheduler.refresh("nobody")
        await scheduler.stop()

    asyncio.run(body())
    assert runner.rounds == []


def test_what_was_planned_before_the_machine_slept_is_read_soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "HOUSEKEEPING_S", 0.02)
    monkeypatch.setattr(scheduling, "FIRST_SPREAD_S", 0.02)
    slept = [100.0]
    runner = Scripted(lambda _source, _n: Outcome("", 3_600.0))

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 3_600.0, "b": 3_600.0}, lambda: runner, asleep=lambda: slept[0])
        await scheduler.start(lambda _message: None)
        await until(lambda: len(runner.rounds) == 2 and not runner.running)
        await asyncio.sleep(0.1)
        assert len(runner.rounds) == 2, "the next ones are planned in an hour"
        slept[0] += 600.0
        await until(lambda: len(runner.rounds) == 4)
        await asyncio.sleep(0.1)
        assert len(runner.rounds) == 4, "and once"
        await scheduler.stop()

    asyncio.run(body())


@pytest.mark.parametrize("asked", [math.inf, 1e308, 253_402_300_799.0, math.nan, -math.inf, -1.0])
def test_no_delay_that_is_asked_for_breaks_the_planning(asked: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "BROKEN_S", 0.02)
    runner = Scripted(lambda source, n: Outcome("", asked if source == "odd" and n == 1 else 3_600.0))

    async def body() -> None:
        scheduler = Scheduler(lambda: {"odd": 0.01, "b": 0.01}, lambda: runner)
        await scheduler.start(lambda _message: None)
        await until(lambda: {"odd", "b"} <= set(runner.rounds) and not runner.running)
        again = math.isnan(asked) or asked < 0
        await until(lambda: runner.rounds.count("odd") == (2 if again else 1) and not runner.running)
        await asyncio.sleep(0.1)
        assert runner.rounds.count("odd") == (2 if again else 1)
        await scheduler.refresh("odd")
        assert runner.rounds.count("odd") == (3 if again else 2)
        await scheduler.stop()

    asyncio.run(body())


def test_a_round_that_somebody_asks_for_is_no_planned_one() -> None:
    runner = Scripted(lambda _source, _n: Outcome("", 3_600.0))

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 0.01}, lambda: runner)
        await scheduler.start(lambda _message: None)
        await until(lambda: bool(runner.rounds))
        await scheduler.refresh("a")
        await scheduler.stop()

    asyncio.run(body())
    assert runner.due == [True, False]


def test_the_systems_clock_moves_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Scripted(lambda source, _n: Outcome("", 0.02 if source == "often" else 3_600.0))
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])

    async def body() -> None:
        scheduler = Scheduler(lambda: {"often": 0.01, "seldom": 0.01}, lambda: runner)
        await scheduler.start(lambda _message: None)
        await until(lambda: len(set(runner.rounds)) == 2)
        for hours in (-1, -24, 24, 24 * 365):
            ahead[0] = hours * 3_600.0
            runner.rounds = [name for name in runner.rounds if name != "often"]
            await until(lambda: runner.rounds.count("often") >= 3)
        assert runner.rounds.count("seldom") == 1
        await scheduler.stop()

    asyncio.run(body())


def test_housekeeping_that_breaks_is_told_and_goes_on() -> None:
    before, scheduling.HOUSEKEEPING_S = scheduling.HOUSEKEEPING_S, 0.05
    calls = []

    def kept() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("locked")
        return "2 alerts fire again"

    runner = Scripted(lambda _source, _n: Outcome("", 60.0))
    runner.kept = kept
    try:
        told = play(runner, {}, lambda: len(calls) >= 2)
    finally:
        scheduling.HOUSEKEEPING_S = before
    assert told[:2] == ["housekeeping broke: RuntimeError: locked", "2 alerts fire again"]


def test_threads_do_the_work_of_an_agent() -> None:
    async def body() -> tuple[Outcome, Outcome]:
        runner = ThreadRunner(lambda source, _due: Outcome(source, 1.0), lambda: Outcome("kept", 1.0))
        found = await runner.round("a"), await runner.housekeeping()
        await runner.close()
        return found

    assert asyncio.run(body()) == (Outcome("a", 1.0), Outcome("kept", 1.0))


def test_eight_sources_that_do_not_end_stop_neither_the_others_nor_the_housekeeping() -> None:
    go_on = threading.Event()

    def work(source: str, _due: bool) -> Outcome:
        if source.startswith("slow"):
            go_on.wait(120)
        return Outcome(source, 1.0)

    async def body() -> None:
        runner = ThreadRunner(work, lambda: Outcome("kept", 1.0))
        slow = [asyncio.create_task(runner.round(f"slow {n}")) for n in range(8)]
        await asyncio.sleep(0.05)
        assert (await asyncio.wait_for(runner.round("quick"), 60)).message == "quick"
        assert (await asyncio.wait_for(runner.housekeeping(), 60)).message == "kept"
        assert not any(task.done() for task in slow)
        go_on.set()
        await asyncio.gather(*slow)
        await runner.close()

    asyncio.run(body())


_WORKER = """
import json, os, sys, threading, time
slow = []
def tell(asked, message):
    print(json.dumps({"id": asked["id"], "message": message, "next_s": 7}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    what = asked.get("source", "")
    if what == "die":
        os._exit(3)
    if what == "noise":
        print("Traceback: something else", flush=True)
        continue
    if what == "mute":
        continue
    if what.startswith("later"):
        slow.append(asked)
        continue
    tell(asked, what or "kept")
    if what == "release":
        for earlier in reversed(slow):
            tell(earlier, earlier["source"])
"""


class OtherProgram(WorkerRunner):
    """The worker's protocol with another program at the other end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._start)
        self.script = folder / "worker.py"
        self.script.write_text(_WORKER)
        self.started = 0

    async def _start(self) -> asyncio.subprocess.Process:
        self.started += 1
        return await converse([sys.executable, str(self.script)])


ENDED = Outcome("collector process exited; restarting", 10.0, failed=True)


def test_a_worker_that_dies_or_babbles_is_started_again(tmp_path: Path) -> None:
    async def body() -> list[Outcome]:
        runner = OtherProgram(tmp_path)
        got = [await runner.round(s) for s in ("a", "die", "b", "noise", "c")]
        assert (await runner.housekeeping()).message == "kept"
        await runner.close()
        await runner.close()
        return got

    assert asyncio.run(body()) == [Outcome("a", 7.0), ENDED, Outcome("b", 7.0), ENDED, Outcome("c", 7.0)]


def test_a_worker_that_dies_fails_everything_that_waits(tmp_path: Path) -> None:
    async def body() -> list[Outcome]:
        runner = OtherProgram(tmp_path)
        got = await asyncio.gather(*(runner.round(s) for s in ("later 1", "later 2", "die")))
        await runner.close()
        return list(got)

    assert asyncio.run(body()) == [ENDED] * 3


def test_rounds_that_are_asked_for_at_once_get_their_own_answers(tmp_path: Path) -> None:
    async def body() -> list[Outcome]:
        runner = OtherProgram(tmp_path)
        got = await asyncio.gather(*(runner.round(f"s{i}") for i in range(8)))
        await runner.close()
        return list(got)

    assert [o.message for o in asyncio.run(body())] == [f"s{i}" for i in range(8)]


def test_a_slow_source_holds_up_nobody(tmp_path: Path) -> None:
    async def body() -> None:
        runner = OtherProgram(tmp_path)
        slow = [asyncio.create_task(runner.round(s)) for s in ("later 1", "later 2")]
        assert (await runner.housekeeping()).message == "kept"
        assert (await runner.round("b")).message == "b"
        assert not any(task.done() for task in slow)
        assert (await runner.round("release")).message == "release"
        assert [(await task).message for task in slow] == ["later 1", "later 2"]
        assert runner.started == 1
        await runner.close()

    asyncio.run(body())


def test_a_request_without_an_answer_is_given_up_and_the_worker_stays_while_it_answers_others(tmp_path: Path) -> None:
    async def body() -> Outcome:
        runner = OtherProgram(tmp_path)
        await runner.round("a")
        scheduling.ANSWER_S = 0.5
        mute = asyncio.create_task(runner.round("mute"))
        await asyncio.sleep(0.1)
        await runner.round("b")
        given_up = await mute
        await runner.round("c")
        assert runner.started == 1
        await runner.close()
        return given_up

    before = scheduling.ANSWER_S
    try:
        assert asyncio.run(body()) == Outcome(
            "no answer in 0.5 s; it is asked again later", scheduling.BROKEN_S, failed=True
        )
    finally:
        scheduling.ANSWER_S = before


def test_a_worker_that_answers_nothing_at_all_is_started_again(tmp_path: Path) -> None:
    async def body() -> Outcome:
        runner = OtherProgram(tmp_path)
        await runner.round("a")
        scheduling.ANSWER_S = 0.3
        given_up = await runner.round("mute")
        scheduling.ANSWER_S = 20.0
        assert (await runner.round("c")).message == "c"
        assert runner.started == 2
        await runner.close()
        return given_up

    before = scheduling.ANSWER_S
    try:
        assert asyncio.run(body()).message == "collector process hung; restarting"
    finally:
        scheduling.ANSWER_S = before


def test_a_worker_that_fails_its_housekeeping_is_announced_as_a_failure() -> None:
    told: list[str] = []
    failed: list[str] = []

    class Failing(Scripted):
        async def housekeeping(self) -> Outcome:
            return Outcome("the database is locked", 0.0, failed=True)

    async def body() -> None:
        runner = Failing(lambda _source, _n: Outcome("", 60.0))
        scheduler = Scheduler(lambda: {}, lambda: runner)
        await scheduler.start(told.append, failed.append)
        await until(lambda: bool(failed))
        await scheduler.stop()

    before, scheduling.HOUSEKEEPING_S = scheduling.HOUSEKEEPING_S, 0.05
    try:
        asyncio.run(body())
    finally:
        scheduling.HOUSEKEEPING_S = before
    assert (told, failed[0]) == ([], "the database is locked")


def test_plans_are_in_the_loops_time_whatever_the_systems_clock_says() -> None:
    seconds = [5.0]
    zone = scheduling.LoopTime(lambda: seconds[0])
    first = datetime.now(zone)
    seconds[0] += 90
    assert datetime.now(zone) - first == timedelta(seconds=90)
    assert (first.utcoffset(), first.dst(), first.tzname()) == (timedelta(0), None, "loop")
