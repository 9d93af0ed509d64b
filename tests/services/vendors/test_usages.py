"""New limits and prices are compared with what an asset is declared to use, from the configuration to the alert."""

from __future__ import annotations

from pulse_tui.domain.evidence import CostEvidence
from pulse_tui.domain.note import Note
from pulse_tui.domain.signal import observed
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import AssetType, Priority, Recommended, Severity, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.vendors.usages import usages_of
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EstateShape
from tests.fakes.nouns import NOW, later
from tests.services.said import alerts, told


def _declared(judge: JudgeParts, usage: Usage | None) -> None:
    bot = AssetShape(
        id="support-bot",
        asset_type=AssetType.SERVICE,
        owner_team="ml-support",
        components=(ComponentShape(model="openai/gpt-4.1", usage=usage),),
    )
    sync_estate(EstateShape(assets=(bot,)), judge, NOW)


def _announce(judge: JudgeParts, body: str, hours: float = 1, source: str = "news") -> None:
    at = later(hours=hours)
    note = Note(source=source, key=body, vendor="openai", title="gpt-4.1", body=body, published_at=at)
    ingest([note], [], judge, at)


def test_a_limit_below_the_declared_peak_is_urgent_and_says_by_how_much(judge: JudgeParts) -> None:
    _declared(judge, Usage(rpm=600))
    _announce(judge, "We reduced the rate limit of gpt-4.1 from 1,000 to 500 RPM.")
    (alert,) = [a for a in alerts(judge) if a.rule_id == "vendor-terms"]
    assert (alert.priority, alert.severity) == (Priority.P2, Severity.HIGH)
    assert "your peak is 120 % of it" in alert.title
    (signal,) = told(judge, SignalType.RATE_LIMIT_CHANGE)
    assert signal.evidence.compared == [
        "your peak is 120 % of the new limit (500 requests a minute, it was 1,000 requests a minute)"
    ]


def test_what_is_not_declared_any_more_is_unknown(judge: JudgeParts) -> None:
    _declared(judge, Usage(rpm=600))
    _declared(judge, None)
    with judge.store.read() as tx:
        assert usages_of(tx, "support-bot") == {}
    _announce(judge, "We reduced the rate limit of gpt-4.1 to 500 RPM.")
    (alert,) = [a for a in alerts(judge) if a.rule_id == "vendor-terms"]
    assert alert.priority is Priority.P4


def test_a_price_stands_beside_what_is_paid_or_was_measured_to_cost(judge: JudgeParts) -> None:
    _declared(judge, Usage(input_price=2.0, monthly_input_tokens=1e9))
    cost = CostEvidence(metric="usd_per_1k_requests", baseline=1.2, current=1.5)
    measured = observed(
        SignalType.COST_CHANGE,
        source="billing",
        event=("c",),
        fingerprint="c",
        asset_id="support-bot",
        title="cost",
        evidence=cost,
        severity=Severity.LOW,
        recommended=Recommended.NOTE,
        now=NOW,
    )
    ingest([measured], [], judge, NOW)
    _announce(judge, "Pricing update: gpt-4.1 costs $3 per 1M input tokens from now on.")
    (signal,) = told(judge, SignalType.PRICING_CHANGE)
    assert signal.evidence.compared == [
        "1M input tokens: $2 -> $3 (+50 %), about $1,000 more a month",
        "measured last, 2026-11-23: usd_per_1k_requests 1.5 USD",
    ]


def test_an_incident_that_two_sources_report_is_surer_and_names_the_other(judge: JudgeParts) -> None:
    _announce(judge, "Investigating - elevated errors with gpt-4.1", 1, "status")
    _announce(judge, "Investigating - an outage of gpt-4.1", 2, "other")
    second, first = told(judge, SignalType.INCIDENT)
    assert second.evidence.says == ["status reports an incident too"]
    assert second.confidence > first.confidence
