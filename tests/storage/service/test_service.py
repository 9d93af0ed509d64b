"""Pictures of the board, members and prunings on both databases."""

from __future__ import annotations

from pulse_tui.domain.frame import Frame, Weight
from pulse_tui.domain.member import Member, MemberKind
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, later


def _kept(store: SqlStore, *pictures: tuple[int, str]) -> None:
    """(minute, ``W`` whole, ``!`` a difference with news, ``.`` one without)."""
    with store.write() as tx:
        for minute, kind in pictures:
            body = (b"." if kind == "." else b"!") + str(minute).encode()
            tx.frames.add(Frame(at=later(minutes=minute), whole=kind == "W", body=body))


def test_a_moment_is_read_from_the_last_whole_picture_on(store: SqlStore) -> None:
    _kept(store, (0, "W"), (1, "!"), (2, "W"), (3, "!"), (4, "."))
    with store.read() as tx:
        assert (found := tx.frames.at(later(minutes=3, seconds=9))) is not None
        assert [f.body for f in tx.frames.chain(found.seq)] == [b"!2", b"!3"]
        assert tx.frames.at(later(minutes=-1)) is None
        assert (span := tx.frames.span()) is not None
        assert (span[0].at, span[1].at) == (NOW, later(minutes=4))
        assert tx.frames.weight() == Weight(frames=5, bytes=10)


def test_steps_stop_where_something_changed(store: SqlStore) -> None:
    _kept(store, (0, "W"), (1, "."), (2, "!"), (3, "."), (4, "!"))
    with store.read() as tx:
        assert (here := tx.frames.at(later(minutes=2))) is not None
        assert (after := tx.frames.beside(here.seq, after=True)) is not None
        assert (before := tx.frames.beside(here.seq, after=False)) is not None
        assert (alive := tx.frames.beside(here.seq, after=True, news=False)) is not None
        assert [f.at for f in (before, alive, after)] == [NOW, later(minutes=3), later(minutes=4)]
        assert tx.frames.beside(after.seq, after=True) is None


def test_a_pruned_recording_begins_with_a_whole_picture(store: SqlStore) -> None:
    _kept(store, (0, "W"), (1, "!"), (2, "W"), (3, "!"), (4, "W"))
    with store.write() as tx:
        assert tx.frames.prune(later(minutes=3), most=1) == 1
        assert tx.frames.prune(later(minutes=3)) == 1
        assert tx.frames.prune(later(minutes=3)) == 0
    with store.read() as tx:
        assert (span := tx.frames.span()) is not None
        assert (span[0].at, span[0].whole) == (later(minutes=2), True)


def test_nothing_is_pruned_before_the_first_whole_picture_or_of_none(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.frames.prune(later(days=9)) == 0
    _kept(store, (5, "W"), (6, "!"))
    with store.write() as tx:
        assert tx.frames.prune(later(minutes=1)) == 0
        assert tx.frames.prune(later(days=9)) == 0


def test_a_member_is_known_until_it_leaves(store: SqlStore) -> None:
    member = Member(
        id="jump-1/7/1", kind=MemberKind.AGENT, host="jump-1", version="0.4.0", schema="0019", config="41c9",
        started_at=NOW, seen_at=NOW,
    )  # fmt: skip
    with store.write() as tx:
        tx.members.put(member)
    with store.read() as tx:
        assert tx.members.all() == [member]
    with store.write() as tx:
        tx.members.drop(member.id)
    with store.read() as tx:
        assert tx.members.all() == []


def test_of_each_class_the_last_pruning_is_kept(store: SqlStore) -> None:
    with store.write() as tx:
        for count in (10, 20):
            tx.pruned.put(Pruned(kind=Kept.SIGNALS, before=NOW, at=later(days=90), count=count, by="ana"))
    with store.read() as tx:
        assert {kind: pruned.count for kind, pruned in tx.pruned.all().items()} == {Kept.SIGNALS: 20}
