"""The scheduler on a real loop: rounds go on whatever happens in one of them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pulse_tui import scheduling
from pulse_tui.scheduling import Outcome, Scheduler, ThreadRunner, WorkerRunner


class Scripted:
    """A runner that does what the test says."""

    def __init__(self, work: Callable[[str, int], Outcome]) -> None:
        self.work = work
        self.rounds: list[str] = []
        self.running = 0
        self.most = 0
        self.closed = False
        self.slow = 0.0
        self.kept: Callable[[], str] = lambda: ""

    async def round(self, source: str) -> Outcome:
        self.rounds.append(source)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.slow)
            return self.work(source, self.rounds.count(source))
        finally:
            self.running -= 1

    async def housekeeping(self) -> str:
        return self.kept()

    async def close(self) -> None:
        self.closed = True


async def until(done: Callable[[], bool], limit: float = 5.0) -> None:
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


def test_a_round_that_is_minutes_late_is_late_and_not_lost() -> None:
    """A laptop slept, a process was stopped: the planned time is long past when the loop runs again."""
    runner = Scripted(lambda _source, _n: Outcome("", 3_600.0))

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 3_600.0}, lambda: runner)
        await scheduler.start(lambda _message: None)
        await until(lambda: bool(runner.rounds))
        scheduler._plan("a", -600.0)  # what the plan looks like after ten minutes of sleep
        await until(lambda: len(runner.rounds) >= 2)
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
    async def body() -> tuple[Outcome, str]:
        runner = ThreadRunner(lambda source: Outcome(source, 1.0), lambda: "kept")
        found = await runner.round("a"), await runner.housekeeping()
        await runner.close()
        return found

    assert asyncio.run(body()) == (Outcome("a", 1.0), "kept")


_WORKER = """
import json, os, sys
for line in sys.stdin:
    asked = json.loads(line)
    what = asked.get("source", "")
    if what == "die":
        os._exit(3)
    if what == "noise":
        print("Traceback: something else", flush=True)
        continue
    print(json.dumps({"message": what or "kept", "next_s": 7}), flush=True)
"""


class OtherProgram(WorkerRunner):
    """The worker's protocol with another program at the other end."""

    def __init__(self, script: Path) -> None:
        super().__init__([])
        self.script = script

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(self.script), stdin=pipe, stdout=pipe
            )
        return self._process


def test_a_worker_that_dies_or_babbles_is_started_again(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(_WORKER)

    async def body() -> list[Outcome]:
        runner = OtherProgram(script)
        got = [await runner.round(s) for s in ("a", "die", "b", "noise", "c")]
        assert await runner.housekeeping() == "kept"
        await runner.close()
        await runner.close()
        return got

    ended = Outcome("the collecting process ended; it is started again", 10.0)
    assert asyncio.run(body()) == [Outcome("a", 7.0), ended, Outcome("b", 7.0), ended, Outcome("c", 7.0)]


def test_rounds_that_are_asked_for_at_once_get_their_own_answers(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(_WORKER)

    async def body() -> list[Outcome]:
        runner = OtherProgram(script)
        got = await asyncio.gather(*(runner.round(f"s{i}") for i in range(8)))
        await runner.close()
        return list(got)

    assert [o.message for o in asyncio.run(body())] == [f"s{i}" for i in range(8)]
