"""Whether a component is loaded when its asset runs: by whom it is known, and what that makes of its advisories."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Priority, Severity
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.components.loaded import state_loaded
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EstateShape
from tests.fakes.bills import bill as any_bill
from tests.fakes.bills import package
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, changed
from tests.services.said import alerts, holds, standing

RECORD = Advisory(
    id="CVE-2026-3248",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
FROZEN, TICKET = "critical-cve-exposed", "cve-in-production"


def take(judge: JudgeParts, clock: Clock, *items: Observation) -> None:
    clock.pass_(minutes=1)
    ingest(list(items), [], judge, clock())


def state(judge: JudgeParts, clock: Clock, answer: bool | None) -> str:
    clock.pass_(minutes=1)
    return state_loaded(judge, "gateway", "vllm", answer, "ana", "the plugin is switched off", clock())


def priority(judge: JudgeParts) -> Priority:
    with judge.store.read() as tx:
        (found,) = tx.advisories.findings(asset_id="gateway")
    return found.priority


def test_what_nobody_knows_counts_as_loaded(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, RECORD)
    assert (standing(judge), priority(judge)) == ([FROZEN], Priority.P1)


def test_an_operator_lowers_it_by_a_step_and_raises_it_again_as_often_as_that_changes(
    judge: JudgeParts, clock: Clock
) -> None:
    take(judge, clock, RECORD)
    for _ in range(2):
        assert "1 judged again" in state(judge, clock, False)
        assert (standing(judge), priority(judge), holds(judge)) == ([TICKET], Priority.P2, [])
        state(judge, clock, True)
        assert (standing(judge), priority(judge)) == ([FROZEN], Priority.P1)
        assert holds(judge)
    state(judge, clock, None)
    assert "recorded so already" in state(judge, clock, None)
    with judge.store.read() as tx:
        entries = [e for e in tx.log.entries(subject="gateway/vllm") if e.action == "component.loaded"]
    assert [(e.actor, e.detail["loaded"]) for e in entries][:2] == [("ana", "no"), ("ana", "yes")]
    assert len(entries) == 5


def test_an_alert_whose_rule_stays_the_same_becomes_less_urgent_too(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, changed(RECORD, severity=Severity.HIGH))
    (high,) = alerts(judge)
    assert (high.rule_id, high.priority) == ("high-cve-exposed", Priority.P2)
    state(judge, clock, False)
    (lower,) = alerts(judge)
    assert (lower.id, lower.priority, priority(judge)) == (high.id, Priority.P3, Priority.P3)
    assert lower.deadline == clock() + timedelta(days=3)
    clock.pass_(days=3)
    escalate(judge)
    take(judge, clock, changed(RECORD, severity=Severity.HIGH, title="another title", modified=clock()))
    (late,) = alerts(judge)
    assert (late.priority, late.escalations) == (Priority.P3, 1), "that the same was reported again does not change it"


def test_it_needs_a_reason_and_a_component_of_the_asset(judge: JudgeParts, clock: Clock) -> None:
    with pytest.raises(WrongUse):
        state_loaded(judge, "gateway", "vllm", False, "ana", " ", clock())
    for asset, component in (("nobody", "vllm"), ("gateway", "ray")):
        with pytest.raises(NotFound):
            state_loaded(judge, asset, component, False, "ana", "why", clock())


def test_a_bill_that_excludes_it_counts_unless_another_lists_it(judge: JudgeParts, clock: Clock) -> None:
    with judge.store.write() as tx:
        tx.dependencies.drop_bill("gateway", "estate", NOW)
    excluding = changed(
        any_bill(package("vllm", "0.9.1"), asset_id="gateway", document="sbom"), loaded=(("pkg:pypi/vllm", False),)
    )
    take(judge, clock, excluding, RECORD)
    assert priority(judge) is Priority.P2
    take(judge, clock, any_bill(package("vllm", "0.9.1"), asset_id="gateway", document="image"))
    assert priority(judge) is Priority.P1
    take(judge, clock, changed(excluding, document="image"))
    assert priority(judge) is Priority.P2
    take(judge, clock, changed(excluding, document="image", loaded=()))
    assert priority(judge) is Priority.P1


def test_the_configuration_states_it_and_an_operator_knows_better(judge: JudgeParts, clock: Clock) -> None:
    def sync(loaded: bool | None) -> None:
        clock.pass_(minutes=1)
        gateway = judge.store
        with gateway.read() as tx:
            known = tx.estate.load().assets["gateway"]
        shape = AssetShape(
            id="gateway",
            asset_type=known.asset_type,
            owner_team=known.owner_team,
            tier=known.tier,
            exposure=known.exposure,
            components=(ComponentShape(purl="pkg:pypi/vllm@0.9.1", loaded=loaded),),
        )
        sync_estate(EstateShape(assets=(shape,)), judge, clock())

    sync(False)
    take(judge, clock, RECORD)
    assert priority(judge) is Priority.P2
    state(judge, clock, True)
    assert priority(judge) is Priority.P1
    state(judge, clock, None)
    assert priority(judge) is Priority.P2
    sync(None)
    assert priority(judge) is Priority.P1
