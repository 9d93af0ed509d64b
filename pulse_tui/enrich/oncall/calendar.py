"""iCalendar (RFC 5545) as far as on-call calendars use it: entries, once or daily or weekly, moved and taken out ones.

An own reader: what a library would add (monthly rules, time zones defined in the file) no rota needs, and an entry that
is not understood has to make the whole calendar unknown, not be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.oncall import Event
from pulse_tui.domain.text import clean
from pulse_tui.enrich.oncall.zones import at_wall, wall, zone

LARGEST = 4 * 2**20
MOST = 20_000
"""Entries of one calendar."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNITS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7)}
_RULE_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}
_LENGTH = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")
_LONGEST = timedelta(days=370)


class _Line(NamedTuple):
    number: int
    name: str
    params: dict[str, str]
    value: str


class _Stated(NamedTuple):
    """A beginning, an end or an exception: the moment, the zone that it is in, and whether it is a whole day."""

    moment: datetime
    zone: str
    day: bool


class _Entry(NamedTuple):
    event: Event
    uid: str
    replaces: datetime | None
    cancelled: bool


@lru_cache(maxsize=64)
def events_of(text: str, local: str = "UTC") -> tuple[Event, ...]:
    """The entries of a calendar. ``local``: the zone of times that name none, where the calendar has none either.

    Raises ConfigError with the first entry that cannot be read: whoever it calls would be left out in silence.
    """
    if len(text) > LARGEST:
        raise _wrong(0, f"is larger than {LARGEST >> 20} MB")
    lines = list(_lines(text))
    if not lines or (lines[0].name, lines[0].value.upper()) != ("BEGIN", "VCALENDAR"):
        raise _wrong(1, "is no iCalendar: it does not begin with BEGIN:VCALENDAR")
    if (lines[-1].name, lines[-1].value.upper()) != ("END", "VCALENDAR"):
        raise _wrong(lines[-1].number, "is cut off: END:VCALENDAR is missing")
    stated = next((line.value for line in lines if line.name == "X-WR-TIMEZONE"), "")
    place = stated if stated and zone(stated) is not None else local
    entries = [entry for block in _blocks(lines) for entry in _entries(block, place)]
    return tuple(_settled(entries))


def _settled(entries: list[_Entry]) -> Iterator[Event]:
    """Entries that move or cancel an occurrence of another one take it out there."""
    moved: dict[str, set[datetime]] = {}
    for entry in entries:
        if entry.replaces is not None:
            moved.setdefault(entry.uid, set()).add(entry.replaces)
    for entry in entries:
        if entry.cancelled:
            continue
        gone = moved.get(entry.uid, set()) if entry.replaces is None else set[datetime]()
        yield entry.event._replace(without=entry.event.without | gone) if gone else entry.event


def _lines(text: str) -> Iterator[_Line]:
    """Unfolded: a line that begins with a blank goes on with the one before."""
    number, held = 0, ""
    for n, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n"), start=1):
        if raw[:1] in (" ", "\t") and held:
            held += raw[1:]
            continue
        if held.strip():
            yield _line(number, held)
        number, held = n, raw
    if held.strip():
        yield _line(number, held)


def _line(number: int, text: str) -> _Line:
    head, quoted = "", False
    for i, character in enumerate(text):
        quoted ^= character == '"'
        if character == ":" and not quoted:
            head, value = text[:i], text[i + 1 :]
            break
    else:
        raise _wrong(number, f"{clean(text, 60)!r} is no line of an iCalendar: there is no colon")
    name, *given = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', head)
    params = {k.upper(): v.strip('"') for k, _, v in (part.partition("=") for part in given)}
    return _Line(number, name.strip().upper(), params, value.strip())


def _blocks(lines: list[_Line]) -> Iterator[list[_Line]]:
    """The lines of each VEVENT, without those of the alarms inside it."""
    inside, deeper, count = list[_Line](), 0, 0
    open_ = False
    for line in lines:
        kind = line.value.upper() if line.name in ("BEGIN", "END") else ""
        if not open_:
            if (line.name, kind) == ("BEGIN", "VEVENT"):
                open_, inside, deeper, count = True, [line], 0, count + 1
                if count > MOST:
                    raise _wrong(line.number, f"has more than {MOST:,} entries")
        elif line.name == "BEGIN":
            deeper += 1
        elif line.name == "END" and deeper:
            deeper -= 1
        elif line.name == "END":
            open_ = False
            yield inside
        elif not deeper:
            inside.append(line)
    if open_:
        raise _wrong(inside[0].number, "has an entry without an end")


def _entries(block: list[_Line], local: str) -> Iterator[_Entry]:
    given: dict[str, _Line] = {}
    for line in block[1:]:
        given.setdefault(line.name, line)
    first = block[0].number
    start_line = given.get("DTSTART")
    if start_line is None:
        raise _wrong(first, "has an entry without DTSTART")
    start = _stated(start_line, start_line.value, local)
    length, exact = _length(given, start, local)
    if not timedelta() <= length <= _LONGEST:
        raise _wrong(first, "has an entry that ends before it begins, or lasts more than a year")
    rule = _rule(given["RRULE"], start) if "RRULE" in given else {}
    if "EXRULE" in given:
        raise _wrong(given["EXRULE"].number, "has an EXRULE, which is not read")
    out = [_stated(line, one, local) for line in block if line.name == "EXDATE" for one in line.value.split(",")]
    event = Event(
        who=_who(given, first),
        begins=start.moment,
        zone=start.zone,
        length=length,
        exact=exact,
        without=frozenset(_excluded(o, start) for o in out),
        **rule,
    )
    replaces = given.get("RECURRENCE-ID")
    uid = given["UID"].value if "UID" in given else ""
    cancelled = "STATUS" in given and given["STATUS"].value.upper() == "CANCELLED"
    moved = _excluded(_stated(replaces, replaces.value, local), start) if replaces is not None else None
    yield _Entry(event, uid, moved, cancelled)
    more = [one for line in block if line.name == "RDATE" for one in line.value.split(",") if one]
    for one in more:
        if "/" in one:
            raise _wrong(first, "has an RDATE with a period, which is not read")
        also = _stated(next(line for line in block if line.name == "RDATE"), one, local)
        single = Event(event.who, also.moment, also.zone, length, exact)
        yield _Entry(single, uid, None, cancelled)


def _excluded(out: _Stated, start: _Stated) -> datetime:
    """The beginning of the occurrence that is meant: a day means the one that begins on it."""
    if not out.day or start.day:
        return out.moment
    begins = wall(start.moment, start.zone)
    return at_wall(datetime.combine(wall(out.moment, out.zone).date(), begins.time()), start.zone)


def _who(given: dict[str, _Line], first: int) -> str:
    summary = clean(_text(given["SUMMARY"].value), 200) if "SUMMARY" in given else ""
    if summary:
        return summary
    line = given.get("ATTENDEE") or given.get("ORGANIZER")
    name = clean(line.params.get("CN", "") or line.value.removeprefix("mailto:"), 200) if line is not None else ""
    if not name:
        raise _wrong(first, "has an entry without SUMMARY and ATTENDEE: it says of nobody that they are on call")
    return name


def _text(value: str) -> str:
    return re.sub(r"\\([\\;,nN])", lambda m: " " if m[1] in "nN" else m[1], value)


def _stated(line: _Line, value: str, local: str) -> _Stated:
    read = _read_moment(value.strip())
    if read is None:
        raise _wrong(line.number, f"{line.name} {clean(value, 40)!r} is no date or time")
    name = line.params.get("TZID", "")
    if name and zone(name) is None:
        raise _wrong(line.number, f"there is no time zone {clean(name, 60)!r}")
    place = name or local
    if read.utc:
        return _Stated(read.wall.replace(tzinfo=UTC), "UTC", False)
    return _Stated(at_wall(read.wall, place), place, read.day)


class _Read(NamedTuple):
    wall: datetime
    day: bool
    utc: bool


def _read_moment(text: str) -> _Read | None:
    """``20261130``, ``20261130T080000``, ``20261130T080000Z``."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    date, time = match[1], match[2] or "000000"
    digits = (date[:4], date[4:6], date[6:], time[:2], time[2:4], time[4:])
    try:
        return _Read(datetime(*map(int, digits)), not match[2], bool(match[3]))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _length(given: dict[str, _Line], start: _Stated, local: str) -> tuple[timedelta, bool]:
    """How long it lasts, and whether that is so many hours whatever the clock does."""
    if (end := given.get("DTEND")) is not None:
        ends = _stated(end, end.value, local)
        if ends.zone == start.zone:
            return wall(ends.moment, start.zone) - wall(start.moment, start.zone), False
        return ends.moment - start.moment, True
    if (line := given.get("DURATION")) is not None:
        match = _LENGTH.fullmatch(line.value)
        if match is None or not any(match.groups()):
            raise _wrong(line.number, f"DURATION {clean(line.value, 40)!r} is none")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return length, bool(hours or minutes or seconds)
    return (timedelta(days=1), False) if start.day else (timedelta(), True)


def _rule(line: _Line, start: _Stated) -> dict[str, Any]:
    parts = {k.strip().upper(): v.strip() for k, _, v in (p.partition("=") for p in line.value.split(";") if p)}
    unit = _UNITS.get(parts.get("FREQ", "").upper())
    days = [d.strip().upper() for d in parts.get("BYDAY", "").split(",") if d.strip()]
    strange = sorted(set(parts) - _RULE_PARTS) or [d for d in days if d not in _WEEKDAYS]
    if unit is None or strange:
        raise _wrong(line.number, f"RRULE:{clean(line.value, 80)} is not read: daily and weekly rules are")
    try:
        every, count = int(parts.get("INTERVAL", "1")), int(parts["COUNT"]) if "COUNT" in parts else None
        week_start = _WEEKDAYS.index(parts.get("WKST", "MO").upper())
    except ValueError:
        raise _wrong(line.number, f"RRULE:{clean(line.value, 80)} has a number that is none") from None
    if not 1 <= every <= 1_000 or (count is not None and not 1 <= count <= MOST):
        raise _wrong(line.number, f"RRULE:{clean(line.value, 80)} has a number out of range")
    until = _stated(line._replace(params={}), parts["UNTIL"], start.zone) if "UNTIL" in parts else None
    if until is None:
        last = None
    elif until.day:  # the whole of that day
        last = until.moment + timedelta(days=1) - timedelta(microseconds=1)
    else:
        last = until.moment
    return {
        "every": every * unit,
        "weekdays": tuple(sorted(_WEEKDAYS.index(d) for d in days)),
        "times": count,
        "until": last,
        "week_start": week_start,
    }


def _wrong(number: int, what: str) -> ConfigError:
    return ConfigError([Problem(f"calendar:{number}", f"line {number}: {what}" if number else what)])
