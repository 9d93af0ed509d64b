"""Who is on call by a schedule at a moment, until when, and who is next."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.oncall import Duty, OnCall, Schedule, Shift, Team
from pulse_tui.enrich.oncall.calendar import events_of
from pulse_tui.enrich.oncall.recur import shifts, turns
from pulse_tui.enrich.oncall.zones import wall, wall_name

AHEAD = timedelta(days=62)
"""How far ahead the end of a shift is searched for."""
OLD = timedelta(hours=1)
"""A calendar that was read so long ago is shown with its age."""
STALE = timedelta(hours=6)
"""One that was read so long ago is not believed: people swap shifts on the day."""


NOW_ONLY = timedelta(seconds=1)
"""As far ahead as whoever asks only who is on call has to look."""


def on_call(schedule: Schedule, at: datetime, oncall: OnCall | None = None, ahead: timedelta = AHEAD) -> Duty:
    """Who is on call. ``oncall``: by whose people a calendar's names are read; None: they stay as they are written.
    ``ahead``: how far the end of the shift is searched for.

    What overrides a schedule counts first. Of two shifts at once the one that began last counts.
    """
    people = oncall or OnCall()
    override = _at(schedule.overrides, at)
    if override is None and (unknown := _unknown(schedule, at)):
        return Duty(None, why=unknown, unknown=True)
    planned = _planned(schedule, at, people, ahead)
    changes = sorted({m for s in (*planned, *schedule.overrides) for m in (s.begins, s.ends) if m > at})

    def who(moment: datetime) -> str | None:
        shift = _at(schedule.overrides, moment) or _at(planned, moment)
        return shift.who if shift is not None else None

    now = who(at)
    until = next((change for change in changes if who(change) != now), None)
    then = who(until) if until is not None else None
    if now is not None:
        return Duty(now, until, then, _age(schedule, at))
    later = f"; {then} begins at {iso(until)}" if until is not None and then is not None else ""
    return Duty(None, until, then, f"schedule {schedule.id} has nobody now{later}")


def duty_of(team: Team | None, oncall: OnCall, at: datetime, ahead: timedelta = AHEAD) -> Duty | None:
    """Who is on call for a team; None where no schedule says so."""
    schedule = oncall.schedules.get(team.schedule or "") if team is not None else None
    return on_call(schedule, at, oncall, ahead) if schedule is not None else None


def duty_words(duty: Duty, role: str | None = None, *, zone: str = "UTC", at: datetime | None = None) -> str:
    """``ana (ml) until 08:00 CET, then ben``. Times of the same day without the day, in ``zone``."""
    if duty.who is None:
        return f"not known: {duty.why}" if duty.unknown else f"nobody: {duty.why}"
    text = duty.who + (f" ({role})" if role else "")
    if duty.until is not None:
        text += f" until {clock(duty.until, zone, at)}, then {duty.then or 'nobody'}"
    return text + (f" [{duty.why}]" if duty.why else "")


def clock(moment: datetime, zone: str = "UTC", at: datetime | None = None) -> str:
    """``08:00 CET`` on the day of ``at``, ``Tue 08:00`` within a week, else with the date; the zone where it is not UTC."""
    shown = wall(moment, zone)
    today = wall(at, zone) if at is not None else None
    name = wall_name(moment, zone)
    there = "" if name == "UTC" else f" {name}"
    if today is not None and shown.date() == today.date():
        return f"{shown:%H:%M}{there}"
    if today is not None and timedelta() <= shown.date() - today.date() < timedelta(days=7):
        return f"{shown:%a %H:%M}{there}"
    return f"{shown:%Y-%m-%d %H:%M}{there}"


def person_named(name: str, oncall: OnCall) -> str:
    """Whom a calendar means: a person, by name or alias, alone or within a sentence; else the text as it stands."""
    plain = " ".join(name.split()).casefold()
    known = [(alias.casefold(), p.name) for p in oncall.people.values() for alias in (p.name, *p.aliases)]
    if exact := next((who for alias, who in known if alias == plain), None):
        return exact
    words = "".join(c if c.isalnum() or c in "@._-" else " " for c in plain)
    inside = [(len(alias), who) for alias, who in known if f" {alias} " in f" {' '.join(words.split())} "]
    longest = {who for length, who in inside if length == max(i[0] for i in inside)}
    return longest.pop() if len(longest) == 1 else name


def _planned(schedule: Schedule, at: datetime, oncall: OnCall, ahead: timedelta) -> list[Shift]:
    until = at + ahead
    if schedule.rotation is not None:
        return list(turns(schedule.rotation, at, until))
    if not schedule.text:
        return []
    found = shifts(events_of(schedule.text, schedule.zone), at, until)
    return [s._replace(who=person_named(s.who, oncall)) for s in found]


def _at(found: list[Shift] | tuple[Shift, ...], moment: datetime) -> Shift | None:
    covering = [s for s in found if s.begins <= moment < s.ends]
    return max(covering, key=lambda s: (s.begins, s.who)) if covering else None


def _unknown(schedule: Schedule, at: datetime) -> str:
    """Why nobody can say who is on call; empty when somebody can."""
    if not schedule.ical:
        return ""
    name = f"the calendar of schedule {schedule.id}"
    old = f"; last read {age(to_us(schedule.read_at), to_us(at))} ago" if schedule.read_at is not None else ""
    if schedule.problem and not schedule.text:
        return f"{name} cannot be read: {schedule.problem}"
    if not schedule.text:
        return f"{name} was not read yet"
    if schedule.read_at is not None and at - schedule.read_at > STALE:
        return f"{name} is stale{f': {schedule.problem}' if schedule.problem else ''}{old}"
    try:
        events_of(schedule.text, schedule.zone)
    except ConfigError as error:
        return f"{name} cannot be read: {error.problems[0].what}{old}"
    return ""


def _age(schedule: Schedule, at: datetime) -> str:
    if schedule.read_at is None or at - schedule.read_at <= OLD:
        return ""
    return f"calendar last read {age(to_us(schedule.read_at), to_us(at))} ago"
