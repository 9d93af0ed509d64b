"""A moment of the past as an operator writes it: an hour, a date with an hour, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.text import clean

FORMS = "02:40, 2026-11-28T02:40Z, -2h or 2h ago"
_HOUR = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(Z?)\Z", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)\Z", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}


def moment(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The moment, in UTC. An hour alone is the last such one; what names no offset is on the wall clock of ``zone``.

    Raises WrongUse for what is no moment, for one that the wall clock leaves out, and for one to come.
    """
    words = " ".join(text.split())
    found = _hour(words, now, zone) or _ago(words, now) or _date(words, zone)
    if found is None:
        raise WrongUse(f"{clean(text, 60)!r} is no moment", todo=f"Write {FORMS}")
    if found > now:
        raise WrongUse(f"{clean(text, 60)} is to come: it is {now:%Y-%m-%d %H:%M:%S} UTC", todo="Write an earlier one")
    return found


def on_the_wall(text: str) -> bool:
    """Whether a moment that was read depends on whose clock it is on: it names no offset, and is not how long ago."""
    words = " ".join(text.split())
    if (found := _HOUR.match(words)) is not None:
        return not found[4]
    try:
        return datetime.fromisoformat(words).tzinfo is None
    except ValueError:
        return False


def _hour(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    if (found := _HOUR.match(words)) is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    where = UTC if found[4] else zone
    there = time(hour, minute, second)
    today = now.astimezone(where).date()
    for days in range(3):  # one that the clock left out today was there the day before
        candidate = _real(datetime.combine(today - timedelta(days=days), there), where)
        if candidate is not None and candidate <= now:
            return candidate
    return None


def _ago(words: str, now: datetime) -> datetime | None:
    body = words.removeprefix("-").removesuffix(" ago")
    length = span(body) if body != words else None
    try:
        return now - length if length is not None else None
    except OverflowError:
        return None


def span(text: str) -> timedelta | None:
    """How long ``8h``, ``90 min`` or ``2d`` is; None for what is no time."""
    found = _SPAN.match(text.strip())
    try:
        return timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()]) if found is not None else None
    except OverflowError:
        return None


def _date(words: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(words)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    real = _real(found, zone)
    if real is None:
        raise WrongUse(f"{words} does not exist on this clock: it is set forward then", todo="Write another moment")
    return real


def _real(wall: datetime, zone: tzinfo) -> datetime | None:
    """The moment of a wall clock; None for one that it leaves out."""
    try:
        found = wall.replace(tzinfo=zone).astimezone(UTC)
        return found if found.astimezone(zone).replace(tzinfo=None) == wall else None
    except OverflowError:
        return None
