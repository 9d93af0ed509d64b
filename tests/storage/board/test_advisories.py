"""The rows of pane 3: one a vulnerability and component, and its state never better than the worst of its places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.views.advisories import ROW_STATES, AdvisoryRow
from pulse_tui.domain.waiver import VexStatus, Waiver
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, alert, asset, later
from tests.servers.forms import examples

SOON = later(hours=4)


def record(ident: str, *aliases: str, **fields: Any) -> Advisory:
    return Advisory(id=ident, source="osv", modified=NOW, title=f"title of {ident}", aliases=aliases, **fields)


def finding(ident: str, asset_id: str, environment: Environment | None = PRODUCTION, **fields: Any) -> Finding:
    values: dict[str, Any] = {"audit": Audit.MATCHED, "priority": Priority.P2, "component_id": "pkg:pypi/x", **fields}
    return Finding(advisory_id=ident, asset_id=asset_id, component="x 1", environment=environment, **values)


def waiver(ident: str = "w", **fields: Any) -> Waiver:
    values: dict[str, Any] = {
        "id": ident, "advisory": "CVE-1", "asset_id": None, "component_id": None, "version": None,
        "status": VexStatus.UNDER_INVESTIGATION, "justification": None, "rationale": "looked at", "owner": "ana",
        "placed_by": "ana", "placed_at": NOW, "review_at": later(days=3),
    }  # fmt: skip
    return Waiver(**{**values, **fields})


def rows(store: SqlStore) -> Sequence[AdvisoryRow]:
    return store.board("acme", None, NOW).advisories


def test_the_records_of_one_vulnerability_are_one_row_and_each_asset_counts_once(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset("a"), asset("b")])
        tx.advisories.put([record("G-1", "CVE-1"), record("PYSEC-1", "CVE-1"), record("MAL-7")])
        tx.advisories.put_findings(
            [
                *(finding(i, "a", e) for i in ("G-1", "PYSEC-1") for e in (PRODUCTION, CANARY)),
                finding("G-1", "b"),
                finding("MAL-7", "b", None, priority=Priority.P1),
            ]
        )
    worst, other = rows(store)
    assert (worst.id, worst.malicious, worst.hits, worst.state) == ("MAL-7", True, (("", 1),), "open")
    assert (other.id, other.malicious, other.hits) == ("CVE-1", False, (("production", 2), ("canary", 1)))


@pytest.mark.parametrize(
    ("state", "until", "fields"),
    [
        ("open", None, {}),
        ("acknowledged", SOON, {}),
        ("silenced", SOON, {}),
        ("waived", SOON, {}),
        ("note", None, {"priority": Priority.NOTE}),
        ("settled", None, {}),
        ("not audited", None, {"audit": Audit.NOT_AUDITED}),
    ],
)
def test_the_state_of_a_row_is_that_of_its_alert(store: SqlStore, state: str, until: Any, fields: Any) -> None:
    known = alert(1, signal_fingerprint="f", deadline=SOON)
    known = {
        "acknowledged": lambda: known.acknowledge("ana", SOON),
        "silenced": lambda: known.suppress("ana", SOON, "known"),
        "waived": lambda: msgspec.structs.replace(known.suppress("ana", SOON, "known"), waived=True),
        "settled": lambda: known.resolve(NOW, "the endpoint is off"),
    }.get(state, lambda: known)()
    with store.write() as tx:
        tx.estate.put_assets([asset("a")])
        tx.advisories.put([record("G-1", "CVE-1")])
        tx.advisories.put_findings([finding("G-1", "a", fingerprint="f" if state != "note" else None, **fields)])
        tx.judgements.put_alert(known)
    (row,) = rows(store)
    assert (row.state, row.until_us) == (state, to_us(until) if until else None)
    assert row.due_us == (to_us(SOON) if state in ("open", "not audited") else None)


def test_what_ran_out_is_open_again_also_where_nobody_recorded_that(store: SqlStore) -> None:
    past = NOW - timedelta(minutes=1)
    with store.write() as tx:
        tx.estate.put_assets([asset("a")])
        tx.advisories.put([record("G-1", "CVE-1"), record("G-2", "CVE-2")])
        tx.advisories.put_findings([finding("G-1", "a", fingerprint="f"), finding("G-2", "a", waiver="w")])
        tx.judgements.put_alert(alert(1, signal_fingerprint="f").acknowledge("ana", past))
        tx.waivers.put(waiver(review_at=past))
    assert [row.state for row in rows(store)] == ["open", "open"]


def test_a_waiver_is_shown_with_its_review_and_hides_no_alert_that_fires(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset("a"), asset("b")])
        tx.advisories.put([record("G-1", "CVE-1")])
        tx.advisories.put_findings([finding("G-1", "a", waiver="w")])
        tx.waivers.put(waiver())
    (row,) = rows(store)
    assert (row.state, row.until_us) == ("waived", to_us(later(days=3)))
    with store.write() as tx:
        tx.judgements.put_alert(alert(1, signal_fingerprint="f", deadline=SOON))
        tx.advisories.put_findings([finding("G-1", "b", waiver="w", fingerprint="f")])
    (row,) = rows(store)
    assert (row.state, row.until_us, row.due_us) == ("open", None, to_us(SOON))


ALERTS = st.sampled_from(["none", "firing", "acknowledged", "silenced", "waived", "resolved"])
PLACES = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([*Environment, None]))


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        PLACES,
        st.tuples(st.sampled_from([Audit.MATCHED, Audit.NOT_AUDITED]), ALERTS, st.booleans(), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_a_row_says_the_worst_of_its_places(
    tmp_path_factory: pytest.TempPathFactory, world: dict[Any, tuple[Audit, str, bool, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
    words, due = set[str](), False
    with store.write() as tx:
        tx.estate.put_assets([asset(name) for name in "abc"])
        tx.advisories.put([record("G-1", "CVE-1")])
        tx.waivers.put(waiver())
        for number, (place, (audit, state, waived, note)) in enumerate(world.items()):
            priority = Priority.NOTE if note else Priority.P3
            more: dict[str, Any] = {"fingerprint": f"f-{number}", "waiver": "w" if waived else None}
            tx.advisories.put_findings([finding("G-1", *place, audit=audit, priority=priority, **more)])
            known = alert(number, signal_fingerprint=f"f-{number}", deadline=SOON)
            if state in ("silenced", "waived"):
                known = msgspec.structs.replace(known.suppress("ana", SOON, "known"), waived=state == "waived")
            elif state == "acknowledged":
                known = known.acknowledge("ana", SOON)
            elif state == "resolved":
                known = known.resolve(NOW, "over")
            if state != "none":
                tx.judgements.put_alert(known)
            due = due or state == "firing"
            words.add(_word(audit, state, waived=waived, note=note))
    (row,) = rows(store)
    store.close()
    assert row.state == min(words, key=ROW_STATES.index)
    assert (row.due_us is not None) == due
    reached = [place for place, value in world.items() if value[0] is Audit.MATCHED]
    assert row.reach == len(reached)


def _word(audit: Audit, state: str, *, waived: bool, note: bool) -> str:
    if audit is Audit.NOT_AUDITED:
        return "not audited"
    if state in ("acknowledged", "silenced", "waived"):
        return state
    if state == "firing":
        return "open"
    if waived:
        return "waived"
    if note:
        return "note"
    return "settled" if state == "resolved" else "open"
