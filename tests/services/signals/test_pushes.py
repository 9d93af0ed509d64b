"""What senders push, on both databases: whose it is, what it opens and ends, what is known of who sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.health import PUSHED, Health
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.domain.push import Counts, Form, Landed, Part, Push
from pulse_tui.domain.trust import TrustState
from pulse_tui.domain.words import SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.pushes import Senders, counts_of
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.services.vendors.vigil import trust
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.hooks import HooksShape, LabelsShape, SenderShape
from pulse_tui.storage.store import SqlStore
from tests.enrich.pushed.test_alerts import alert, alertmanager
from tests.enrich.pushed.test_events import event
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.pushing import SECRETS, parts_for, quiet, record, sender, shape

JSON = {"content-type": "application/json"}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    name = postgres().create() if request.param == "postgresql" else ""
    opened = SqlStore(postgres().named(name) if name else sqlite_file(tmp_path / "pulse.db"), tmp_path)
    yield opened
    opened.close()
    if name:
        postgres().drop(name)


class Desk:
    """Senders over a database, with a clock that the test moves."""

    def __init__(self, store: SqlStore, base: Path, *senders: SenderShape, **fields: Any) -> None:
        self.clock = Clock()
        self.shape: HooksShape = shape(*senders, **fields)
        self.parts: JudgeParts = parts_for(store, base, self.clock, self.shape)
        self.senders = Senders(self.shape, self.parts)

    def send(self, value: Any, token: str = "T_CI", kind: str = "application/json") -> list[Landed]:
        push = self.read(value, token, kind)
        ((landed),) = self.senders.take([Part(push.sender, push.items, push.remarks)])
        return landed

    def read(self, value: Any, token: str = "T_CI", kind: str = "application/json") -> Push:
        who = self.senders.who(SECRETS[token])
        assert who is not None
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.senders.read(who, {"content-type": kind}, body)

    def open_titles(self) -> list[str]:
        with self.parts.store.read() as tx:
            return sorted(a.title for a in tx.judgements.alerts([AlertState.FIRING], 100))


def statuses(landed: Sequence[Landed]) -> list[int]:
    return [int(one.status) for one in landed]


def test_a_condition_opens_an_alert_and_its_end_resolves_it(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    desk.send(record(1))
    assert len(desk.open_titles()) == 1
    desk.clock.pass_(minutes=1)
    at = desk.clock().isoformat()
    desk.send(quiet(2, fingerprint="f-1", occurred_at=at, observed_at=at))
    assert desk.open_titles() == []


def test_alerts_of_an_alertmanager_open_here_and_end_only_what_they_opened(store: SqlStore, tmp_path: Path) -> None:
    am = sender("am", token="${T_AM}", form=Form.ALERTMANAGER)
    other = sender("am-2", token="${T_GRAFANA}", form=Form.ALERTMANAGER)
    desk = Desk(store, tmp_path, am, other)
    second = alert(fingerprint="aaaa", annotations={"summary": "latency is high"})
    assert statuses(desk.send(alertmanager(alert(), second), "T_AM")) == [202, 202]
    desk.send(alertmanager(alert()), "T_GRAFANA")
    assert len(desk.open_titles()) == 3
    desk.send(alertmanager(alert(), second), "T_AM")  # sent again, as it does while they fire
    assert len(desk.open_titles()) == 3
    with store.read() as tx:
        assert tx.signals.count() == 3
    desk.clock.pass_(minutes=5)
    desk.send(alertmanager(alert(status="resolved")), "T_AM")
    with store.read() as tx:
        firing = tx.judgements.alerts([AlertState.FIRING], 10)
        signals = {s.id: s for s in tx.signals.some(a.signal_id for a in firing)}
    assert sorted(s.source for s in signals.values()) == ["am", "am-2"]
    assert any("latency is high" in s.title for s in signals.values())
    desk.clock.pass_(minutes=5)
    desk.send(alertmanager(alert(startsAt="2026-11-23T03:18:00Z")), "T_AM")  # and it comes again
    assert len(desk.open_titles()) == 3


def test_an_alert_that_names_no_asset_of_the_estate_is_a_note(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path, sender("am", token="${T_AM}", form=Form.ALERTMANAGER))
    labels = {"alertname": "Watchdog", "service": "nobody-knows"}
    desk.send(alertmanager(alert(labels=labels)), "T_AM")
    assert desk.open_titles() == []
    with store.read() as tx:
        (kept,) = tx.signals.recent(10)
    assert (kept.asset_id, kept.environment, kept.source) == (None, None, "am")


def test_alerts_that_were_left_out_stand_in_the_panel_of_the_sources(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path, sender("am", token="${T_AM}", form=Form.ALERTMANAGER))
    desk.send(alertmanager(alert(), truncatedAlerts=3), "T_AM")
    with store.read() as tx:
        assert tx.plumbing.sources()["am"].reason.startswith("am left 3 alerts of a group out")


def test_cloud_events_are_taken_under_their_source_and_id(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    kind = "application/cloudevents+json"
    assert statuses(desk.send(event(), kind=kind)) == [202]
    desk.clock.pass_(seconds=30)
    assert statuses(desk.send(event(), kind=kind)) == [200]
    both = [event(), event(id="run-18"), event(id="run-17", data={**event()["data"], "severity": "low"})]
    assert statuses(desk.send(both, kind="application/cloudevents-batch+json")) == [200, 202, 409]
    assert len(desk.open_titles()) == 1


def test_of_two_agents_that_get_the_same_each_record_is_stored_once(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    other = Senders(desk.shape, desk.parts)
    push = desk.read([record(1), record(2)])
    part = Part(push.sender, push.items)
    assert [statuses(one) for one in desk.senders.take([part])] == [[202, 202]]
    assert [statuses(one) for one in other.take([part, part])] == [[200, 200], [200, 200]]
    desk.senders.flush(everything=True)
    other.flush(everything=True)
    with store.read() as tx:
        assert tx.signals.count() == 2
        assert counts_of(tx, "ci") == Counts(2, 4, 0)  # of both together


def test_a_version_event_that_is_pushed_is_a_release_and_may_be_sent_again(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    build = record(1, signal_type="version_event", change="build", current_version="9.9.9", evidence={"actor": "ci"})
    assert statuses(desk.send(build)) == [202]
    assert statuses(desk.send(build)) == [200]
    with store.read() as tx:
        (made,) = [r for r in tx.estate.releases("support-bot") if r.version == "9.9.9"]
    assert made.provenance["source"] == "ci"


def test_numbers_are_written_every_ten_seconds_and_all_of_them_at_the_end(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    for n in range(5):
        desk.send(quiet(n))
    with store.read() as tx:
        assert counts_of(tx, "ci") == Counts(1)
    desk.senders.flush()
    with store.read() as tx:
        assert counts_of(tx, "ci") == Counts(1)
    desk.clock.pass_(seconds=10)
    desk.senders.flush()
    with store.read() as tx:
        assert counts_of(tx, "ci") == Counts(5)
    desk.send(quiet(9))
    desk.senders.flush(everything=True)
    with store.read() as tx:
        assert counts_of(tx, "ci") == Counts(6)
        assert tx.plumbing.sources()["ci"].last_good_at == desk.clock()


def test_a_sender_is_a_source_from_the_start_and_none_once_it_is_no_longer_configured(
    store: SqlStore, tmp_path: Path
) -> None:
    desk = Desk(store, tmp_path)
    with store.read() as tx:
        (status,) = tx.plumbing.sources().values()
    assert (status.id, status.kind, status.health(desk.clock())) == ("ci", PUSHED, Health.NEVER)
    with pytest.raises(WrongUse, match="ci is not asked: it sends"):
        refresh("ci", desk.parts, "here")
    keep_sources({}, desk.parts._replace(senders={}), desk.clock())
    with store.read() as tx:
        assert tx.plumbing.sources() == {}


def test_a_sender_that_falls_silent_is_late_where_it_is_to_come_and_good_again_once_it_sends(
    store: SqlStore, tmp_path: Path
) -> None:
    desk = Desk(store, tmp_path, sender(every=Seconds(600)), sender("evals", token="${T_EVAL}"))
    desk.send(quiet(1))
    desk.send(quiet(1), "T_EVAL")
    desk.clock.pass_(minutes=31)
    desk.senders.flush()
    desk.senders.flush()
    (title,) = desk.open_titles()
    assert title == "source ci is late: it sent nothing for 31 min; something is to come every 10 min"
    with store.read() as tx:
        found = {t.source: t for t in trust(tx, desk.clock())}
    assert (found["ci"].state, found["evals"].state) == (TrustState.LATE, TrustState.GOOD)
    assert found["ci"].why == "nothing came for longer than three intervals"
    assert found["ci"].sent == "1 accepted"
    at = desk.clock().isoformat()
    desk.send(quiet(2, occurred_at=at, observed_at=at))
    assert desk.open_titles() == []


def test_what_is_refused_is_kept_up_to_a_number_a_minute_and_the_rest_counted(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    landed = desk.send([record(n, severity="odd") for n in range(200)])
    assert {one.status for one in landed} == {HTTPStatus.UNPROCESSABLE_ENTITY}
    with store.read() as tx:
        kept = tx.signals.quarantined(1_000)
    assert len(kept) == 21
    assert any("counted only" in one.problem.what for _, one in kept)
    desk.clock.pass_(minutes=2)
    desk.send([record(0, severity="odd")])
    with store.read() as tx:
        assert any("180 more" in one.problem.what for _, one in tx.signals.quarantined(1_000))
        assert counts_of(tx, "ci") == Counts(0, 0, 201)


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ({"T_A": "short", "T_B": "b" * 16}, "${T_A} has 5 characters, at least 16 are needed"),
        ({"T_A": "c" * 16, "T_B": "c" * 16}, "${T_B} is what a has: both are refused with it"),
        ({"T_B": "b" * 16}, "${T_A} is not set"),
    ],
)
def test_a_token_that_anybody_could_guess_or_that_two_have_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: dict[str, str], why: str
) -> None:
    monkeypatch.delenv("T_A", raising=False)
    for name, value in tokens.items():
        monkeypatch.setenv(name, value)
    opened = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    desk = Desk(opened, tmp_path, sender("a", token="${T_A}"), sender("b", token="${T_B}"))
    assert [bad.why for bad in desk.senders.unusable] == [why]
    for value in {v for v in tokens.values() if v in ("short", "c" * 16)}:
        assert desk.senders.who(value) is None
    opened.close()


def test_a_record_as_old_as_is_kept_is_taken(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path, oldest=Seconds(3_600))
    at = (desk.clock() - timedelta(minutes=59)).isoformat()
    assert statuses(desk.send(quiet(1, occurred_at=at, observed_at=at))) == [202]
    at = (desk.clock() - timedelta(minutes=61)).isoformat()
    assert statuses(desk.send(quiet(2, occurred_at=at, observed_at=at))) == [422]


def test_an_id_whose_signal_was_pruned_is_known_still(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    desk.send(quiet(1))
    with store.write() as tx:
        tx.pruned.put(Pruned(kind=Kept.SIGNALS, before=desk.clock(), at=desk.clock(), count=1, by="ana"))
    with store._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM signals")
    assert statuses(desk.send(quiet(1, title="another one"))) == [200]
    with store.read() as tx:
        assert tx.signals.count() == 0


def test_an_alert_with_numbers_is_judged_as_a_breach_and_ends_with_its_alert(store: SqlStore, tmp_path: Path) -> None:
    labels = LabelsShape(types={"ToolErrors": SignalType.ERROR_RATE_BREACH})
    am = sender("am", token="${T_AM}", form=Form.ALERTMANAGER, labels=labels, confidence=0.7)
    desk = Desk(store, tmp_path, am)
    stated = {"summary": "tool errors", "value": "0.09", "objective": "0.03", "metric": "tool_error_rate"}
    desk.send(alertmanager(alert(annotations=stated)), "T_AM")
    assert desk.open_titles() == ["tool error rate 3.00 x objective on support-bot prod"]
    with store.read() as tx:
        (kept,) = tx.signals.recent(10)
    assert (kept.signal_type, kept.confidence) == (SignalType.ERROR_RATE_BREACH, 0.7)
    desk.send(alertmanager(alert(annotations=stated, status="resolved")), "T_AM")
    assert desk.open_titles() == []


def test_another_interval_counts_before_the_sender_sends_again(store: SqlStore, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path, sender(every=Seconds(600)))
    desk.send(quiet(1))
    other = sender(every=Seconds(7_200))
    keep_sources({}, desk.parts._replace(senders={"ci": other}), desk.clock())
    with store.read() as tx:
        assert tx.plumbing.sources()["ci"].every_s == 7_200.0
        assert tx.plumbing.sources()["ci"].last_good_at == desk.clock()
