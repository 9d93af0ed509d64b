"""A condition that comes and goes is one episode, and one that rises is told again."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.words import AssetType, Environment, Exposure, Priority, Tier
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.load import load_policy
from pulse_tui.services.alerts.escalate import settle
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.settings.document import parse
from pulse_tui.settings.shapes import AssetShape, ComponentShape, DeploymentShape, EstateShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import later
from tests.services.signals.test_ingest import CVE, alerts, breach, take

RULES = """
rules:
  - id: slow
    owner: sre
    review: 2027-01-01
    on: [latency_breach]
    priority: P3
    keep_firing_for: 10m
    actions: [notify]
    all: [service.ratio > 1.15]
    context: [{when: service.ratio > 2.0, priority: P1}]
"""


def policy() -> Policy:
    from pulse_tui.enrich.variables import VARIABLES

    node, problems = parse(RULES, "p.yaml")
    assert node is not None
    made = load_policy(node, action_kinds=["notify"], problems=problems, variables=VARIABLES)
    assert made is not None, problems
    return made


def test_a_flap_within_the_time_is_one_episode_that_ends_when_nothing_more_comes(
    judge: JudgeParts, clock: Clock
) -> None:
    parts = judge._replace(policy=policy())
    take(parts, breach(1))
    take(parts, breach(2, ratio=1.0, at=later(minutes=1)), at=later(minutes=1))
    (kept,) = alerts(parts)
    assert (kept.state, kept.cleared_at) == (AlertState.FIRING, later(minutes=1))
    take(parts, breach(3, at=later(minutes=2)), at=later(minutes=2))
    (again,) = alerts(parts)
    assert (again.count, again.cleared_at) == (2, None)
    take(parts, breach(4, ratio=1.0, at=later(minutes=3)), at=later(minutes=3))
    clock.pass_(minutes=5)
    assert settle(parts) == 0
    clock.pass_(minutes=30)
    assert settle(parts) == 1
    (over,) = alerts(parts)
    assert over.state is AlertState.RESOLVED


def test_what_rises_from_a_ticket_to_a_page_is_told_again(judge: JudgeParts) -> None:
    parts = judge._replace(policy=policy())
    take(parts, breach(1))
    take(parts, breach(2))
    with parts.store.read() as tx:
        assert len(tx.plumbing.deliveries()) == 1
    take(parts, breach(3, ratio=2.4))
    (alert,) = alerts(parts)
    with parts.store.read() as tx:
        keys = [d.key for d in tx.plumbing.deliveries()]
    assert alert.priority is Priority.P1
    assert len(keys) == 2
    assert any(key.endswith("/raised/P1-0") for key in keys)


def test_a_component_that_is_taken_out_takes_its_findings_and_alerts_along(judge: JudgeParts) -> None:
    gateway = AssetShape(
        id="edge",
        asset_type=AssetType.SERVICE,
        owner_team="platform",
        tier=Tier.CUSTOMER_FACING,
        exposure=Exposure.PUBLIC,
        environments={Environment.PRODUCTION: DeploymentShape(version="1.0.0")},
        components=(ComponentShape(purl="pkg:pypi/vllm@0.9.1"),),
    )
    take(judge, CVE)
    sync_estate(EstateShape(assets=(gateway,)), judge, later(minutes=1))
    assert any(a.asset_id == "edge" and a.open for a in alerts(judge))
    bare = msgspec.structs.replace(gateway, components=())
    sync_estate(EstateShape(assets=(bare,)), judge, later(minutes=2))
    assert not any(a.asset_id == "edge" and a.open for a in alerts(judge))
    with judge.store.read() as tx:
        assert tx.advisories.findings(asset_id="edge") == []
        assert tx.advisories.findings(asset_id="gateway") != []
