"""Products without a package (fixtures/products): a driver, firmware, an appliance, a vector store, a plugin, a browser
tool, a safety filter, a cloud provider's service; each by what its advisories call it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulse_tui.collectors import csaf, nvd
from pulse_tui.domain.advisory import Audit
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Collected
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.words import SOFTWARE, AssetType, ComponentKind, Environment
from pulse_tui.kinds import options_of
from pulse_tui.services.advisories.audits import Answer, answers, unaudited
from pulse_tui.services.components.tree import asset_unaudited
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.registry.declared import bills
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.load import load
from pulse_tui.settings.shapes import AssetShape, ComponentShape, DeploymentShape, EstateShape
from tests.collectors.contexts import context
from tests.fakes.bills import bill
from tests.fakes.nouns import NOW
from tests.services.said import standing

PRODUCTS = Path(__file__).resolve().parents[3] / "fixtures" / "products"
BOT = "support-bot"
IN, OUT, OPEN = Audit.MATCHED, Audit.CLEAN, Audit.NOT_AUDITED


def declared() -> tuple[Component, ...]:
    settings = load(PRODUCTS, options_of)
    (asset,) = settings.estate.assets
    return tuple(c for b in bills(asset, NOW) for c in b.components)


def read(name: str) -> Collected:
    data = (PRODUCTS / name).read_bytes()
    if name == "nvd.json":
        return nvd.parse(name, data, nvd.Options(), context(source="nvd"))
    return csaf.parse(name, data, csaf.Options(), context(source="csaf"))


def take(judge: JudgeParts, *names: str, whole: bool = True) -> None:
    """The estate's own bill, then the files; NVD as if all of it had been read."""
    with judge.store.write() as tx:
        tx.dependencies.drop_bill(BOT, "estate", NOW)
    ingest([bill(*declared())], [], judge, NOW)
    for name in names:
        got = read(name)
        assert got.rejected == ()
        ingest(got.observations, [], judge, NOW)
    if whole:
        ingest([Coverage(source="nvd", at=NOW, ecosystems=("cpe",))], [], judge, NOW)


@pytest.fixture
def found(judge: JudgeParts) -> dict[str, Answer]:
    take(judge, "nvd.json", *(f"csaf/{p.name}" for p in sorted((PRODUCTS / "csaf").iterdir())))
    with judge.store.read() as tx:
        return {a.label.partition(" ")[0]: a for a in answers(tx, declared(), NOW)}


@pytest.mark.parametrize(
    ("name", "cve", "fixed"),
    [
        ("nvidia-driver", "CVE-2026-1001", ("550.144.03",)),
        ("bmc-firmware", "CVE-2026-1002", ("12.4",)),
        ("ai-gateway", "CVE-2026-1003", ("7.2.4",)),
        ("store", "CVE-2026-1004", ("2.3.5",)),
        ("web-search", "CVE-2026-1005", ("1.5",)),
        ("page-reader", "CVE-2026-1006", ()),
        ("inference", "CVE-2026-1008", ()),
    ],
)
def test_a_product_is_reached_by_its_advisory(
    found: dict[str, Answer], name: str, cve: str, fixed: tuple[str, ...]
) -> None:
    assert (found[name].audit, found[name].names, found[name].fixed) == (IN, (cve,), fixed)


def test_a_bulletin_that_says_its_versions_in_words_is_not_audited(found: dict[str, Answer]) -> None:
    assert found["guard"].audit is OPEN
    assert "builds of the spring channel" in found["guard"].reason


def test_a_product_of_which_nobody_publishes_is_not_audited(found: dict[str, Answer]) -> None:
    assert found["homemade"].audit is OPEN
    assert found["homemade"].reason == "nobody publishes advisories for it: no feed covers homemade plugin"
    assert found["scratch"].audit is OPEN
    assert "without the product name or CPE name" in found["scratch"].reason


def test_every_declared_product_counts(found: dict[str, Answer]) -> None:
    assert len(found) == len(declared()) == 10


def test_while_the_first_load_of_nvd_is_under_way_no_product_is_clean(judge: JudgeParts) -> None:
    take(judge, whole=False)
    with judge.store.read() as tx:
        assert {a.audit for a in answers(tx, declared(), NOW)} == {OPEN}
    take(judge)
    with judge.store.read() as tx:
        by_cpe = {a.audit for a in answers(tx, declared(), NOW) if a.label.partition(" ")[0] in ("store", "ai-gateway")}
    assert by_cpe == {OUT}


def test_a_critical_one_of_a_public_service_alerts(judge: JudgeParts) -> None:
    take(judge, "nvd.json", "csaf/driver.json")
    with judge.store.read() as tx:
        reached = {f.component for f in tx.advisories.findings() if f.audit is IN and f.asset_id == BOT}
    assert reached == {
        "store 2.3.1",
        "ai-gateway 7.2.1",
        "bmc-firmware 12.3",
        "page-reader 3.0",
        "nvidia-driver 550.54",
    }
    assert "cve-in-production" in standing(judge)


def test_the_pane_counts_the_same_as_not_audited(judge: JudgeParts) -> None:
    take(judge, "nvd.json", "csaf/safety_filter.json")
    with judge.store.read() as tx:
        used = tx.dependencies.using(kinds={*SOFTWARE, ComponentKind.ENDPOINT})
        open_ = unaudited(tx, (d.component for d in used), tx.advisories.findings(), NOW)
    (row,) = (r for r in judge.store.board("acme", None, NOW).advisories if r.id == UNNAMED)
    assert row.component == f"{len(open_)} components"
    assert len(open_) > 4


def changed_nvd(cve: str, **words: str) -> Collected:
    """The same answer of NVD with one record changed, a day later."""
    whole = json.loads((PRODUCTS / "nvd.json").read_bytes())
    for item in whole["vulnerabilities"]:
        if item["cve"]["id"] == cve:
            item["cve"].update(words, lastModified="2026-11-04T10:00:00.000")
    return nvd.parse("nvd.json", json.dumps(whole).encode(), nvd.Options(), context(source="nvd"))


def reached(judge: JudgeParts) -> set[str]:
    with judge.store.read() as tx:
        return {f.component.partition(" ")[0] for f in tx.advisories.findings() if f.audit is IN and f.asset_id == BOT}


def test_a_record_that_nvd_rejects_ends_what_it_raised(judge: JudgeParts) -> None:
    take(judge, "nvd.json")
    before = len(standing(judge))
    assert "store" in reached(judge)
    ingest(changed_nvd("CVE-2026-1004", vulnStatus="Rejected").observations, [], judge, NOW)
    assert "store" not in reached(judge)
    assert len(standing(judge)) < before
    again = changed_nvd("CVE-2026-1004", vulnStatus="Rejected")
    assert ingest(again.observations, [], judge, NOW).new == 0


def test_a_record_that_cisa_lists_is_known_exploited(judge: JudgeParts) -> None:
    take(judge, "nvd.json")
    ingest(changed_nvd("CVE-2026-1004", cisaExploitAdd="2026-11-04").observations, [], judge, NOW)
    assert "known-exploited" in standing(judge)


def shape_of(**more: object) -> EstateShape:
    component = ComponentShape(kind=ComponentKind.VECTOR_STORE, id="store", version="2.3.1", **more)  # type: ignore[arg-type]
    places = {Environment.PRODUCTION: DeploymentShape(version="3.8.1")}
    asset = AssetShape(
        id=BOT, asset_type=AssetType.SERVICE, owner_team="ml-support", environments=places, components=(component,)
    )
    return EstateShape(assets=(asset,))


def test_a_name_that_is_declared_later_is_found_at_once_and_another_one_no_longer(judge: JudgeParts) -> None:
    ingest(read("nvd.json").observations, [], judge, NOW)
    sync_estate(shape_of(), judge, NOW)
    assert "store" not in reached(judge)
    sync_estate(shape_of(cpe="cpe:2.3:a:acme:vector_store:*:*:*:*:*:*:*:*"), judge, NOW)
    assert reached(judge) == {"store"}
    sync_estate(shape_of(cpe="cpe:2.3:a:acme:other_store:*:*:*:*:*:*:*:*"), judge, NOW)
    assert reached(judge) == set()


def test_the_gate_and_the_asset_name_what_nobody_could_check(parts: RollbackParts) -> None:
    judge = parts.judging
    take(judge, "nvd.json", "csaf/safety_filter.json")
    named = {u.component.label: u.reason for u in asset_unaudited(judge.store, BOT, NOW)}
    assert {"guard 9", "homemade 1", "scratch"} <= named.keys()
    details = " ".join(r.detail for r in gate(parts, BOT, "3.8.1", Environment.PRODUCTION).reasons)
    assert "CVE-2026-1004" in details
    assert "not audited" in details
