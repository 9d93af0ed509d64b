"""A rollback target is asked for its own verdicts: in the preflight, in the advice, and beside what it would replace."""

from __future__ import annotations

import pytest

from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import SignalType, Tier
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.nouns import CANARY, asset, signal
from tests.fakes.runs import GOLDEN, run_with_items

SUITE = SuiteShape(id="golden", tasks=GOLDEN.tasks, baselines={"support-bot": "3.8.0"})


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    """An internal bot: a worse run marks no release unhealthy, so that it stays the rollback target."""
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(tier=Tier.INTERNAL)])
    return parts._replace(judging=parts.judging._replace(suites={"golden": SUITE}))


def measured(parts: RollbackParts, **shares: float) -> None:
    runs = [run_with_items(f"run-{v}", v.replace("_", ".")[1:], share) for v, share in shares.items()]
    for run in runs:
        ingest([run], [], parts.judging, parts.clock())


def verdict(parts: RollbackParts) -> list[Check]:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    assert plan.to_version == "3.8.1"
    return [c for c in preflight(parts, plan) if c.name == "verdict"]


def test_a_target_that_failed_its_suite_says_so_and_that_what_serves_passes(parts: RollbackParts) -> None:
    measured(parts, v3_8_0=0.90, v3_8_1=0.80, v3_8_2=0.90)
    (check,) = verdict(parts)
    assert (check.ok, check.blocking) == (False, False), "in an emergency it may be the lesser evil all the same"
    assert check.detail.startswith("functional failed: run run-v3_8_1 of golden against 3.8.0")
    assert check.detail.endswith("; 3.8.2, which serves, passes it")


def test_a_target_that_passed_is_ok_and_one_that_nobody_measured_is_not(parts: RollbackParts) -> None:
    measured(parts, v3_8_0=0.90)
    (check,) = verdict(parts)
    assert (check.ok, check.detail) == (False, "functional missing: golden was not run on 3.8.1")
    measured(parts, v3_8_1=0.90)
    (check,) = verdict(parts)
    assert check.ok


def test_a_failed_target_is_called_no_good_target_by_the_advice(parts: RollbackParts) -> None:
    measured(parts, v3_8_0=0.90, v3_8_1=0.80, v3_8_2=0.90)
    breach = signal("b", SignalType.LATENCY_BREACH, asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    ingest([breach], [], parts.judging, parts.clock())
    with parts.store.read() as tx:
        (alert,) = [a for a in tx.judgements.alerts() if a.open and a.signal_id == breach.id]
    todo = alert_story(parts, alert.id).todo
    assert todo[0].startswith("3.8.1 is no good rollback target: its own ")
    assert "its own verdict: functional failed: run run-v3_8_1" in todo[0]
