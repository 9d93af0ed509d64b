"""Runs and plans on the board, on each database: what is found by the clock alone and what by a process that is gone."""

from __future__ import annotations

from datetime import datetime

import pytest

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.rollback import PlanState, Purpose, RunState
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, approval, changed, deployment, later, plan, run


def board(store: SqlStore, now: datetime = NOW) -> Board:
    return store.board("t", None, now)


def test_a_run_is_running_while_its_lease_lasts_and_abandoned_after(store: SqlStore) -> None:
    made = plan()
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", CANARY))
        tx.rollbacks.add_plan(made)
        tx.rollbacks.set_plan_state(made.hash, PlanState.USED)
        assert tx.plumbing.claim(f"target:{made.target}", "h", NOW, 60.0) == 1
        tx.rollbacks.start_run(run(made), 1)
    seen = board(store, later(seconds=59))
    assert [(r.id, r.state) for r in seen.runs] == [("run-1", "running")]
    assert (seen.header.running, seen.header.stopped, seen.registry[0].run) == (1, 0, "running")
    seen = board(store, later(seconds=61))
    assert [r.state for r in seen.runs] == ["abandoned"]
    assert (seen.header.running, seen.header.stopped, seen.registry[0].run) == (0, 1, "stopped")
    assert seen.registry[0].state == "risk"
    assert seen.header.production_ok == 0


@pytest.mark.parametrize("state", [RunState.HALTED, RunState.UNDONE])
def test_a_run_that_ended_short_stands_as_long_as_its_concern(store: SqlStore, state: RunState) -> None:
    made = plan()
    concern = Concern(
        asset_id=made.asset_id, key="run:canary", what="it stopped", todo="", source="pulse-tui",
        severity=Severity.HIGH, since=NOW, environment=CANARY,
    )  # fmt: skip
    with store.write() as tx:
        tx.rollbacks.add_plan(made)
        tx.rollbacks.start_run(run(made), 1)
        tx.rollbacks.put_run(changed(run(made), state=state, ended_at=later(seconds=5), detail="why"))
    assert board(store).runs == ()
    with store.write() as tx:
        tx.inventory.put_concern(concern)
    assert [(r.state, r.detail) for r in board(store).runs] == [(state.value, "why")]
    with store.write() as tx:
        tx.rollbacks.start_run(run(made, "run-2", started_at=later(minutes=1)), 1)
    assert [r.id for r in board(store).runs] == ["run-2"]


def test_a_plan_waits_until_it_expires_and_counts_the_approvals_that_are_yes(store: SqlStore) -> None:
    made = plan(approvals_needed=2)
    with store.write() as tx:
        tx.rollbacks.add_plan(made)
        tx.rollbacks.add_approval(approval(made, "ana"))
        tx.rollbacks.add_approval(changed(approval(made, "ben"), yes=False, key="key-ben"))
    (waiting,) = board(store).plans
    assert (waiting.hash, waiting.approved_by, waiting.needed, waiting.state) == (made.hash, ("ana",), 2, "proposed")
    assert "waits for 1 more approval (ana approved)" in waiting.headline
    assert board(store, made.expires_at).plans == ()
    with store.write() as tx:
        tx.rollbacks.set_plan_state(made.hash, PlanState.REJECTED)
    assert board(store).plans == ()


def test_a_plan_behind_a_run_that_owns_its_target_does_not_wait_for_approvals(store: SqlStore) -> None:
    made = plan()
    with store.write() as tx:
        tx.rollbacks.add_plan(made)
        tx.rollbacks.set_plan_state(made.hash, PlanState.USED)
        tx.rollbacks.start_run(run(made), 1)
        tx.rollbacks.add_plan(plan(reason="once more"))
    (behind,) = board(store).plans
    assert (behind.behind, behind.todo) == ("run-1", "")
    assert behind.headline.endswith("waits for run run-1, which owns its target")


def test_a_drill_is_called_one_while_it_runs_stopped_or_waits_and_is_not_missed_when_it_expired(
    store: SqlStore,
) -> None:
    made = plan(environment=Environment.REPLICA, purpose=Purpose.DRILL)
    other = plan(environment=Environment.REPLICA, purpose=Purpose.DRILL, reason="another one")
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", Environment.REPLICA))
        tx.rollbacks.add_plan(made)
        tx.rollbacks.set_plan_state(made.hash, PlanState.USED)
        assert tx.plumbing.claim(f"target:{made.target}", "h", NOW, 60.0) == 1
        tx.rollbacks.start_run(run(made), 1)
        tx.rollbacks.add_plan(other)
    seen = board(store)
    assert [r.headline for r in seen.runs] == ["run run-1 is drilling support-bot in replica"]
    assert [p.headline.split(" (")[0] for p in seen.plans] == [f"drill plan {other.hash[:12]}"]
    seen = board(store, other.expires_at)
    assert [r.headline for r in seen.runs] == [
        "run run-1, a drill of support-bot in replica was abandoned: its process is gone"
    ]
    assert seen.plans == ()
