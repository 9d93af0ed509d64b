"""The outbox as values: how long a message is tried, whose turn it is, and what survives an outage."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.delivery import (
    LATE,
    LIMITED_PERSISTS,
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    Delivery,
    DeliveryState,
    Queued,
    backoff,
    lineup,
)
from tests.fakes.nouns import NOW, later


def made(key: str = "k", **more: datetime) -> Delivery:
    return Delivery(key=key, kind="notify", route="r", payload={}, created_at=more.get("at", NOW))


def test_a_message_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour_and_the_same_after_a_restart() -> None:
    waits = [backoff("k", n).total_seconds() for n in range(1, 20)]
    for wait, plain in zip(waits, [10, 20, 40, 80, 160, 320, 640, *[900] * 12], strict=True):
        assert plain <= wait <= plain * 1.2
    assert waits == [backoff("k", n).total_seconds() for n in range(1, 20)]
    assert backoff("k", 3) != backoff("other", 3), "what failed together does not come back together"


def tried_until_dead(item: Delivery, now: datetime, *, limited: bool = False, asked: float | None = None) -> datetime:
    while True:
        item = item.failed(now, "no", limited=limited, retry_after_s=asked)
        if item.state is DeliveryState.DEAD:
            return now
        assert item.next_at is not None
        assert timedelta(0) < item.next_at - now <= LONGEST_WAIT * 1.2
        now = item.next_at


@given(key=st.text(min_size=1, max_size=20), age=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_message_is_tried_for_more_than_24_hours_however_long_nobody_sent_it(key: str, age: timedelta) -> None:
    first = NOW + age
    assert tried_until_dead(made(key), first) - first > timedelta(hours=24)


def test_a_destination_that_only_asks_for_pauses_gets_three_days() -> None:
    assert tried_until_dead(made(), NOW, limited=True, asked=1) - NOW >= LIMITED_PERSISTS - timedelta(hours=1)


def test_what_a_repeat_cannot_change_is_dead_at_once() -> None:
    assert made().failed(NOW, "no", permanent=True).state is DeliveryState.DEAD


@pytest.mark.parametrize(("asked", "waits"), [(30.0, 30.0), (0.0, 1.0), (1e12, 3600.0)])
def test_a_pause_that_is_asked_for_is_obeyed_within_reason(asked: float, waits: float) -> None:
    failed = made().failed(NOW, "slow down", limited=True, retry_after_s=asked)
    assert failed.next_at == NOW + timedelta(seconds=waits)


def test_more_than_five_minutes_pass_before_others_are_notified() -> None:
    assert sum((backoff("k", n) for n in range(1, LATE)), timedelta(0)) > timedelta(minutes=5)


# --------------------------------------------------------------------------- whose turn it is


def queued(key: str, minute: int, *, attempts: int = 0, wait: int | None = None, dead: bool = False) -> Queued:
    state = DeliveryState.DEAD if dead else DeliveryState.QUEUED
    return Queued(key, state, attempts, later(minutes=minute), later(minutes=wait) if wait is not None else None)


def test_a_message_never_overtakes_the_one_before_it_in_its_thread() -> None:
    line = lineup([queued("a/resolved", 1), queued("a", 0, attempts=1, wait=9), queued("b", 2)], later(minutes=5))
    assert [t.key for t in line.turns] == ["b"]
    line = lineup([queued("a/resolved", 1), queued("a", 0, attempts=1, wait=9)], later(minutes=9))
    assert [t.key for t in line.turns] == ["a"]


def test_the_first_is_first_whatever_a_clock_that_was_set_back_wrote() -> None:
    assert [t.key for t in lineup([queued("a/resolved", 1), queued("a", 30)], later(minutes=40)).turns] == ["a"]


def test_one_of_a_thread_at_once_and_the_eldest_thread_first() -> None:
    line = lineup([queued("b", 1), queued("a", 2), queued("a/raised/1", 3), queued("c", 0)], later(minutes=9))
    assert [t.key for t in line.turns] == ["c", "b", "a"]


def test_what_is_superseded_while_a_route_is_down_is_folded_but_never_the_beginning_or_the_end() -> None:
    thread = [
        queued("a", 0, attempts=2),
        queued("a/raised/1", 1),
        queued("a/acknowledged/9", 2),
        queued("a/resolved", 3),
    ]
    line = lineup(thread, later(minutes=9))
    (fold,) = line.folds
    assert (fold.keys, fold.into) == (("a/raised/1", "a/acknowledged/9"), "a/resolved")
    assert [t.key for t in line.turns] == ["a"]
    (fold,) = lineup([queued("a/raised/1", 1, attempts=1), *thread[2:]], later(minutes=9)).folds
    assert (fold.keys, fold.into) == (("a/raised/1", "a/acknowledged/9"), "a/resolved")


def test_nothing_is_folded_while_a_route_works() -> None:
    assert lineup([queued("a", 0), queued("a/raised/1", 1), queued("a/resolved", 2)], later(minutes=9)).folds == []


def test_what_follows_a_dead_message_names_it() -> None:
    (turn,) = lineup([queued("a", 0, dead=True), queued("a/resolved", 1)], later(minutes=9)).turns
    assert (turn.key, turn.lost) == ("a/resolved", ("a",))
    assert lineup([queued("a", 0, dead=True)], later(minutes=9)).turns == []


EVENTS = ("raised", "acknowledged", "reopened")


@given(data=st.data())
def test_after_an_outage_of_any_length_up_to_24_hours_every_alert_arrived_in_order_with_its_last_state(
    data: st.DataObject,
) -> None:
    """The pump in small: what is due is sent, what fails waits, what is superseded is folded."""
    outage = data.draw(st.timedeltas(timedelta(0), timedelta(hours=24)))
    box: dict[str, Delivery] = {}
    arrivals: dict[str, list[str]] = {}
    for thread in "abc":
        moments = sorted(data.draw(st.lists(st.integers(0, int(outage.total_seconds())), min_size=1, max_size=5)))
        names = [thread, *(f"{thread}/{data.draw(st.sampled_from(EVENTS))}/{n}" for n in range(len(moments) - 2))]
        names += [f"{thread}/resolved"] if len(moments) > 1 else []
        for name, moment in zip(names, moments, strict=True):
            box[name] = made(name, at=NOW + timedelta(seconds=moment))
            arrivals.setdefault(thread, [])
    now, until = NOW, NOW + outage
    while any(d.state is DeliveryState.QUEUED for d in box.values()):
        there = [d for d in box.values() if d.created_at <= now and d.state is DeliveryState.QUEUED]
        line = lineup([Queued(d.key, d.state, d.attempts, d.created_at, d.next_at) for d in there], now)
        for fold in line.folds:
            for key in fold.keys:
                box[key] = box[key].folded(fold.into, now)
        for turn in line.turns:
            if now < until:
                box[turn.key] = box[turn.key].failed(now, "down")
            else:
                box[turn.key] = box[turn.key].sent("ok")
                arrivals[box[turn.key].thread].append(turn.key)
        now += timedelta(minutes=1 if now >= until else 20)
        assert now < until + timedelta(hours=2)
    for thread, keys in arrivals.items():
        mine = sorted((d for d in box.values() if d.thread == thread), key=lambda d: (not d.first, d.created_at, d.key))
        order = [d.key for d in mine]
        assert keys[0] == order[0]
        assert keys[-1] == order[-1]
        assert keys == [key for key in order if key in keys]
        assert all(d.state in (DeliveryState.SENT, DeliveryState.FOLDED) for d in mine)


def test_a_replayed_message_keeps_its_key_and_begins_anew() -> None:
    dead = made().failed(NOW, "no", permanent=True)
    again = dead.again(later(minutes=1))
    assert (again.key, again.state, again.attempts, again.error) == ("k", DeliveryState.QUEUED, 0, "")
    assert MAX_ATTEMPTS > 100
