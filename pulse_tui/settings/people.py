"""Who answers for what: the sections ``people``, ``teams``, ``schedules``, ``ladder``, ``roles``, ``rights``, ``working_hours``."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.oncall import OnCall, Person, Right, Role, RoleRule, Rotation, Rung, Schedule, Shift, Team
from pulse_tui.domain.words import Priority
from pulse_tui.domain.zones import is_zone
from pulse_tui.settings.check import convert, nearest, seconds
from pulse_tui.settings.document import Node, read_text
from pulse_tui.settings.lists import named, unique
from pulse_tui.settings.operators import Stamp, stamp
from pulse_tui.settings.people_shapes import (
    HoursShape,
    OverrideShape,
    PersonShape,
    RoleRuleShape,
    RotationShape,
    RungShape,
    ScheduleShape,
    TeamShape,
)
from pulse_tui.settings.shapes import RouteShape
from pulse_tui.settings.trusted import untrusted

SECTIONS = {"people", "teams", "schedules", "ladder", "roles", "rights", "working_hours"}
LISTS = {"people", "teams", "schedules", "roles"}
WORDS = ("oncall", "team", "next")
"""Whom a rung calls by what they are to the alert's owner."""
_LARGEST = 4 * 2**20
T = TypeVar("T")


class Read(NamedTuple):
    """The people, and the files that were read beside the YAML ones, each with its stamp."""

    oncall: OnCall = OnCall()
    files: Mapping[str, Stamp] = MappingProxyType({})


def read_people(
    sections: Mapping[str, Node], routes: Sequence[RouteShape], base: Path, problems: list[Problem]
) -> Read:
    """All seven sections, with every problem of all of them. ``routes`` are the configured destinations."""
    if not SECTIONS & set(sections):
        return Read()
    people = unique(sections.get("people"), "people", PersonShape, problems, name="name")
    teams = unique(sections.get("teams"), "teams", TeamShape, problems)
    schedules = unique(sections.get("schedules"), "schedules", ScheduleShape, problems)
    checks = _Checks(sections, people, teams, schedules, routes, problems)
    checks.people()
    checks.teams()
    files: dict[str, Stamp] = {}
    rotas = {s.id: _schedule(s, checks, base, files) for s in schedules}
    hours = _whole(sections, "working_hours", HoursShape, problems)
    if hours is not None:
        checks.hours(hours)
    return Read(
        OnCall(
            people={p.name: Person(name=p.name, role=p.role, routes=p.routes, aliases=p.aliases) for p in people},
            teams={t.id: _team(t) for t in teams},
            schedules={name: rota for name, rota in rotas.items() if rota is not None},
            roles=tuple(_roles(sections.get("roles"), problems)),
            ladders=_ladders(sections.get("ladder"), checks),
            rights=_rights(sections.get("rights"), problems),
            working_hours=(hours.begins, hours.to, hours.zone) if hours is not None else None,
        ),
        files,
    )


def _whole(sections: Mapping[str, Node], name: str, shape: type[T], problems: list[Problem]) -> T | None:
    node = sections.get(name)
    return convert(node, shape, problems, path=name) if node is not None and node.value is not None else None


def _team(shape: TeamShape) -> Team:
    return Team(
        id=shape.id,
        role=shape.role,
        members=shape.members,
        schedule=shape.schedule,
        routes=shape.routes,
        escalate_to=shape.escalate_to,
    )


class _Checks:
    """What names something that is not there, and who cannot be reached."""

    def __init__(
        self,
        sections: Mapping[str, Node],
        people: Sequence[PersonShape],
        teams: Sequence[TeamShape],
        schedules: Sequence[ScheduleShape],
        routes: Sequence[RouteShape],
        problems: list[Problem],
    ) -> None:
        self._people = {p.name: p for p in people}
        self._teams = {t.id: t for t in teams}
        self._schedules = {s.id: s for s in schedules}
        self._routes = [r.id for r in routes]
        self._serving = routes
        self.problems = problems
        self.hours_node = sections.get("working_hours")
        self.nodes = {
            kind: {named(c.get(key)): c for c in (sections[kind].elements() if kind in sections else ())}
            for kind, key in (("people", "name"), ("teams", "id"), ("schedules", "id"))
        }

    def wrong(self, node: Node | None, what: str, hint: str = "", *, warning: bool = False) -> None:
        """At the place of the node."""
        where = str(node.mark) if node is not None else "people"
        self.problems.append(Problem(where, what, hint, warning=warning))

    def names(self, node: Node, key: str, what: str, known: Collection[str], noun: str) -> None:
        """Every name under ``key`` (one, or a list) is one of ``known``."""
        child = node.get(key)
        if child is None:
            return
        each = list(child.elements()) or [child]
        for one in each:
            if isinstance(one.value, (str, int, float)) and named(one) not in known:
                self.wrong(one, f"{what}: there is no {noun} {named(one)!r}", nearest(named(one), known))

    def people(self) -> None:
        """Routes that are there, and at least one by which each is reached: their own or their team's."""
        for name, node in self.nodes["people"].items():
            self.names(node, "routes", f"person {name!r}", self._routes, "route")
            shape = self._people.get(name)
            inside = [t for t in self._teams.values() if name in t.members]
            if shape is not None and not shape.routes and not any(t.routes or self._served(t.id) for t in inside):
                self.wrong(
                    node,
                    f"person {name!r} has no route, and none serves a team of theirs: nothing can reach them",
                    "routes: [ID], of this person or of the team",
                )
        taken: dict[str, str] = {}
        for name, shape in self._people.items():
            for alias in (name, *shape.aliases):
                other = taken.setdefault(alias.casefold(), name)
                if other != name:
                    what = f"people {other!r} and {name!r} are both called {alias!r}"
                    self.wrong(self.nodes["people"][name], what, "a calendar could mean either")

    def _served(self, team: str) -> bool:
        return any(not r.owner_teams or team in r.owner_teams for r in self._serving)

    def teams(self) -> None:
        """Members, schedules, routes and where they escalate to."""
        for ident, node in self.nodes["teams"].items():
            what = f"team {ident!r}"
            self.names(node, "members", what, self._people, "person")
            self.names(node, "schedule", what, self._schedules, "schedule")
            self.names(node, "routes", what, self._routes, "route")
            self.names(node, "escalate_to", what, self._teams, "team")
            shape = self._teams.get(ident)
            if shape is not None and shape.escalate_to == ident:
                self.wrong(node.get("escalate_to"), f"{what} escalates to itself", "name another team")

    def zone(self, node: Node | None, what: str, name: str) -> bool:
        """Whether there is such a time zone."""
        if is_zone(name):
            return True
        known = ["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata"]
        self.wrong(node, f"{what}: there is no time zone {name!r}", nearest(name, known))
        return False

    def hours(self, hours: HoursShape) -> None:
        """A beginning before the end, in a zone that is there."""
        node = self.hours_node
        if node is not None and hours.begins >= hours.to:
            self.wrong(
                node, f"working_hours: they end ({hours.to}) before they begin ({hours.begins})", "from: before to:"
            )
        self.zone(node.get("zone") if node is not None else None, "working_hours", hours.zone)

    def who(self, node: Node, what: str, name: str) -> None:
        """A person of the configuration."""
        if name not in self._people:
            self.wrong(node, f"{what}: there is no person {name!r}", nearest(name, self._people))

    def rung(self, node: Node, what: str, to: str) -> None:
        """Somebody whom it calls: a word, a team, a person, a role that somebody has."""
        if to in self._people or to in self._teams:
            return
        roles = {r.value: r for r in Role}
        if to in roles:
            held = {*(p.role for p in self._people.values()), *(t.role for t in self._teams.values())}
            if roles[to] not in held:
                self.wrong(node, f"{what} calls nobody: no team and no person has the role {to!r}", f"role: {to}")
            return
        if to == "next":
            if not any(t.escalate_to for t in self._teams.values()):
                self.wrong(node, f"{what} calls nobody: no team has escalate_to", "escalate_to: TEAM")
        elif to == "oncall":
            if not any(t.schedule for t in self._teams.values()):
                self.wrong(node, f"{what} calls nobody: no team has a schedule", "schedule: ID", warning=True)
        elif to not in WORDS:
            known = {*WORDS, *roles, *self._people, *self._teams}
            self.wrong(node, f"{what}: nobody is called {to!r}", nearest(to, known))


def _schedule(shape: ScheduleShape, checks: _Checks, base: Path, files: dict[str, Stamp]) -> Schedule | None:
    node, what = checks.nodes["schedules"][shape.id], f"schedule {shape.id!r}"
    before = len(checks.problems)
    if (shape.rotation is None) == (shape.ical is None) and not (shape.overrides and shape.ical is None):
        many = shape.rotation is not None
        both = "has a rotation and a calendar" if many else "has nobody: no rotation, no calendar, no override"
        checks.wrong(node, f"{what} {both}", "keep one of them" if many else "rotation: or ical:")
    rotation = _rotation(shape.rotation, node.get("rotation"), checks, what)
    overrides = list(_overrides(shape, node, checks, what))
    checks.zone(node.get("zone") or node, what, shape.zone)
    text, problem = "", ""
    if shape.ical is not None:
        text, problem = _calendar(shape.ical, node.get("ical") or node, checks, what, base, files)
    if any(not p.warning for p in checks.problems[before:]):
        return None
    return Schedule(
        id=shape.id,
        rotation=rotation,
        ical=shape.ical or "",
        zone=shape.zone,
        text=text,
        overrides=tuple(overrides),
        problem=problem,
    )


def _rotation(shape: RotationShape | None, node: Node | None, checks: _Checks, what: str) -> Rotation | None:
    if shape is None or node is None:
        return None
    known = checks.zone(node.get("zone") or node, what, shape.zone)
    if not shape.members:
        checks.wrong(node.get("members") or node, f"{what}: nobody takes turns in its rotation", "members: [NAME]")
    checks.names(node, "members", what, checks.nodes["people"], "person")
    if shape.every < 3_600:
        checks.wrong(node.get("every") or node, f"{what}: a turn of less than an hour is none", "every: 12h")
    if not known or not shape.members:
        return None
    return Rotation(
        members=shape.members, start=shape.start, every=timedelta(seconds=float(shape.every)), zone=shape.zone
    )


def _overrides(shape: ScheduleShape, node: Node, checks: _Checks, what: str) -> Iterator[Shift]:
    listed = node.get("overrides")
    places = list(listed.elements()) if listed is not None else []
    earlier: list[tuple[OverrideShape, Node]] = []
    for override, place in zip(shape.overrides, places, strict=False):
        checks.who(place.get("who") or place, what, override.who)
        if override.begins >= override.until:
            checks.wrong(place, f"{what}: the override of {override.who} ends before it begins", "until: after from:")
            continue
        for other, first in earlier:
            if override.begins < other.until and other.begins < override.until:
                clash = f"{what}: the overrides of {other.who} and {override.who} overlap"
                checks.wrong(place, clash, f"the first is at {first.mark}")
        earlier.append((override, place))
        yield Shift(override.who, override.begins, override.until)


def _calendar(
    ical: str, node: Node, checks: _Checks, what: str, base: Path, files: dict[str, Stamp]
) -> tuple[str, str]:
    """The text of a file, and why there is none. An address is read later, by the agent or the tower."""
    if ical.lower().startswith("http://"):
        checks.wrong(node, f"{what}: {ical!r} can be changed on its way here", "https://")
    if re.match(r"^[a-z][a-z0-9+.-]+://", ical.lower()):
        if not ical.lower().startswith(("https://", "http://")):
            checks.wrong(node, f"{what}: {ical!r} is no address of a calendar", "https://, or the name of a file")
        return "", ""
    path = base / Path(ical).expanduser()

    def kept(file: Path, there: os.stat_result) -> list[Problem]:
        files[str(path)] = stamp(there)
        return untrusted(file, there, ical)

    text, wrong = read_text(path, ical, kept, _LARGEST)
    files.setdefault(str(path), ())
    for problem in wrong:
        # Whoever is on call is unknown, which every place shows; that is no reason not to watch.
        checks.wrong(
            node, f"{what}: {problem.where} {problem.what}: nobody is known to be on call", problem.hint, warning=True
        )
    return text or "", wrong[0].what.removeprefix("cannot be read: ") if wrong else ""


def _ladders(node: Node | None, checks: _Checks) -> dict[Priority, tuple[Rung, ...]]:
    if node is None or node.value is None:
        return {}
    shapes = convert(node, dict[Priority, tuple[RungShape, ...]], checks.problems, path="ladder")
    found: dict[Priority, tuple[Rung, ...]] = {}
    for priority, rungs in (shapes or {}).items():
        child = node.get(priority.value)
        places = list(child.elements()) if child is not None else []
        if priority not in (Priority.P1, Priority.P2, Priority.P3, Priority.P4):
            checks.wrong(child, f"ladder.{priority.value}: nobody is called for that", "P1, P2, P3 or P4")
        if not rungs:
            checks.wrong(child, f"ladder.{priority.value} calls nobody: it has no rung", "- {after: 0m, to: oncall}")
        made = [
            _rung(r, p, checks, f"ladder.{priority.value}[{i}]")
            for i, (r, p) in enumerate(zip(rungs, places, strict=True))
        ]
        found[priority] = tuple(rung for rung in made if rung is not None)
    return found


def _rung(shape: RungShape, node: Node, checks: _Checks, what: str) -> Rung | None:
    checks.rung(node.get("to") or node, what, shape.to)
    given = [n for n in ("after", "cycles", "more_than") if getattr(shape, n) is not None]
    if len(given) != 1:
        hint = "after: 10m, or cycles: 3, or more_than: 5 with within: 10m"
        checks.wrong(
            node, f"{what}: it says {' and '.join(given) or 'nothing'} of when it is climbed: one of them", hint
        )
        return None
    if (shape.more_than is None) != (shape.within is None):
        checks.wrong(node, f"{what}: more_than and within go together", "more_than: 5, within: 10m")
        return None
    after = seconds(shape.after) if shape.after is not None else 0.0
    if after is None or not 0 <= after <= 30 * 86_400:
        checks.wrong(node.get("after") or node, f"{what}: {shape.after!r} is not a time to wait", "write 0m, 10m or 2h")
        return None
    return Rung(
        after=timedelta(seconds=after),
        cycles=shape.cycles or 0,
        more_than=shape.more_than or 0,
        within=timedelta(seconds=float(shape.within or 0)),
        to=shape.to,
        page=shape.page,
    )


def _roles(node: Node | None, problems: list[Problem]) -> Iterator[RoleRule]:
    if node is None or node.value is None:
        return
    for shape in convert(node, tuple[RoleRuleShape, ...], problems, path="roles") or ():
        yield RoleRule(types=shape.types, roles=shape.roles, priorities=shape.priorities)


def _rights(node: Node | None, problems: list[Problem]) -> dict[Right, tuple[Role, ...]]:
    if node is None or node.value is None:
        return {}
    return convert(node, dict[Right, tuple[Role, ...]], problems, path="rights") or {}
