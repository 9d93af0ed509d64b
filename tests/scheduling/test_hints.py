"""Hints: the next round comes at once, once for many, and never while the flood lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine

import pytest

from pulse_tui import scheduling
from pulse_tui.scheduling import Outcome, Scheduler, outcome_of
from tests.scheduling.test_scheduler import Scripted, until

QUIET = Outcome("", 3_600.0)


def play(
    runner: Scripted,
    scene: Callable[[Scheduler], Coroutine[None, None, None]],
    on_change: Callable[[], None] = lambda: None,
) -> list[str]:
    """A scheduler whose first round is over and whose next would come in an hour."""
    told: list[str] = []

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 3_600.0, "b": 3_600.0}, lambda: runner, on_change=on_change)
        await scheduler.start(told.append)
        await until(lambda: sorted(runner.rounds) == ["a", "b"] and not runner.running)
        runner.rounds.clear()
        await scene(scheduler)
        await scheduler.stop()

    asyncio.run(body())
    return told


def test_a_hint_makes_the_next_round_of_that_source_immediate() -> None:
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        scheduler.hint("a")
        scheduler.hint("nobody")
        await until(lambda: runner.rounds == ["a"])

    play(runner, scene)


def test_a_hint_during_a_round_leads_to_one_more_right_after_it() -> None:
    """The round under way may have read the registry before the change."""
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        runner.slow = 0.2
        under_way = asyncio.create_task(scheduler.refresh("a"))
        await until(lambda: runner.running == 1)
        for _ in range(50):
            scheduler.hint("a")
        await under_way
        await until(lambda: len(runner.rounds) == 2)
        await asyncio.sleep(0.5)
        assert runner.rounds == ["a", "a"]
        assert runner.most == 1

    play(runner, scene)


def test_a_flood_of_hints_is_a_short_burst_and_then_at_most_one_round_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "HINT_S", 0.3)
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        began = time.monotonic()
        for _ in range(100):
            scheduler.hint("a")
            await asyncio.sleep(0.01)
        scheduler.hint("b")
        await until(lambda: "b" in runner.rounds)
        allowed = scheduling.HINT_BURST + 2 + (time.monotonic() - began) / scheduling.HINT_S
        assert scheduling.HINT_BURST <= runner.rounds.count("a") <= allowed

    play(runner, scene)


def test_a_hint_that_comes_after_a_hinted_round_began_is_not_lost() -> None:
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        runner.slow = 0.1
        scheduler.hint("a")
        await until(lambda: runner.running == 1)
        scheduler.hint("a")
        await until(lambda: runner.rounds == ["a", "a"])

    play(runner, scene)


def test_a_hint_tries_again_while_another_collector_has_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "HINT_S", 0.05)
    taken = iter([True, True])
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        runner.work = lambda _source, _n: Outcome("", 3_600.0, skipped=next(taken, False))
        scheduler.hint("a")
        await until(lambda: len(runner.rounds) == 3)
        await asyncio.sleep(0.2)
        assert runner.rounds == ["a", "a", "a"]

    play(runner, scene)


def test_a_hint_while_stopping_does_nothing() -> None:
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        scheduler.hint("a")
        await until(lambda: len(runner.rounds) == 1)
        scheduler.hint("a")
        await scheduler.stop()
        await asyncio.sleep(0.05)

    play(runner, scene)
    assert runner.rounds == ["a"]


def test_only_a_round_that_brought_something_makes_the_screen_look() -> None:
    looks: list[str] = []
    runner = Scripted(lambda _source, _n: QUIET)

    async def scene(scheduler: Scheduler) -> None:
        await scheduler.refresh("a")
        assert looks == []
        runner.work = lambda _source, _n: Outcome("", 3_600.0, changed=True)
        await scheduler.refresh("a")
        assert looks == ["look"]

    play(runner, scene, lambda: looks.append("look"))


class Bell:
    """Hooks that ring when the test says."""

    def __init__(self) -> None:
        self.ring: Callable[[str], None] = lambda _source: None
        self.stopped = False

    async def start(self, on_event: Callable[[str], None], on_hint: Callable[[str], None]) -> None:
        on_event("hooks: 127.0.0.1:1 cannot be listened on")
        self.ring = on_hint

    async def stop(self) -> None:
        self.stopped = True


def test_the_receiver_starts_and_stops_with_the_scheduler_and_its_hints_become_rounds() -> None:
    bell, told = Bell(), list[str]()
    runner = Scripted(lambda _source, _n: QUIET)

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 3_600.0}, lambda: runner, hooks=lambda: bell)
        await scheduler.start(told.append)
        await until(lambda: len(runner.rounds) == 1 and bool(told))
        bell.ring("a")
        await until(lambda: len(runner.rounds) == 2)
        await scheduler.stop()

    asyncio.run(body())
    assert told == ["hooks: 127.0.0.1:1 cannot be listened on"]
    assert bell.stopped


def test_a_receiver_that_cannot_be_made_is_told_and_the_rounds_go_on() -> None:
    told: list[str] = []
    runner = Scripted(lambda _source, _n: QUIET)

    def broken() -> Bell:
        raise RuntimeError("no such room")

    async def body() -> None:
        scheduler = Scheduler(lambda: {"a": 3_600.0}, lambda: runner, hooks=broken)
        await scheduler.start(told.append)
        await until(lambda: len(runner.rounds) == 1)
        await scheduler.stop()

    asyncio.run(body())
    assert told == ["hooks: RuntimeError: no such room"]


def test_an_answer_of_an_older_worker_changes_nothing_on_the_screen() -> None:
    assert outcome_of({"message": "x", "next_s": 3}) == Outcome("x", 3.0, changed=False, skipped=False)
    assert outcome_of({"message": "", "next_s": 3, "changed": True, "skipped": True}) == Outcome("", 3.0, True, True)
