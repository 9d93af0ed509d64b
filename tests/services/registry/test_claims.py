"""What several sources say of one place or asset: who is believed, what is told, what is never overwritten."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected
from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.bill import Bill, Head
from pulse_tui.domain.claim import OWN_ACTIONS
from pulse_tui.domain.estate import Component
from pulse_tui.domain.release import Attestation, Lineage, RegistrySnapshot, RegistryVersion, ReleaseState
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Change, ComponentKind, Environment, Exposure, Severity, SignalType, Tier
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry import claims
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.registry.removed import forget
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape, SuiteShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, hold, later

SHA = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


@pytest.fixture
def judge(judge: JudgeParts) -> JudgeParts:
    return judge._replace(precedence=("registry", "ci", "git"))


def version(name: str, digest: str | None = SHA, **more: object) -> RegistryVersion:
    made = RegistryVersion(asset_id="embedder", registry_version=name, version=name, digest=digest, created_at=NOW)
    return msgspec.structs.replace(made, **more)


def says(
    source: str,
    placed: dict[Environment, str],
    *versions: RegistryVersion,
    managed: tuple[Environment, ...] = (CANARY, PRODUCTION),
    **more: object,
) -> RegistrySnapshot:
    made = RegistrySnapshot(
        source=source,
        asset_id="embedder",
        versions=versions,
        placements={e: (v, 100.0) for e, v in placed.items()},
        managed=managed,
        complete=bool(versions),
    )
    return msgspec.structs.replace(made, **more)


def take(judge: JudgeParts, *items: Observation) -> None:
    ingest(items, [], judge, judge.clock())


def concerns(judge: JudgeParts, asset: str = "embedder") -> dict[str, str]:
    with judge.store.read() as tx:
        return {c.key: c.what for c in tx.inventory.concerns(asset)}


def serving(judge: JudgeParts, environment: Environment = PRODUCTION) -> tuple[str, str] | None:
    with judge.store.read() as tx:
        found = tx.estate.deployment("embedder", environment)
    return (found.version, found.source) if found else None


def told(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [s.title for s in reversed(tx.signals.recent(100, "embedder"))]


# ------------------------------------------------------------ two sources


def test_two_sources_that_disagree_are_a_signal_and_a_concern_not_a_coin_flip(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    assert serving(judge) == ("1", "registry")
    sentence = "conflict about what serves as embedder in production: registry says 1, ci says 2"
    assert concerns(judge) == {"dispute:production:version": sentence}
    assert told(judge)[-1] == sentence
    count = len(told(judge))
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    assert len(told(judge)) == count


def test_a_dispute_ends_when_the_sources_agree(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    take(judge, says("registry", {PRODUCTION: "2"}, version("1"), version("2")))
    assert concerns(judge) == {}
    assert serving(judge) == ("2", "registry")


def test_a_less_believed_source_fills_in_where_nobody_else_speaks(judge: JudgeParts) -> None:
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    assert serving(judge) == ("2", "ci")
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    assert serving(judge) == ("1", "registry")


def test_a_deployment_job_of_yesterday_does_not_dispute_the_alias_of_today(judge: JudgeParts, clock: Clock) -> None:
    yesterday = {PRODUCTION: later(days=-1)}
    take(judge, says("ci", {PRODUCTION: "1"}, managed=(), placed_at=yesterday))
    clock.pass_(hours=1)
    take(judge, says("registry", {PRODUCTION: "2"}, version("1"), version("2")))
    assert (serving(judge), concerns(judge)) == (("2", "registry"), {})


def test_a_version_that_is_deployed_again_is_news(judge: JudgeParts) -> None:
    at = {hours: {PRODUCTION: later(hours=hours)} for hours in (1, 9)}
    take(judge, says("ci", {PRODUCTION: "1"}, managed=(), placed_at=at[1]))
    take(judge, says("git", {PRODUCTION: "2"}, managed=(), placed_at={PRODUCTION: later(hours=5)}))
    assert serving(judge) == ("2", "git")
    take(judge, says("ci", {PRODUCTION: "1"}, managed=(), placed_at=at[9]))
    assert serving(judge) == ("1", "ci")


def test_what_a_registry_says_of_the_owner_does_not_overrule_the_estate(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        claims.describe(tx, judge, "embedder", {"owner_team": "search"}, "estate", NOW)
    take(judge, says("registry", {}, version("1"), facts={"owner_team": "ml"}))
    assert concerns(judge)["dispute:owner_team"].endswith("estate says search, registry says ml")


# ------------------------------------------------------------ a source is taken out


def only(judge: JudgeParts, *names: str) -> JudgeParts:
    shapes = {n: SourceShape(id=n, kind="mlflow", every=60.0, options=None) for n in names}
    keep_sources(shapes, judge, judge.clock(), forget)
    return judge._replace(sources=shapes)


def test_what_only_a_source_said_that_is_taken_out_stays_as_last_known_and_is_not_ok(judge: JudgeParts) -> None:
    judge = only(judge, "registry")
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    judge = only(judge)
    assert serving(judge) == ("1", "registry")
    assert list(concerns(judge)) == ["unreported:production"]


@pytest.mark.parametrize("name", ["a-registry", "z-registry"])
def test_a_source_that_is_renamed_goes_on_where_it_was_and_its_old_name_claims_nothing(
    judge: JudgeParts, name: str
) -> None:
    judge = only(judge._replace(precedence=()), "m-registry")
    take(judge, says("m-registry", {PRODUCTION: "1"}, version("1"), version("2")))
    judge = only(judge, name)
    take(judge, says(name, {PRODUCTION: "1"}, version("1"), version("2")))
    assert (serving(judge), concerns(judge)) == (("1", name), {})
    take(judge, says(name, {PRODUCTION: "2"}, version("1"), version("2")))
    assert (serving(judge), concerns(judge)) == (("2", name), {})


def test_a_source_that_is_taken_out_is_no_longer_believed_over_another(judge: JudgeParts) -> None:
    judge = only(judge, "registry", "ci")
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    judge = only(judge, "ci")
    assert (serving(judge), concerns(judge)) == (("2", "ci"), {})


def test_a_source_that_comes_back_under_its_name_is_heard_again(judge: JudgeParts) -> None:
    judge = only(judge, "registry")
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    judge = only(only(judge), "registry")
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    assert (serving(judge), concerns(judge)) == (("1", "registry"), {})


def test_what_an_action_of_ours_put_there_ends_with_the_last_source_that_reports_on_it(
    judge: JudgeParts, clock: Clock
) -> None:
    take(judge, says("registry", {CANARY: "2"}, version("1"), version("2")))
    clock.pass_(minutes=5)
    with judge.store.write() as tx:
        claims.place(tx, judge, "embedder", CANARY, "1", OWN_ACTIONS, judge.clock())
    assert serving(judge, CANARY) == ("1", OWN_ACTIONS)
    take(judge, says("registry", {}, version("1"), version("2")))
    assert serving(judge, CANARY) is None


# ------------------------------------------------------------ what disappears


def test_a_production_alias_that_disappears_leaves_what_is_last_known_with_the_reason(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    take(judge, says("registry", {}, version("1")))
    assert serving(judge) == ("1", "registry")
    assert "the alias was removed (was 1)" in concerns(judge)["gone:production"]
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    assert concerns(judge) == {}


def test_a_version_deleted_under_its_alias_is_told_and_stays_on_record(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1", CANARY: "2"}, version("1"), version("2")))
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    found = concerns(judge)
    assert "its version was deleted (was 2)" in found["gone:canary"]
    assert found["deleted:2"] == "embedder 2 was deleted in registry while it served in canary"
    assert serving(judge, CANARY) == ("2", "registry")
    with judge.store.read() as tx:
        assert [r.version for r in tx.estate.releases("embedder")] == ["1", "2"]


def test_an_operator_can_say_that_nothing_serves(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    take(judge, says("registry", {}, version("1")))
    with judge.store.write() as tx:
        claims.withdraw(tx, judge, "embedder", PRODUCTION, NOW)
    take(judge, says("registry", {}, version("1")))
    assert (serving(judge), concerns(judge)) == (None, {})


# ------------------------------------------------------------ names that lead nowhere


def test_a_cyclic_lineage_is_told_and_kept_as_it_was_said(judge: JudgeParts) -> None:
    first = version("1", lineage=Lineage(base_model="embedder@2"))
    second = version("2", lineage=Lineage(base_model="embedder@1"))
    take(judge, says("registry", {}, first, second))
    assert concerns(judge)["lineage:1"] == (
        "the lineage of embedder 1 is cyclic: embedder@1 from embedder@2 from embedder@1"
    )
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert release.lineage.base_model == "embedder@2"


def test_a_part_that_no_source_knows_is_told_until_it_comes(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("2", lineage=Lineage(base_model="embedder@1"))))
    assert "names embedder@1 as its base model, which no source knows" in concerns(judge)["lineage:2"]
    take(judge, says("registry", {}, version("1"), version("2", lineage=Lineage(base_model="embedder@1"))))
    assert concerns(judge) == {}


def test_a_part_that_is_no_release_of_ours_is_just_a_name(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("2", lineage=Lineage(base_model="meta/llama@main"))))
    assert concerns(judge) == {}


def test_a_baseline_that_nobody_has_is_told(judge: JudgeParts) -> None:
    judge = judge._replace(suites={"golden": SuiteShape(id="golden", baselines={"embedder": "0.9"})})
    take(judge, says("registry", {}, version("1")))
    assert "compares embedder with 0.9, which no source knows" in concerns(judge)["baseline:golden"]


# ------------------------------------------------------------ digests


def test_digests_made_in_two_ways_are_not_compared(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("1")))
    take(judge, says("git", {}, version("1", "git-tree:abc"), managed=()))
    assert concerns(judge) == {}
    take(judge, says("git", {}, version("1", "git-tree:def"), managed=()))
    assert "git has git-tree:def, recorded is git-tree:abc" in concerns(judge)["digest:1"]


def test_a_digest_that_comes_late_completes_the_release(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("1", None)))
    take(judge, says("registry", {}, version("1", SHA)))
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert (release.digest, concerns(judge)) == (SHA, {})


# ------------------------------------------------------------ provenance


def test_a_build_that_is_told_before_its_release_waits_for_it(judge: JudgeParts) -> None:
    take(judge, Attestation(source="ci", at=NOW, asset_id="embedder", version="1", facts={"commit": "c0ffee"}))
    take(judge, says("registry", {}, version("1")))
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert release.provenance["commit"] == "c0ffee"


def test_a_statement_finds_its_release_by_digest(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("1")))
    take(judge, Attestation(source="slsa", at=NOW, digest=SHA, facts={"builder": "https://ci.test/builder"}))
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert release.provenance["builder"] == "https://ci.test/builder"


def test_another_commit_than_the_recorded_one_is_a_concern_and_no_update(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("1", provenance={"commit": "c0ffee11"})))
    take(judge, Attestation(source="ci", at=NOW, asset_id="embedder", version="1", facts={"commit": "deadbeef"}))
    assert "commit: registry says c0ffee11, ci says deadbeef" in concerns(judge)["provenance:1"]
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert release.provenance["commit"] == "c0ffee11"


def test_a_short_commit_id_is_no_contradiction(judge: JudgeParts) -> None:
    take(judge, says("registry", {}, version("1", provenance={"commit": "c0ffee11"})))
    take(judge, Attestation(source="ci", at=NOW, asset_id="embedder", version="1", facts={"commit": "c0ffee1"}))
    assert concerns(judge) == {}


# ------------------------------------------------------------ bills and heads


def package(name: str, number: str) -> Component:
    return Component(id=f"pkg:pypi/{name}", kind=ComponentKind.PACKAGE, name=name, version=number, ecosystem="PyPI")


def bill(*components: Component, **more: object) -> Bill:
    made = Bill(source="sbom", asset_id="embedder", document="image.json", at=NOW, components=components)
    return msgspec.structs.replace(made, **more)


def test_what_an_asset_is_made_of_is_told_when_it_changes(judge: JudgeParts) -> None:
    take(judge, bill(package("vllm", "0.9.0"), package("ray", "2.9")))
    assert told(judge) == []
    take(judge, bill(package("vllm", "0.9.1"), package("ray", "2.9")))
    assert told(judge) == ["dependencies of embedder changed: vllm 0.9.0 -> 0.9.1"]
    with judge.store.read() as tx:
        (signal,) = tx.signals.recent(1, "embedder")
        (change,) = tx.dependencies.changes("embedder", later(days=-1))
    assert signal.signal_type is SignalType.DEPENDENCY_CHANGE
    assert change.words() == "vllm 0.9.0 -> 0.9.1"


def test_the_bill_of_another_image_is_refused_and_nothing_of_it_is_taken(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    take(judge, bill(package("vllm", "0.9.0"), digest=OTHER, subject="registry.test/other"))
    assert "describes registry.test/other" in concerns(judge)["bill:sbom:image.json"]
    with judge.store.read() as tx:
        assert tx.dependencies.using(assets=["embedder"]) == ()
    take(judge, bill(package("vllm", "0.9.0"), digest=SHA))
    assert concerns(judge) == {}


def test_a_model_alias_that_moved_is_told_to_every_asset_over_it(judge: JudgeParts) -> None:
    def head(snapshot: str) -> Head:
        return Head(
            source="hub", component_id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, version=snapshot, at=NOW
        )

    take(judge, head("2025-04-14"))
    take(judge, head("2026-11-20"))
    with judge.store.read() as tx:
        found = [s for s in tx.signals.recent(10) if s.signal_type is SignalType.DEPENDENCY_CHANGE]
    assert [(s.asset_id, s.baseline_version, s.current_version) for s in found] == [
        ("support-bot", "2025-04-14", "2026-11-20")
    ]


def test_a_concern_that_is_over_closes_its_alert(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    take(judge, says("registry", {PRODUCTION: "1"}, version("1", OTHER)))
    with judge.store.read() as tx:
        assert [s.change for s in tx.signals.recent(1, "embedder")] == [Change.DIGEST_CHANGED]
    take(judge, says("ci", {PRODUCTION: "2"}, managed=()))
    take(judge, says("ci", {PRODUCTION: "1"}, managed=()))
    with judge.store.read() as tx:
        standing = [a.title for a in tx.judgements.alerts([AlertState.FIRING])]
    assert not any("disputed" in title for title in standing)


def test_a_bill_made_for_a_release_is_in_force_where_that_release_serves(judge: JudgeParts) -> None:
    def used() -> set[tuple[str, tuple[Environment, ...]]]:
        with judge.store.read() as tx:
            return {(d.component.label, d.environments) for d in tx.dependencies.using(assets=["embedder"])}

    take(judge, says("registry", {PRODUCTION: "1", CANARY: "2"}, version("1"), version("2")))
    take(judge, bill(package("vllm", "0.9.0"), version="1"), bill(package("vllm", "0.9.1"), version="2"))
    assert used() == {("vllm 0.9.0", (PRODUCTION,)), ("vllm 0.9.1", (CANARY,))}
    take(judge, says("registry", {PRODUCTION: "2", CANARY: "2"}, version("1"), version("2")))
    assert used() == {("vllm 0.9.1", (PRODUCTION, CANARY))}


def test_an_advisory_reaches_a_place_when_the_release_with_the_component_comes_to_it(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("embedder", exposure=Exposure.PUBLIC)])
    take(
        judge, says("registry", {CANARY: "2"}, version("1"), version("2")), bill(package("vllm", "0.9.1"), version="2")
    )
    weak = Affected(ecosystem="PyPI", name="vllm", versions=("0.9.1",))
    take(
        judge,
        Advisory(id="GHSA-1", source="osv", modified=NOW, title="rce", severity=Severity.CRITICAL, affected=(weak,)),
    )
    with judge.store.read() as tx:
        assert [f.environment for f in tx.advisories.findings(asset_id="embedder")] == [CANARY]
    take(judge, says("registry", {CANARY: "1", PRODUCTION: "2"}, version("1"), version("2")))
    with judge.store.read() as tx:
        assert [f.environment for f in tx.advisories.findings(asset_id="embedder")] == [PRODUCTION]


def test_old_bills_of_releases_that_serve_nowhere_are_forgotten(judge: JudgeParts, clock: Clock) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    for number in range(1, 20):
        take(judge, bill(package("vllm", f"0.{number}"), version=str(number), at=later(hours=number)))
    with judge.store.read() as tx:
        kept = {b.version for b in tx.dependencies.bills("embedder")}
    assert "1" in kept
    assert len(kept) == 12
    assert {"18", "19"} <= kept


def alerts(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [a.title for a in tx.judgements.alerts([AlertState.FIRING], asset_id="embedder")]


def test_a_digest_that_is_as_it_was_again_ends_the_concern_the_alert_and_its_freeze(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("embedder", tier=Tier.CUSTOMER_FACING)])
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    take(judge, says("registry", {PRODUCTION: "1"}, version("1", OTHER)))
    with judge.store.read() as tx:
        held = [h.kind for h in tx.judgements.holds("embedder")]
    assert (len(alerts(judge)), bool(held)) == (1, True)
    take(judge, says("registry", {PRODUCTION: "1"}, version("1")))
    with judge.store.read() as tx:
        assert tx.judgements.holds("embedder") == []
    assert (alerts(judge), concerns(judge)) == ([], {})


def test_a_quarantined_release_that_is_put_back_is_a_concern_until_it_no_longer_serves(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    with judge.store.write() as tx:
        tx.estate.set_release_state("embedder", "2", ReleaseState.QUARANTINED)
    take(judge, says("registry", {PRODUCTION: "2"}, version("1"), version("2")))
    assert concerns(judge)["unfit:production"] == "embedder 2 serves in production and is quarantined"
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    assert concerns(judge) == {}


def test_a_move_past_a_freeze_is_told(judge: JudgeParts) -> None:
    take(judge, says("registry", {PRODUCTION: "1"}, version("1"), version("2")))
    with judge.store.write() as tx:
        tx.judgements.put_hold(hold(asset_id="embedder", version=None, environment=None))
    take(judge, says("registry", {PRODUCTION: "2"}, version("1"), version("2")))
    assert any(title.startswith("embedder 2 was deployed to production past a") for title in told(judge))


def test_a_bill_that_names_another_asset_of_ours_is_refused(judge: JudgeParts) -> None:
    take(judge, bill(package("vllm", "0.9.0"), subject="pkg:oci/gateway:1.9.3?repository_url=registry.test"))
    assert "that is the asset gateway" in concerns(judge)["bill:sbom:image.json"]


def test_nobody_goes_back_to_a_release_with_another_digest_or_one_that_was_deleted(
    judge: JudgeParts, clock: Clock
) -> None:
    every = [version(v) for v in ("1", "2", "3")]
    for serving_now in ("1", "2", "3"):
        clock.pass_(hours=1)
        take(judge, says("registry", {PRODUCTION: serving_now}, *every))
    take(judge, says("registry", {PRODUCTION: "3"}, version("1"), version("2", OTHER), version("3")))
    with judge.store.read() as tx:
        back = rollback_target(tx, "embedder", PRODUCTION, "3")
    assert back.release is not None
    assert back.release.version == "1"
    assert back.tried == ("2 (was healthy here) has another digest than was recorded",)
