"""The five fields of a cron expression, with days of the week by name."""

from __future__ import annotations

import re
from typing import NamedTuple

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS = re.compile(r"[\d*,/-]+", re.ASCII)
_MONTHS = re.compile(
    r"[\d*,/-]+|(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[,-]?)+", re.ASCII | re.IGNORECASE
)
_WEEKDAYS = re.compile(
    r"(?P<first>\*|[0-7]|[a-z]{3})(?:-(?P<last>[0-7]|[a-z]{3}))?(?:/(?P<step>[1-7]))?", re.ASCII | re.IGNORECASE
)


class Cron(NamedTuple):
    """Minute, hour, day of the month, month, and days of the week as ``sun,mon`` (or ``*``)."""

    minute: str
    hour: str
    day: str
    month: str
    weekdays: str


def cron(expression: str) -> Cron:
    """Split and name; ranges of the first four fields are not checked. Raises ValueError with what is wrong."""
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields, not five")
    for field, form in zip(fields, (_NUMBERS, _NUMBERS, _NUMBERS, _MONTHS), strict=False):
        if form.fullmatch(field) is None:
            raise ValueError(f"{field!r} is nothing that cron knows")
    minute, hour, day, month, weekdays = fields
    return Cron(minute, hour, day, month, _weekdays(weekdays))


def _weekdays(field: str) -> str:
    """0 and 7 are Sunday; a range may go over the end of the week."""
    if field == "*":
        return field
    found: set[int] = set()
    for part in field.lower().split(","):
        match = _WEEKDAYS.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no day of the week")
        step = int(match["step"] or 1)
        first = _day(match["first"])
        last = (
            6
            if match["first"] == "*" or (match["step"] and not match["last"])
            else _day(match["last"] or match["first"])
        )
        found.update(day % 7 for day in range(first, last + (7 if last < first else 0) + 1, step))
    return ",".join(_DAYS[day] for day in sorted(found))


def _day(word: str) -> int:
    if word == "*":
        return 0
    if word.isdigit():
        return int(word)
    if word not in _DAYS:
        raise ValueError(f"{word!r} is no day of the week")
    return _DAYS.index(word)
