"""Who is on call, by rotations, calendars and overrides, through changes of the clock."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.oncall import OnCall, Person, Rotation, Schedule, Shift
from pulse_tui.enrich.oncall.calendar import events_of
from pulse_tui.enrich.oncall.duty import duty_words, on_call, person_named
from pulse_tui.enrich.oncall.recur import turns

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rota(**fields: object) -> Schedule:
    made = Rotation(members=("ana", "ben"), start=utc("2026-10-05T06:00"), every=timedelta(days=7), zone=BERLIN)
    return Schedule(**{"id": "rota", "rotation": made, **fields})  # type: ignore[arg-type]


def ical(*entries: str) -> Schedule:
    body = "\n".join(f"BEGIN:VEVENT\nUID:{n}\n{entry}\nEND:VEVENT" for n, entry in enumerate(entries))
    return Schedule(id="feed", ical="rota.ics", zone=BERLIN, text=f"BEGIN:VCALENDAR\n{body}\nEND:VCALENDAR\n")


def who(schedule: Schedule, text: str) -> str | None:
    return on_call(schedule, utc(text)).who


def test_a_turn_begins_at_eight_on_the_wall_before_and_after_clocks_change() -> None:
    # Summer time ends on 2026-10-25 in Berlin: 08:00 is 06:00 UTC before and 07:00 UTC after.
    assert who(rota(), "2026-10-19T05:59") == "ben"
    assert who(rota(), "2026-10-19T06:00") == "ana"
    assert who(rota(), "2026-10-26T06:30") == "ana"
    assert who(rota(), "2026-10-26T07:00") == "ben"
    duty = on_call(rota(), utc("2026-10-20T12:00"))
    assert (duty.who, duty.until, duty.then) == ("ana", utc("2026-10-26T07:00"), "ben")


def test_the_end_of_a_turn_has_the_zone_of_its_clock_unless_that_is_utc() -> None:
    at = utc("2026-10-20T12:00")
    assert duty_words(on_call(rota(), at), zone=BERLIN, at=at) == "ana until Mon 08:00 CET, then ben"
    assert duty_words(on_call(rota(), at), at=at) == "ana until Mon 07:00, then ben"


def test_before_the_first_turn_nobody_is_on_call_and_the_words_say_who_begins() -> None:
    duty = on_call(rota(), utc("2026-10-01T00:00"))
    assert duty.who is None
    assert not duty.unknown
    assert duty_words(duty) == "nobody: schedule rota has nobody now; ana begins at 2026-10-05T06:00:00Z"


def test_an_override_counts_before_the_turn_and_the_turn_goes_on_after_it() -> None:
    swapped = rota(overrides=(Shift("cleo", utc("2026-10-06T10:00"), utc("2026-10-06T20:00")),))
    before, during = on_call(swapped, utc("2026-10-06T09:00")), on_call(swapped, utc("2026-10-06T12:00"))
    assert (before.who, before.until, before.then) == ("ana", utc("2026-10-06T10:00"), "cleo")
    assert (during.who, during.until, during.then) == ("cleo", utc("2026-10-06T20:00"), "ana")


@given(
    st.integers(0, 10_000),
    st.sampled_from([timedelta(hours=12), timedelta(days=1), timedelta(days=7), timedelta(days=14)]),
    st.integers(1, 5),
)
def test_there_is_always_exactly_one_turn_and_they_follow_each_other(hours: int, every: timedelta, people: int) -> None:
    rotation = Rotation(
        members=tuple(f"p{n}" for n in range(people)), start=utc("2026-01-01T07:00"), every=every, zone=BERLIN
    )
    at = utc("2026-01-02T00:00") + timedelta(hours=hours)
    found = list(turns(rotation, at, at + 3 * every))
    assert sum(s.begins <= at < s.ends for s in found) == 1
    assert all(a.ends == b.begins for a, b in itertools.pairwise(found))


def test_a_weekly_entry_keeps_its_wall_clock_time_and_ends_at_it() -> None:
    feed = ical(
        "SUMMARY:ana\nDTSTART;TZID=Europe/Berlin:20261005T200000\nDTEND;TZID=Europe/Berlin:20261006T080000\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO,SU"
    )
    assert who(feed, "2026-10-24T19:00") is None
    assert who(feed, "2026-10-25T18:30") is None  # 19:30 on the wall: clocks went back that night
    assert who(feed, "2026-10-25T19:00") == "ana"
    assert on_call(feed, utc("2026-10-25T20:00")).until == utc("2026-10-26T07:00")


def test_an_entry_of_a_whole_day_is_of_the_day_where_the_team_is() -> None:
    feed = ical("SUMMARY:ben\nDTSTART;VALUE=DATE:20261130")
    assert who(feed, "2026-11-29T22:59") is None
    assert who(feed, "2026-11-29T23:00") == "ben"
    assert who(feed, "2026-11-30T22:59") == "ben"
    assert who(feed, "2026-11-30T23:00") is None


def test_an_occurrence_that_was_taken_out_or_moved_is_not_where_it_was() -> None:
    daily = "SUMMARY:ana\nDTSTART:20261101T080000Z\nDTEND:20261101T120000Z\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261102T080000Z"
    moved = "SUMMARY:ben\nUID:0\nDTSTART:20261103T100000Z\nDTEND:20261103T140000Z\nRECURRENCE-ID:20261103T080000Z"
    text = (
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:0\n{daily}\nEND:VEVENT\nBEGIN:VEVENT\n{moved}\nEND:VEVENT\nEND:VCALENDAR"
    )
    feed = Schedule(id="feed", ical="x.ics", text=text)
    assert who(feed, "2026-11-01T09:00") == "ana"
    assert who(feed, "2026-11-02T09:00") is None
    assert who(feed, "2026-11-03T09:00") is None
    assert who(feed, "2026-11-03T11:00") == "ben"
    assert who(feed, "2026-11-04T09:00") == "ana"
    assert who(feed, "2026-11-05T09:00") is None  # the fourth was the last, the one taken out counts


def test_every_second_week_is_every_second_one_however_far_off() -> None:
    feed = ical(
        "SUMMARY:ana\nDTSTART;TZID=Europe/Berlin:20200106T090000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"
    )
    for n in (0, 1, 2, 104, 105, 312, 313):
        expected = "ana" if n % 2 == 0 else None
        assert on_call(feed, utc("2020-01-06T08:30") + timedelta(weeks=n)).who == expected, n


def test_of_two_shifts_at_once_the_one_that_began_last_counts() -> None:
    feed = ical(
        "SUMMARY:ana\nDTSTART:20261130T000000Z\nDTEND:20261201T000000Z",
        "SUMMARY:ben\nDTSTART:20261130T060000Z\nDTEND:20261130T070000Z",
    )
    assert (who(feed, "2026-11-30T05:00"), who(feed, "2026-11-30T06:30")) == ("ana", "ben")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "was not read yet"),
        ("<html>sign in</html>", "no colon"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:ana\nDTSTART:20261130T000000Z\n", "cut off"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nDTSTART;TZID=Mars/Base:20261130T000000\nEND:VEVENT\nEND:VCALENDAR", "no time zone 'Mars/Base'"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nDTSTART:20261130T000000Z\nRRULE:FREQ=MONTHLY\nEND:VEVENT\nEND:VCALENDAR", "FREQ=MONTHLY is not read"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261130T000000Z\nEND:VEVENT\nEND:VCALENDAR", "nobody that they are on call"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_read_makes_nobody_known(text: str, says: str) -> None:
    duty = on_call(Schedule(id="feed", ical="https://rota.test/x.ics", text=text), utc("2026-11-30T00:10"))
    assert duty.who is None
    assert duty.unknown
    assert says in duty.why


def test_a_calendar_is_shown_with_its_age_and_not_believed_when_it_is_stale() -> None:
    feed = ical("SUMMARY:ana\nDTSTART:20261130T000000Z\nDTEND:20261201T000000Z")
    fetched = Schedule(id="feed", ical="https://rota.test/x.ics", text=feed.text, read_at=utc("2026-11-30T01:00"))
    assert on_call(fetched, utc("2026-11-30T01:30")).why == ""
    assert duty_words(on_call(fetched, utc("2026-11-30T03:30")), "ml", at=utc("2026-11-30T03:30")) == (
        "ana (ml) until Tue 00:00, then nobody [calendar last read 2h ago]"
    )
    stale = on_call(fetched, utc("2026-11-30T07:30"))
    assert (stale.who, stale.unknown) == (None, True)
    assert stale.why == "the calendar of schedule feed is stale; last read 6h ago"


def test_an_override_counts_where_the_calendar_cannot_be_read() -> None:
    shift = Shift("cleo", utc("2026-11-30T00:00"), utc("2026-11-30T12:00"))
    assert (
        who(Schedule(id="feed", ical="x.ics", problem="no such file", overrides=(shift,)), "2026-11-30T01:00") == "cleo"
    )


def test_a_calendar_calls_people_by_their_names_aliases_and_within_sentences() -> None:
    ana, ben = Person(name="ana", aliases=("Ana Smith", "ana@acme.test")), Person(name="ben")
    known = OnCall(people={"ana": ana, "ben": ben})
    assert person_named("On Call - Ana  Smith - ML rota", known) == "ana"
    assert person_named("ANA@acme.test", known) == "ana"
    assert person_named("banana", known) == "banana"
    assert person_named("ana and ben", known) == "ana and ben"


def test_a_zone_is_known_by_the_name_that_outlook_gives_it() -> None:
    text = (
        'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:an\r\n a\r\nDTSTART;TZID="W. Europe Standard Time":20261130T080000\r\n'
        'DTEND;TZID="W. Europe Standard Time":20261130T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    )
    [event] = events_of(text)
    assert (event.who, event.begins) == ("ana", utc("2026-11-30T07:00"))


@given(st.text(max_size=200), st.lists(st.sampled_from([
    "BEGIN:VEVENT", "END:VEVENT", "SUMMARY:ana", "DTSTART:20261130T000000Z", "DTSTART;VALUE=DATE:20261130", "DTEND:20261129T000000Z",
    "RRULE:FREQ=WEEKLY;BYDAY=XX", "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE:FREQ=DAILY;UNTIL=2026", "DURATION:P", "BEGIN:VALARM", "END:VALARM",
    "EXDATE:;", "RDATE:20261131T000000Z", "RECURRENCE-ID:1", "UID:1",
]), max_size=12))  # fmt: skip
def test_whatever_a_calendar_holds_it_is_read_or_refused(noise: str, lines: list[str]) -> None:
    for text in (noise, "\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"])):
        try:
            events = events_of(text)
        except ConfigError as error:
            events, why = (), error.problems[0].what
        else:
            why = "read"
        assert why
        assert all(e.who for e in events)
