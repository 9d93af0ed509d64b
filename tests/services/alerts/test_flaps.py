"""A condition that comes and goes is announced once more as such, and stays one open alert until it is steady."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import AlertEvent, AlertState
from pulse_tui.domain.notice import Withheld
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.escalate import settle
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later
from tests.services.alerts.test_mutes import breach, messages, newest, take
from tests.services.said import alerts


def come(judge: JudgeParts, number: int, at: datetime) -> None:
    take(judge, breach(number, 1.4, at), at=at)


def go(judge: JudgeParts, number: int, at: datetime) -> None:
    take(judge, breach(number, 0.9, at), at=at)


def flap(judge: JudgeParts, times: int) -> None:
    """It comes and goes every ten minutes."""
    for n in range(times):
        come(judge, 2 * n + 1, later(minutes=10 * n))
        go(judge, 2 * n + 2, later(minutes=10 * n + 5))


def test_the_third_time_within_an_hour_is_announced_as_flapping_and_the_alert_stays_open(judge: JudgeParts) -> None:
    flap(judge, 3)
    third = newest(judge)
    assert (third.flapping, third.state) == (True, AlertState.FIRING)
    assert third.cleared_at == later(minutes=25)
    with judge.store.read() as tx:
        titles = [d.payload["title"] for d in tx.plumbing.deliveries() if d.payload["alert"] == third.id]
    assert all(t.startswith("it comes and goes: 3 times within 1 h") for t in titles)
    assert len(alerts(judge)) == 3


def test_nobody_is_notified_of_each_time_while_it_flaps_and_that_is_kept(judge: JudgeParts) -> None:
    flap(judge, 3)
    before = messages(judge)
    for n in range(3, 6):
        come(judge, 100 + n, later(minutes=10 * n))
        go(judge, 200 + n, later(minutes=10 * n + 5))
    assert messages(judge) == before
    third = newest(judge)
    assert (third.count, len(alerts(judge))) == (4, 3)
    with judge.store.read() as tx:
        kept = [n for n in tx.notices.of(third.id) if n.reason is Withheld.FLAPPING]
    assert [n.event for n in kept] == [AlertEvent.REPEATED] * 3


def test_it_ends_when_it_was_steady_for_the_window(judge: JudgeParts, clock: Clock) -> None:
    flap(judge, 3)
    clock.sleep(79 * 60)
    assert settle(judge) == 0, "last reported 20 minutes after the first"
    clock.sleep(2 * 60)
    assert settle(judge) == 1
    assert newest(judge).state is AlertState.RESOLVED
    assert messages(judge).count("resolved") > 0
    come(judge, 300, later(hours=3))
    assert not newest(judge).flapping, "after that it is an alert like any other"


def test_what_a_person_closed_and_what_comes_again_calls(judge: JudgeParts) -> None:
    flap(judge, 3)
    operate.resolve(judge, newest(judge).id, "ana", "a fix is out", later(minutes=26))
    come(judge, 400, later(minutes=30))
    fourth = newest(judge)
    assert fourth.flapping
    with judge.store.read() as tx:
        assert not [n for n in tx.notices.of(fourth.id) if n.reason is Withheld.FLAPPING]
        assert [d for d in tx.plumbing.deliveries() if d.payload["alert"] == fourth.id]


def test_what_comes_twice_is_no_flapping(judge: JudgeParts) -> None:
    flap(judge, 2)
    assert not any(a.flapping for a in alerts(judge))
    assert {a.state for a in alerts(judge)} == {AlertState.RESOLVED}


def test_a_slow_repetition_is_no_flapping(judge: JudgeParts) -> None:
    for n in range(4):
        come(judge, 2 * n + 1, later(hours=n))
        go(judge, 2 * n + 2, later(hours=n, minutes=5))
    assert not any(a.flapping for a in alerts(judge))
    assert newest(judge).first_at >= NOW
