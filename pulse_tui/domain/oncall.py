"""Who answers for what: roles, teams, schedules, and the ladder that an alert climbs while nobody responds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.words import Priority, SignalType


class Role(StrEnum):
    """What a team, or a person, is there for."""

    PLATFORM = "platform"
    ML = "ml"
    SECURITY = "security"
    PRODUCT = "product"
    LEADERSHIP = "leadership"


class Right(StrEnum):
    """What a role may do beside looking and acknowledging."""

    WAIVE = "waive"
    SILENCE = "silence"
    LIFT = "lift"
    """Lift a hold before its condition is met."""
    OVERRIDE = "override"
    """Let a release pass a gate that is closed."""
    POLICY = "policy"
    """Approve a change of policy."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be called."""

    name: str
    role: Role | None = None
    routes: tuple[str, ...] = ()
    """Where this person alone is reached."""
    aliases: tuple[str, ...] = ()
    """What calendars call this person: a full name, an address."""


class Shift(NamedTuple):
    """Who is on call from one moment to another."""

    who: str
    begins: datetime
    ends: datetime


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """Members take turns; each turn begins at the same wall clock time of ``zone``, whatever daylight saving does."""

    members: tuple[str, ...]
    start: datetime
    """The first turn of the first member, aware."""
    every: timedelta
    zone: str = "UTC"


class Event(NamedTuple):
    """An entry of a calendar, once or again and again. ``begins`` is aware; it repeats at the same wall clock time of ``zone``."""

    who: str
    begins: datetime
    zone: str
    length: timedelta
    exact: bool = False
    """The length is so many hours, whatever daylight saving does; else it ends at the same wall clock time, too."""
    every: timedelta | None = None
    """A day or a week, or several; None: once."""
    weekdays: tuple[int, ...] = ()
    """Only on these (Monday is 0), where it repeats."""
    week_start: int = 0
    times: int | None = None
    """How often it takes place at all."""
    until: datetime | None = None
    without: frozenset[datetime] = frozenset()
    """Occurrences that were taken out or moved, by their beginning."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call when: a rotation, or a calendar; what is overridden counts first."""

    id: str
    rotation: Rotation | None = None
    ical: str = ""
    """Where its calendar is: the name of a file, or an address."""
    zone: str = "UTC"
    """Of times of the calendar that name no zone."""
    text: str = ""
    """The calendar, as it was last read."""
    read_at: datetime | None = None
    """When; None: a file, which is as it was when the configuration was read."""
    overrides: tuple[Shift, ...] = ()
    problem: str = ""
    """Why its calendar cannot be read, or is too old to be believed: nobody is known to be on call."""

    @property
    def fetched(self) -> bool:
        """Whether its calendar is somewhere else."""
        return self.ical.lower().startswith(("https://", "http://"))


class Duty(NamedTuple):
    """Who is on call at a moment, by one schedule."""

    who: str | None
    """None: nobody, or it is not known."""
    until: datetime | None = None
    """When that changes; None: not within two months."""
    then: str | None = None
    """Who is on call after that; None: nobody."""
    why: str = ""
    """Why nobody is known to be; of somebody: how old what says so is, once it is old."""
    unknown: bool = False
    """It cannot be known: somebody may well be on call."""


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """The name under which assets and rules have an owner."""

    id: str
    role: Role | None = None
    members: tuple[str, ...] = ()
    schedule: str | None = None
    routes: tuple[str, ...] = ()
    """None: the routes that name the team under ``owner_teams``, and those that name nobody."""
    escalate_to: str | None = None
    """The team that is called when nobody of this one responds."""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the ladder: when it is climbed, and who is called then."""

    after: timedelta = timedelta()
    """Since the alert opened, with nobody acknowledging it."""
    cycles: int = 0
    """Or after as many reports of the same condition."""
    more_than: int = 0
    """Or when the rule opened more alerts of the team than this ``within``."""
    within: timedelta = timedelta()
    to: str = "oncall"
    """``oncall``, ``team``, ``next`` (the team of ``escalate_to``), a team's id, a person's name or a role."""
    page: bool = True
    """False: a message, nobody is woken."""

    @property
    def first(self) -> bool:
        """Whether it is climbed when the alert opens."""
        return not self.after and not self.cycles and not self.more_than

    @property
    def words(self) -> str:
        """What it waits for: ``after 10m``, ``3 reports``, ``more than 5 within 10m``."""
        if self.more_than:
            return f"more than {self.more_than} alerts within {span(self.within)}"
        if self.cycles:
            return f"{self.cycles} reports"
        return f"after {span(self.after)}" if self.after else "at once"


def span(length: timedelta) -> str:
    """``90s``, ``10m``, ``2h``, ``7d``."""
    seconds = round(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


class RoleRule(msgspec.Struct, frozen=True, kw_only=True):
    """Signals of these types go to these roles, and to no other; without a rule an alert goes to its owner's team."""

    types: tuple[SignalType, ...]
    roles: tuple[Role, ...]
    priorities: tuple[Priority, ...] = ()
    """None: any."""


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as configured. Empty: every alert goes to the routes that serve its owner, as they say themselves."""

    people: Mapping[str, Person] = {}
    teams: Mapping[str, Team] = {}
    schedules: Mapping[str, Schedule] = {}
    roles: tuple[RoleRule, ...] = ()
    ladders: Mapping[Priority, tuple[Rung, ...]] = {}
    rights: Mapping[Right, tuple[Role, ...]] = {}
    """A right that is not listed is everybody's."""
    working_hours: tuple[str, str, str] | None = None
    """(from, to, zone), Monday to Friday: when what is less urgent than P1 pages. None: always."""

    @property
    def configured(self) -> bool:
        """Whether anything of it says whom an alert goes to."""
        return bool(self.people or self.teams or self.schedules or self.roles or self.ladders or self.working_hours)
