"""Whom an alert concerns: the owner's team, the roles that the rules of routing name, whom a rung of the ladder calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.oncall import OnCall, Role, Team
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.oncall.duty import NOW_ONLY, duty_of

PERFORMANCE = frozenset(
    {
        SignalType.BENCHMARK_REGRESSION,
        SignalType.LATENCY_BREACH,
        SignalType.ERROR_RATE_BREACH,
        SignalType.COST_CHANGE,
        SignalType.CALIBRATION_DRIFT,
        SignalType.CONSISTENCY_DROP,
        SignalType.SPREAD_WIDENING,
    }
)
"""What is about performance alone: by default no security engineer is called for it."""
_URGENT_ONLY = (Role.PRODUCT, Role.LEADERSHIP)
"""By default they are called for P1 alone."""


class About(NamedTuple):
    """What of an alert decides whom it concerns."""

    kind: SignalType
    priority: Priority
    owner: str | None


class Party(NamedTuple):
    """Somebody to be called: a team, or one person of one or of none."""

    team: str | None
    role: Role | None = None
    person: str | None = None
    """Who is called: the one on call, or the person who was named. None: the team as a whole."""
    whole: bool = False
    """Every member, not the one on call."""
    why: str = ""
    """Why this and not what was asked for: nobody is known to be on call, nobody has the role."""

    @property
    def words(self) -> str:
        """``ben (ml-support)``."""
        name = self.person or (f"everybody of {self.team}" if self.whole else self.team or "what has no owner")
        return f"{name} ({self.team})" if self.person and self.team else name


class Parties(NamedTuple):
    """Who is called, and who would be but for their role."""

    called: tuple[Party, ...]
    refused: tuple[tuple[Party, str], ...] = ()


def refused(role: Role | None, about: About, oncall: OnCall, *, named: bool = False) -> str:
    """Why nothing of this goes to the role; empty when it does. ``named``: a ladder calls it by its name."""
    if role is None:
        return ""
    rules = [r for r in oncall.roles if about.kind in r.types and (not r.priorities or about.priority in r.priorities)]
    if rules:
        roles = sorted({r.value for rule in rules for r in rule.roles})
        return "" if role.value in roles else f"{about.kind.value} goes to {', '.join(roles)}, not to {role.value}"
    if role is Role.SECURITY and about.kind in PERFORMANCE:
        return f"{about.kind.value} is about performance alone: nothing of that goes to {role.value}"
    if role in _URGENT_ONLY and about.priority is not Priority.P1 and not named:
        return f"only P1 goes to {role.value}"
    return ""


def concerned(about: About, oncall: OnCall, at: datetime) -> Parties:
    """Whom an alert goes to: its owner's team, or the roles that a rule names."""
    rules = [r for r in oncall.roles if about.kind in r.types and (not r.priorities or about.priority in r.priorities)]
    own = oncall.teams.get(about.owner or "")
    if rules:
        roles = dict.fromkeys(role for rule in rules for role in rule.roles)
        found = [p for role in roles for p in _of_role(role, own, oncall, at)]
        if found:
            return Parties(tuple(dict.fromkeys(found)), _left_out(own, about, oncall))
        missing = f"nobody has the role {' or '.join(r.value for r in roles)}"
        return Parties((_owner(own, about, oncall, at)._replace(why=missing),))
    party = _owner(own, about, oncall, at)
    why = refused(party.role, about, oncall)
    return Parties((), ((party, why),)) if why else Parties((party,))


def rung(to: str, about: About, oncall: OnCall, at: datetime) -> Parties:
    """Whom a rung of the ladder calls."""
    own = oncall.teams.get(about.owner or "")
    named = to not in ("oncall", "team", "next")
    found = list(_named(to, own, about, oncall, at))
    out = [(p, refused(p.role, about, oncall, named=named)) for p in found]
    return Parties(tuple(p for p, why in out if not why), tuple((p, why) for p, why in out if why))


def rung_words(to: str, about: About, oncall: OnCall, at: datetime) -> str:
    """``ben (ml-support, next)``: whom it would call if it were climbed then."""
    found = rung(to, about, oncall, at)
    label = {"oncall": "on call", "team": "the team"}.get(to, to)
    if not found.called:
        why = found.refused[0][1] if found.refused else f"nobody is {label}"
        return f"nobody ({why})"
    names = []
    for party in found.called:
        who = party.person or (party.team or "the owner's routes")
        inside = ", ".join(w for w in dict.fromkeys((party.team, label)) if w and w != who)
        names.append(f"{who} ({inside})" if inside else who)
    return ", ".join(names)


def _left_out(own: Team | None, about: About, oncall: OnCall) -> tuple[tuple[Party, str], ...]:
    if own is None or not (why := refused(own.role, about, oncall)):
        return ()
    return ((Party(own.id, own.role), why),)


def _named(to: str, own: Team | None, about: About, oncall: OnCall, at: datetime) -> Sequence[Party]:
    if to == "oncall":
        return [_owner(own, about, oncall, at)]
    if to == "team":
        return [_owner(own, about, oncall, at)._replace(person=None, whole=own is not None, why="")]
    if to == "next":
        after = oncall.teams.get(own.escalate_to or "") if own is not None else None
        return [_team(after, oncall, at)] if after is not None else []
    if to in oncall.teams:
        return [_team(oncall.teams[to], oncall, at)]
    if to in oncall.people:
        return [_person(to, oncall)]
    role = next((r for r in Role if r.value == to), None)
    return _of_role(role, own, oncall, at) if role is not None else []


def _of_role(role: Role, own: Team | None, oncall: OnCall, at: datetime) -> list[Party]:
    """The owner's team where it has the role; else every team that has, and whoever has it and is of no team."""
    if own is not None and own.role is role:
        return [_team(own, oncall, at)]
    teams = [t for t in oncall.teams.values() if t.role is role]
    inside = {m for t in oncall.teams.values() for m in t.members}
    people = [p.name for p in oncall.people.values() if p.role is role and (p.name not in inside or not teams)]
    return [_team(t, oncall, at) for t in teams] + [_person(name, oncall) for name in people]


def _owner(own: Team | None, about: About, oncall: OnCall, at: datetime) -> Party:
    return _team(own, oncall, at) if own is not None else Party(about.owner)


def _team(team: Team, oncall: OnCall, at: datetime) -> Party:
    duty = duty_of(team, oncall, at, NOW_ONLY)
    if duty is None:
        return Party(team.id, team.role)
    if duty.who is None:
        return Party(team.id, team.role, whole=True, why=f"everybody of {team.id}, for {duty.why}")
    return Party(team.id, team.role, duty.who)


def _person(name: str, oncall: OnCall) -> Party:
    person = oncall.people[name]
    team = next((t for t in oncall.teams.values() if name in t.members), None)
    return Party(team.id if team else None, person.role or (team.role if team else None), name)
