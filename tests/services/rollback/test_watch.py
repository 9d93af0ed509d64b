"""After a verified rollback: a late writer is seen within seconds, and what it did ends when the target is right again."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Priority
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.watch import watch_targets
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, deployment
from tests.fakes.target import PlaceOptions, Places


@pytest.fixture
def rolled_back(parts: RollbackParts) -> RollbackParts:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    assert execute(parts, plan.hash, "ana", "host:1").state is RunState.VERIFIED
    return parts


def late(parts: RollbackParts) -> list[tuple[Priority, str]]:
    with parts.store.read() as tx:
        return [(a.priority, a.title) for a in tx.judgements.alerts(list(OPEN)) if "was moved after" in a.title]


def serving(parts: RollbackParts) -> str:
    with parts.store.read() as tx:
        here = tx.estate.deployment("support-bot", CANARY)
    assert here is not None
    return here.version


def test_a_late_writer_is_a_p1_within_seconds_and_ends_with_the_right_value(
    rolled_back: RollbackParts, target: Places, clock: Clock
) -> None:
    parts = rolled_back
    assert watch_targets(parts, clock()) == 0
    clock.sleep(2.0)
    assert watch_targets(parts, clock()) == 1
    assert late(parts) == []
    target.put("alias", "3.8.2")
    clock.sleep(13.0)
    watch_targets(parts, clock())
    ((priority, title),) = late(parts)
    assert priority is Priority.P1
    assert title.startswith("support-bot in canary was moved after its rollback to 3.8.1 was verified")
    assert serving(parts) == "3.8.2"
    again = propose(parts, "support-bot", CANARY, by="ana", reason="somebody put it back")
    assert (again.from_version, again.to_version) == ("3.8.2", "3.8.1")
    target.put("alias", "3.8.1")
    clock.sleep(60.0)
    watch_targets(parts, clock())
    assert late(parts) == []
    assert serving(parts) == "3.8.1"


def test_a_target_that_does_not_answer_neither_opens_nor_ends_anything(
    rolled_back: RollbackParts, target: Places, clock: Clock
) -> None:
    parts = rolled_back
    for opened, fault in ((0, "refuse"), (1, ""), (1, "bug")):
        if fault:
            target.fault(("read", "alias", fault))
        else:
            target.put("alias", "3.8.2")
        clock.sleep(60.0)
        watch_targets(parts, clock())
        assert len(late(parts)) == opened


def test_the_targets_are_read_at_2_15_and_60_seconds_and_then_every_minute_for_an_hour(
    rolled_back: RollbackParts, clock: Clock
) -> None:
    read = []
    for second in range(1, 3_700):
        clock.sleep(1.0)
        if watch_targets(rolled_back, clock()):
            read.append(second)
    assert read[:5] == [2, 15, 60, 120, 180]
    assert read[-1] == 3_600


def test_a_write_that_comes_after_a_rollback_was_undone_is_a_p1_too_and_names_what_serves(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    target.fault(("write", "alias", "refuse"))
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    assert execute(parts, plan.hash, "ana", "host:1").state is RunState.UNDONE
    clock.sleep(2.0)
    assert watch_targets(parts, clock()) == 1
    assert late(parts) == []
    target.put("alias", "3.8.1")  # the write of a process that was suspended
    clock.sleep(13.0)
    watch_targets(parts, clock())
    ((priority, title),) = late(parts)
    assert priority is Priority.P1
    assert "was moved after its rollback to 3.8.1 was undone" in title
    assert serving(parts) == "3.8.1"
    target.put("alias", "3.8.2")
    clock.sleep(60.0)
    watch_targets(parts, clock())
    assert late(parts) == []
    assert serving(parts) == "3.8.2"


def test_what_somebody_else_had_put_there_before_the_undo_is_not_reported_as_late(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    inner = target.read
    reads = iter(["3.8.2"])  # of the preflight; then a stranger has been there

    def read(options: PlaceOptions, context: StepContext) -> str:
        if next(reads, None) is None:
            target.put("alias", "3.9.0")
        return inner(options, context)

    target.read = read  # type: ignore[method-assign]
    assert execute(parts, plan.hash, "ana", "host:1").state is RunState.UNDONE
    clock.sleep(2.0)
    watch_targets(parts, clock())
    assert late(parts) == []


def test_in_production_drift_is_an_alert_at_once_whatever_grace_the_registry_has(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=clock.pass_(minutes=1)))
        place(tx, parts.judging, "support-bot", PRODUCTION, "3.8.2", "registry", clock())
    plan = propose(parts, "support-bot", PRODUCTION, by="ana", reason="p95 breach")
    for who in ("ana", "ben"):
        approve(parts, plan.hash, who, "it hurts")
    assert execute(parts, plan.hash, "ana", "host:1").state is RunState.VERIFIED
    target.put("alias", "3.8.2")
    clock.sleep(2.0)
    with parts.store.write() as tx:  # the registry is read in its grace, and says what it said before
        place(tx, parts.judging, "support-bot", PRODUCTION, "3.8.2", "registry", clock())
    assert watch_targets(parts, clock()) == 1
    ((priority, title),) = late(parts)
    assert priority is Priority.P1
    assert title.startswith("support-bot in production was moved after its rollback to 3.8.1 was verified")
    with parts.store.read() as tx:
        serving = tx.estate.deployment("support-bot", PRODUCTION)
    assert serving is not None
    assert serving.version == "3.8.2", "the row says what the target holds"


def test_it_is_read_after_two_fifteen_and_sixty_seconds_and_then_every_minute(
    rolled_back: RollbackParts, clock: Clock
) -> None:
    began, reads = clock(), []
    for second in range(1, 301):
        clock.sleep(1.0)
        if watch_targets(rolled_back, clock()):
            reads.append(second)
    assert (clock() - began).total_seconds() == 300
    assert reads == [2, 15, 60, 120, 180, 240, 300]


@pytest.mark.parametrize("read_before", [False, True])
def test_a_clock_that_was_set_back_does_not_stop_the_watch(
    rolled_back: RollbackParts, target: Places, clock: Clock, read_before: bool
) -> None:
    parts = rolled_back
    if read_before:
        clock.sleep(15.0)
        watch_targets(parts, clock())
    target.put("alias", "3.8.2")
    clock.pass_(hours=-2)
    assert watch_targets(parts, clock()) == 1
    assert [p for p, _ in late(parts)] == [Priority.P1]
    assert watch_targets(parts, clock()) == 0
    clock.sleep(60.0)
    assert watch_targets(parts, clock()) == 1
