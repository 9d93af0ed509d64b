"""Records that share an id, directly or through others, are one vulnerability, whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected
from pulse_tui.domain.cpe import Configuration, CpeMatch, CpeNode
from pulse_tui.domain.settled import SettledFix
from pulse_tui.domain.words import Severity
from pulse_tui.enrich.advisories.groups import group_names
from pulse_tui.ports import Transaction
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later
from tests.servers import forms

_IDS = [f"CVE-2026-{n}" for n in (9, 10, 1000)] + [
    "CVE-2025-7",
    "GHSA-b",
    "GHSA-a",
    "PYSEC-1",
    "MAL-1",
    "NVD/CVE-2026-9",
]


class _Undone(Exception):
    """Ends a transaction of which nothing is kept."""


@contextmanager
def undone(store: SqlStore) -> Iterator[Transaction]:
    """A transaction of which nothing is kept."""
    with suppress(_Undone), store.write() as tx:
        yield tx
        raise _Undone


def advisory(ident: str, *aliases: str, **more: object) -> Advisory:
    made: Advisory = changed(Advisory(id=ident, source="osv", modified=NOW, title=ident, aliases=aliases), **more)
    return made


def names(tx: Transaction, records: Sequence[Advisory]) -> dict[str, str]:
    """The name of each stored record."""
    return {i: r.name for i, r in tx.advisories.records({r.id for r in records}).items()}


def reached(records: Sequence[Advisory]) -> dict[str, set[str]]:
    """The ids that each record leads to, by trying until nothing is added."""
    out = {r.id: {r.id, *r.aliases} for r in records}
    while True:
        grown = {i: set().union(ids, *(o for o in out.values() if o & ids)) for i, ids in out.items()}
        if grown == out:
            return out
        out = grown


@st.composite
def _some_records(draw: st.DrawFn) -> list[Advisory]:
    some = draw(st.lists(st.sampled_from(_IDS), unique=True, min_size=1))
    return [
        advisory(
            i, *draw(st.lists(st.sampled_from(_IDS), max_size=3)), related=tuple(draw(st.lists(st.sampled_from(_IDS))))
        )
        for i in some
    ]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=forms.examples(60),
    deadline=None,
)
@given(records=_some_records(), data=st.data())
def test_any_order_of_arrival_gives_the_same_groups_and_names(
    store: SqlStore, records: list[Advisory], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(records))
    cut = data.draw(st.integers(0, len(records)))
    groups = reached(records)
    with undone(store) as tx:
        tx.advisories.put(order[:cut])
        tx.advisories.put(order[cut:])
        given_ = names(tx, records)
        for one in records:
            assert {i for i in given_ if given_[i] == given_[one.id]} == {
                i for i in groups if groups[i] == groups[one.id]
            }
        assert {i: min(groups[i], key=_by_hand) for i in groups} == given_
        assert tx.advisories.regroup() == {}
        # What loses its aliases leaves the group, and the others are grouped as if it had never had them.
        bare = changed(records[0], aliases=(), modified=later(days=1))
        tx.advisories.put([bare])
        assert names(tx, records) == group_names({r.id: (r.id, *r.aliases) for r in (bare, *records[1:])})


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40, deadline=None
)
@given(
    versions=st.lists(st.tuples(st.sampled_from(_IDS[:3]), st.integers(0, 4), st.sampled_from("ab"), st.booleans())),
    data=st.data(),
)
def test_of_many_versions_the_same_one_stays_in_any_order(
    store: SqlStore, versions: list[tuple[str, int, str, bool]], data: st.DataObject
) -> None:
    # One source says one thing at one time.
    said = {(i, hour, source): gone for i, hour, source, gone in versions}
    records = [
        advisory(i, title=f"{hour} {source}", modified=later(hours=hour), source=source, withdrawn=gone)
        for (i, hour, source), gone in said.items()
    ]
    order = data.draw(st.permutations(records))
    cuts = data.draw(st.lists(st.integers(0, len(records)), max_size=2).map(sorted))
    with undone(store) as tx:
        for start, end in pairwise((0, *cuts, len(records))):
            tx.advisories.put(order[start:end])
        stand = tx.advisories.records({r.id for r in records})
        for ident in {r.id for r in records}:
            mine = [r for r in records if r.id == ident]
            assert stand[ident] == min(mine, key=lambda r: (-r.modified.timestamp(), r.source))


def _by_hand(ident: str) -> tuple[int, int, int, str]:
    if ident.startswith("CVE-"):
        _, year, number = ident.split("-")
        return 0, int(year), int(number), ""
    return 1 if ident.startswith("MAL-") else 2 if ident.startswith("GHSA-") else 3, 0, 0, ident


def test_records_that_only_a_third_one_joins_are_one_until_it_no_longer_does(store: SqlStore) -> None:
    with store.write() as tx:
        tx.advisories.put([advisory("GHSA-1"), advisory("PYSEC-1")])
        joined = tx.advisories.take([advisory("CVE-2026-5", "GHSA-1", "PYSEC-1", "CVE-2026-5")])
        assert joined.renamed == {"GHSA-1": ("GHSA-1", "CVE-2026-5"), "PYSEC-1": ("PYSEC-1", "CVE-2026-5")}
        assert [r.id for r in tx.advisories.called("CVE-2026-5")] == ["CVE-2026-5", "GHSA-1", "PYSEC-1"]
        parted = tx.advisories.take([advisory("CVE-2026-5", "GHSA-1", modified=later(days=1))])
        assert parted.renamed == {"PYSEC-1": ("CVE-2026-5", "PYSEC-1")}
        assert tx.advisories.groups(["CVE-2026-5", "PYSEC-1", "x"]).keys() == {"CVE-2026-5", "PYSEC-1"}


def test_what_is_related_is_another_vulnerability(store: SqlStore) -> None:
    with store.write() as tx:
        tx.advisories.put([advisory("CVE-2026-1"), advisory("DEBIAN-1", related=("CVE-2026-1",))])
        assert [r.id for r in tx.advisories.called("CVE-2026-1")] == ["CVE-2026-1"]


def test_what_was_settled_of_a_name_holds_under_the_next_one(store: SqlStore) -> None:
    def fix(name: str, package: str, fixed: str = "2") -> SettledFix:
        return SettledFix(
            advisory=name, ecosystem="pypi", package=package, fixed=fixed, by="ana", why="w", at=NOW, ranges="d"
        )

    with store.write() as tx:
        tx.advisories.put([advisory("GHSA-1"), advisory("PYSEC-1")])
        for one in (fix("GHSA-1", "a"), fix("GHSA-1", "b"), fix("CVE-2026-5", "b", "3")):
            tx.settled.put(one)
        tx.advisories.put([advisory("CVE-2026-5", "GHSA-1")])
        assert tx.settled.of(["CVE-2026-5"]) == {"CVE-2026-5": [fix("CVE-2026-5", "a"), fix("CVE-2026-5", "b", "3")]}


def test_of_one_id_the_record_modified_later_stays_whatever_its_source(store: SqlStore) -> None:
    old, new = advisory("GHSA-1", title="old"), advisory("GHSA-1", title="new", modified=later(hours=1), source="api")
    with store.write() as tx:
        for items in ([old, new], [new, old], [old]):
            tx.advisories.take(items)
            stands = tx.advisories.get("GHSA-1")
            assert (stands.title if stands else None) == "new"
        assert tx.advisories.take([old]).older == ["GHSA-1"]


def test_a_time_that_cannot_be_is_no_reason_to_stay(store: SqlStore) -> None:
    far, right = advisory("GHSA-1", title="far", modified=later(days=9_000)), advisory("GHSA-1", title="right")
    with store.write() as tx:
        tx.advisories.take([far], later(days=1))
        assert [r.title for r in tx.advisories.take([right], later(days=1)).changed] == ["right"]
        assert tx.advisories.take([far], later(days=1)).older == ["GHSA-1"]


def test_two_sources_that_differ_at_one_time_do_not_take_turns(store: SqlStore) -> None:
    a, b = advisory("GHSA-1", title="a", source="a"), advisory("GHSA-1", title="b", source="b")
    for items in ([a, b], [b, a]):
        with undone(store) as tx:
            tx.advisories.put(items)
            assert tx.advisories.put(items) == []
            assert [r.title for r in tx.advisories.called("GHSA-1")] == ["a"]


def _full(number: int) -> Advisory:
    cpe = CpeNode(matches=(CpeMatch(criteria=f"cpe:2.3:a:acme:p{number}:*:*:*:*:*:*:*:*", end_excluding="2.0"),))
    return advisory(
        f"NVD/CVE-2026-{number}",
        f"CVE-2026-{number}",
        severity=Severity.HIGH,
        cvss=7.5,
        known_exploited=False,
        withdrawn_at=later(days=3),
        affected=(Affected("cpe", f"acme:p{number}", ("1.0",)),),
        configurations=(Configuration(nodes=(cpe,)),),
    )


def test_the_same_records_again_write_no_row_not_even_of_another_source(store: SqlStore) -> None:
    records = [_full(n) for n in range(50)]
    with store.write() as tx:
        assert len(tx.advisories.put(records)) == 50
    with _counting(store) as written:
        assert tx_put(store, records) == 0
        assert tx_put(store, [changed(r, source="nvd-files") for r in records]) == 0
        assert written == []
        assert tx_put(store, [changed(records[0], modified=later(days=1))]) == 1
        assert [w.split()[0] for w in written] == ["INSERT"]


@contextmanager
def _counting(store: SqlStore) -> Iterator[list[str]]:
    """The statements that write."""
    written = list[str]()

    def note(*args: Any) -> None:
        if not args[2].lstrip().upper().startswith(("SELECT", "WITH", "BEGIN", "COMMIT", "SET")):
            written.append(args[2])

    sa.event.listen(store._engine, "before_cursor_execute", note)
    yield written
    sa.event.remove(store._engine, "before_cursor_execute", note)


def tx_put(store: SqlStore, records: Sequence[Advisory]) -> int:
    with store.write() as tx:
        return len(tx.advisories.put(records))
