"""Alerts that belong together become one incident, with the causes that the evidence names."""

from __future__ import annotations

from typing import Any

from pulse_tui.domain.incident import CauseVerdict, Incident, IncidentState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Priority, Severity, SignalType
from pulse_tui.services.alerts.operate import resolve
from pulse_tui.services.parts import JudgeParts
from tests.fakes.nouns import CANARY, PRODUCTION, evidence, later, signal
from tests.services.signals.test_ingest import alerts, breach, take


def incidents(parts: JudgeParts) -> list[Incident]:
    with parts.store.read() as tx:
        return tx.incidents.all()


def members(parts: JudgeParts, incident: Incident) -> list[str]:
    with parts.store.read() as tx:
        return [m.alert_id for m in tx.incidents.members(incident.id)]


def deploy(number: object = "deploy", **fields: Any) -> Signal:
    values: dict[str, Any] = {
        "change": Change.DEPLOYMENT,
        "asset_id": "support-bot",
        "environment": CANARY,
        "current_version": "3.8.2",
    }
    values |= {"occurred_at": later(minutes=-6), "severity": Severity.LOW, "confidence": 1.0}
    return signal(number, SignalType.VERSION_EVENT, **{**values, **fields})


def errors(number: object = "errors", **fields: Any) -> Signal:
    values: dict[str, Any] = {"asset_id": "support-bot", "environment": CANARY, "fingerprint": f"errors-{number}"}
    values |= {"evidence": evidence(SignalType.ERROR_RATE_BREACH, metric="error_rate", value=0.09, objective=0.01)}
    return signal(number, SignalType.ERROR_RATE_BREACH, **{**values, **fields})


def test_a_symptom_opens_an_incident_and_names_the_deploy_before_it(judge: JudgeParts) -> None:
    take(judge, deploy(), breach(1))
    (incident,) = incidents(judge)
    assert (incident.state, incident.priority, incident.asset_id) == (IncidentState.OPEN, Priority.P2, "support-bot")
    assert (incident.verdict, incident.causes[0].signal_id) == (CauseVerdict.NAMED, "s-deploy")
    assert "6 min before" in incident.causes[0].why[0]


def test_a_second_symptom_of_the_asset_joins_and_the_incident_ends_with_the_last(judge: JudgeParts) -> None:
    take(judge, breach(1))
    take(judge, errors(observed_at=later(minutes=9)), at=later(minutes=10))
    (incident,) = incidents(judge)
    first, second = sorted(alerts(judge), key=lambda a: a.first_at)
    assert members(judge, incident) == [first.id, second.id]
    resolve(judge, first.id, "ana", "it is fast again", later(minutes=20))
    assert incidents(judge)[0].state is IncidentState.OPEN
    resolve(judge, second.id, "ana", "no errors any more", later(minutes=30))
    (ended,) = incidents(judge)
    assert (ended.state, ended.resolved_at) == (IncidentState.RESOLVED, later(minutes=30))
    assert ended.resolved_why == "its last alert ended: no errors any more"


def test_an_incident_has_the_words_of_its_most_urgent_alert(judge: JudgeParts) -> None:
    diagnostic = evidence(SignalType.BENCHMARK_REGRESSION, must_pass=False, verdict="FAIL", basis="paired")
    take(
        judge,
        signal(2, SignalType.BENCHMARK_REGRESSION, asset_id="support-bot", environment=CANARY, evidence=diagnostic),
    )
    assert incidents(judge)[0].priority is Priority.P4
    take(judge, breach(1))
    (incident,) = incidents(judge)
    worst = min(alerts(judge), key=lambda a: a.priority.rank)
    assert (incident.title, incident.priority) == (worst.title, Priority.P2)


def test_nothing_that_happened_is_an_unknown_cause(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (incident,) = incidents(judge)
    assert (incident.verdict, incident.causes) == (CauseVerdict.UNKNOWN, ())


def test_a_deploy_on_the_canary_does_not_explain_production(judge: JudgeParts) -> None:
    take(judge, deploy(), errors(environment=PRODUCTION))
    (incident,) = incidents(judge)
    assert (incident.verdict, incident.causes) == (CauseVerdict.UNKNOWN, ())


def test_a_status_page_that_reports_later_is_weighed_when_it_comes(judge: JudgeParts) -> None:
    take(judge, errors(environment=PRODUCTION))
    assert incidents(judge)[0].verdict is CauseVerdict.UNKNOWN
    note = evidence(SignalType.INCIDENT, note="inc-1", vendor="openai", labels=["incident"])
    late = signal("status", SignalType.INCIDENT, evidence=note, occurred_at=later(minutes=-5), confidence=1.0)
    take(judge, late, at=later(minutes=30))
    (incident,) = incidents(judge)
    assert (incident.verdict, incident.causes[0].signal_id) == (CauseVerdict.NAMED, "s-status")


def test_a_note_a_vulnerability_and_a_breach_of_one_day_are_one_incident_that_blames_neither_without_evidence(
    judge: JudgeParts,
) -> None:
    about = {"asset_id": "support-bot", "environment": CANARY}
    proof = evidence(SignalType.CVE, component="openai/gpt-4.1", known_exploited=False, cvss=9.8)
    note = evidence(SignalType.VENDOR_NOTE, note="n-9", components=["openai/gpt-4.1"])
    take(judge, signal("cve", SignalType.CVE, evidence=proof, **about))
    take(judge, signal("note", SignalType.VENDOR_NOTE, evidence=note, **about), at=later(hours=1))
    take(judge, breach(1, at=later(hours=5)), at=later(hours=5))
    (incident,) = incidents(judge)
    assert len(members(judge, incident)) == len(alerts(judge)) >= 3
    assert incident.verdict is CauseVerdict.UNKNOWN
    said = {c.signal_id: " ".join(c.why) for c in incident.causes}
    assert "seldom leads to slow answers" in said["s-cve"]
    assert "uses openai/gpt-4.1" in said["s-note"]


def test_what_only_informs_draws_nobody_elses_trouble_in(judge: JudgeParts) -> None:
    note = evidence(SignalType.VENDOR_NOTE, note="n-9", vendor="mistral")
    take(judge, breach(1), signal("note", SignalType.VENDOR_NOTE, evidence=note, asset_id="support-bot"))
    take(judge, errors(asset_id="gateway", environment=PRODUCTION), at=later(minutes=5))
    assert len(incidents(judge)) == 2


def test_an_advisory_opens_no_incident_and_joins_the_one_of_its_day(judge: JudgeParts) -> None:
    found = evidence(SignalType.CVE, component="openai/gpt-4.1", known_exploited=False, cvss=9.8)
    cve = signal("cve", SignalType.CVE, asset_id="support-bot", environment=CANARY, evidence=found)
    take(judge, cve)
    assert not incidents(judge)
    opened = alerts(judge)
    take(judge, breach(1), at=later(hours=3))
    (incident,) = incidents(judge)
    assert {a.id for a in opened} <= set(members(judge, incident))
    assert incident.alerts == len(alerts(judge))
