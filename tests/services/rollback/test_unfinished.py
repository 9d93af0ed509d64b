"""A run that stopped short of its end, and a plan that waits, are seen everywhere until their own evidence ends them."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.rollback import Plan, Run, RunState
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.views.rollback import PlanLine
from pulse_tui.domain.words import Priority
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.claim import claim
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.story import plan_story
from pulse_tui.services.rollback.unfinished import check_runs
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, PRODUCTION, deployment, signal
from tests.fakes.target import Places


def run(parts: RollbackParts) -> Run:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    return execute(parts, plan.hash, "ana", "host:1")


def alerts(parts: RollbackParts) -> list[Alert]:
    with parts.store.read() as tx:
        return tx.judgements.alerts(list(OPEN))


def board(parts: RollbackParts) -> Board:
    return parts.store.board("t", None, parts.clock())


def row(parts: RollbackParts) -> RegistryRow:
    return next(r for r in board(parts).registry if r.key == "support-bot/canary")


def line(parts: RollbackParts) -> PlanLine:
    return listed(parts)[0]


def two_places(parts: RollbackParts, on_failure: str) -> RollbackParts:
    return parts._replace(playbooks=(playbook("alias", "gateway", on_failure=on_failure),))


def test_an_unknown_run_is_a_p1_on_the_row_the_header_and_the_list_until_it_is_resumed(
    parts: RollbackParts, target: Places
) -> None:
    target.fault(("write", "alias", "lost"))
    stopped = run(parts)
    (alert,) = alerts(parts)
    assert (alert.priority, alert.rule_id) == (Priority.P1, "rollback-stopped")
    assert (row(parts).state, row(parts).run) == ("risk", "stopped")
    assert row(parts).concerns == 0  # no two claims contradict each other
    assert board(parts).header.stopped == 1
    assert [r.state for r in board(parts).runs] == ["unknown"]
    assert f"rollback resume {stopped.id}" in line(parts).todo
    resume(parts, stopped.id, "ben", "host:2")
    assert alerts(parts) == []
    assert row(parts).run == ""
    assert (board(parts).header.stopped, board(parts).runs, line(parts).todo) == (0, (), "")


def test_a_plan_made_while_a_stopped_run_owns_its_target_says_that_the_run_comes_first(
    parts: RollbackParts, target: Places
) -> None:
    target.fault(("write", "alias", "lost"))
    stopped = run(parts)
    again = propose(parts, "support-bot", CANARY, by="ben", reason="once more")
    behind = line(parts)
    assert (behind.plan, behind.state, behind.todo) == (again.hash, "proposed", "")
    assert behind.waits.startswith(f"cannot be approved yet: run {stopped.id} on support-bot/canary stopped as unknown")


def test_a_run_whose_process_is_gone_is_abandoned_before_its_lease_ran_out(parts: RollbackParts) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    begun = _begun(parts, plan)
    assert [r.state for r in board(parts).runs] == ["running"]
    assert row(parts).run == "running"
    assert check_runs(parts, parts.clock()) == 0
    gone = parts._replace(outside=parts.outside._replace(dead=lambda holder: holder.startswith("host:9")))
    assert check_runs(gone, parts.clock()) == 1
    assert check_runs(gone, parts.clock()) == 0
    assert [r.state for r in board(parts).runs] == ["abandoned"]
    (alert,) = alerts(parts)
    assert alert.priority is Priority.P1
    assert resume(parts, begun.id, "ben", "host:2").state is RunState.VERIFIED
    assert alerts(parts) == []


def test_a_lease_that_ran_out_abandons_a_run_with_nobody_writing_anything(parts: RollbackParts, clock: Clock) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    _begun(parts, plan)
    clock.sleep(61.0)
    assert [r.state for r in board(parts).runs] == ["abandoned"]
    assert (board(parts).header.running, board(parts).header.stopped) == (0, 1)


def test_the_page_of_an_abandoned_run_never_says_that_it_runs(parts: RollbackParts, clock: Clock) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    begun = _begun(parts, plan)
    clock.sleep(61.0)
    page = plan_story(parts, plan.hash, "ana")
    lines = page.run_lines()
    assert lines[0] == f"run {begun.id} by ana: abandoned"
    assert "nothing was sent to any target" in lines[1]
    assert f"rollback resume {begun.id}" in lines[2]


def test_a_rollback_that_failed_and_was_undone_stays_until_what_should_have_gone_no_longer_serves(
    parts: RollbackParts, target: Places
) -> None:
    parts = two_places(parts, "undo")
    target.put("gateway", "3.8.2")
    target.fault(("write", "gateway", "refuse"))
    done = run(parts)
    assert done.state is RunState.UNDONE
    assert "place alias has 3.8.2; place gateway has 3.8.2" in done.detail
    (alert,) = alerts(parts)
    assert alert.priority is Priority.P2
    assert row(parts).run == "stopped"
    assert check_runs(parts, parts.clock()) == 0
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", CANARY))
    assert check_runs(parts, parts.clock()) == 1
    assert alerts(parts) == []
    assert row(parts).run == ""


@pytest.mark.parametrize(("mend", "state", "held"), [(resume, "verified", "3.8.1"), (put_back, "undone", "3.8.2")])
def test_a_halted_run_says_what_each_target_holds_and_is_brought_to_an_end_by_hand(
    parts: RollbackParts, target: Places, mend: Any, state: str, held: str
) -> None:
    parts = two_places(parts, "halt")
    target.put("gateway", "3.8.2")
    target.fault(("write", "gateway", "refuse"))
    halted = run(parts)
    assert halted.state is RunState.HALTED
    assert "place alias has 3.8.1; place gateway has 3.8.2" in halted.detail
    assert alerts(parts)[0].priority is Priority.P1
    assert [t.split(":")[0] for t in line(parts).targets] == ["place alias", "place gateway"]
    done = mend(parts, halted.id, "ben", "host:2")
    assert done.state.value == state
    assert (target.holds("alias"), target.holds("gateway")) == (held, held)
    assert [a.priority for a in alerts(parts)] == ([] if state == "verified" else [Priority.P2])


def test_a_run_that_ended_or_was_followed_by_another_is_not_taken_up_again(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    parts = two_places(parts, "halt")
    target.put("gateway", "3.8.2")
    target.fault(("write", "gateway", "refuse"))
    halted = run(parts)
    target.put("alias", "3.8.2")  # somebody put it back by hand
    clock.sleep(5.0)
    later = run(parts)
    assert later.state is RunState.VERIFIED
    for again in (resume, put_back):
        with pytest.raises(Refused, match=f"run {halted.id} has ended: run {later.id} moved"):
            again(parts, halted.id, "ana", "host:1")
        with pytest.raises(Refused, match="has ended: verified"):
            again(parts, later.id, "ana", "host:1")


def test_a_plan_that_waits_names_who_waits_for_whom_and_how_long(parts: RollbackParts, clock: Clock) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION))
    plan = propose(parts, "support-bot", PRODUCTION, by="ana", reason="bad")
    approve(parts, plan.hash, "ana", "yes")
    clock.sleep(600.0)
    seen = board(parts)
    assert seen.header.waiting == 1
    assert [p.approved_by for p in seen.plans] == [("ana",)]
    assert "waits for 1 more approval (ana approved)" in seen.plans[0].headline
    assert next(r.run for r in seen.registry if r.key == "support-bot/production") == "waiting"
    assert line(parts).waits.startswith("ana approved; waits for 1 of: ben, cho; since 10m, expires in ")
    clock.sleep(parts.approvals.plan_expire)
    assert (board(parts).header.waiting, line(parts).state, line(parts).todo) == (0, "expired", "")


def test_a_plan_that_expired_is_not_forgotten_while_its_alert_is_open(parts: RollbackParts, clock: Clock) -> None:
    breach = signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2", observed_at=clock())
    ingest([breach], [], parts.judging, clock())
    (alert,) = alerts(parts)
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95", alert_id=alert.id)
    clock.sleep(parts.approvals.plan_expire)
    (shown,) = board(parts).plans
    assert (shown.hash, shown.todo) == (plan.hash, "pulse-tui rollback plan support-bot --env canary")
    assert "cannot run: it expired at " in shown.headline
    assert row(parts).run == "waiting"
    changes = board(parts).changes_us
    assert changes is None or changes > to_us(clock())
    clock.sleep(5.0)
    again = propose(parts, "support-bot", CANARY, by="ana", reason="p95", alert_id=alert.id)
    assert [p.hash for p in board(parts).plans] == [again.hash], "the newer one stands in its stead"
    with parts.store.write() as tx:
        tx.judgements.put_alert(alert.resolve(clock(), "ended"))
    clock.sleep(parts.approvals.plan_expire)
    assert board(parts).plans == ()


def _begun(parts: RollbackParts, plan: Plan) -> Run:
    """A run whose process stopped right after it claimed the target."""
    return claim(parts, plan, "ana", "host:9")
