"""The configured estate beside what the systems say: kept, settled, and taken back when it is no longer named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, Release
from pulse_tui.domain.words import AssetType, ComponentKind, Environment
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.registry.reach import reached
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import (
    AssetShape,
    ComponentShape,
    DeploymentShape,
    EndpointShape,
    EstateShape,
    ReleaseShape,
    StageShape,
    WorkflowShape,
)
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.house import judging
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed


@pytest.fixture
def judge(store: SqlStore, tmp_path: object, clock: Clock, http: FakeHttp) -> JudgeParts:
    return judging(store, tmp_path, clock, http)._replace(precedence=("registry",))  # type: ignore[arg-type]


def shape(*releases: ReleaseShape, serves: str | None = "1.0.0", **more: Any) -> AssetShape:
    places = {PRODUCTION: DeploymentShape(version=serves)} if serves else {}
    made = AssetShape(id="bot", asset_type=AssetType.SERVICE, owner_team="ml", environments=places, releases=releases)
    return msgspec.structs.replace(made, **more)


def put(judge: JudgeParts, *assets: AssetShape, **more: object) -> int:
    return sync_estate(changed(EstateShape(assets=assets), **more), judge, judge.clock())


def registry_says(judge: JudgeParts, serving: str) -> None:
    versions = tuple(
        RegistryVersion(asset_id="bot", registry_version=v, version=v, digest=None, created_at=NOW)
        for v in ("1.0.0", "2.0.0")
    )
    snapshot = RegistrySnapshot(
        source="registry",
        asset_id="bot",
        versions=versions,
        placements={PRODUCTION: (serving, 100.0)},
        managed=(PRODUCTION,),
    )
    ingest([snapshot], [], judge, judge.clock())


def serving(judge: JudgeParts, environment: Environment = PRODUCTION) -> tuple[str, str] | None:
    with judge.store.read() as tx:
        found = tx.estate.deployment("bot", environment)
    return (found.version, found.source) if found else None


def concerns(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [c.what for c in tx.inventory.concerns("bot")]


def test_an_estate_needs_no_registry(judge: JudgeParts) -> None:
    put(judge, shape(ReleaseShape(version="1.0.0")))
    assert serving(judge) == ("1.0.0", "estate")


def test_an_estate_that_says_the_same_is_not_put_in_again(judge: JudgeParts) -> None:
    assert put(judge, shape(ReleaseShape(version="1.0.0"))) > 0
    assert put(judge, shape(ReleaseShape(version="1.0.0"))) == 0


def test_a_registry_is_believed_over_the_estate_and_the_difference_is_told(judge: JudgeParts) -> None:
    put(judge, shape())
    registry_says(judge, "2.0.0")
    assert serving(judge) == ("2.0.0", "registry")
    assert concerns(judge) == [
        "conflict about what serves as bot in production: registry says 2.0.0, estate says 1.0.0"
    ]
    put(judge, shape(serves="2.0.0"))
    assert concerns(judge) == []


def test_the_version_may_be_left_to_the_registry(judge: JudgeParts) -> None:
    place = {PRODUCTION: DeploymentShape(traffic=40.0, critical=True)}
    put(judge, shape(environments=place))
    assert serving(judge) is None
    registry_says(judge, "2.0.0")
    with judge.store.read() as tx:
        found = tx.estate.deployment("bot", PRODUCTION)
    assert found is not None
    assert (found.version, found.traffic, found.production_critical) == ("2.0.0", 40.0, True)
    assert concerns(judge) == []


def test_the_same_release_with_another_digest_is_told_and_never_overwrites(judge: JudgeParts) -> None:
    put(judge, shape(ReleaseShape(version="1.0.0", digest="sha256:aa")))
    put(judge, shape(ReleaseShape(version="1.0.0", digest="sha256:bb")))
    assert any("another digest in the estate" in what for what in concerns(judge))
    with judge.store.read() as tx:
        release = tx.estate.release("bot", "1.0.0")
    assert isinstance(release, Release)
    assert release.digest == "sha256:aa"


def test_a_release_that_names_a_missing_way_back_is_told(judge: JudgeParts) -> None:
    put(judge, shape(ReleaseShape(version="1.0.0", rollback_to="0.9.9")))
    assert concerns(judge) == ["bot 1.0.0 names 0.9.9 as its rollback target, which no source knows"]
    put(judge, shape(ReleaseShape(version="1.0.0", rollback_to="0.9.9"), ReleaseShape(version="0.9.9")))
    assert concerns(judge) == []


def test_a_version_moved_in_the_estate_keeps_the_history(judge: JudgeParts, clock: Clock) -> None:
    put(judge, shape(ReleaseShape(version="1.0.0"), ReleaseShape(version="2.0.0")))
    clock.pass_(days=1)
    put(judge, shape(ReleaseShape(version="1.0.0"), ReleaseShape(version="2.0.0"), serves="2.0.0"))
    with judge.store.read() as tx:
        assert [s.version for s in tx.estate.stays("bot", PRODUCTION)] == ["2.0.0", "1.0.0"]
        release = tx.estate.release("bot", "2.0.0")
        assert [p.version for p in tx.estate.promotions("bot")] == ["2.0.0"]
    assert release is not None
    assert release.rollback_pointer == "1.0.0"


def test_an_asset_that_is_no_longer_named_is_no_longer_declared_and_its_releases_stay(judge: JudgeParts) -> None:
    other = changed(shape(), id="other")
    put(judge, shape(ReleaseShape(version="1.0.0"), components=(ComponentShape(purl="pkg:pypi/vllm@1"),)), other)
    put(judge, other)
    assert serving(judge) is None
    with judge.store.read() as tx:
        assert set(tx.estate.load().assets) == {"other"}
        assert tx.dependencies.using(assets=["bot"]) == ()
        assert [r.version for r in tx.estate.releases("bot")] == ["1.0.0"]


def test_what_a_registry_knows_stays_when_the_estate_no_longer_names_it(judge: JudgeParts) -> None:
    put(judge, shape(), changed(shape(), id="other"))
    registry_says(judge, "2.0.0")
    put(judge, changed(shape(), id="other"))
    assert serving(judge) == ("2.0.0", "registry")
    assert concerns(judge) == []


def test_endpoints_and_workflows_are_kept_as_written(judge: JudgeParts) -> None:
    endpoint = EndpointShape(id="chat-api", segments=("free", "enterprise"), critical=True)
    flow = WorkflowShape(id="support", stages=(StageShape(name="answer", asset="bot"),))
    put(
        judge,
        shape(endpoints=(endpoint,)),
        workflows=(flow,),
        endpoints=(EndpointShape(id="ghost", environment=CANARY),),
    )
    with judge.store.read() as tx:
        ends = {(e.id, e.asset_id, e.segments) for e in tx.inventory.endpoints()}
        stages = [(w.id, [s.asset_id for s in w.stages]) for w in tx.inventory.workflows()]
        place = tx.estate.deployment("bot", PRODUCTION)
    assert ends == {("chat-api", "bot", ("free", "enterprise")), ("ghost", None, ())}
    assert stages == [("support", ["bot"])]
    assert place is not None
    assert place.production_critical


def test_a_hosted_model_is_known_by_its_canonical_name_and_keeps_its_providers_own(judge: JudgeParts) -> None:
    model = "amazon-bedrock/us.anthropic.claude-opus-4-1-20250805-v1:0"
    put(judge, shape(components=(ComponentShape(model=model), ComponentShape(asset="kb"))))
    with judge.store.read() as tx:
        found = {d.component.kind: d.component for d in tx.dependencies.using(assets=["bot"])}
    assert found[ComponentKind.HOSTED_MODEL].id == model
    assert found[ComponentKind.HOSTED_MODEL].name == "anthropic/claude-opus-4-1-20250805"
    assert found[ComponentKind.ASSET].id == "asset:kb"


def test_ten_thousand_assets_are_put_in_at_once(judge: JudgeParts) -> None:
    assets = tuple(changed(shape(), id=f"bot-{n}") for n in range(10_000))
    put(judge, *assets)
    with judge.store.read() as tx:
        estate = tx.estate.load()
    assert (len(estate.assets), len(estate.deployments)) == (10_000, 10_000)


def test_another_order_of_precedence_is_settled_at_the_next_sync(judge: JudgeParts) -> None:
    put(judge, shape())
    registry_says(judge, "2.0.0")
    by_ci = RegistrySnapshot(
        source="ci", asset_id="bot", versions=(), placements={PRODUCTION: ("1.0.0", 100.0)}, complete=False
    )
    ingest([by_ci], [], judge, judge.clock())
    assert serving(judge) == ("2.0.0", "registry")
    put(judge._replace(precedence=("ci", "registry")), shape())
    assert serving(judge) == ("1.0.0", "ci")


def test_who_feels_a_deployment_is_named(judge: JudgeParts) -> None:
    endpoint = EndpointShape(id="chat-api", segments=("free", "enterprise"), critical=True)
    flow = WorkflowShape(id="support", stages=(StageShape(name="answer", asset="bot"),))
    put(judge, shape(endpoints=(endpoint, EndpointShape(id="try-it", environment=CANARY))), workflows=(flow,))
    with judge.store.read() as tx:
        felt = reached(tx, "bot", PRODUCTION)
    assert felt == [
        "endpoint chat-api (free, enterprise; production-critical)",
        "stage answer of workflow support",
    ]


def test_a_list_of_no_assets_ends_what_was_declared_and_a_configuration_without_one_does_not(judge: JudgeParts) -> None:
    put(judge, shape(ReleaseShape("1.0.0")))
    assert put(judge) == 0
    with judge.store.read() as tx:
        assert list(tx.estate.load().assets) == ["bot"]
    assert sync_estate(EstateShape(), judge, judge.clock(), stated=True) > 0
    with judge.store.read() as tx:
        estate = tx.estate.load()
        assert not estate.assets
        assert tx.inventory.claims_by("estate") == []
    assert sync_estate(EstateShape(), judge, judge.clock(), stated=True) == 0
