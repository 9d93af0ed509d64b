"""A conflict that our own action brought about is advised as such: who moved it, when, and what is to be changed where."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.rollback import Run, RunState
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry import claims
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.signals.concerns import report
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY

KINDS = ("mlflow", "git", "github_actions", "signals")
WRITTEN = {"support-bot/canary": "config/estate.yaml:12"}


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    sources = {kind: SourceShape(id=kind, kind=kind, every=60.0, options=None) for kind in KINDS}
    return parts._replace(judging=parts.judging._replace(sources=sources, written=WRITTEN))


def reports(parts: RollbackParts, source: str, version: str) -> None:
    with parts.store.write() as tx:
        claims.place(tx, parts.judging, "support-bot", CANARY, version, source, parts.clock())


def roll_back(parts: RollbackParts) -> Run:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    run = execute(parts, plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    return run


def advice(parts: RollbackParts) -> str:
    with parts.store.read() as tx:
        (concern,) = [c for c in tx.inventory.concerns("support-bot") if c.kind == "dispute"]
    return concern.todo


@pytest.mark.parametrize(
    ("source", "correction"),
    [
        (ESTATE, "write version: 3.8.1 for canary at config/estate.yaml:12 (it says 3.8.2)"),
        ("mlflow", "set its alias to 3.8.1 in mlflow (it says 3.8.2 since"),
        ("git", "set the branch or tag that places it to 3.8.1 in git (it says 3.8.2"),
        ("github_actions", "deploy, by its workflow, 3.8.1 in github_actions (it says 3.8.2"),
        ("signals", "report 3.8.1 in signals (it says 3.8.2"),
        ("a-webhook", "report 3.8.1 in a-webhook (it says 3.8.2"),
    ],
)
def test_what_our_rollback_left_behind_names_the_rollback_and_the_place_to_correct(
    parts: RollbackParts, clock: Clock, source: str, correction: str
) -> None:
    reports(parts, source, "3.8.2")
    clock.pass_(minutes=1)
    run = roll_back(parts)
    clock.pass_(minutes=5)
    reports(parts, "registry", "3.8.1")  # the system that was moved agrees
    text = advice(parts)
    assert text.startswith(f"rollback {run.id} moved it from 3.8.2 to 3.8.1 (")
    assert ", by ana), on purpose: " in text
    assert correction in text
    assert text.endswith(f"If 3.8.2 is to serve again: pulse-tui rollback undo {run.plan_hash[:12]}")


def test_a_conflict_that_nobody_here_brought_about_does_not_claim_so(parts: RollbackParts, clock: Clock) -> None:
    roll_back(parts)
    clock.pass_(minutes=5)
    reports(parts, "registry", "3.8.1")
    clock.pass_(minutes=5)
    reports(parts, "mlflow", "3.8.2")  # somebody moved it since: that is newer than the rollback
    text = advice(parts)
    assert "rollback" not in text
    assert text.startswith("mlflow is believed (see precedence): find out which is right")


def test_the_alert_of_the_conflict_gives_the_same_advice(parts: RollbackParts, clock: Clock) -> None:
    reports(parts, "mlflow", "3.8.2")
    clock.pass_(minutes=1)
    roll_back(parts)
    clock.pass_(minutes=5)
    with parts.store.write() as tx:
        settled = claims.resettle(tx, parts.judging, "support-bot", CANARY, parts.clock())
        report(tx, parts.judging, settled.changes, "", parts.clock())
    with parts.store.read() as tx:
        (alert,) = [a for a in tx.judgements.alerts(list(OPEN)) if "conflict" in a.title]
    assert alert_story(parts, alert.id).todo[0] == advice(parts)
