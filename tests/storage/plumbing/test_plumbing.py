from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.delivery import MAX_ATTEMPTS, Delivery, DeliveryState
from pulse_tui.domain.source import Cursor, SourceStatus
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later
from tests.servers.forms import examples


def test_a_lease_is_taken_renewed_and_refused_to_others(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.plumbing.claim("x", "a", NOW, 60) == 1
        assert tx.plumbing.claim("x", "a", later(seconds=50), 60) == 1
        assert tx.plumbing.claim("x", "b", later(seconds=100), 60) is None
        assert tx.plumbing.holds_lease("x", "a", 1, later(seconds=109))
        assert not tx.plumbing.holds_lease("x", "a", 1, later(seconds=110))
        assert not tx.plumbing.holds_lease("x", "a", 2, NOW)
        assert not tx.plumbing.holds_lease("y", "a", 1, NOW)


def test_a_lease_that_ran_out_is_another_epoch_even_for_its_holder(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.plumbing.claim("x", "a", NOW, 60) == 1
        assert tx.plumbing.claim("x", "a", later(seconds=60), 60) == 2
        assert tx.plumbing.claim("x", "b", later(seconds=120), 60) == 3


def test_a_lease_that_was_given_back_is_free_at_once_and_its_epoch_goes_on(store: SqlStore) -> None:
    with store.write() as tx:
        tx.plumbing.claim("x", "a", NOW, 60)
        tx.plumbing.release("x", "b")
        assert tx.plumbing.claim("x", "b", NOW, 60) is None
        tx.plumbing.release("x", "a")
        assert tx.plumbing.claim("x", "b", NOW, 60) == 2


_MOVES = st.lists(
    st.tuples(st.sampled_from(["claim", "release"]), st.sampled_from("abc"), st.integers(0, 90)), max_size=25
)


@pytest.mark.parametrize("database", ["sqlite"])
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=_MOVES)
def test_an_epoch_never_goes_back_and_two_never_hold_one_lease(
    database: str, store: SqlStore, moves: list[tuple[str, str, int]]
) -> None:
    name, now, best = f"{database}-{hash(tuple(moves))}", NOW, 0
    held: dict[str, int] = {}
    for verb, holder, wait in moves:
        now += timedelta(seconds=wait)
        with store.write() as tx:
            if verb == "release":
                tx.plumbing.release(name, holder)
                continue
            epoch = tx.plumbing.claim(name, holder, now, 60)
            if epoch is not None:
                assert epoch > best or (epoch == best and held.get(holder) == best)
                best, held[holder] = epoch, epoch
            live = [h for h, e in held.items() if tx.plumbing.holds_lease(name, h, e, now)]
            assert len(live) <= 1


def _delivery(key: str, **fields: object) -> Delivery:
    made = Delivery(key=key, kind="notify", route="r", payload={"title": "[red]x"}, created_at=NOW)
    return changed(made, **fields) if fields else made


def test_a_delivery_is_queued_once_and_due_until_it_is_sent(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.plumbing.enqueue(_delivery("a"))
        assert not tx.plumbing.enqueue(_delivery("a", route="other"))
        assert tx.plumbing.due_deliveries(NOW) == [_delivery("a")]
        failed = _delivery("a").failed(NOW, "refused")
        tx.plumbing.put_delivery(failed)
        assert tx.plumbing.due_deliveries(later(seconds=9)) == []
        assert tx.plumbing.due_deliveries(later(seconds=12)) == [failed]
        tx.plumbing.put_delivery(failed.sent("ok"))
        assert tx.plumbing.due_deliveries(later(days=9)) == []
        assert not tx.plumbing.enqueue(_delivery("a"))
        assert [(d.state, d.attempts, d.receipt) for d in tx.plumbing.deliveries()] == [(DeliveryState.SENT, 2, "ok")]


def test_a_dead_delivery_is_not_due_and_counted(store: SqlStore) -> None:
    item = _delivery("a").failed(NOW, "no", permanent=True)
    with store.write() as tx:
        tx.plumbing.enqueue(item)
        assert tx.plumbing.due_deliveries(later(days=99)) == []
    assert store.board("x", None, NOW).header.undelivered == 1


def test_due_deliveries_come_oldest_first(store: SqlStore) -> None:
    with store.write() as tx:
        for i in (3, 1, 2):
            tx.plumbing.enqueue(_delivery(f"d{i}", created_at=later(minutes=i)))
        assert [d.key for d in tx.plumbing.due_deliveries(later(hours=1), 2)] == ["d1", "d2"]


def test_a_source_keeps_its_validators_and_is_forgotten_when_it_is_not_configured(store: SqlStore) -> None:
    status = SourceStatus(id="feed", kind="feed", last_good_at=NOW, cursor=Cursor(etag='"a"', bookmark="7"), reason="x")
    with store.write() as tx:
        tx.plumbing.put_source(status)
        tx.plumbing.put_source(changed(status, id="osv"))
        tx.plumbing.keep_sources(["feed"])
        assert tx.plumbing.sources() == {"feed": status}
        tx.plumbing.keep_sources([])
        assert tx.plumbing.sources() == {}


def test_values_are_kept_by_key(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.plumbing.get_value("k") is None
        tx.plumbing.put_value("k", "1")
        tx.plumbing.put_value("k", "2")
        assert tx.plumbing.get_value("k") == "2"


def test_what_is_due_is_asked_for_by_route(store: SqlStore) -> None:
    with store.write() as tx:
        for number in range(60):
            tx.plumbing.enqueue(_delivery(f"a{number}", route="a"))
        tx.plumbing.enqueue(_delivery("b", route="b", created_at=later(minutes=1)))
        tx.plumbing.enqueue(_delivery("c", route="c").failed(NOW, "later"))
        assert tx.plumbing.due_routes(NOW) == ["a", "b"]
        assert [d.key for d in tx.plumbing.due_deliveries(NOW, route="b")] == ["b"]


def test_a_clock_that_was_set_back_keeps_no_delivery_waiting(store: SqlStore) -> None:
    with store.write() as tx:
        tx.plumbing.enqueue(_delivery("a").failed(later(hours=2), "planned before the clock went back"))
        assert [d.key for d in tx.plumbing.due_deliveries(NOW)] == ["a"]
        waiting = _delivery("b")
        for _ in range(MAX_ATTEMPTS - 1):
            waiting = waiting.failed(NOW, "no", retry_after_s=9e9)
        tx.plumbing.enqueue(waiting)
        assert [d.key for d in tx.plumbing.due_deliveries(NOW)] == ["a"], "the longest wait there is"
