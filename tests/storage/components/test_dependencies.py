"""Bills of materials: what is kept of them, what is logged, and who is found through them."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.bill import ROOT, Bill, Head
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.ports import Edge, Transaction
from pulse_tui.storage.components.bills import pairs
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, declared, package, words
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, later
from tests.servers.forms import examples

VLLM, RAY, PROTOBUF, UPB = package("vllm", "0.9.1"), package("ray", "2.9"), package("protobuf"), package("upb")
GPT = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="openai/gpt-4.1")


def put(store: SqlStore, *bills: Bill) -> list[str]:
    """Put bills in their order; what the last one changed."""
    out: list[str] = []
    with store.write() as tx:
        for each in bills:
            out = words(tx.dependencies.put_bill(each))
    return out


def ways(tx: Transaction, component_id: str) -> dict[str, list[str]]:
    """The way down to the component, of each asset that uses it."""
    return {asset: list(user.way) for user in tx.dependencies.users([component_id]) for asset in user.assets}


def told(edges: list[Edge]) -> list[str]:
    return [f"{e.parent.name if e.parent else ''} > {e.child.name}" for e in edges]


def test_a_bill_comes_back_as_a_tree_with_parents_before_children(store: SqlStore) -> None:
    put(store, bill(UPB, PROTOBUF, RAY, VLLM, ways=("ray > protobuf", "vllm > ray", "protobuf > upb", "vllm > upb")))
    with store.read() as tx:
        edges = tx.dependencies.edges("support-bot")
        assert tx.dependencies.edges("other") == []
        (head,) = tx.dependencies.bills("support-bot")
    assert told(edges) == [" > vllm", "vllm > ray", "vllm > upb", "ray > protobuf", "protobuf > upb"]
    assert edges[0] == Edge(None, VLLM, (), "sbom:image.json")
    assert (head.origin, head.document, head.at, head.components) == ("sbom:image.json", "image.json", NOW, 4)


def test_the_first_bill_of_a_document_is_no_change_and_the_same_again_writes_nothing(store: SqlStore) -> None:
    first = bill(VLLM, RAY, ways=("vllm > ray",), environments=(PRODUCTION, CANARY))
    assert put(store, first) == []
    again = changed(first, at=later(hours=1), environments=(CANARY, PRODUCTION))
    with store.write() as tx:
        before = _written(tx.dependencies._c)
        assert tx.dependencies.put_bill(again) == []
        assert _written(tx.dependencies._c) == before
    with store.read() as tx:
        assert tx.dependencies.bills("support-bot")[0].at == NOW
        assert tx.dependencies.changes("support-bot", later(days=-1)) == []


def _written(connection: sa.Connection) -> object:
    """Differs when a row was written since."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql("SELECT total_changes()").scalar()
    return connection.exec_driver_sql(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
    ).scalar()


def test_one_version_for_another_is_one_change_and_the_rest_come_and_go(store: SqlStore) -> None:
    put(store, bill(package("vllm", "0.9.0"), package("nltk", "3.8"), package("a", "1"), package("a", "2"), PROTOBUF))
    now = bill(VLLM, RAY, package("a", "2"), package("a", "3"), PROTOBUF, at=later(hours=1))
    changes = ["- a 1", "+ a 3", "- nltk 3.8", "+ ray 2.9", "vllm 0.9.0 -> 0.9.1"]
    assert put(store, now) == changes
    with store.read() as tx:
        logged = tx.dependencies.changes("support-bot", NOW)
        assert words(logged) == changes
        assert {(c.asset_id, c.source, c.at) for c in logged} == {("support-bot", "sbom", later(hours=1))}
        assert tx.dependencies.changes("support-bot", later(hours=1)) == []
        assert tx.dependencies.changes("other", NOW) == []
        assert [h.at for h in tx.dependencies.bills("support-bot")] == [later(hours=1)]


def test_a_version_that_becomes_known_is_a_change_and_not_a_new_component(store: SqlStore) -> None:
    put(store, bill(package("vllm", None)))
    assert put(store, bill(VLLM)) == ["vllm ? -> 0.9.1"]
    assert put(store, bill(package("vllm", None))) == ["vllm 0.9.1 -> ?"]
    with store.read() as tx:
        assert [e.child.version for e in tx.dependencies.edges("support-bot")] == [None]


def test_the_same_parts_in_another_shape_or_place_are_written_and_no_change(store: SqlStore) -> None:
    assert put(store, bill(VLLM, RAY), bill(VLLM, RAY, ways=("vllm > ray",), environments=(CANARY,))) == []
    with store.read() as tx:
        edges = tx.dependencies.edges("support-bot")
    assert told(edges) == [" > vllm", "vllm > ray"]
    assert {e.environments for e in edges} == {(CANARY,)}


def test_documents_stand_beside_each_other_and_one_that_is_gone_takes_only_its_own(store: SqlStore) -> None:
    put(store, bill(VLLM, RAY), bill(RAY, PROTOBUF, document="uv.lock"), bill(RAY, source="estate", document=""))
    with store.write() as tx:
        assert words(tx.dependencies.drop_bill("support-bot", "sbom:image.json", later(hours=1))) == [
            "- ray 2.9",
            "- vllm 0.9.1",
        ]
        assert tx.dependencies.drop_bill("support-bot", "sbom:image.json", later(hours=1)) == []
        assert [h.origin for h in tx.dependencies.bills("support-bot")] == ["estate", "sbom:uv.lock"]
        found = tx.dependencies.using(assets=["support-bot"])
        assert [d.component for d in found] == [PROTOBUF, RAY]
        assert tx.dependencies.put_bill(bill(VLLM)) == []  # a first one again


def test_an_empty_bill_is_where_a_log_begins(store: SqlStore) -> None:
    assert put(store, bill(), bill(VLLM)) == ["+ vllm 0.9.1"]
    assert put(store, bill()) == ["- vllm 0.9.1"]
    with store.read() as tx:
        assert [h.components for h in tx.dependencies.bills("support-bot")] == [0]


def test_an_edge_that_names_no_component_is_refused_and_nothing_lands(store: SqlStore) -> None:
    bad = changed(bill(VLLM), edges=((0, 1),))
    with pytest.raises(Refused, match=r"bill sbom:image.json of support-bot: edge \(0, 1\)"):
        put(store, bad)
    with store.read() as tx:
        assert tx.dependencies.bills("support-bot") == []


def test_rings_are_legal_and_every_part_is_under_the_asset(store: SqlStore) -> None:
    ring = bill(RAY, PROTOBUF, UPB, VLLM, ways=("ray > protobuf", "protobuf > ray", "upb > upb", "protobuf > upb"))
    put(store, ring)
    with store.read() as tx:
        assert told(tx.dependencies.edges("support-bot")) == [
            " > ray",
            " > vllm",
            "ray > protobuf",
            "protobuf > ray",
            "protobuf > upb",
        ]
        assert ways(tx, UPB.id) == {"support-bot": ["ray", "protobuf"]}


@given(
    size=st.integers(1, 8),
    edges=st.lists(st.tuples(st.integers(ROOT, 7), st.integers(0, 7)), max_size=20),
)
def test_whatever_the_edges_every_component_is_reached_from_the_asset(size: int, edges: list[tuple[int, int]]) -> None:
    parts = tuple(package(f"p{i % 6}") for i in range(size))
    found = pairs(changed(bill(*parts), edges=tuple((p, c) for p, c in edges if p < size and c < size)))
    reached: set[object] = {None}
    for _ in parts:
        reached |= {child for parent, child in found if parent in reached}
    assert reached == {None, *((c.id, c.version) for c in parts)}
    assert len(set(found)) == len(found)
    assert all(parent != child for parent, child in found)


def test_each_component_of_an_asset_is_told_once_with_all_places_where_it_applies(store: SqlStore) -> None:
    put(
        store,
        bill(VLLM, RAY, PROTOBUF, environments=(CANARY,)),
        bill(RAY, PROTOBUF, document="b", environments=(PRODUCTION,)),
        bill(PROTOBUF, document="c"),
        bill(VLLM, asset_id="other"),
    )
    with store.read() as tx:
        assert tx.dependencies.using(assets=["support-bot"]) == (
            Dependency(asset_id="support-bot", component=PROTOBUF),
            Dependency(asset_id="support-bot", component=RAY, environments=(PRODUCTION, CANARY)),
            Dependency(asset_id="support-bot", component=VLLM, environments=(CANARY,)),
        )
        assert tx.dependencies.using() == ()


def test_users_are_found_by_package_kind_id_and_name(store: SqlStore) -> None:
    filt = declared("toxicity", ComponentKind.SAFETY_FILTER, "3")
    odd = package("Flash_Attn", "2")
    put(store, bill(VLLM, odd), bill(package("vllm", "0.8"), GPT, asset_id="b"), bill(filt, asset_id="c"))
    with store.read() as tx:
        using = tx.dependencies.using
        assert _who(using(packages=[("pypi", "vllm")])) == ["b vllm 0.8", "support-bot vllm 0.9.1"]
        assert _who(using(packages=[("PyPI", "flash.attn")])) == ["support-bot Flash_Attn 2"]
        assert _who(using(packages=[("npm", "vllm")])) == []
        assert _who(using(kinds=[ComponentKind.HOSTED_MODEL, ComponentKind.SAFETY_FILTER])) == [
            "b openai/gpt-4.1",
            "c toxicity 3",
        ]
        assert _who(using(components=["pkg:pypi/vllm", "toxicity"])) == [
            "b vllm 0.8",
            "c toxicity 3",
            "support-bot vllm 0.9.1",
        ]
        assert _who(using(components=["Flash_Attn"], assets=["c"])) == ["c toxicity 3", "support-bot Flash_Attn 2"]


def _who(found: tuple[Dependency, ...]) -> list[str]:
    return [f"{d.asset_id} {d.component.label}" for d in found]


def test_the_shortest_way_down_to_a_component_is_told_for_each_asset(store: SqlStore) -> None:
    deep = ("vllm > ray", "ray > protobuf", "protobuf > upb")
    put(
        store,
        bill(VLLM, RAY, PROTOBUF, UPB, ways=deep, asset_id="deep"),
        bill(VLLM, RAY, PROTOBUF, UPB, ways=(*deep, "vllm > upb"), asset_id="both"),
        bill(VLLM, RAY, PROTOBUF, UPB, ways=deep, asset_id="lock"),
        bill(UPB, document="uv.lock", asset_id="lock"),
        bill(VLLM, asset_id="none"),
    )
    with store.read() as tx:
        assert ways(tx, UPB.id) == {"deep": ["vllm", "ray", "protobuf"], "both": ["vllm"], "lock": []}
        assert ways(tx, "pkg:pypi/nothing") == {}


def test_a_way_through_a_component_that_many_use_is_found_as_well(store: SqlStore) -> None:
    for i in range(30):
        put(store, bill(VLLM, RAY, UPB, ways=("vllm > ray", "ray > upb"), asset_id=f"a{i}"))
    with store.read() as tx:
        found = ways(tx, UPB.id)
        (group,) = tx.dependencies.users([UPB.id])
    assert found == {f"a{i}": ["vllm", "ray"] for i in range(30)}
    assert group[:3] == (UPB, (), ("vllm", "ray"))


def test_a_very_long_way_is_cut_and_says_so(store: SqlStore) -> None:
    chain = [package(f"p{i:02}") for i in range(25)]
    put(store, bill(*chain, ways=tuple(f"{a.name} > {b.name}" for a, b in itertools.pairwise(chain))))
    with store.read() as tx:
        way = ways(tx, chain[-1].id)["support-bot"]
        whole = ways(tx, chain[15].id)["support-bot"]
    assert way == ["…", *(c.name for c in chain[-17:-1])]
    assert whole == [c.name for c in chain[:15]]


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edges=st.lists(st.tuples(st.integers(ROOT, 6), st.integers(0, 6)), max_size=16), target=st.integers(0, 6))
def test_no_shorter_way_exists_than_the_one_that_is_told(
    store: SqlStore, edges: list[tuple[int, int]], target: int
) -> None:
    parts = [package(f"p{i}") for i in range(7)]
    with store.write() as tx:
        tx.dependencies.put_bill(changed(bill(*parts), edges=tuple(edges)))
        way = ways(tx, parts[target].id)["support-bot"]
        rows = tx.dependencies.edges("support-bot")
    steps = {(e.parent.name if e.parent else "", e.child.name) for e in rows}
    told_way = ["", *way, parts[target].name]
    assert set(itertools.pairwise(told_way)) <= steps
    level, distance = {""}, 0
    while parts[target].name not in level:
        level, distance = level | {c for p, c in steps if p in level}, distance + 1
    assert len(way) == distance - 1


def test_components_are_found_by_id_name_label_and_part_of_a_name(store: SqlStore) -> None:
    put(store, bill(VLLM, package("vllm", "0.8"), package("vllm-flash", "1"), GPT, package("100%_sure", "1")))
    with store.read() as tx:
        find = tx.dependencies.find
        assert [c.label for c in find("vllm")] == ["vllm 0.8", "vllm 0.9.1"]
        assert find("vllm 0.9.1") == [VLLM]
        assert [c.label for c in find("pkg:pypi/vllm")] == ["vllm 0.8", "vllm 0.9.1"]
        assert [c.label for c in find("LASH")] == ["vllm-flash 1"]
        assert [c.label for c in find("0%_")] == ["100%_sure 1"]
        assert find("0__") == []
        assert len(find("v", limit=2)) == 2


def test_a_head_that_moves_is_a_change_of_every_asset_that_uses_it(store: SqlStore) -> None:
    put(store, bill(GPT))
    head = Head(source="catalogue", component_id=GPT.id, kind=GPT.kind, version="2025-04-14", at=NOW, name=GPT.name)
    with store.write() as tx:
        deps = tx.dependencies
        assert deps.put_head(head) is None
        assert deps.put_head(changed(head, at=later(hours=1), link="https://x")) is None
        assert deps.heads([GPT.id, "else"]) == {GPT.id: changed(head, link="https://x")}
        moved = deps.put_head(changed(head, version="2025-11-01", at=later(hours=2)))
        assert moved is not None
        assert moved.words() == "openai/gpt-4.1 2025-04-14 -> 2025-11-01"
        assert deps.changes("support-bot", NOW) == [moved]
        assert deps.changes("other", NOW) == []
        assert deps.heads([GPT.id])[GPT.id].version == "2025-11-01"


def test_own_changes_and_moved_heads_are_told_in_one_order(store: SqlStore) -> None:
    put(store, bill(GPT, package("vllm", "0.9.0")))
    head = Head(source="catalogue", component_id=GPT.id, kind=GPT.kind, version="1", at=NOW)
    with store.write() as tx:
        tx.dependencies.put_head(head)
        tx.dependencies.put_bill(bill(GPT, VLLM, at=later(hours=3)))
        tx.dependencies.put_head(changed(head, version="2", at=later(hours=2)))
        tx.dependencies.put_head(changed(head, version="3", at=later(hours=4)))
        assert words(tx.dependencies.changes("support-bot", NOW)) == [
            "openai/gpt-4.1 1 -> 2",
            "vllm 0.9.0 -> 0.9.1",
            "openai/gpt-4.1 2 -> 3",
        ]


def test_a_component_is_called_as_its_only_document_says_and_as_the_first_of_several(store: SqlStore) -> None:
    put(store, bill(VLLM), bill(changed(VLLM, name="vLLM", ecosystem="Conda")))
    with store.read() as tx:
        assert _who(tx.dependencies.using(packages=[("conda", "vllm")])) == ["support-bot vLLM 0.9.1"]
        assert tx.dependencies.using(packages=[("pypi", "vllm")]) == ()
    put(store, bill(changed(VLLM, name="Vee"), asset_id="b"), bill(VLLM))
    with store.read() as tx:
        assert _who(tx.dependencies.using(components=[VLLM.id])) == ["b vLLM 0.9.1", "support-bot vLLM 0.9.1"]


def test_environments_of_an_edge_keep_their_order(store: SqlStore) -> None:
    put(store, bill(VLLM, environments=(Environment.REPLICA, CANARY, PRODUCTION, CANARY)))
    with store.read() as tx:
        assert tx.dependencies.edges("support-bot")[0].environments == (PRODUCTION, CANARY, Environment.REPLICA)


def test_look_ups_by_component_and_by_asset_go_through_an_index(store: SqlStore) -> None:
    if not store.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, whatever indexes there are")
    put(store, bill(VLLM, RAY, ways=("vllm > ray",)))
    seen: list[tuple[str, object]] = []
    with store.read() as tx:
        connection = tx.dependencies._c

        def note(_c: object, _cursor: object, sql: str, given: object, *_: object) -> None:
            seen.append((sql, given))

        sa.event.listen(connection.engine, "before_cursor_execute", note)
        tx.dependencies.edges("support-bot")
        tx.dependencies.using(assets=["support-bot"], components=["ray"], packages=[("pypi", "ray")])
        tx.dependencies.users([RAY.id])
        tx.dependencies.made_of(["asset:kb"])
        sa.event.remove(connection.engine, "before_cursor_execute", note)
        plans = [row[3] for s, g in seen for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", g)]  # type: ignore[arg-type]
    assert any("COVERING INDEX ix_dependencies_child" in p for p in plans)
    assert [p for p in plans if p.startswith("SCAN") and "json_each" not in p and "VIRTUAL" not in p] == []
