"""A package that only the configuration declares counts where the serving release has no bill of its own."""

from __future__ import annotations

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import AssetType, ComponentKind, Environment, Severity
from pulse_tui.services.advisories.of_release import Basis, advisories_of
from pulse_tui.services.components.tree import asset_tree
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.declared import bills
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import AssetShape, ComponentShape
from tests.fakes.bills import package
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later, release

CVE = Advisory(
    id="CVE-2026-3248",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
DECLARED = (ComponentShape(purl="pkg:pypi/vllm@0.9.1"), ComponentShape(model="openai/gpt-4.1"))


def take(judge: JudgeParts, *items: Observation) -> None:
    ingest(list(items), [], judge, judge.clock())


def declare(judge: JudgeParts, *components: ComponentShape) -> None:
    shape = AssetShape(id="gateway", asset_type=AssetType.SERVICE, owner_team="platform", components=components)
    with judge.store.write() as tx:
        tx.dependencies.drop_bill("gateway", "estate", NOW)
        for bill in bills(shape, NOW):
            tx.dependencies.put_bill(bill)


def own(version: str, *components: Component, refused: int = 0) -> Bill:
    made = Bill(source="boms", asset_id="gateway", document=version, at=NOW, components=components, version=version)
    return (
        made if not refused else Bill(**{**{n: getattr(made, n) for n in made.__struct_fields__}, "refused": refused})
    )


@pytest.fixture
def judge(judge: JudgeParts) -> JudgeParts:
    """gateway serves 1.9.3 in production and 1.9.4 in canary, and declares vllm 0.9.1 and a model."""
    with judge.store.write() as tx:
        tx.estate.add_release(release("1.9.4", "gateway", state=ReleaseState.APPROVED))
        tx.estate.deploy(deployment("1.9.4", CANARY, asset_id="gateway", since=later(hours=-1)))
    declare(judge, *DECLARED)
    return judge


def used(judge: JudgeParts) -> dict[str, tuple[Environment, ...]]:
    with judge.store.read() as tx:
        return {d.component.name: d.environments for d in tx.dependencies.using(assets=["gateway"])}


def found(judge: JudgeParts) -> set[Environment]:
    with judge.store.read() as tx:
        return {f.environment for f in tx.advisories.findings(asset_id="gateway") if f.environment is not None}


def test_without_a_bill_what_is_declared_counts_everywhere(judge: JudgeParts) -> None:
    take(judge, CVE)
    assert used(judge) == {"vllm": (), "gpt-4.1": ()}
    assert found(judge) == {PRODUCTION, CANARY}


def test_the_bill_of_the_serving_release_counts_for_it_in_match_gate_and_pane(judge: JudgeParts) -> None:
    take(judge, CVE, own("1.9.3", package("fastapi", "0.116.1")))
    assert used(judge) == {"fastapi": (PRODUCTION,), "vllm": (CANARY,), "gpt-4.1": ()}
    assert found(judge) == {CANARY}, "1.9.3 is free of it by its own bill, of 1.9.4 only the declaration is known"
    with judge.store.read() as tx:
        serving, candidate = (tx.estate.release("gateway", v) for v in ("1.9.3", "1.9.4"))
        assert serving is not None
        assert candidate is not None
        assert advisories_of(tx, judge, serving, PRODUCTION).reaches("CVE-2026-3248", tx) is False
        assert advisories_of(tx, judge, serving, PRODUCTION).basis is Basis.OWN
        assert advisories_of(tx, judge, candidate, CANARY).reaches("CVE-2026-3248", tx) is True
    tree = asset_tree(judge.store, "gateway", NOW).rows
    (vllm,) = [row for row in tree if row.name == "vllm"]
    assert vllm.where == ("canary",)


def test_what_is_declared_beside_the_bill_counts_all_the_same(judge: JudgeParts) -> None:
    declare(judge, ComponentShape(purl="pkg:pypi/vllm@0.9.1", beside_bill=True))
    take(judge, CVE, own("1.9.3", package("fastapi", "0.116.1")), own("1.9.4", package("fastapi", "0.116.1")))
    assert used(judge)["vllm"] == ()
    assert found(judge) == {PRODUCTION, CANARY}
    with judge.store.read() as tx:
        serving = tx.estate.release("gateway", "1.9.3")
        assert serving is not None
        assert advisories_of(tx, judge, serving, PRODUCTION).reaches("CVE-2026-3248", tx) is True


@pytest.mark.parametrize("bill", [own("1.9.3"), own("1.9.3", package("fastapi", "0.116.1"), refused=1)])
def test_an_empty_bill_and_one_with_refused_records_take_nothing_away(judge: JudgeParts, bill: Bill) -> None:
    take(judge, CVE, bill)
    assert PRODUCTION in found(judge)


def test_a_model_that_is_declared_is_in_no_bill_and_counts(judge: JudgeParts) -> None:
    take(judge, own("1.9.3", package("fastapi", "0.116.1")), own("1.9.4", package("fastapi", "0.116.1")))
    assert used(judge) == {"fastapi": (PRODUCTION, CANARY), "gpt-4.1": ()}
    with judge.store.read() as tx:
        kinds = {d.component.kind for d in tx.dependencies.using(assets=["gateway"])}
    assert ComponentKind.HOSTED_MODEL in kinds
