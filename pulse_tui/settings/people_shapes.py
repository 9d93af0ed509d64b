"""The shapes of ``people``, ``teams``, ``schedules``, ``ladder``, ``roles`` and ``working_hours``, as they are written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from pulse_tui.domain.oncall import Role
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.settings.check import HOUR, Seconds
from pulse_tui.settings.shapes import Section


class PersonShape(Section, frozen=True, kw_only=True):
    """Somebody who can be called."""

    name: str
    """As the operator is named who acts: $PULSE_OPERATOR, or a name under ``operators``."""
    role: Role | None = None
    routes: tuple[str, ...] = ()
    """Routes that reach this person alone: a pager, a phone."""
    aliases: tuple[str, ...] = ()
    """What calendars call this person: a full name, an address."""


class TeamShape(Section, frozen=True, kw_only=True):
    """A team, under the name that assets and rules have as their owner (``owner_team``)."""

    id: str
    role: Role | None = None
    members: tuple[str, ...] = ()
    """Names of ``people``."""
    schedule: str | None = None
    """The schedule that says who of them is on call."""
    routes: tuple[str, ...] = ()
    """Where the team is reached. Left out: the routes that name it under ``owner_teams``, and those that name nobody."""
    escalate_to: str | None = None
    """The team that a rung ``to: next`` calls."""


class RotationShape(Section, frozen=True, kw_only=True):
    """Members take turns, in this order; each turn begins at the same wall clock time of ``zone``."""

    members: tuple[str, ...]
    start: datetime
    """When the first turn of the first member begins, with its offset."""
    every: Seconds
    """How long a turn lasts: 12h, 1d, 7d."""
    zone: str = "UTC"


class OverrideShape(Section, frozen=True, kw_only=True, rename={"begins": "from"}):
    """Somebody else is on call for a while."""

    who: str
    begins: datetime
    until: datetime


class ScheduleShape(Section, frozen=True, kw_only=True):
    """Who is on call when: a ``rotation``, or a calendar (``ical``); ``overrides`` count before both."""

    id: str
    rotation: RotationShape | None = None
    ical: str | None = None
    """An iCalendar: a file, from the configuration's folder, or an address (https). An entry's SUMMARY names who is on call."""
    zone: str = "UTC"
    """Of days and times of the calendar that name no zone."""
    overrides: tuple[OverrideShape, ...] = ()


class RungShape(Section, frozen=True, kw_only=True):
    """A step of a ladder, climbed once while nobody acknowledges the alert."""

    to: str
    """``oncall`` and ``team`` of the alert's owner, ``next`` (their ``escalate_to``), a team, a person or a role."""
    after: str | int | float | None = None
    """How long the alert has been open: 0m, 10m, 1h."""
    cycles: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Or after as many reports of the same condition."""
    more_than: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Or when more alerts than this of the owner opened ``within`` a time."""
    within: Seconds | None = None
    page: bool = True
    """False: a message, nobody is woken."""


class RoleRuleShape(Section, frozen=True, kw_only=True):
    """Signals of these types go to these roles, and to no other."""

    types: tuple[SignalType, ...]
    roles: tuple[Role, ...]
    priorities: tuple[Priority, ...] = ()
    """Only alerts of these priorities; left out: all."""


class HoursShape(Section, frozen=True, kw_only=True, rename={"begins": "from"}):
    """When, Monday to Friday, what is less urgent than P1 pages somebody."""

    begins: Annotated[str, Meta(pattern=HOUR)]
    """09:00."""
    to: Annotated[str, Meta(pattern=HOUR)]
    zone: str = "UTC"
