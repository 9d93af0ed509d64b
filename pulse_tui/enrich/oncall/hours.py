"""Working hours: when what is less urgent than P1 wakes nobody, and when they begin."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.words import Priority
from pulse_tui.enrich.oncall.zones import at_wall, wall


def within(oncall: OnCall, at: datetime) -> bool:
    """Whether pages that can wait go out now; always where no hours are set."""
    if oncall.working_hours is None:
        return True
    begins, ends, zone = oncall.working_hours
    shown = wall(at, zone)
    return shown.weekday() < 5 and time.fromisoformat(begins) <= shown.time() < time.fromisoformat(ends)


def wakes(priority: Priority, oncall: OnCall, at: datetime) -> bool:
    """Whether a page of this urgency goes out then; one that does not is a message until working hours begin."""
    return priority is Priority.P1 or within(oncall, at)


def next_hours(oncall: OnCall, at: datetime) -> datetime | None:
    """When they begin after ``at``; None where none are set."""
    if oncall.working_hours is None:
        return None
    begins, _, zone = oncall.working_hours
    day = wall(at, zone).date()
    for more in range(8):
        moment = at_wall(datetime.combine(day + timedelta(days=more), time.fromisoformat(begins)), zone)
        if moment > at and wall(moment, zone).weekday() < 5:
            return moment
    return None
