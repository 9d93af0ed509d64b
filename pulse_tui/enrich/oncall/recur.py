"""When an entry of a calendar, or a turn of a rotation, begins and ends within a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.oncall import Event, Rotation, Shift
from pulse_tui.enrich.oncall.zones import at_wall, wall

DAY = timedelta(days=1)
MOST = 20_000
"""Occurrences of one entry that are looked at: fifty years of days."""


def shifts(events: Sequence[Event], since: datetime, until: datetime) -> list[Shift]:
    """The occurrences that overlap the window, in the order of their beginning."""
    found = [s for event in events for s in _of(event, since, until) if s.ends > since and s.begins < until]
    return sorted(found, key=lambda s: (s.begins, s.ends, s.who))


def turns(rotation: Rotation, since: datetime, until: datetime) -> Iterator[Shift]:
    """The turns that overlap the window. Each begins at the wall clock time of the first one, whatever its length."""
    first = wall(rotation.start, rotation.zone)
    turn = max(0, (wall(since, rotation.zone) - first) // rotation.every - 1)
    while True:
        begins = at_wall(first + turn * rotation.every, rotation.zone)
        ends = at_wall(first + (turn + 1) * rotation.every, rotation.zone)
        if begins >= until:
            return
        if ends > since and ends > begins:
            yield Shift(rotation.members[turn % len(rotation.members)], begins, ends)
        turn += 1


def _of(event: Event, since: datetime, until: datetime) -> Iterator[Shift]:
    if event.every is None and (event.begins >= until or event.begins + event.length + DAY < since):
        return
    first = wall(event.begins, event.zone)
    if event.every is None:
        yield Shift(event.who, event.begins, _end(event, first, event.begins))
        return
    for counted, start in enumerate(_starts(event, first, since), start=1):
        begins = event.begins if start == first else at_wall(start, event.zone)
        if (event.until is not None and begins > event.until) or begins >= until:
            return
        if event.times is not None and counted > event.times:
            return
        if begins not in event.without:
            yield Shift(event.who, begins, _end(event, start, begins))


def _starts(event: Event, first: datetime, since: datetime) -> Iterator[datetime]:
    """Wall clock times, rising. One that counts its occurrences is followed from the beginning, others from the window on."""
    assert event.every is not None
    skipped = 0
    if event.times is None:
        gone = wall(since, event.zone) - event.length - 2 * event.every - DAY - first
        skipped = max(0, gone // event.every)
    start = first + skipped * event.every
    weekly = event.every % timedelta(days=7) == timedelta() and event.weekdays
    if not weekly:
        for _ in range(MOST):
            if not event.weekdays or start.weekday() in event.weekdays:
                yield start
            start += event.every
        return
    monday = start - timedelta(days=(start.weekday() - event.week_start) % 7)
    offsets = sorted((day - event.week_start) % 7 for day in event.weekdays)
    if first.weekday() not in event.weekdays and not skipped:
        yield first  # the first one counts, whatever the rule asks for
    for _ in range(MOST):
        for offset in offsets:
            day = monday + timedelta(days=offset)
            if day >= first:
                yield day
        monday += event.every


def _end(event: Event, start: datetime, begins: datetime) -> datetime:
    return begins + event.length if event.exact else at_wall(start + event.length, event.zone)
