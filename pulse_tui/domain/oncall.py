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


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call when: a rotation, or shifts read from a calendar; what is overridden counts first."""

    id: str
    rotation: Rotation | None = None
    calendar: tuple[Shift, ...] = ()
    overrides: tuple[Shift, ...] = ()
    problem: str = ""
    """Why its calendar cannot be read, or is not fresh."""


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
    """``oncall``, ``team``, ``next`` (``escalate_to``), a team's id or a role."""
    page: bool = True


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
    """(from, to, zone), Monday to Friday: when P2 pages. None: always."""
