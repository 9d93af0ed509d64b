"""One incident calls a destination once, unless something more urgent comes."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.notice import NoticeOutcome, Withheld
from pulse_tui.domain.words import SignalType
from pulse_tui.services.alerts.operate import resolve
from pulse_tui.services.parts import JudgeParts
from tests.fakes.nouns import PRODUCTION, evidence, later
from tests.services.alerts.incidents.test_correlate import deploy, errors, incidents
from tests.services.signals.test_ingest import CVE, alerts, breach, take


def pages(parts: JudgeParts) -> list[tuple[str, str]]:
    with parts.store.read() as tx:
        return [(d.payload["rule"], d.payload["event"]) for d in tx.plumbing.deliveries() if d.route == "page"]


def test_a_second_alert_that_is_as_urgent_calls_nobody_and_says_what_did(judge: JudgeParts) -> None:
    take(judge, breach(1))
    take(judge, errors(), at=later(minutes=3))
    assert pages(judge) == [("latency-breach-canary", "opened")]
    (incident,) = incidents(judge)
    with judge.store.read() as tx:
        held = [n for n in tx.notices.of_incident(incident.id) if n.outcome is NoticeOutcome.WITHHELD]
    first = next(a for a in alerts(judge) if a.rule_id == "latency-breach-canary")
    assert [(n.reason, n.route) for n in held] == [(Withheld.INCIDENT, "page")]
    assert f"was notified of {first.id}" in held[0].why
    assert incident.id in held[0].why


def test_a_more_urgent_one_calls_again(judge: JudgeParts) -> None:
    take(judge, breach(1))
    with judge.store.write() as tx:
        serving = tx.estate.deployment("support-bot", PRODUCTION)
        assert serving is not None
        tx.estate.deploy(msgspec.structs.replace(serving, production_critical=True))
    take(judge, errors(environment=PRODUCTION), at=later(minutes=3))
    assert sorted(pages(judge)) == [("error-rate-breach", "opened"), ("latency-breach-canary", "opened")]


def test_what_is_over_kept_nobody_informed(judge: JudgeParts) -> None:
    take(judge, breach(1))
    take(judge, errors(), at=later(minutes=3))
    first = next(a for a in alerts(judge) if a.rule_id == "latency-breach-canary")
    resolve(judge, first.id, "ana", "fast again", later(minutes=5))
    other = {"metric": "timeouts", "value": 0.2, "objective": 0.01}
    take(judge, errors("more", evidence=evidence(SignalType.ERROR_RATE_BREACH, **other)), at=later(minutes=6))
    assert ("error-rate-breach-canary", "opened") in pages(judge)


def test_a_vulnerability_is_not_passed_over_because_of_an_outage(judge: JudgeParts) -> None:
    slow = breach(1, asset_id="gateway", environment=PRODUCTION)
    take(judge, slow)
    take(judge, CVE, at=later(minutes=3))
    assert len(incidents(judge)) == 1
    assert {rule for rule, _ in pages(judge)} >= {"latency-breach", "critical-cve-exposed"}


def test_a_message_names_the_incident_and_its_causes(judge: JudgeParts) -> None:
    take(judge, deploy(), breach(1))
    (incident,) = incidents(judge)
    with judge.store.read() as tx:
        (sent,) = [d for d in tx.plumbing.deliveries() if d.route == "page"]
    assert (sent.payload["incident"], sent.payload["cause"]) == (incident.id, "named")
    assert sent.payload["causes"].startswith("0.")
    assert "6 min before" in sent.payload["causes"]
