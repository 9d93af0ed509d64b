"""Until when: a date, a moment, or some days from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.text import clean

FORMS = "2026-12-23, 2026-12-23T09:00Z, or 30d"
_DAYS = re.compile(r"(\d{1,4})d\Z")


def until(text: str, now: datetime) -> datetime | None:
    """The moment; a date begins at midnight UTC, as does a moment without a zone. None for "". Raises WrongUse."""
    if not text:
        return None
    if days := _DAYS.match(text):
        return now + timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no date", todo=f"Write {FORMS}") from None
    return _counted(moment, text)


def _counted(moment: datetime, text: str) -> datetime:
    """The moment, in UTC where it names no zone. Raises WrongUse for one that no calendar of UTC has."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise WrongUse(
            f"{clean(text, 60)!r} is before the year 1 or after the year 9999", todo="Write a nearer one"
        ) from None
    return moment


_SPAN = re.compile(r"(\d{1,5})([mhd])\Z")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def past(text: str, now: datetime) -> datetime:
    """A moment, or how long before now (``45m``, ``6h``, ``2d``). Raises WrongUse."""
    if span := _SPAN.match(text):
        return now - int(span[1]) * _UNITS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        todo = "Write 2026-12-23T09:00Z, 2026-12-23, or how long ago: 45m, 6h, 2d"
        raise WrongUse(f"{clean(text, 60)!r} is no moment", todo=todo) from None
    return _counted(moment, text)


def coming(text: str, now: datetime, zone: str = "") -> datetime:
    """A moment, on the wall clock of ``zone`` (UTC where it is empty) unless it names an offset; or how long from now
    (``45m``, ``6h``, ``2d``). Raises WrongUse, also for a moment that the wall clock leaves out."""
    if span := _SPAN.match(text):
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        todo = "Write 2026-12-23T22:00, 2026-12-23T22:00+01:00, or how long from now: 45m, 6h, 2d"
        raise WrongUse(f"{clean(text, 60)!r} is no moment", todo=todo) from None
    if moment.tzinfo is not None:
        return _counted(moment, text).astimezone(UTC)
    there = moment.replace(tzinfo=zone_of(zone))
    found = there.astimezone(UTC)
    if found.astimezone(there.tzinfo).replace(tzinfo=None) != moment:
        raise WrongUse(f"{text} does not exist in {zone}: the clock is set forward then", todo="Choose another moment")
    return found


def zone_of(name: str) -> tzinfo:
    """UTC for "". Raises WrongUse for a zone that this machine does not know."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        todo = "Write a name as in Europe/Berlin"
        raise WrongUse(f"{clean(name, 60)!r} is no time zone that this machine knows", todo=todo) from None
