"""Canaries beside what serves with them on the board, of both databases: of configured sources alone, and with their age."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.comparison import LiveComparison, kept_at, packed
from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.source import SourceStatus
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW

ROW = LiveComparison("support-bot", "canary", "production", "refusals", "collecting", to_us(NOW), 1.25, version="3.8.2")


def put(store: SqlStore, *sources: str) -> None:
    with store.write() as tx:
        for ident in sources:
            tx.plumbing.put_source(SourceStatus(id=ident, kind="prometheus", every_s=30.0, last_good_at=NOW))
            tx.plumbing.put_value(kept_at(ident), packed([ROW, ROW._replace(measure="cost", state="FAIL")]))


def test_the_worst_stands_first_and_says_of_which_source_it_is(store: SqlStore) -> None:
    put(store, "live")
    rows = store.board("acme", None, NOW).comparisons
    assert [(r.measure, r.state, r.source, r.stale) for r in rows] == [
        ("cost", "FAIL", "live", ""),
        ("refusals", "collecting", "live", ""),
    ]


def test_of_a_source_that_is_late_everything_is_stale(store: SqlStore) -> None:
    put(store, "live")
    rows = store.board("acme", None, NOW + timedelta(minutes=2)).comparisons
    assert {r.stale for r in rows} == {Health.LATE}
    assert all(r.undecided for r in rows)


def test_what_a_removed_source_compared_is_gone_and_that_of_a_similar_name_stays(store: SqlStore) -> None:
    put(store, "live", "live-2")
    with store.write() as tx:
        tx.plumbing.put_value("compared", "no source's")
        tx.plumbing.keep_sources(["live-2"])
        assert tx.plumbing.get_value(kept_at("live")) is None
        assert tx.plumbing.get_value(kept_at("live-2")) is not None
        assert tx.plumbing.get_value("compared") == "no source's"
    assert {r.source for r in store.board("acme", None, NOW).comparisons} == {"live-2"}
    with store.write() as tx:
        tx.plumbing.keep_sources([])
    assert store.board("acme", None, NOW).comparisons == ()
