"""The blast radius of a plan: assets, traffic, endpoints, segments, owners, stages."""

from __future__ import annotations

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component, Endpoint, Stage, Workflow
from pulse_tui.domain.words import AssetType, ComponentKind
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.radius import blast_radius
from pulse_tui.services.rollback.story import plan_story
from tests.fakes.nouns import CANARY, PRODUCTION, asset, later


def test_it_names_whom_and_what_a_move_reaches(parts: RollbackParts) -> None:
    bot = Component(id="support-bot", kind=ComponentKind.ASSET, name="support-bot")
    with parts.store.write() as tx:
        tx.estate.put_assets([asset("router", asset_type=AssetType.SERVICE, owner_team="platform")])
        tx.dependencies.put_bill(
            Bill(source="estate", asset_id="router", document="", at=later(days=-9), components=(bot,))
        )
        tx.inventory.put_endpoints(
            [
                Endpoint(id="chat", environment=CANARY, asset_id="support-bot", segments=("free",), owner_team="web"),
                Endpoint(id="api", environment=CANARY, asset_id="router", segments=("enterprise", "free"), production_critical=True),
                Endpoint(id="live", environment=PRODUCTION, asset_id="support-bot", segments=("vip",)),
            ]
        )  # fmt: skip
        stages = (Stage("route", "router"), Stage("answer", "support-bot"), Stage("check", "gateway"))
        tx.inventory.put_workflows([Workflow(id="support", stages=stages, owner_team="care")])
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    with parts.store.read() as tx:
        found = blast_radius(tx, plan)
    assert found.assets == ("support-bot (customer-facing, internal)",)
    assert found.traffic == ("12 % of canary",)
    assert found.endpoints == ("chat", "api (production-critical)")
    assert found.segments == ("free", "enterprise")
    assert found.owners == ("ml-support", "platform", "web", "care")
    assert found.stages == ("route of support", "answer of support")
    assert found.made_of_it == ("router",)
    story = plan_story(parts, plan.hash, "ana")
    assert dict(story.radius)["Workflow stages"] == "route of support, answer of support"
    assert {name for name, *_ in story.certificate} >= {"known good here", "recorded digest", "artifact"}
    assert not {name for name, *_ in story.checks} & {name for name, *_ in story.certificate}


def test_what_is_not_reached_has_no_line(parts: RollbackParts) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    with parts.store.read() as tx:
        lines = blast_radius(tx, plan).lines()
    assert [label for label, _ in lines] == ["Assets", "Traffic", "Owners"]
