"""Calendars that are somewhere else are asked for now and then; one that fails is shown with its age, then as unknown."""

from __future__ import annotations

from typing import Any

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.oncall import Duty, Schedule
from pulse_tui.enrich.oncall.duty import on_call
from pulse_tui.ports import Answer
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.calendars import known, read_calendars
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.services.oncall.team import ONCALL, START, team_parts

ROTA = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:On Call - ana - ML\r\nDTSTART:20261019T000000Z\r\n"
    b"DTEND:20261030T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


class Feed(FakeHttp):
    """Serves one calendar, or what is wrong instead."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.code, self.tag = ROTA, 200, "v1"

    def send(self, method: str, url: str, **more: Any) -> Answer:
        if self.down:
            raise SourceError(f"{url} cannot be reached")
        headers = dict(more.get("headers") or {})
        self.asked.append((method, url, headers))  # type: ignore[arg-type]
        if headers.get("If-None-Match") == self.tag:
            return Answer(304, {}, b"")
        return Answer(self.code, {"etag": self.tag}, self.body)


def parts_with(judge: JudgeParts, feed: Feed) -> JudgeParts:
    schedule = Schedule(id="ana-ben", ical="https://rota.test/x.ics")
    oncall = msgspec.structs.replace(ONCALL, schedules={"ana-ben": schedule})
    return team_parts(judge, oncall, outside=judge.outside._replace(http=feed))


def duty(parts: JudgeParts) -> Duty:
    with parts.store.read() as tx:
        there = known(tx, parts.oncall)
    return on_call(there.schedules["ana-ben"], parts.clock(), there)


def test_it_is_read_every_quarter_of_an_hour_and_not_sent_again_unchanged(judge: JudgeParts, clock: Clock) -> None:
    clock.now, feed = START, Feed()
    parts = parts_with(judge, feed)
    assert duty(parts).unknown
    assert read_calendars(parts, "h") == []
    assert duty(parts).who == "ana"
    read_calendars(parts, "h")
    assert len(feed.asked) == 1
    clock.pass_(minutes=15)
    read_calendars(parts, "h")
    assert len(feed.asked) == 2
    clock.pass_(minutes=50)
    assert duty(parts).why == ""  # the answer that nothing changed counts as read


def test_one_that_cannot_be_had_ages_and_is_then_not_believed(judge: JudgeParts, clock: Clock) -> None:
    clock.now, feed = START, Feed()
    parts = parts_with(judge, feed)
    read_calendars(parts, "h")
    feed.down = True
    clock.pass_(hours=2)
    [problem] = read_calendars(parts, "h")
    assert problem.startswith("the calendar of schedule ana-ben: https://rota.test")
    assert (duty(parts).who, duty(parts).why) == ("ana", "calendar last read 2h ago")
    clock.pass_(hours=5)
    read_calendars(parts, "h")
    gone = duty(parts)
    assert (gone.who, gone.unknown) == (None, True)
    assert "is stale" in gone.why
    with parts.store.read() as tx:
        assert [e.action for e in tx.log.entries(subject="ana-ben")] == ["calendar.failed"]
    feed.down = False
    clock.pass_(minutes=15)
    read_calendars(parts, "h")
    assert duty(parts).who == "ana"


def test_a_page_that_asks_to_sign_in_does_not_replace_the_calendar(judge: JudgeParts, clock: Clock) -> None:
    clock.now, feed = START, Feed()
    parts = parts_with(judge, feed)
    read_calendars(parts, "h")
    feed.body, feed.tag = b"<html>sign in</html>", "v2"
    clock.pass_(minutes=15)
    assert read_calendars(parts, "h") != []
    assert duty(parts).who == "ana"
    feed.code = 403
    clock.pass_(minutes=15)
    [problem] = read_calendars(parts, "h")
    assert "answered 403" in problem
    clock.pass_(minutes=1)
    assert read_calendars(parts, "h") == []
