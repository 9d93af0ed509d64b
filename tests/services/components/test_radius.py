"""The blast radius of a vulnerability: everything that depends on what it is in, once, whatever the shape of the estate."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component, Dependency, Endpoint, Stage, Workflow
from pulse_tui.domain.views.advisories import Radius, RadiusRow
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.tree import ASSET
from pulse_tui.services.components.radius import radius
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, changed, deployment
from tests.servers.forms import examples

WEAK = Advisory(
    id="GHSA-1", source="osv", modified=NOW, title="t", aliases=("CVE-2026-1",), cvss=9.8,
    affected=(Affected("PyPI", "shaky", (), (VersionRange(introduced="1", fixed="2"),)),),
)  # fmt: skip


def built_on(asset_id: str, *inner: str) -> list[Dependency]:
    parts = (Component(id=f"{ASSET}{i}", kind=ComponentKind.ASSET, name=i) for i in inner)
    return [Dependency(asset_id=asset_id, component=p) for p in parts]


def estate(parts: RollbackParts, **uses: tuple[str, ...]) -> None:
    """Assets by what they are built on; each serves in production."""
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(name) for name in uses])
        for name in uses:
            tx.estate.deploy(deployment("1", PRODUCTION, asset_id=name))
    for name, inner in uses.items():
        made = [Component(id=f"{ASSET}{i}", kind=ComponentKind.ASSET, name=i) for i in inner]
        own = [package("shaky", "1.1")] if "shaky" in inner else []
        kept = [c for c in made if c.name != "shaky"]
        ingest([bill(*own, *kept, asset_id=name)], [], parts.judging, NOW)


def weak(parts: RollbackParts) -> Radius:
    ingest([WEAK], [], parts.judging, NOW)
    return radius(parts.store, "CVE-2026-1")


def shape(found: Radius) -> list[tuple[int, str, bool]]:
    return [(r.depth, r.name, r.again) for r in found.rows]


def test_it_goes_from_the_component_over_its_assets_to_what_depends_on_them(parts: RollbackParts) -> None:
    estate(parts, gateway=("shaky",), bot=("gateway",))
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("2", CANARY, asset_id="gateway", traffic=12.0))
        tx.inventory.put_endpoints(
            [Endpoint(id="/chat", environment=PRODUCTION, asset_id="bot", segments=("eu",), production_critical=True)]
        )
        tx.inventory.put_workflows([Workflow(id="refunds", stages=(Stage("answer", "bot"),), owner_team="support")])
    found = weak(parts)
    assert shape(found) == [(0, "shaky", False), (1, "gateway", False), (2, "bot", False), (3, "/chat", False), (3, "refunds", False)]  # fmt: skip
    component, gateway, bot, chat, refunds = found.rows
    assert (component.version, component.note) == ("1.1", "matched; fixed in 2")
    assert (gateway.where, gateway.traffic, gateway.owner) == (("production", "canary"), 1.0, "ml-support")
    assert (bot.note, bot.where) == ("built on gateway", ("production",))
    assert (chat.where, chat.note) == (("production",), "production-critical, eu")
    assert (refunds.owner, refunds.note) == ("support", "stage answer")
    assert found.headline == "CVE-2026-1: 1 component, 2 assets (2 in production), 1 workflow, 1 endpoint, 1 team"


def test_assets_that_are_built_on_each_other_end_where_they_stand_already(parts: RollbackParts) -> None:
    estate(parts, a=("shaky", "c"), b=("a",), c=("b",))
    assert shape(weak(parts)) == [
        (0, "shaky", False),
        (1, "a", False),
        (2, "b", False),
        (3, "c", False),
        (4, "a", True),
    ]


def test_what_it_may_be_in_is_said_to_be_not_audited(parts: RollbackParts) -> None:
    ingest([bill(package("shaky", "nightly"), asset_id="support-bot")], [], parts.judging, NOW)
    found = weak(parts)
    assert found.rows[0].note.startswith("not audited: ")
    assert found.headline.endswith("; 1 component of them not audited")


def test_what_reaches_nothing_says_so_and_what_is_not_there_is_an_error(parts: RollbackParts) -> None:
    found = weak(parts)
    assert (found.rows, "reaches nothing that is known" in found.headline) == ((), True)
    with pytest.raises(NotFound):
        radius(parts.store, "CVE-1999-1")


def test_a_thousand_users_and_a_chain_of_assets_are_each_there_once(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        names = [f"u-{n:04}" for n in range(1_000)]
        tx.estate.put_assets([asset(name) for name in names])
        for name in names:
            tx.dependencies.put_bill(bill(package("shaky", "1.1"), asset_id=name))
    estate(parts, **{f"chain-{n}": (f"chain-{n - 1}",) if n else ("u-0000",) for n in range(30)})
    found = weak(parts)
    assets = [r.name for r in found.rows if r.what == "asset"]
    assert len(assets) == len(set(assets)) == 1_030
    assert max(r.depth for r in found.rows) == 31


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"), max_size=3), min_size=1))
def test_every_asset_that_depends_on_it_is_there_whatever_the_graph(
    parts: RollbackParts, graph: dict[str, set[str]]
) -> None:
    edges = {name: {*(i for i in inner if i != name)} for name, inner in graph.items()}
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(name) for name in "abcdef"])
        for name in "abcdef":
            made = [Component(id=f"{ASSET}{i}", kind=ComponentKind.ASSET, name=i) for i in sorted(edges.get(name, ()))]
            own = [package("shaky", "1.1")] if name == "a" else []
            tx.dependencies.put_bill(bill(*own, *made, asset_id=name))
    ingest([changed(WEAK, title=str(sorted(graph)))], [], parts.judging, NOW)
    reached, before = {"a"}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {name for name, inner in edges.items() if inner & before}
    rows = [r for r in radius(parts.store, "GHSA-1").rows if r.what == "asset"]
    assert {r.name for r in rows} == reached
    assert len([r for r in rows if not _below(rows, r)]) <= len(rows)
    for name in reached:
        unfolded = [r for r in rows if r.name == name and _below(rows, r)]
        assert len(unfolded) <= 1


def _below(rows: list[RadiusRow], row: RadiusRow) -> bool:
    at = next(n for n, r in enumerate(rows) if r is row)
    return at + 1 < len(rows) and rows[at + 1].depth > row.depth
