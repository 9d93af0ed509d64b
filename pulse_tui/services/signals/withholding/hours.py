"""What is less urgent than P1 wakes nobody outside of working hours: it was a message, and pages when they begin."""

from __future__ import annotations

from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Use, Withheld
from pulse_tui.enrich.oncall.hours import next_hours, wakes
from pulse_tui.services.signals.withholding.about import About, Held


def hours(about: About) -> Held | None:
    """A page of an alert that can wait, outside of the hours that the configuration sets."""
    oncall = about.parts.oncall
    if about.message.use is not Use.PAGE or wakes(about.alert.priority, oncall, about.now):
        return None
    begins = next_hours(oncall, about.now)
    when = f"at {iso(begins)}, when working hours begin" if begins is not None else "in working hours"
    return Held(
        Withheld.HOURS, f"{about.alert.priority.value} wakes nobody now: it pages {when}, unless it ends before"
    )
