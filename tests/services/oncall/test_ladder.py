"""While nobody responds the next rung is climbed, each once; whoever responds ends it; a lapse begins it afresh."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pulse_tui.domain.alert import ESCALATED, Alert, AlertEvent, AlertState
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.oncall import Rung
from pulse_tui.domain.words import Priority
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.ladder import climb, preview_of
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.services.oncall.team import LADDER, ONCALL, START, called, slow, team_parts


def with_ladder(judge: JudgeParts, *rungs: Rung) -> JudgeParts:
    ladders = {Priority.P1: rungs or LADDER, Priority.P2: rungs or LADDER}
    return team_parts(judge, msgspec.structs.replace(ONCALL, ladders=ladders))


def only(parts: JudgeParts) -> Alert:
    with parts.store.read() as tx:
        [alert] = tx.judgements.alerts()
    return alert


def preview(parts: JudgeParts) -> str:
    with parts.store.read() as tx:
        return preview_of(tx, parts, only(parts), parts.clock())


def test_what_comes_is_no_page_where_the_hour_makes_it_a_message(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START  # Monday 08:00 in Berlin
    hours = ("09:00", "18:00", "Europe/Berlin")
    parts = team_parts(judge, msgspec.structs.replace(ONCALL, ladders={Priority.P2: LADDER}, working_hours=hours))
    slow(parts)
    assert preview(parts) == (
        "in 10m this notifies platform (next); it pages at 2026-10-19T07:00:00Z, when working hours begin"
    )
    clock.pass_(minutes=10)
    assert climb(parts) == 1
    with parts.store.read() as tx:
        assert "nobody responded for 10m: platform (next) is notified" in {n.why for n in tx.notices.of(only(parts).id)}


def test_a_rung_that_calls_nobody_does_not_promise_a_page_in_working_hours(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    hours = ("09:00", "18:00", "Europe/Berlin")
    alone = {**ONCALL.teams, "ml-support": msgspec.structs.replace(ONCALL.teams["ml-support"], escalate_to=None)}
    climbs = {Priority.P2: LADDER}
    oncall = msgspec.structs.replace(ONCALL, teams=alone, ladders=climbs, working_hours=hours)
    parts = team_parts(judge, oncall)
    slow(parts)
    assert preview(parts) == "in 10m this notifies nobody (nobody is next)"


def test_each_rung_is_climbed_once_and_is_in_the_log(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge)
    slow(parts)
    assert called(parts, START) == {"ana-phone"}
    assert preview(parts) == "in 10m this pages platform (next)"
    clock.pass_(minutes=9)
    assert climb(parts) == 0
    clock.pass_(minutes=1)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"cleo-phone"}  # the chat of platform wakes nobody: a member is
    assert climb(parts) == 0
    assert preview(parts) == "in 20m this pages lea (leadership)"
    clock.pass_(minutes=20)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"lea-phone"}
    with parts.store.read() as tx:
        logged = [e.detail for e in tx.log.entries(subject=only(parts).id) if e.action == ESCALATED]
        rungs = [(n.rung, n.route) for n in tx.notices.of(only(parts).id) if n.key is not None]
    assert [(e["rung"], e["to"], e["why"]) for e in logged] == [
        ("1", "platform (next)", "nobody responded for 10m"),
        ("3", "lea (leadership)", "nobody responded for 30m"),
    ]
    assert rungs == [(0, "ana-phone"), (1, "cleo-phone"), (3, "lea-phone")]


def test_reports_of_the_same_condition_climb_too(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge)
    for number in range(1, 4):
        slow(parts, number)
        clock.pass_(minutes=1)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"ana-phone", "ben-phone"}


def test_more_alerts_of_a_team_than_so_many_call_once_for_all_of_them(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge, Rung(), Rung(more_than=2, within=timedelta(minutes=10), to="leadership"))
    for number in range(1, 5):
        slow(parts, number, fingerprint=f"p95-{number}")
    clock.pass_(minutes=1)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"lea-phone"}
    assert climb(parts) == 0


def test_whoever_acknowledges_ends_the_climb_and_a_lapse_begins_it_afresh(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge)
    slow(parts)
    operate.acknowledge(parts, only(parts).id, "ana", 3_600, clock.now)
    assert preview(parts) == (
        "nobody else is called while it is acknowledged until 2026-10-19T07:00:00Z; then its clock starts afresh"
    )
    clock.pass_(minutes=59)
    assert climb(parts) == 0
    clock.pass_(minutes=1)
    assert operate.lapse(parts, clock.now) == 1
    assert only(parts).state is AlertState.FIRING
    assert climb(parts) == 0
    assert preview(parts) == "in 10m this pages platform (next)"
    clock.pass_(minutes=10)
    assert climb(parts) == 1


def test_what_is_raised_climbs_the_ladder_of_its_new_priority_from_the_beginning(
    judge: JudgeParts, clock: Clock
) -> None:
    clock.now = START
    parts = with_ladder(judge)
    slow(parts)
    clock.pass_(minutes=10)
    assert climb(parts) == 1
    clock.pass_(minutes=5)
    slow(parts, 2, times=3.0)
    assert only(parts).priority is Priority.P1
    assert climb(parts) == 0
    clock.pass_(minutes=10)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"cleo-phone"}


def test_a_priority_with_a_ladder_is_not_raised_by_its_deadline(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge)
    slow(parts)
    clock.pass_(hours=5)
    assert escalate(parts) == 0
    assert only(parts).priority is Priority.P2
    without = team_parts(judge)
    assert escalate(without) == 1


def test_when_every_rung_was_climbed_the_preview_says_so(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    parts = with_ladder(judge, Rung(), Rung(after=timedelta(minutes=5), to="ben", page=False))
    slow(parts)
    assert preview(parts) == "in 5m this notifies ben (ml-support)"
    clock.pass_(minutes=5)
    assert climb(parts) == 1
    assert preview(parts) == "nobody else is called: every rung of the ladder was climbed"


def test_while_a_breach_may_end_by_itself_nobody_climbs_and_the_clock_begins_when_somebody_is_called(
    judge: JudgeParts, clock: Clock
) -> None:
    clock.now = START
    parts = with_ladder(judge)
    slow(parts)
    alert = only(parts)
    waits = Notice(
        alert_id=alert.id, at=clock.now, event=AlertEvent.OPENED, use=Use.PAGE, outcome=NoticeOutcome.WITHHELD, why="it may end",
        reason=Withheld.HEALS,
    )  # fmt: skip
    clock.pass_(minutes=1)
    with parts.store.write() as tx:
        tx.notices.add([msgspec.structs.replace(waits, at=clock.now)])
    clock.pass_(minutes=14)
    assert climb(parts) == 0
    assert preview(parts).startswith("nobody has been called yet")
    with parts.store.write() as tx:
        tx.notices.add(
            [msgspec.structs.replace(waits, at=clock.now, outcome=NoticeOutcome.QUEUED, reason=None, key="k")]
        )
    clock.pass_(minutes=9)
    assert climb(parts) == 0
    clock.pass_(minutes=1)
    assert climb(parts) == 1
