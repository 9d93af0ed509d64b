"""The report of a run: from the records alone, the same text twice, and nothing of it is made up."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.services.rollback.rehearse import drill
from pulse_tui.services.rollback.report import report
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, PRODUCTION, alert, deployment, later
from tests.fakes.target import Places


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    with parts.store.write() as tx:
        tx.judgements.put_alert(alert(first_at=later(minutes=-20), asset_id="support-bot", environment=CANARY))
    return parts._replace(playbooks=(playbook("alias", "gateway"),))


def rolled_back(parts: RollbackParts, clock: Clock) -> str:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 *breach*", alert_id="alert-1")
    clock.pass_(minutes=2)
    approve(parts, plan.hash, "ben", "it hurts")
    clock.pass_(seconds=10)
    run = execute(parts, plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    return run.id


def test_a_report_has_the_plan_the_certificate_the_votes_the_timeline_and_every_read(
    parts: RollbackParts, clock: Clock
) -> None:
    run = rolled_back(parts, clock)
    found = report(parts, run)
    assert found.title == "Report of a rollback: support-bot in canary, 3.8.2 to 3.8.1"
    assert (found.state, found.kind) == ("verified", "rollback")
    assert ("Why", "p95 *breach*") in found.facts
    checks = {c.name: c.word for c in found.certificate}
    assert checks["serving"] == "ok"
    assert checks["drilled"] == "note"
    assert [(v.who, v.decision, v.signed, v.reason) for v in found.votes] == [("ben", "approved", False, "it hurts")]
    assert [(r.target, r.before, r.after, r.state) for r in found.targets] == [
        ("place alias", "3.8.2", "3.8.1", "verified"),
        ("place gateway", "3.8.2", "3.8.1", "verified"),
    ]
    whats = [e.what for e in found.timeline]
    assert whats[0] == "alert alert-1 opened: P2 p95 breach"
    assert whats[1] == "proposed the plan: p95 *breach*"
    assert whats[-1].startswith("verified: every target was read back")
    assert found.took == (
        ("alert opened to proposed", 1200.0),
        ("proposed to approved", 120.0),
        ("approved to first intent", 10.0),
        ("first intent to verified", 0.0),
        ("time to roll back (alert opened to verified)", 1330.0),
    )
    people = {who.split(" (")[0]: what for who, what in found.people}
    assert people["ben"] == "approved the plan"
    assert people["ana"] == "proposed the plan, began the run, carried steps out"


def test_a_report_is_the_same_text_later_and_by_its_plan(parts: RollbackParts, clock: Clock) -> None:
    run = rolled_back(parts, clock)
    first = report(parts, run)
    clock.pass_(days=40)
    assert report(parts, run) == first
    plan = next(text for label, text in first.facts if label == "Plan")
    assert report(parts, plan[:12]) == first
    assert first.lines() == report(parts, run).lines()
    assert "p95 \\*breach\\*" in "\n".join(first.markdown())


def test_an_undo_and_a_run_that_was_taken_over_are_named(parts: RollbackParts, clock: Clock, target: Places) -> None:
    run = rolled_back(parts, clock)
    with parts.store.read() as tx:
        done = tx.rollbacks.runs()[0]
        found = tx.rollbacks.plan(done.plan_hash)
    assert found is not None
    back = propose_undo(parts, found[0], by="ben")
    (line,) = report(parts, run).undone
    assert line.startswith(f"plan {back.hash[:12]} by ben")
    approve(parts, back.hash, "ana", "x")
    target.fault(("write", "gateway", "lost"))
    clock.pass_(seconds=5)
    stopped = execute(parts, back.hash, "ana", "h")
    assert stopped.state is RunState.UNKNOWN
    half = report(parts, stopped.id)
    assert half.kind == "undo"
    assert "verified" not in [name.split(" to ")[-1] for name, _ in half.took]
    resume(parts, stopped.id, "ben", "h2")
    assert "took the run over, to continue it" in [e.what for e in report(parts, stopped.id).timeline]
    (line,) = report(parts, run).undone
    assert line.endswith(f", run {stopped.id}: verified")


def test_a_drill_has_a_report_too(parts: RollbackParts, target: Places) -> None:
    replica = Environment.REPLICA
    books = (msgspec.structs.replace(playbook("alias-{environment}"), environments=(CANARY, PRODUCTION)),)
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
        tx.estate.deploy(deployment("3.8.2", replica, since=later(hours=-1)))
    target.put("alias-replica", "3.8.2")
    held = drill(parts._replace(playbooks=books), "support-bot", CANARY, "ana", "h", "latency-breach")
    assert held.run is not None
    found = report(parts, held.run.id)
    assert found.title == "Report of a drill: support-bot in replica, 3.8.2 to 3.8.1 and back"
    assert ("Trigger", "rule latency-breach") in found.facts
    assert [(r.before, r.after) for r in found.targets] == [("3.8.2", "3.8.1"), ("3.8.1", "3.8.2")]
    assert any(e.what.startswith("the drill passed") for e in found.timeline)


def test_what_never_ran_has_no_report(parts: RollbackParts) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    with pytest.raises(NotFound, match="was never run"):
        report(parts, plan.hash)
    with pytest.raises(NotFound):
        report(parts, "feedfeedfeed")
