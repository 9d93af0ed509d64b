"""Schedules: the five fields of crontab(5), in UTC.

``cronsim`` has the semantics of Debian's cron: where both day fields are given either will do, but where one of them begins
with a star (``*/2`` too) both must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cronsim import CronSim

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = f"[0-7]|{'|'.join(_DAYS)}"
_SPAN = re.compile(rf"({_DAY})-({_DAY})(?:/([1-9]))?")


class _Field(NamedTuple):
    name: str
    form: str
    """What may stand in it: the library's own additions (``L``, ``#``) are not cron's."""
    values: str


_NUMBERS = r"[0-9*,/-]+"
_FIELDS = (
    _Field("minute", _NUMBERS, "0-59"),
    _Field("hour", _NUMBERS, "0-23"),
    _Field("day of the month", _NUMBERS, "1-31"),
    _Field("month", rf"(?:{_NUMBERS}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+", "1-12 or jan-dec"),
    _Field("day of the week", rf"(?:{_NUMBERS}|{'|'.join(_DAYS)})+", "0-7 or sun-sat"),
)


def next_fire(expression: str, after: datetime) -> datetime | None:
    """When it fires next after a moment; None for a date that never comes. Raises ValueError with what is wrong."""
    return next(_simulated(expression, after.astimezone(UTC)), None)


def next_local(expression: str, after: datetime, zone: tzinfo) -> datetime | None:
    """The same on the wall clock of a zone, as UTC: what the clock leaves out or has twice fires once."""
    fire = next(_simulated(expression, after.astimezone(zone)), None)
    return fire.astimezone(UTC) if fire is not None else None


def problem(expression: str) -> str | None:
    """What is wrong with a cron expression; None when it is one and it fires."""
    try:
        fire = next_fire(expression, datetime(2024, 1, 1, tzinfo=UTC))
    except ValueError as error:
        return str(error)
    return None if fire is not None else "it never fires"


def _simulated(expression: str, after: datetime) -> Iterator[datetime]:
    fields = expression.lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"it has {len(fields)} fields, not five")
    fields[4] = _SPAN.sub(_spread, fields[4])
    for n, (text, known) in enumerate(zip(fields, _FIELDS, strict=True)):
        alone = ["*"] * n + [text] + ["*"] * (4 - n)
        if re.fullmatch(known.form, text) is None or _parsed(alone, after) is None:
            raise ValueError(f"{expression.split()[n]!r} is no {known.name} ({known.values})")
    found = _parsed(fields, after)
    return found if found is not None else iter(())  # each field is one, but no month has that day


def _parsed(fields: list[str], after: datetime) -> CronSim | None:
    from cronsim import CronSim, CronSimError  # noqa: PLC0415  late: only where something has a schedule

    try:
        return CronSim(" ".join(fields), after)
    except CronSimError:
        return None


def _spread(span: re.Match[str]) -> str:
    """A range that goes over the end of the week, day by day: ``fri-mon`` is no range to cron."""
    first, last = (_DAYS.index(word) if word in _DAYS else int(word) for word in span.groups()[:2])
    if first <= last:
        return span[0]
    return ",".join(str(day % 7) for day in range(first, last + 8, int(span[3] or 1)))
