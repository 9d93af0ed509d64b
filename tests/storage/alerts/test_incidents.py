"""What is asked of incidents and of what they stand on, on both databases."""

from __future__ import annotations

import contextlib

import msgspec

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.incident import Incident, IncidentState, Member, Tally
from pulse_tui.domain.signal import encode
from pulse_tui.domain.words import ComponentKind, Priority, SignalType
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, alert, asset, later, signal


def test_an_incident_is_counted_named_and_drawn_by_the_alerts_that_it_has(store: SqlStore) -> None:
    incident = Incident(id="i-1234567890", title="slow", opened_at=NOW, last_at=NOW, external="pagerduty/Q1", alerts=3)
    with store.write() as tx:
        ended = alert(3, priority=Priority.P1).resolve(NOW, "fast again")
        for one in (alert(1), alert(2, priority=Priority.P3), ended):
            tx.judgements.put_alert(one)
            tx.incidents.join(Member(alert_id=one.id, incident_id=incident.id, joined_at=NOW, by="pulse-tui", why="x"))
        tx.incidents.put(incident)
    with store.read() as tx:
        assert tx.incidents.tallies([incident.id, "none"]) == {incident.id: Tally(3, 2, Priority.P2)}
        assert sorted(tx.incidents.urgencies(incident.id)) == sorted(
            [(Priority.P2, True, 1), (Priority.P3, True, 1), (Priority.P1, False, 1)]
        )
        assert {tx.incidents.named(n) for n in ("i-1234567890", "i-1234", "pagerduty/Q1")} == {incident}
        assert tx.incidents.named("pagerduty") is None
        assert len(tx.incidents.members(incident.id, 2)) == 2
    board = store.board("x", None, NOW)
    assert [(i.id, i.priority, i.open, i.alerts) for i in board.incidents] == [("i-1234567890", "P2", 2, 3)]
    assert [a.incident for a in board.alerts] == ["i-1234567890"] * 2


def test_incidents_are_listed_by_state_and_by_when_something_happened_last_the_newest_first(store: SqlStore) -> None:
    made = [
        Incident(id=f"i-{n}", title="x", opened_at=later(minutes=n), last_at=later(hours=-n), state=state)
        for n, state in enumerate([IncidentState.OPEN, IncidentState.RESOLVED, IncidentState.OPEN])
    ]
    with store.write() as tx:
        for incident in made:
            tx.incidents.put(incident)
    with store.read() as tx:
        assert [i.id for i in tx.incidents.all()] == ["i-2", "i-1", "i-0"]
        assert [i.id for i in tx.incidents.all(limit=1)] == ["i-2"]
        assert [i.id for i in tx.incidents.all([IncidentState.OPEN])] == ["i-2", "i-0"]
        assert [i.id for i in tx.incidents.all([IncidentState.OPEN], limit=1)] == ["i-2"]
        assert [i.id for i in tx.incidents.all(since=later(hours=-1))] == ["i-1", "i-0"]
        assert [i.id for i in tx.incidents.all(since=later(hours=-9), limit=2)] == ["i-2", "i-1"]
        assert [i.id for i in tx.incidents.all([IncidentState.OPEN], since=later(hours=-1))] == ["i-0"]


def test_signals_around_a_moment_are_those_of_the_assets_and_of_none(store: SqlStore) -> None:
    made = [
        signal(1, asset_id="bot"),
        signal(2, asset_id="other"),
        signal(3, SignalType.INCIDENT),
        signal(4, asset_id="bot", occurred_at=later(hours=-9)),
        signal(5, SignalType.CVE, asset_id="bot"),
    ]
    with store.write() as tx:
        tx.signals.add([(s, encode(s)) for s in made])
    with store.read() as tx:
        found = tx.signals.around(
            later(hours=-1), later(hours=1), {SignalType.LATENCY_BREACH, SignalType.INCIDENT}, ["bot"]
        )
        nobody = tx.signals.around(later(hours=-99), later(hours=1), {SignalType.INCIDENT, SignalType.CVE}, [])
    assert [s.id for s in found] == ["s-3", "s-1"]
    assert [s.id for s in nobody] == ["s-3"]


def test_a_signal_that_was_not_stored_after_all_is_not_what_stands_under_its_name(store: SqlStore) -> None:
    def stored(title: str, *, lands: bool) -> list[str]:
        with contextlib.suppress(ZeroDivisionError), store.write() as tx:
            tx.signals.add([(s, encode(s)) for s in [signal(1, asset_id="bot", title=title)]])
            kinds = {SignalType.LATENCY_BREACH}
            found = [s.title for s in tx.signals.around(later(hours=-1), later(hours=1), kinds, ["bot"])]
            if not lands:
                raise ZeroDivisionError
        return found

    assert stored("first", lands=False) == ["first"]
    assert stored("second", lands=True) == ["second"]


def test_what_an_asset_leans_on_are_models_and_assets_and_no_libraries(store: SqlStore) -> None:
    parts = (
        Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1"),
        Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI"),
        Component(id="asset:gateway", kind=ComponentKind.ASSET, name="gateway"),
    )
    with store.write() as tx:
        tx.estate.put_assets([asset("bot"), asset("gateway")])
        tx.dependencies.put_bill(Bill(source="estate", asset_id="bot", document="", at=NOW, components=parts))
        old = Bill(
            source="ci",
            asset_id="bot",
            document="b",
            at=NOW,
            version="9.9",
            components=(msgspec.structs.replace(parts[0], id="openai/o3"),),
        )
        tx.dependencies.put_bill(old)
    with store.read() as tx:
        assert tx.dependencies.leans(["bot"]) == [("bot", "asset:gateway"), ("bot", "openai/gpt-4.1")]
        assert tx.dependencies.leans() == tx.dependencies.leans(["bot"])
        assert tx.dependencies.leans([]) == []
