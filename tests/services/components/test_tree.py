"""The dependency tree with what changed since the approval, and who uses a component."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.bill import DependencyChange, Head
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component, Endpoint, Stage, Workflow
from pulse_tui.domain.views.registry import Tree
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.tree import ASSET, flatten, fold, headline
from pulse_tui.ports import Edge
from pulse_tui.services.components.tree import asset_tree, dependents
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.decide import approve
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, PRODUCTION, asset, changed, deployment, later, release

BOT = "support-bot"
KB = Component(id=f"{ASSET}kb", kind=ComponentKind.ASSET, name="kb")
GPT = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1")


def tree(parts: RollbackParts, asset_id: str = BOT) -> Tree:
    return asset_tree(parts.store, asset_id, parts.clock())


def shape(found: Tree) -> list[tuple[int, str, bool]]:
    return [(r.depth, f"{r.name} {r.version}".strip(), r.again) for r in found.rows]


def move(name: str, before: str | None, after: str | None, **fields: object) -> DependencyChange:
    values = {"asset_id": BOT, "component_id": f"pkg:pypi/{name}", "kind": ComponentKind.PACKAGE, "name": name}
    return DependencyChange(**{**values, "before": before, "after": after, "at": NOW, "source": "sbom", **fields})  # type: ignore[arg-type]


# --------------------------------------------------------------------------- pure


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("a", "1", "2"), ("a", "2", "3")], ["a 1 -> 3"]),
        ([("a", "1", "2"), ("a", "2", "1")], []),
        ([("a", None, "1"), ("a", "1", None)], []),
        ([("a", "1", None), ("a", None, "2")], ["a 1 -> 2"]),
        ([("a", "1", "2"), ("a", "1", "2")], ["a 1 -> 2"]),
        ([("a", "3", "4"), ("a", "5", "6")], ["a 3 -> 4", "a 5 -> 6"]),
        ([("a", None, "1"), ("b", "2", None)], ["+ a 1", "- b 2"]),
    ],
)
def test_moves_are_told_from_first_to_last_and_round_trips_not_at_all(
    changes: list[tuple[str, str | None, str | None]], words: list[str]
) -> None:
    assert [m.words() for m in fold(move(*c) for c in changes)] == words


@given(st.lists(st.sampled_from("123"), min_size=2, max_size=12))
def test_a_chain_of_moves_is_its_ends(versions: list[str]) -> None:
    steps = [(a, b) for a, b in pairwise(versions) if a != b]
    told = [m.words() for m in fold(move("a", before, after) for before, after in steps)]
    assert told == ([f"a {versions[0]} -> {versions[-1]}"] if steps and versions[0] != versions[-1] else [])


def test_a_headline_has_an_end() -> None:
    many = fold(move(f"p{i:02d}", "1", "2") for i in range(12))
    assert headline("since 3.8.1 was approved (6d)", many).endswith("p07 1 -> 2 and 4 more")
    assert headline("since x", []) == "since x: no dependency changed"


@given(st.lists(st.tuples(st.integers(-1, 8), st.integers(0, 8)), max_size=40))
def test_any_graph_ends_and_unfolds_each_component_once(pairs: list[tuple[int, int]]) -> None:
    nodes = [package(f"p{i}") for i in range(9)]
    edges = [Edge(nodes[a] if a >= 0 else None, nodes[b], (), "sbom:x") for a, b in pairs]
    rows = list(flatten(BOT, edges, {}, lambda _c: "", lambda c: c.version or ""))
    assert len(rows) <= len(set(pairs))
    assert {r.name for r in rows if r.depth == 0} == {nodes[b].name for a, b in pairs if a < 0}


def test_a_bill_a_hundred_thousand_deep_is_walked() -> None:
    nodes = [package(f"p{i}") for i in range(100_000)]
    edges = [Edge(nodes[i - 1] if i else None, nodes[i], (), "sbom:x") for i in range(len(nodes))]
    *_, last = flatten(BOT, edges, {}, lambda _c: "", lambda c: c.version or "")
    assert last.depth == 99_999


# --------------------------------------------------------------------------- of an asset


@pytest.fixture
def estate(parts: RollbackParts, clock: Clock) -> RollbackParts:
    """3.8.1 was approved a week ago; kb is a part of support-bot, and uses faiss."""
    with parts.store.write() as tx:
        tx.dependencies.drop_bill(BOT, "estate", NOW)
        tx.estate.put_assets([asset("kb", owner_team="data")])
        for version in ("12", "13"):
            tx.estate.add_release(release(version, "kb"))
        tx.estate.deploy(deployment("12", PRODUCTION, asset_id="kb", since=later(days=-9)))
        ways = ("> ray", "ray > protobuf", "> vllm", "vllm > protobuf", "> kb")
        old = [package("ray", "2.9"), package("protobuf", "4"), package("vllm", "0.9.0"), KB]
        tx.dependencies.put_bill(bill(*old, ways=ways, at=later(days=-8)))
        tx.dependencies.put_bill(bill(package("faiss", "1.8"), asset_id="kb", document="kb.json"))
        model = bill(GPT, source="estate", document="")
        tx.dependencies.put_bill(model)
        tx.dependencies.put_head(head("gpt-4.1-04", later(days=-30)))
    clock.now = later(days=-6)
    approve(parts, BOT, "3.8.1", "ana", "measured")
    clock.now = NOW
    return parts


def head(version: str, at: object) -> Head:
    return Head(source="vendor", component_id=GPT.id, kind=GPT.kind, version=version, at=at, name="gpt-4.1")  # type: ignore[arg-type]


def test_it_is_unfolded_with_the_assets_in_it_and_what_stands_twice_once(estate: RollbackParts) -> None:
    assert shape(tree(estate)) == [
        (0, "gpt-4.1", False),
        (0, "kb 12", False),
        (1, "faiss 1.8", False),
        (0, "ray 2.9", False),
        (1, "protobuf 4", False),
        (0, "vllm 0.9.0", False),
        (1, "protobuf 4", False),
    ]


def test_what_changed_since_the_approval_is_one_sentence(estate: RollbackParts) -> None:
    assert tree(estate).headline == "since 3.8.1 was approved (6d): no dependency changed; 3 not audited"
    with estate.store.write() as tx:
        new = [package("ray", "2.9"), package("protobuf", "4"), package("vllm", "0.9.1"), KB]
        ways = ("> ray", "ray > protobuf", "> vllm", "vllm > protobuf", "> kb")
        tx.dependencies.put_bill(bill(*new, ways=ways, at=later(days=-3)))
        tx.estate.deploy(deployment("13", PRODUCTION, asset_id="kb", since=later(days=-2)))
        tx.dependencies.put_head(head("gpt-4.1-11", later(days=-1)))
    found = tree(estate)
    assert (
        found.headline
        == "since 3.8.1 was approved (6d): vllm 0.9.0 -> 0.9.1, gpt-4.1 alias moved, kb 12 -> 13; 3 not audited"
    )
    notes = {r.name: r.note for r in found.rows}
    assert notes["vllm"] == "0.9.0 -> 0.9.1"
    assert notes["kb"] == "12 -> 13"
    assert notes["gpt-4.1"] == "gpt-4.1-04 -> gpt-4.1-11; is gpt-4.1-11 since 1d"
    assert notes["ray"] == ""


def test_without_an_approval_it_counts_from_the_promotion_and_then_from_the_deployment(parts: RollbackParts) -> None:
    assert tree(parts).headline.startswith("since 3.8.1 was deployed (6d)")
    with parts.store.write() as tx:
        at = later(days=-4)
        tx.estate.record_promotion(BOT, "3.8.1", PRODUCTION, by="ci", at=at, decision_id=None, why="")
    assert tree(parts).headline.startswith("since 3.8.1 was promoted (4d)")
    assert tree(parts, "sandbox").headline.startswith("it is deployed nowhere")
    with pytest.raises(NotFound, match="did you mean 'support-bot'"):
        tree(parts, "suport-bot")


def test_assets_that_are_made_of_each_other_are_cut(estate: RollbackParts) -> None:
    bot = Component(id=f"{ASSET}{BOT}", kind=ComponentKind.ASSET, name=BOT)
    with estate.store.write() as tx:
        tx.dependencies.put_bill(bill(bot, KB, asset_id="kb", document="kb.json"))
    rows = [(r.depth, r.name, r.again) for r in tree(estate).rows]
    assert (1, BOT, True) in rows
    assert (1, "kb", True) in rows
    users = {(r.asset, r.via) for r in dependents(estate.store, "asset:kb").rows}
    assert users == {("kb", "directly"), (BOT, "directly")}


def test_documents_are_told_with_their_age_and_of_what_they_are(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        tx.dependencies.put_bill(changed(bill(package("x"), document="old.json", at=later(days=-2)), version="3.8.0"))
    assert "sbom:old.json: 1 components, 2d, of 3.8.0, not of 3.8.1" in tree(estate).documents


# --------------------------------------------------------------------------- the reverse


def test_who_uses_a_component_directly_through_others_and_through_assets(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        tx.inventory.put_endpoints([Endpoint(id="/chat", environment=PRODUCTION, asset_id=BOT)])
        tx.inventory.put_workflows([Workflow(id="refunds", stages=(Stage("answer", BOT),))])
    (row,) = dependents(estate.store, "protobuf").rows
    assert (row.asset, row.version, row.via, row.owner) == (BOT, "4", "ray > protobuf", "ml-support")
    assert (row.environments, row.workflows, row.endpoints) == (("production", "canary"), ("refunds",), ("/chat",))
    faiss = dependents(estate.store, "pkg:pypi/faiss")
    assert [(r.asset, r.version, r.via) for r in faiss.rows] == [("kb", "1.8", "directly"), (BOT, "1.8", "asset kb")]
    assert faiss.headline == "faiss (package): 2 assets, 2 in production"


def test_a_name_with_a_version_asks_for_that_version_only(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        tx.dependencies.put_bill(bill(package("vllm", "0.9.1"), asset_id="sandbox"))
    vllm = dependents(estate.store, "vllm")
    assert {(r.asset, r.version) for r in vllm.rows} == {(BOT, "0.9.0"), ("sandbox", "0.9.1"), ("gateway", "0.9.1")}
    assert vllm.headline.endswith("in 2 versions")
    assert {r.asset for r in dependents(estate.store, "vllm 0.9.1").rows} == {"sandbox", "gateway"}


@pytest.mark.parametrize("name", ["nothing-like-it", "%", "' OR 1=1 --", "\x1b[2J", ""])
def test_what_nobody_uses_is_said(estate: RollbackParts, name: str) -> None:
    with pytest.raises(NotFound) as refused:
        dependents(estate.store, name)
    assert "\x1b" not in str(refused.value)


def test_a_part_of_a_name_names_the_nearest(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        tx.dependencies.put_bill(bill(package("protobuf-tools"), asset_id="sandbox"))
    with pytest.raises(NotFound, match="protobuf"):
        dependents(estate.store, "protobu")


def test_a_tree_of_500_edges_is_there_in_far_less_than_a_second(parts: RollbackParts) -> None:
    """The number is the benchmark's; this keeps it from getting worse by a factor."""
    every = [package(f"p{i:03d}") for i in range(500)]
    ways = tuple(f"{'' if i < 25 else f'p{i // 3:03d}'} > p{i:03d}" for i in range(500))
    with parts.store.write() as tx:
        tx.dependencies.put_bill(bill(*every, ways=ways))
    began = time.process_time()
    assert len(tree(parts).rows) >= 500
    assert time.process_time() - began < 1.0


def test_a_component_that_is_not_wherever_the_asset_runs_says_where_it_is(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        old, new = package("torch", "2.6"), package("torch", "2.7")
        tx.dependencies.put_bill(changed(bill(old, package("ray"), document="bom.json"), version="3.8.1"))
        tx.dependencies.put_bill(changed(bill(new, package("ray"), document="bom.json"), version="3.8.2"))
    where = {(r.name, r.version): r.where for r in tree(estate).rows}
    assert where["torch", "2.6"] == ("production",)
    assert where["torch", "2.7"] == ("canary",)
    assert where["ray", package("ray").version or ""] == ()


def test_a_component_is_found_by_its_purl_as_bills_write_it(estate: RollbackParts) -> None:
    with estate.store.write() as tx:
        tx.dependencies.put_bill(bill(package("vllm", "0.9.1"), document="two.json"))
    found = dependents(estate.store, "pkg:pypi/vllm@0.9.1")
    assert {row.version for row in found.rows} == {"0.9.1"}
