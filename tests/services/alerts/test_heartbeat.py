"""The heartbeat is sent only while the tower does its work, and what became of it is known to everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.source import SourceStatus
from pulse_tui.services.alerts.heartbeat import Beat, BeatState, beat, standing, unhealthy
from pulse_tui.services.alerts.outbox import undelivered_lines
from pulse_tui.services.parts import JudgeParts
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.shapes import HeartbeatShape
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import NOW, later

SHAPE = HeartbeatShape(url="http://alive.test/ping/7f?token=x", every=Seconds(60))


def state(found: Beat | None) -> BeatState | None:
    return found.state if found is not None else None


def test_it_is_sent_when_it_is_due_and_not_sooner(judge: JudgeParts, clock: Clock, http: FakeHttp) -> None:
    assert standing(SHAPE, judge)[0] is None
    assert state(beat(SHAPE, judge, ())) is BeatState.SENT
    clock.sleep(30)
    assert beat(SHAPE, judge, ()) is None
    clock.sleep(26)
    assert state(beat(SHAPE, judge, ())) is BeatState.SENT
    assert [(a.method, a.url) for a in http.asked] == [("GET", SHAPE.url)] * 2
    arrives, words = standing(SHAPE, judge)
    assert arrives
    assert "token" not in words


def test_a_housekeeping_that_did_not_work_sends_none_and_says_since_when(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    beat(SHAPE, judge, ())
    clock.sleep(60)
    held = beat(SHAPE, judge, ("housekeeping broke: no such table",))
    assert state(held) is BeatState.WITHHELD
    assert len(http.asked) == 1
    clock.sleep(10)
    again = beat(SHAPE, judge, ("housekeeping broke: no such table",))
    assert again is not None
    assert held is not None
    assert (again.since, held.since) == (held.at, held.at), "one word when it changes"
    arrives, words = standing(SHAPE, judge)
    assert arrives is False
    assert "withheld since 2026-11-23T03:11:00Z: the housekeeping did not work" in words
    assert "the last one arrived at 2026-11-23T03:10:00Z" in words
    clock.sleep(10)
    assert state(beat(SHAPE, judge, ())) is BeatState.SENT, "at once when all is well again"


def test_a_source_that_nobody_asks_withholds_it(judge: JudgeParts, http: FakeHttp) -> None:
    with judge.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="news", kind="feed", every_s=60, next_at=NOW - timedelta(minutes=9)))
    assert state(beat(SHAPE, judge, ())) is BeatState.WITHHELD
    assert http.asked == []
    assert "nobody asks source news" in standing(SHAPE, judge)[1]


def test_a_source_that_fails_but_is_asked_withholds_nothing() -> None:
    failing = SourceStatus(id="news", kind="feed", every_s=60, failures=9, next_at=later(minutes=16))
    slow = SourceStatus(id="daily", kind="feed", every_s=86_400, next_at=NOW - timedelta(hours=30))
    assert unhealthy([failing, slow, SourceStatus(id="new", kind="feed")], (), NOW) == ""


def test_a_database_that_takes_no_write_sends_none(
    judge: JudgeParts, http: FakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(judge.store, "write", refuse)
    with pytest.raises(StorageError):
        beat(SHAPE, judge, ())
    assert http.asked == []


@pytest.mark.parametrize("down", [True, False])
def test_one_that_does_not_arrive_is_shown_without_its_secret_and_sent_again_soon(
    judge: JudgeParts, clock: Clock, http: FakeHttp, down: bool
) -> None:
    http.down, http.status = down, 404
    assert state(beat(SHAPE, judge, ())) is BeatState.FAILED
    arrives, words = standing(SHAPE, judge)
    assert arrives is False
    assert "none arrived yet" in words
    assert "token" not in words
    http.down, http.status = False, 200
    clock.sleep(10)
    assert state(beat(SHAPE, judge, ())) is BeatState.SENT


def test_that_nobody_is_left_to_send_it_is_shown(judge: JudgeParts, clock: Clock) -> None:
    beat(SHAPE, judge, ())
    clock.sleep(200)
    arrives, words = standing(SHAPE, judge)
    assert (arrives, "no agent or tower runs" in words) == (False, True)


def test_a_clock_that_was_set_back_holds_up_none(judge: JudgeParts, clock: Clock) -> None:
    beat(SHAPE, judge, ())
    clock.sleep(-86_400)
    assert state(beat(SHAPE, judge, ())) is BeatState.SENT


def test_one_that_is_withheld_stands_among_the_problems_of_the_tower(judge: JudgeParts) -> None:
    beat(SHAPE, judge, ("housekeeping broke: x",))
    with judge.store.read() as tx:
        (line,) = undelivered_lines(tx, NOW)
    assert line.startswith("the heartbeat is withheld since")
    beat(SHAPE, judge, ())
    with judge.store.read() as tx:
        assert undelivered_lines(tx, NOW) == []
