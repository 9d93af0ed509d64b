"""Who uses a component, held against a plain reading of the same bills."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.services.components.tree import dependents
from pulse_tui.storage.components.bills import pairs
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, package
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import asset, changed, deployment
from tests.servers.forms import examples

NAMES = ("a", "b", "c", "d")
PARTS = (
    *(package(f"p{i}", version) for i in range(4) for version in ("1", "2")),
    *(Component(id=f"asset:{name}", kind=ComponentKind.ASSET, name=name, version="1") for name in NAMES),
)
WHERE = st.frozensets(st.sampled_from(Environment), max_size=2)

Users = dict[tuple[str, Component], frozenset[Environment]]


class Place(NamedTuple):
    """What runs where."""

    asset: str
    environment: Environment
    version: str


@st.composite
def bills(draw: st.DrawFn) -> Bill:
    owner = draw(st.sampled_from(NAMES))
    others = [p for p in PARTS if p.id != f"asset:{owner}"]
    parts = draw(st.lists(st.sampled_from(others), min_size=1, max_size=6, unique=True))
    numbers = st.integers(0, len(parts) - 1)
    edges = draw(st.lists(st.tuples(st.integers(-1, len(parts) - 1), numbers), max_size=10))
    made = bill(*parts, asset_id=owner, document=draw(st.sampled_from("xyz")), environments=tuple(draw(WHERE)))
    whole: Bill = changed(made, edges=tuple(edges), version=draw(st.sampled_from([None, "1", "2"])))
    return whole


PLACES = st.lists(
    st.builds(Place, st.sampled_from(NAMES), st.sampled_from(Environment), st.sampled_from("12")),
    unique_by=lambda p: p[:2],
    max_size=10,
)


def in_force(each: Bill, places: list[Place]) -> frozenset[Environment] | None:
    """Where the bill applies, everywhere when empty; None for nowhere."""
    if each.version is None:
        return frozenset(each.environments)
    serves = {p.environment for p in places if (p.asset, p.version) == (each.asset_id, each.version)}
    return frozenset(serves & set(each.environments) if each.environments else serves) or None


def using(every: list[Bill], places: list[Place]) -> Users:
    """Each use of each component, with where it applies."""
    out: Users = {}
    for each in every:
        where = in_force(each, places)
        if where is None:
            continue
        for part in each.components:
            known = out.get((each.asset_id, part), where)
            out[each.asset_id, part] = known | where if known and where else frozenset()
    return out


def shortest(every: list[Bill], owner: str, ident: str) -> set[str]:
    """All the shortest ways down to any version of the component, as they are told; way by way, breadth first."""
    found: set[str] = set()
    for each in (b for b in every if b.asset_id == owner):
        names = {(c.id, c.version or ""): c for c in each.components}
        level: list[tuple[tuple[str, str] | None, ...]] = [(None,)]
        while level and not any(way[-1] and way[-1][0] == ident for way in level):
            level = [(*way, child) for way in level for parent, child in pairs(each) if parent == way[-1]]
            level = [way for way in level if len(set(way)) == len(way)]
        ends = [way[1:] for way in level if way[-1] and way[-1][0] == ident]
        found |= {" > ".join(names[key].name for key in way if key is not None) for way in ends}
    least = min((way.count(" > ") for way in found), default=0)
    return {way if " > " in way else "directly" for way in found if way.count(" > ") == least}


def through(users: Users, direct: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """(asset, version, way) of assets that are made of users, level by level."""
    reached = dict.fromkeys(direct, "")
    versions, frontier = dict(direct), list(direct)
    while frontier:
        level = sorted(
            {(user, part.name) for user, part in users if part.kind is ComponentKind.ASSET and part.name in frontier}
        )
        frontier = []
        for user, inner in level:
            if user not in reached:
                reached[user] = f"{inner} > {reached[inner]}" if reached[inner] else inner
                versions[user] = versions[inner]
                frontier.append(user)
                yield user, versions[user], f"asset {reached[user]}"


def names(environments: set[Environment]) -> tuple[str, ...]:
    return tuple(e.value for e in sorted(environments, key=lambda e: e.rank))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(every=st.lists(bills(), min_size=1, max_size=7, unique_by=lambda b: (b.asset_id, b.origin)), places=PLACES)
def test_whatever_the_bills_the_users_are_those_that_a_plain_reading_finds(
    every: list[Bill], places: list[Place]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        with store.write() as tx:
            tx.estate.put_assets([asset(name, owner_team=f"team-{name}") for name in NAMES[:3]])
            for place in places:
                tx.estate.deploy(deployment(place.version, place.environment, asset_id=place.asset))
            for each in every:
                tx.dependencies.put_bill(each)
        users = using(every, places)
        for ident in sorted({c.id for b in every for c in b.components}):
            _holds(store, ident, users, every, places)
        with pytest.raises(NotFound):
            dependents(store, "pkg:pypi/nothing")
        store.close()


def _holds(store: SqlStore, ident: str, users: Users, every: list[Bill], places: list[Place]) -> None:
    runs = {name: {p.environment for p in places if p.asset == name} for name in NAMES}
    direct = {user: part for user, part in sorted(users, key=lambda u: u[1].version or "") if part.id == ident}
    versions = {user: part.version or "" for user, part in direct.items()}
    wanted = {
        (user, part.version or "", names(runs[user] & where if where else runs[user]))
        for (user, part), where in users.items()
        if part.id == ident
    }
    deeper = {(user, version, names(runs[user])): way for user, version, way in through(users, versions)}
    rows = dependents(store, ident).rows
    assert len(rows) == len(wanted) + len(deeper)
    assert {r[:3] for r in rows} == wanted | deeper.keys()
    for row in rows:
        told = deeper.get(row[:3])
        assert row.via == told if told is not None else row.via in shortest(every, row.asset, ident)
        assert row.owner == (f"team-{row.asset}" if row.asset != "d" else "")
    assert list(rows) == sorted(rows, key=lambda r: ("production" not in r.environments, r.asset, r.version))
