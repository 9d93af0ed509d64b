"""Clocks that jump and processes that sleep: nothing is sent after the lease, and who takes over does so in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.rollback import Plan, Run, RunState
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.journal import LEASE_S
from pulse_tui.services.rollback.unfinished import abandoned
from tests.fakes.clock import Clock
from tests.fakes.target import PlaceOptions, Places
from tests.services.rollback.test_execute import approved


class Ticks:
    """A clock that nobody sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Interrupted(Places):
    """Something happens to the machine between the probe and the write."""

    def __init__(self, target: Places, happens: Callable[[], object]) -> None:
        super().__init__(target.path)
        self._happens = happens
        self.reads = 0

    def read(self, options: PlaceOptions, context: StepContext) -> str:
        seen = super().read(options, context)
        self.reads += 1
        if self.reads == 2:  # the first is the preflight's
            self._happens()
        return seen


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def ran(
    parts: RollbackParts, target: Places, ticks: Ticks, happens: Callable[[], object]
) -> tuple[Plan, Run, RollbackParts]:
    steady = parts._replace(outside=parts.outside._replace(ticks=ticks))
    plan = approved(steady)
    return plan, execute(steady._replace(steps={"place": Interrupted(target, happens)}), plan.hash, "ana", "h"), steady


def test_a_machine_that_slept_while_its_clock_stood_sends_nothing(
    parts: RollbackParts, target: Places, clock: Clock, ticks: Ticks
) -> None:
    def sleep() -> None:
        ticks.now += LEASE_S + 1

    _, run, steady = ran(parts, target, ticks, sleep)
    assert run.state is RunState.RUNNING, "it is left to whoever takes it over"
    assert target.effects == []
    clock.pass_(seconds=LEASE_S + 1)
    assert resume(steady, run.id, "ben", "h2").state is RunState.VERIFIED
    assert [e["epoch"] for e in target.effects] == [2]


def test_a_clock_that_is_set_back_does_not_lengthen_the_lease(
    parts: RollbackParts, target: Places, clock: Clock, ticks: Ticks
) -> None:
    def back() -> None:
        clock.now -= timedelta(hours=1)
        ticks.now += LEASE_S + 1

    _, run, steady = ran(parts, target, ticks, back)
    assert run.state is RunState.RUNNING
    assert target.effects == []
    with parts.store.read() as tx:
        assert abandoned(tx, parts.outside, run, clock())
    assert resume(steady, run.id, "ben", "h2").state is RunState.VERIFIED, "nobody waits for the hour to pass"


def test_a_clock_that_jumps_ahead_ends_the_lease_and_nothing_is_sent(
    parts: RollbackParts, target: Places, clock: Clock, ticks: Ticks
) -> None:
    _, run, steady = ran(parts, target, ticks, lambda: clock.pass_(hours=1))
    assert run.state is RunState.RUNNING
    assert target.effects == []
    assert resume(steady, run.id, "ben", "h2").state is RunState.VERIFIED


def test_a_clock_that_is_set_back_a_little_holds_nothing_up(
    parts: RollbackParts, target: Places, clock: Clock, ticks: Ticks
) -> None:
    def back() -> None:
        clock.now -= timedelta(seconds=5)

    _, run, _ = ran(parts, target, ticks, back)
    assert run.state is RunState.VERIFIED


def test_a_slow_target_is_followed_by_the_clock_that_nobody_sets(
    parts: RollbackParts, target: Places, clock: Clock, ticks: Ticks
) -> None:
    class Slow(Places):
        reads = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            seen = super().read(options, context)
            self.reads += 1
            if self.reads == 4:
                clock.pass_(hours=1)  # the time server sets the clock while the rollout is waited for
            return "3.8.2" if 2 < self.reads < 5 else seen

    def pause(seconds: float) -> None:
        ticks.now += seconds

    steady = parts._replace(outside=parts.outside._replace(ticks=ticks), sleep=pause)
    run = execute(steady._replace(steps={"place": Slow(target.path)}), approved(steady).hash, "ana", "h")
    assert run.state is RunState.VERIFIED, run.detail


def test_another_operator_takes_over_with_the_end_of_the_lease(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    plan = approved(parts)
    began = clock()
    with pytest.raises(Died):
        execute(parts._replace(steps={"place": Interrupted(target, die)}), plan.hash, "ana", "h")
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs(active_only=True)
        assert not abandoned(tx, parts.outside, run, began)
    clock.now = began + timedelta(seconds=LEASE_S - 1)
    with pytest.raises(Refused, match="may still be running"):
        resume(parts, run.id, "ben", "h2")
    clock.now = began + timedelta(seconds=LEASE_S)
    assert resume(parts, run.id, "ben", "h2").state is RunState.VERIFIED
