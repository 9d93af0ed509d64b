"""Rollbacks that failed elsewhere, by the issue that reported it: here none of them can happen again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import PulseError, Refused
from pulse_tui.domain.rollback import Plan, PlanStep, RunState
from pulse_tui.domain.words import Severity
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.rollback.unfinished import check_runs
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, NOW, deployment, later
from tests.fakes.target import Places
from tests.services.rollback.test_execute import approved


def make(parts: RollbackParts) -> Plan:
    return propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")


def blocking(parts: RollbackParts, plan: Plan) -> list[str]:
    return [c.name for c in preflight(parts, plan) if c.blocking and not c.ok]


def test_argo_rollouts_3039_an_aborted_revision_is_no_rollback_target(parts: RollbackParts, target: Places) -> None:
    """There a rollback went to the revision whose rollout had just been aborted."""
    waiting = approved(parts)
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", CANARY, since=later(minutes=-3)))
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.1")  # its rollout was aborted
        tx.estate.deploy(deployment("3.8.2", CANARY, since=later(minutes=-1)))
    assert make(parts).to_version == "3.8.0", "the last that was healthy, not the one before"
    with pytest.raises(Refused, match=r"known good here: 3\.8\.1 was NOT healthy"):
        execute(parts, waiting.hash, "ana", "h")
    assert target.effects == []


def test_flagger_1898_a_rollback_that_fails_leaves_what_served_in_service(parts: RollbackParts, target: Places) -> None:
    """There the primary, the last healthy copy, was scaled to zero while its replacement never came up."""
    parts = parts._replace(playbooks=(playbook("alias", "gateway"),))
    plan = approved(parts)
    target.fault(("write", "gateway", "ignored"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNDONE
    assert (target.holds("alias"), target.holds("gateway")) == ("3.8.2", "3.8.2")
    with parts.store.read() as tx:
        serving = tx.estate.deployment("support-bot", CANARY)
    assert serving is not None
    assert serving.version == "3.8.2"
    assert serving.traffic == 12.0


def test_flagger_1898_a_target_that_would_hold_nothing_is_not_written(parts: RollbackParts, target: Places) -> None:
    """A step whose target holds nothing now is not what was planned for: nothing is moved onto an empty place."""
    plan = approved(parts)
    target.put("alias", "")
    assert "prior state" in blocking(parts, plan)
    with pytest.raises(Refused, match=r"holds nothing, the plan expects 3\.8\.2"):
        execute(parts, plan.hash, "ana", "h")
    assert target.effects == []


def test_orca_3341_a_group_that_was_disabled_or_deleted_is_no_rollback_target(
    parts: RollbackParts, target: Places
) -> None:
    """There a rollback enabled a server group that nobody could serve from."""
    waiting = approved(parts)
    gone = Concern(
        asset_id="support-bot", key="deleted:3.8.1", what="3.8.1 was deleted in its registry", todo="", source="registry",
        severity=Severity.HIGH, since=NOW, version="3.8.1",
    )  # fmt: skip
    with parts.store.write() as tx:
        tx.inventory.put_concern(gone)
    assert make(parts).to_version == "3.8.0"
    target.replace_artifact("3.8.1", "sha256:gone")
    with pytest.raises(Refused, match="artifact: digest sha256:gone"):
        execute(parts, waiting.hash, "ana", "h")
    assert target.effects == []


def test_atlantis_1508_what_runs_is_to_the_byte_what_was_approved(parts: RollbackParts, target: Places) -> None:
    """There an apply used another plan than the one that was reviewed."""
    plan = approved(parts)
    other = msgspec.structs.replace(plan, steps=(_to(plan.steps[0], "3.8.0"),))
    with parts.store.write() as tx:
        assert tx.rollbacks.approvals(other.hash) == []
        tx.rollbacks.add_plan(other)
        tx.log.append(parts.clock(), "eve", "plan.proposed", other.target, {"plan": other.hash})
    with pytest.raises(Refused, match="is proposed, not approved"):
        execute(parts, other.hash, "ana", "h")
    assert target.effects == []


def _to(step: PlanStep, value: str) -> PlanStep:
    return msgspec.structs.replace(step, desired=value)


def test_atlantis_1508_a_plan_that_was_changed_in_the_database_does_not_run(
    parts: RollbackParts, target: Places, tmp_path: Path
) -> None:
    plan = approved(parts)
    body = msgspec.structs.replace(plan, steps=(_to(plan.steps[0], "3.8.0"),)).canonical()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'pulse.db'}")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE plans SET body = :body WHERE hash = :hash"), {"body": body, "hash": plan.hash}
        )
    engine.dispose()
    with pytest.raises(PulseError, match="was changed in the database after it was made"):
        execute(parts, plan.hash, "ana", "h")
    assert target.effects == []


def test_rundeck_1447_a_playbook_that_is_edited_after_the_approval_voids_it(
    parts: RollbackParts, target: Places
) -> None:
    """There a job could be edited between its approval and its run."""
    plan = approved(parts)
    edits: tuple[dict[str, Any], ...] = (
        {"playbooks_digest": "edited"},
        {"policy_digest": "edited"},
        {"operators_digest": "edited"},
    )
    for changed in edits:
        with pytest.raises(Refused, match="changed after the plan was made"):
            execute(parts._replace(**changed), plan.hash, "ana", "h")
    with pytest.raises(Refused, match="the playbooks changed after the plan was made"):
        approve(parts._replace(playbooks_digest="edited"), make(parts).hash, "ben", "x")
    assert target.effects == []


class Died(BaseException):
    """The process is gone."""


def test_helm_7653_an_interrupted_rollback_is_never_pending_for_good(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    """There a release that was interrupted stayed ``pending-rollback``, and nothing but a hand in the store helped."""

    def die(name: str) -> None:
        if name == "after write":
            raise Died

    plan = approved(parts)
    with pytest.raises(Died):
        execute(parts._replace(steps={"place": Places(target.path, die)}), plan.hash, "ana", "h")
    clock.pass_(seconds=61)
    assert check_runs(parts, clock()) == 1
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs(active_only=True)
        (concern,) = [c for c in tx.inventory.concerns("support-bot") if c.key == "run:canary"]
    assert "was abandoned" in concern.what
    assert f"pulse-tui rollback resume {run.id}" in concern.todo
    assert put_back(parts, run.id, "ben", "h2").state is RunState.UNDONE
    assert target.holds("alias") == "3.8.2"
    again = make(parts)
    approve(parts, again.hash, "cho", "now it may")
    assert execute(parts, again.hash, "cho", "h3").state is RunState.VERIFIED
    with pytest.raises(Refused, match="has ended"):
        resume(parts, run.id, "ben", "h4")
