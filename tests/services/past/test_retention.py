"""What is older than it is kept goes, in small steps, and is remembered as pruned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.pruned import Kept
from pulse_tui.services.past.retention import prune_due, prune_frames, standing
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, later

KEEP = timedelta(days=14)


def _store(tmp_path: Path, hours: int) -> SqlStore:
    store = SqlStore(f"sqlite:///{tmp_path / 'pulse.db'}", tmp_path)
    with store.write() as tx:
        for n in range(hours):
            tx.frames.add(Frame(at=later(hours=n), whole=n % 24 == 0, body=b"!"))
    return store


def test_what_is_older_than_kept_goes_and_the_rest_can_be_read(tmp_path: Path) -> None:
    store = _store(tmp_path, 20 * 24)
    now = later(hours=20 * 24)
    assert prune_due(store, KEEP, now) == 6 * 24
    with store.read() as tx:
        assert (span := tx.frames.span()) is not None
        assert span[0].whole
        assert span[0].at == now - KEEP
        assert tx.pruned.all()[Kept.FRAMES].count == 6 * 24
    assert prune_due(store, KEEP, now) == 0


def test_pruning_adds_up_what_it_dropped(tmp_path: Path) -> None:
    store = _store(tmp_path, 72)
    assert prune_frames(store, later(hours=24), NOW, most=10) == 10
    assert prune_frames(store, later(hours=48), NOW) == 38
    with store.read() as tx:
        assert tx.pruned.all()[Kept.FRAMES].count == 48


def test_the_recording_says_how_it_stands(tmp_path: Path) -> None:
    store = _store(tmp_path, 2)
    assert standing(store, KEEP, later(hours=1)) == (
        True, "last <1m ago, since 2026-11-23T03:10:00Z, 2 frames, 2 bytes, kept 14 d",
    )  # fmt: skip
    good, words = standing(store, KEEP, later(hours=3))
    assert good is None
    assert "nobody records now" in words
    assert standing(store, None, NOW)[1] == "off: what the board was cannot be replayed; 2 bytes of earlier are left"
