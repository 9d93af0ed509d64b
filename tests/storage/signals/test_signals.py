from __future__ import annotations

import pytest

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.signal import encode
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.words import SignalType
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, alert, evidence, later, signal


@pytest.mark.parametrize("kind", list(SignalType))
def test_every_type_of_signal_comes_back_as_it_was(store: SqlStore, kind: SignalType) -> None:
    whole = signal(1, kind, summary="two\nlines", links=["https://example.org/a"], asset_id="support-bot")
    with store.write() as tx:
        tx.signals.add([(whole, encode(whole))])
    with store.read() as tx:
        assert tx.signals.get("s-1") == whole


def test_an_id_that_is_there_already_is_left_alone(store: SqlStore) -> None:
    with store.write() as tx:
        assert [s.id for s in tx.signals.add([(signal(1), b"1"), (signal(1, title="other"), b"2")])] == ["s-1"]
    with store.write() as tx:
        assert tx.signals.add([(signal(1, title="third"), b"3"), (signal(2), b"4")]) == [signal(2)]
    with store.read() as tx:
        found = tx.signals.get("s-1")
        assert found is not None
        assert found.title == "signal 1"
        assert tx.signals.count() == 2


def test_recent_signals_come_newest_first_and_by_asset(store: SqlStore) -> None:
    with store.write() as tx:
        tx.signals.add([(signal(i, asset_id="a" if i % 2 else "b"), b"") for i in range(10)])
    with store.read() as tx:
        assert [s.id for s in tx.signals.recent(3)] == ["s-9", "s-8", "s-7"]
        assert [s.id for s in tx.signals.recent(2, "b")] == ["s-8", "s-6"]


def test_a_storm_is_larger_than_the_parameters_of_a_statement(store: SqlStore) -> None:
    many = [f"s-{i}" for i in range(70_000)]
    with store.write() as tx:
        tx.signals.add([(signal(69_999), b"")])
        tx.judgements.put_alert(alert(69_999, fingerprint="s-69999"))
    with store.read() as tx:
        assert list(tx.judgements.open_alerts(many)) == ["s-69999"]


def test_a_transaction_that_fails_leaves_nothing(store: SqlStore) -> None:
    def broken() -> None:
        with store.write() as tx:
            tx.signals.add([(signal(1), b"")])
            tx.log.append(NOW, "a", "b", "c")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        broken()
    with store.read() as tx:
        assert tx.signals.count() == 0
        assert tx.log.entries() == []


def test_a_refused_record_can_be_read_with_its_place_and_reason(store: SqlStore) -> None:
    bad = Rejected(
        source="drop", problem=Problem("a.jsonl:3: severity", "bad word", "did you mean high?"), raw=b"\x00\xff{"
    )
    with store.write() as tx:
        tx.signals.quarantine([bad, Rejected(source="x", problem=Problem("y", "z"), raw=b"a" * 100_000)], NOW)
    with store.read() as tx:
        newest, first = tx.signals.quarantined(10)
    assert first == (NOW, bad)
    assert newest[1].raw == b"a" * 100_000


def test_times_keep_their_microseconds_and_come_back_in_utc(store: SqlStore) -> None:
    odd = signal(1, occurred_at=later(microseconds=1), evidence=evidence(SignalType.LATENCY_BREACH, window_s=0.1))
    with store.write() as tx:
        tx.signals.add([(odd, b"")])
    with store.read() as tx:
        found = tx.signals.get("s-1")
    assert found == odd
    assert found is not None
    assert str(found.occurred_at.tzinfo) == "UTC"
