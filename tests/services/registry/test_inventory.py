"""What the sources know and the estate does not, and the reverse."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.claim import Claim, asset_subject
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Endpoint, Stage, Workflow
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.registry import InventoryRow
from pulse_tui.domain.words import Severity
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.decide import approve
from pulse_tui.services.registry.claims import place
from pulse_tui.services.registry.inventory import inventory
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.rollback.pointer import revalidate
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, later, release, signal


class Options(msgspec.Struct, frozen=True):
    """Of a source that knows some models by name."""

    models: list[str] = []


def source(ident: str = "registry", *models: str) -> SourceShape:
    return SourceShape(id=ident, kind="mlflow", every=60.0, options=Options(list(models)))


def listed(parts: JudgeParts, kind: str) -> list[InventoryRow]:
    return [r for r in inventory(parts) if r.kind == kind]


@pytest.fixture
def declared(judge: JudgeParts) -> JudgeParts:
    """Everything of the estate is deployed or released, and nothing else is known."""
    with judge.store.write() as tx:
        tx.estate.add_release(release("1", "sandbox"))
    return judge


def test_an_estate_that_its_sources_agree_with_lists_nothing(declared: JudgeParts) -> None:
    assert inventory(declared) == ()


def test_a_production_alias_that_nobody_declared_is_told_with_its_source(declared: JudgeParts) -> None:
    with declared.store.write() as tx:
        place(tx, declared, "suport-bot", PRODUCTION, "9", "registry", NOW)
    (row,) = listed(declared._replace(sources={"registry": source()}), "undeclared")
    assert (row.subject, row.source) == ("suport-bot", "registry")
    assert "9 in production" in row.what
    assert "did you mean 'support-bot'" in row.todo


def test_signals_and_endpoints_of_unknown_assets_are_told_and_old_ones_are_not(declared: JudgeParts) -> None:
    with declared.store.write() as tx:
        tx.signals.add([(signal(1, asset_id="ghost"), b"{}"), (signal(2, asset_id="ghost"), b"{}")])
        tx.signals.add([(signal(3, asset_id="long-gone", observed_at=later(days=-31)), b"{}")])
        tx.inventory.put_endpoints([Endpoint(id="/v9", environment=PRODUCTION, asset_id="phantom")], "gateway")
    rows = listed(declared, "undeclared")
    assert [r.subject for r in rows] == ["ghost", "phantom"]
    assert rows[0].what.startswith("2 signals of test")


def test_what_nobody_owns_is_told(declared: JudgeParts) -> None:
    with declared.store.write() as tx:
        tx.estate.put_assets([asset("orphan", owner_team="")])
        tx.estate.add_release(release("1", "orphan"))
        orphan = Endpoint(id="/orphan", environment=PRODUCTION, asset_id="orphan")
        nobody = Endpoint(id="/what", environment=CANARY, production_critical=True)
        fine = Endpoint(id="/chat", environment=PRODUCTION, asset_id="support-bot")
        tx.inventory.put_endpoints([orphan, nobody, fine])
        tx.inventory.put_workflows(
            [Workflow(id="refunds", stages=(Stage("answer", "support-bot"), Stage("file", "x")))]
        )
    rows = listed(declared, "unowned")
    assert [r.subject for r in rows] == ["/orphan", "/what", "orphan", "refunds"]
    assert "no asset is declared for this production-critical endpoint in canary" in rows[1].what
    assert "stage file is done by x" in rows[3].what


def test_what_no_source_ever_spoke_of_is_told(judge: JudgeParts) -> None:
    parts = judge._replace(sources={"registry": source("registry", "support-bot", "gateway")})
    with parts.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="registry", kind="mlflow", failures=2, reason="refused"))
        place(tx, parts, "gateway", PRODUCTION, "1.9.3", "registry", NOW)
    rows = listed(parts, "unseen")
    assert [(r.subject, r.source) for r in rows] == [
        ("registry", "registry"),
        ("sandbox", "estate"),
        ("support-bot", "registry"),
    ]
    assert "has never been read: refused" in rows[0].what


def test_claims_that_differ_are_told_with_who_is_believed(declared: JudgeParts) -> None:
    parts = declared._replace(sources={"registry": source(), "ci": source("ci")}, precedence=("registry", "ci"))
    with parts.store.write() as tx:
        place(tx, parts, "support-bot", PRODUCTION, "3.8.1", "registry", NOW)
        place(tx, parts, "support-bot", PRODUCTION, "3.8.2", "ci", NOW)
    (row,) = listed(parts, "disputed")
    assert (row.subject, row.source) == ("support-bot/production", "registry")
    assert row.what == "version: registry says 3.8.1, ci says 3.8.2"
    assert listed(parts, "concern") == []


def test_concerns_and_bills_older_than_what_serves_are_told(declared: JudgeParts) -> None:
    odd = Concern(asset_id="gateway", key="deleted:1", what="1 was deleted", todo="look", source="registry", severity=Severity.HIGH, since=NOW)  # fmt: skip
    with declared.store.write() as tx:
        tx.inventory.put_concern(odd)
        tx.dependencies.put_bill(bill(package("a"), at=later(days=-45)))
        tx.dependencies.put_bill(bill(package("a"), asset_id="gateway", at=later(days=-39)))
    assert [(r.subject, r.what) for r in listed(declared, "concern")] == [("gateway", "1 was deleted")]
    (row,) = listed(declared, "stale")
    assert row.subject == "support-bot"
    assert "35 days older than 3.8.1" in row.what


def test_an_asset_tells_each_field_with_its_source_and_what_was_overruled(parts: RollbackParts, clock: Clock) -> None:
    judging = parts.judging._replace(precedence=("registry", "ci"))
    parts = parts._replace(judging=judging)
    claims: list[dict[str, Any]] = [
        {"field": "owner_team", "source": "estate", "value": "ml-support"},
        {"field": "owner_team", "source": "registry", "value": "ml-x"},
    ]
    with parts.store.write() as tx:
        tx.inventory.put_claims(Claim(subject=asset_subject("support-bot"), since=NOW, **c) for c in claims)
        place(tx, judging, "support-bot", PRODUCTION, "3.8.1", "registry", NOW)
        place(tx, judging, "support-bot", PRODUCTION, "3.8.2", "ci", NOW)
        tx.estate.record_promotion(
            "support-bot", "3.8.1", PRODUCTION, by="ana", at=NOW, decision_id="audit:7", why="ok"
        )
        tx.inventory.put_endpoints([Endpoint(id="/chat", environment=PRODUCTION, asset_id="support-bot")])
    approve(parts, "support-bot", "3.8.1", "ben", "measured")
    revalidate(parts, clock())
    lines = asset_story(parts, "support-bot")
    assert list(dict.fromkeys(label for label, _ in lines))[:4] == [
        "What changed",
        "What is the risk",
        "What to do now",
        "Concern",
    ]
    told = [f"{label}: {text}" for label, text in lines]
    at = "2026-11-23T03:10:00Z"
    assert f"Field: owner team ml-support (estate since {at}; registry says ml-x since {at})" in told
    assert any(t.startswith("Version: production: 3.8.1 (registry since") and "ci says 3.8.2" in t for t in told)
    assert f"Promoted: production: 3.8.1 by ana {at} on audit:7: ok" in told
    assert f"Approved: 3.8.1 by ben {at}: measured" in told
    assert any(t.startswith("Rollback to: canary: 3.8.1, valid, checked <1m ago") for t in told)
    assert any(t.startswith("Endpoint: /chat in production") for t in told)


def test_the_page_of_what_serves_and_is_not_declared_says_so_and_what_to_do(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        place(tx, parts.judging, "suport-bot", PRODUCTION, "9", "registry", NOW)
    lines = dict(asset_story(parts, "suport-bot"))
    assert lines["What changed"].startswith("production serves 9")
    assert "nobody owns it" in lines["What is the risk"]
    assert lines["What to do now"].startswith("declare suport-bot under estate.assets")
    with pytest.raises(NotFound):
        asset_story(parts, "nothing-of-this-name")


def test_the_page_of_an_asset_whose_retest_is_overdue_is_not_calm(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.judgements.put_retest(Retest(key="r", asset_id="support-bot", owner=None, why="m-1", due_at=later(days=-3)))
    lines = asset_story(parts, "support-bot")
    assert ("What is the risk", "◆ retest overdue 3d: m-1") in lines
    assert "nothing urgent" not in [text for _, text in lines]
