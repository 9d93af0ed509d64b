"""An alert goes to the people whom it concerns, once, and what was not sent says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.oncall import OnCall, Role, RoleRule, Rung, Schedule, Shift
from pulse_tui.domain.words import Environment, Priority, SignalType
from pulse_tui.services.alerts.ladder import climb, page_in_hours
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import signal
from tests.services.oncall.team import LADDER, ONCALL, START, TEAMS, called, routes, slow, team_parts, told


def notices(parts: JudgeParts) -> list[Notice]:
    with parts.store.read() as tx:
        return [n for a in tx.judgements.alerts() for n in tx.notices.of(a.id)]


def changed(**fields: object) -> OnCall:
    return msgspec.structs.replace(ONCALL, **fields)


def test_whoever_is_on_call_for_the_owner_is_paged_and_nobody_else(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START + timedelta(hours=1)
    parts = team_parts(judge)
    slow(parts)
    assert told(parts) == [("ana-phone", "opened")]
    [notice] = notices(parts)
    assert (notice.person, notice.team, notice.role, notice.route) == ("ana", "ml-support", "ml", "ana-phone")
    assert (notice.use, notice.outcome) == (Use.PAGE, NoticeOutcome.QUEUED)


def test_in_the_next_week_it_is_the_next_one(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START + timedelta(days=8)
    parts = team_parts(judge)
    slow(parts)
    assert told(parts) == [("ben-phone", "opened")]


def test_without_people_everything_is_as_it_always_was(judge: JudgeParts) -> None:
    parts = team_parts(judge, OnCall())
    slow(parts)
    assert {route for route, _ in told(parts)} == {f"{n}-phone" for n in ("ana", "ben", "cleo", "dora", "lea")}
    assert all(n.person is None and n.role is None for n in notices(parts))


def test_where_a_calendar_cannot_be_read_the_whole_team_is_called_and_the_message_says_why(
    judge: JudgeParts, clock: Clock
) -> None:
    clock.now = START
    feed = Schedule(id="ana-ben", ical="https://rota.test/x.ics")
    parts = team_parts(judge, changed(schedules={"ana-ben": feed}))
    slow(parts)
    assert {route for route, _ in told(parts)} == {"ana-phone", "ben-phone"}
    assert {n.person for n in notices(parts)} == {"ana", "ben"}
    assert all("was not read yet" in n.why for n in notices(parts))


def test_a_role_rule_sends_a_vulnerability_to_security_and_platform_and_not_to_its_owner(judge: JudgeParts) -> None:
    rule = RoleRule(types=(SignalType.CVE,), roles=(Role.SECURITY, Role.PLATFORM))
    parts = team_parts(judge, changed(roles=(rule,)), routes=[msgspec.structs.replace(r, wanted=()) for r in routes()])
    cve = signal(1, SignalType.CVE, asset_id="support-bot", environment=Environment.PRODUCTION)
    ingest([cve], [], parts, parts.clock())
    sent = [n for n in notices(parts) if n.outcome is NoticeOutcome.QUEUED]
    assert {(n.route, n.role) for n in sent} == {("dora-phone", "security"), ("platform-chat", "platform")}
    [left] = [n for n in notices(parts) if n.reason is Withheld.ROLE]
    assert (left.team, left.why) == ("ml-support", "cve goes to platform, security, not to ml")


def test_a_security_team_gets_nothing_that_is_about_performance_alone(judge: JudgeParts) -> None:
    teams = {**TEAMS, "ml-support": msgspec.structs.replace(TEAMS["security"], id="ml-support")}
    parts = team_parts(judge, changed(teams=teams))
    slow(parts)
    assert told(parts) == []
    assert {(n.outcome, n.reason) for n in notices(parts)} >= {
        (NoticeOutcome.WITHHELD, Withheld.ROLE),
        (NoticeOutcome.NOBODY, None),
    }


def test_a_p1_that_nobody_serves_goes_to_every_route_and_says_so(judge: JudgeParts) -> None:
    teams = {**TEAMS, "ml-support": msgspec.structs.replace(TEAMS["security"], id="ml-support")}
    parts = team_parts(judge, changed(teams=teams))
    slow(parts, times=3.0)
    sent = [n for n in notices(parts) if n.outcome is NoticeOutcome.QUEUED]
    assert {n.route for n in sent} == {r.id for r in routes()}
    assert all("no route serves ml-support: every route gets it" in n.why for n in sent)


def test_leadership_gets_nothing_but_p1(judge: JudgeParts) -> None:
    teams = {**TEAMS, "ml-support": msgspec.structs.replace(TEAMS["ml-support"], role=Role.LEADERSHIP)}
    parts = team_parts(judge, changed(teams=teams))
    slow(parts)
    assert told(parts) == []
    assert "only P1 goes to leadership" in {n.why for n in notices(parts)}


def test_what_can_wait_is_a_message_at_night_and_pages_once_when_hours_begin(judge: JudgeParts, clock: Clock) -> None:
    clock.now = datetime(2026, 10, 23, 20, tzinfo=UTC)  # Friday 22:00 in Berlin
    parts = team_parts(judge, changed(working_hours=("09:00", "18:00", "Europe/Berlin")))
    slow(parts)
    assert told(parts) == [("ml-chat", "opened")]
    [held] = [n for n in notices(parts) if n.reason is Withheld.HOURS]
    assert (held.use, held.route, held.person) == (Use.PAGE, "ana-phone", "ana")
    assert "it pages at 2026-10-26T08:00:00Z, when working hours begin" in held.why  # clocks went back on Sunday
    clock.now = datetime(2026, 10, 26, 7, 59, tzinfo=UTC)
    assert page_in_hours(parts) == 0
    clock.now = datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert page_in_hours(parts) == 1
    assert called(parts, clock.now) == {"ben-phone"}  # whose week it is since Monday 08:00
    clock.pass_(minutes=1)
    assert page_in_hours(parts) == 0


def test_a_p1_pages_at_any_hour(judge: JudgeParts, clock: Clock) -> None:
    clock.now = datetime(2026, 10, 24, 2, tzinfo=UTC)
    parts = team_parts(judge, changed(working_hours=("09:00", "18:00", "Europe/Berlin")))
    slow(parts, times=3.0)
    assert ("ana-phone", "opened") in told(parts)


def test_a_first_rung_that_wakes_nobody_is_a_message(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    ladders = {Priority.P2: (Rung(page=False), Rung(after=timedelta(minutes=10), to="oncall"))}
    parts = team_parts(judge, changed(ladders=ladders))
    slow(parts)
    assert told(parts) == [("ml-chat", "opened")]
    clock.pass_(minutes=11)
    assert climb(parts) == 1
    assert called(parts, clock.now) == {"ana-phone"}


def test_an_override_is_who_is_called(judge: JudgeParts, clock: Clock) -> None:
    clock.now = START
    rota = msgspec.structs.replace(
        ONCALL.schedules["ana-ben"], overrides=(Shift("cleo", START, START + timedelta(hours=2)),)
    )
    parts = team_parts(judge, changed(schedules={"ana-ben": rota}, ladders={Priority.P2: LADDER}))
    slow(parts)
    assert told(parts) == [("cleo-phone", "opened")]
