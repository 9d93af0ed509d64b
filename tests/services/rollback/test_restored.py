"""After a restore nothing goes out twice and nothing goes back, and the log says what it has lost; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.rollback import PlanState, RunState
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.services.rollback.restored import EPOCHS, MORE, Restored, settle
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW, changed, hold, later, plan, run

AT = NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlStore, SqlStore]]:
    """The backup as it was put back, and the database that it replaces: both of one history so far."""
    if request.param == "sqlite":
        urls = [sqlite_file(tmp_path / name) for name in ("back.db", "former.db")]
        names = []
    else:
        names = [postgres().create(), postgres().create()]
        urls = [postgres().named(name) for name in names]
    with closing(SqlStore(urls[0], tmp_path)) as back, closing(SqlStore(urls[1], tmp_path)) as former:
        for store in (back, former):
            begin(store)
        yield back, former
    for name in names:
        postgres().drop(name)


def message(key: str, **fields: object) -> Delivery:
    made = Delivery(key=key, kind="notify", route="pager", payload={"title": key}, created_at=NOW)
    return changed(made, **fields)  # type: ignore[no-any-return]


def begin(store: SqlStore) -> None:
    """What both know: a run under way, a plan that waits, messages that wait, numbers that were handed out."""
    with store.write() as tx:
        under_way, waits = plan(), plan(reason="another")
        for one in (under_way, waits):
            tx.rollbacks.add_plan(one)
        tx.rollbacks.set_plan_state(under_way.hash, PlanState.USED)
        tx.rollbacks.start_run(run(under_way), 1)
        for key in ("notify-1", "notify-2"):
            tx.plumbing.enqueue(message(key))
        for _ in range(7):
            tx.estate.next_iteration("support-bot")
        tx.plumbing.claim("source:feed", "jump-1", NOW, 3_600)
        tx.log.append(NOW, "ana", "plan.proposed", "support-bot")


def go_on(store: SqlStore) -> None:
    """What came after the backup: a message was sent, a plan was used, a freeze was placed, numbers were handed out."""
    with store.write() as tx:
        tx.plumbing.put_delivery(message("notify-1").sent("in the channel"))
        tx.plumbing.enqueue(message("notify-3", state=DeliveryState.SENT))
        tx.rollbacks.set_plan_state(plan(reason="another").hash, PlanState.USED)
        tx.judgements.put_hold(hold())
        for _ in range(3):
            tx.estate.next_iteration("support-bot")
        tx.plumbing.claim("source:feed", "jump-2", NOW + timedelta(hours=3), 60)
        tx.log.append(later(minutes=1), "ben", "plan.approved", "support-bot")
        tx.log.append(later(minutes=2), "ana", "hold.placed", "support-bot")


def put_back(back: SqlStore, former: SqlStore | None, anchors: tuple[Anchor, ...] = ()) -> Restored:
    def settled(old: object) -> Restored:
        with back.write() as tx:
            return settle(tx, old, AT, "pulse.bak", "pulse.replaced", anchors, "ana", later(hours=1))  # type: ignore[arg-type]

    if former is None:
        return settled(None)
    with former.read() as old:
        return settled(old)


def test_where_the_former_database_can_be_read_it_says_what_became_of_everything(
    stores: tuple[SqlStore, SqlStore],
) -> None:
    back, former = stores
    go_on(former)
    with former.read() as tx:
        last = tx.log.head()
    done = put_back(back, former, (last,))
    assert done.lost.words() == "entries 2..3 are gone, 1 approval and 1 hold among them"
    assert (done.uncertain, done.sent, done.runs, done.plans, done.jumped) == (0, 2, ("run-1",), 1, False)
    assert done.holds[0].startswith("block of support-bot")
    with back.read() as tx:
        states = {d.key: d.state for d in tx.plumbing.deliveries()}
        assert states == {
            "notify-1": DeliveryState.SENT, "notify-2": DeliveryState.QUEUED, "notify-3": DeliveryState.SENT,
        }  # fmt: skip
        found = tx.rollbacks.plan(plan(reason="another").hash)
        assert found is not None
        assert found[1] is PlanState.USED
        assert tx.plumbing.epochs()["source:feed"] == 3
        log = verified(tx, [last])
        assert log.wrong == []
        assert "entries 2..3 are gone, 1 approval and 1 hold among them" in log.restored[0]
        assert "a backup of 2026-11-23T03:10:00Z" in log.restored[0]
    with back.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 11


def test_without_it_what_waited_is_uncertain_and_numbers_go_on_far_above(stores: tuple[SqlStore, SqlStore]) -> None:
    back, _ = stores
    done = put_back(back, None)
    assert done.lost.words() == "nobody knows which entries came after it"
    assert (done.uncertain, done.sent, done.runs, done.plans, done.jumped) == (2, 0, ("run-1",), 1, True)
    with back.read() as tx:
        letters = tx.plumbing.deliveries()
        assert {d.state for d in letters} == {DeliveryState.DEAD}
        assert all("it may have been sent since" in d.error for d in letters)
        assert tx.plumbing.due_deliveries(later(hours=2)) == []
        stopped = tx.rollbacks.run("run-1")
        assert stopped is not None
        assert stopped.state is RunState.UNKNOWN
        assert tx.plumbing.epochs()["source:feed"] == 1 + EPOCHS
        assert verified(tx, ()).wrong == []
    with back.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 8 + MORE
        assert tx.plumbing.claim("source:feed", "jump-2", NOW, 60) is not None
    assert any("2 messages may have been sent" in line for line in done.checks(AT))


def test_an_anchor_alone_shows_that_entries_are_gone(stores: tuple[SqlStore, SqlStore]) -> None:
    back, former = stores
    go_on(former)
    with former.read() as tx:
        last = tx.log.head()
    done = put_back(back, None, (last,))
    assert done.lost.words() == "entries 2..3 are gone, by an anchor; what was in them is not known"
    with back.read() as tx:
        assert verified(tx, [last]).wrong == []
        other = Anchor(last.seq, "f" * 64)  # not one that the restore has given up
        assert "the log was cut or rewritten" in verified(tx, [other]).wrong[0]


def test_another_history_is_not_taken_for_what_came_after_the_backup(stores: tuple[SqlStore, SqlStore]) -> None:
    back, former = stores
    with back.write() as tx:
        tx.log.append(NOW, "ana", "note", "only here")
    go_on(former)
    done = put_back(back, former)
    assert not done.lost.known
    assert done.uncertain == 2
