"""Products without a package (fixtures/products): a driver, firmware, an appliance, a vector store, a plugin, a browser
tool, a safety filter, a cloud provider's service; each by what its advisories call it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.collectors import csaf, nvd
from pulse_tui.domain.advisory import Audit
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Collected
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.words import SOFTWARE, ComponentKind
from pulse_tui.kinds import options_of
from pulse_tui.services.advisories.audits import Answer, answers, unaudited
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.declared import bills
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.load import load
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
