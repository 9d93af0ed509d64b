"""A recording in either database is read again as of a moment, and one process at a time writes it."""

from __future__ import annotations

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.moments import to_us
from pulse_tui.enrich.past.packing import still
from pulse_tui.services.past.recorder import LEASE, Recorder
from pulse_tui.services.past.replay import of_store
from pulse_tui.services.past.retention import prune_frames, recorded
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, alert, decision, fact, later, signal


def _record(store: SqlStore) -> Recorder:
    def put(frame: Frame) -> None:
        with store.write(quiet=True) as tx:
            tx.frames.add(frame)

    return Recorder(put)


def _opens(store: SqlStore) -> None:
    with store.write() as tx:
        one = signal(1)
        tx.signals.add([(one, b"{}")])
        tx.judgements.add_decisions([(decision(1, one), fact(one))])
        tx.judgements.put_alert(alert(1))


def test_what_the_board_was_comes_out_of_the_database_as_it_went_in(store: SqlStore) -> None:
    recorder = _record(store)
    before = store.board("acme-ai", None, NOW)
    recorder.take(before, NOW)
    _opens(store)
    after = store.board("acme-ai", None, later(minutes=2))
    recorder.take(after, later(minutes=2))
    past = of_store(store, later(minutes=1), later(minutes=3))
    assert past.board() == still(before)
    assert past.step(1).at_us == to_us(later(minutes=2))
    assert past.board() == still(after)
    assert past.landed().changed.startswith("P2 opened: p95 breach")
    assert past.story("alert-1").alert.id == "alert-1"
    assert past.step(-1).at_us == to_us(NOW)


def test_what_is_pruned_leaves_the_rest_readable(store: SqlStore) -> None:
    recorder = _record(store)
    board = store.board("acme-ai", None, NOW)
    for n in range(250):
        recorder.take(board, later(minutes=5 * n))
    assert recorded(store).weight.frames > 250
    assert prune_frames(store, later(minutes=5 * 200), later(days=2)) >= 100
    assert of_store(store, later(minutes=5 * 200), later(days=2)).board() == still(board)
    with store.write() as tx:
        assert tx.plumbing.claim(LEASE, "a", NOW, 60.0) is not None
        assert tx.plumbing.claim(LEASE, "b", NOW, 60.0) is None
