"""Pictures of the board, members and prunings on both databases."""

from __future__ import annotations

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.member import Member, MemberKind
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, later


def test_a_moment_is_read_from_the_last_whole_picture_on(store: SqlStore) -> None:
    with store.write() as tx:
        for minutes, whole in ((0, True), (1, False), (2, True), (3, False), (4, False)):
            tx.frames.add(Frame(at=later(minutes=minutes), whole=whole, body=str(minutes).encode()))
    with store.read() as tx:
        assert [f.body for f in tx.frames.since_whole(later(minutes=3))] == [b"2", b"3"]
        assert tx.frames.since_whole(later(minutes=-1)) == []
        assert tx.frames.span() == (NOW, later(minutes=4))
        assert tx.frames.moments(later(minutes=1), later(minutes=3)) == [later(minutes=n) for n in (1, 2, 3)]
        assert (last := tx.frames.last()) is not None
        assert last.body == b"4"


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
