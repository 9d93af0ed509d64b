"""Whom an alert goes to: the routes of the people and teams whom it concerns, and why some of them get nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.oncall import OnCall, Rung
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.oncall.hours import within
from pulse_tui.enrich.oncall.ladder import first_rungs
from pulse_tui.enrich.oncall.parties import About, Parties, Party, concerned, rung
from pulse_tui.ports import Route, Target


class Call(NamedTuple):
    """Somebody is called later than when the alert opened."""

    number: int = 0
    rung: Rung | None = None
    """The rung of the ladder that is climbed; None: whoever was to be called when it opened."""
    name: str = ""
    """What distinguishes it from the other calls of the alert, where its rungs do not."""

    @property
    def kind(self) -> str:
        """The action that calls."""
        return "page" if self.rung is None or self.rung.page else "notify"


def address(
    routes: Sequence[Route], alert: Alert, use: Use, owner: str | None, named: Sequence[str] = ()
) -> list[Target]:
    """Where nobody is configured: the routes for that use that serve the owner; those that the rule names (``named``), if
    it names any of them.

    What is so urgent that somebody is woken goes to the routes that page, too, and as a page.
    """
    urgent = use is Use.NOTIFY and alert.priority is Priority.P1
    for paged in (True, False) if _wakes(alert) else (False, True):
        wanted = {use, Use.PAGE} if urgent and paged else {use}
        able = [r for r in routes if r.uses & wanted]
        chosen = [r for r in able if r.id in named] or [r for r in able if r.serves(owner)]
        if chosen:
            return [Target(r, Use.PAGE if urgent and paged and Use.PAGE in r.uses else use, team=owner) for r in chosen]
    return []


_WOKEN = 1
"""After how many missed deadlines somebody is woken again: whoever did not wake up twice is reached in another way."""


def _wakes(alert: Alert) -> bool:
    """Whether a message of it is a page: it is urgent, and the same person was not woken of it in vain before."""
    return alert.priority is Priority.P1 and alert.escalations <= _WOKEN


class Addressing:
    """Whom one event of an alert goes to. What was found to reach nobody, or to be nothing for a role, is kept for
    :meth:`notices`."""

    def __init__(
        self,
        oncall: OnCall,
        routes: Sequence[Route],
        alert: Alert,
        kind: SignalType,
        now: datetime,
        *,
        named: Sequence[str] = (),
        call: Call | None = None,
    ) -> None:
        """``named``: the routes of the rule. ``call``: the rung that is climbed; None: the alert opens or is raised."""
        self._oncall = oncall
        self._routes = routes
        self._alert = alert
        self._kind = kind
        self._now = now
        self._named = named
        self._call = call
        self._nobody: dict[tuple[Use, str | None], str] = {}
        self._refused: dict[tuple[Use, Party], str] = {}
        self._found: set[tuple[Use, str | None]] = set()

    def whom(self, use: Use, owner: str | None) -> list[Target]:
        """The targets for one use. Without people, teams, roles and ladders as it always was."""
        if not self._oncall.configured:
            targets = address(self._routes, self._alert, use, owner, self._named) or self._unserved(use)
        else:
            targets = self._of_parties(use, owner)
        if targets:
            self._found |= {(used, owner) for used in (use, *(t.use for t in targets))}
        else:
            who = owner or "what has no owner"
            self._nobody.setdefault((use, owner), f"no route for {use.value} serves {who}")
        return targets

    def _unserved(self, use: Use) -> list[Target]:
        """A P1 is never for nobody."""
        urgent = self._alert.priority is Priority.P1 and use in (Use.PAGE, Use.NOTIFY)
        return self._everybody() if urgent else []

    def notices(self, event: AlertEvent, base: Notice) -> list[Notice]:
        """A line for each use in which nobody was reached, and for each party that gets nothing for its role.

        ``base`` has what all of them share. Where one use reaches somebody (a message), that the other (a page) did not
        is a line all the same: nobody was woken.
        """
        if not event.calls:
            return []
        lines = [
            msgspec.structs.replace(base, use=use, outcome=NoticeOutcome.NOBODY, why=why, reason=None)
            for (use, owner), why in self._nobody.items()
            if (use, owner) not in self._found and owner == self._alert.owner and use is not Use.REVIEW
        ]
        lines += [
            msgspec.structs.replace(
                base,
                use=use,
                outcome=NoticeOutcome.WITHHELD,
                reason=Withheld.ROLE,
                why=why,
                team=party.team,
                role=party.role.value if party.role else None,
                person=party.person,
            )
            for (use, party), why in self._refused.items()
        ]
        return lines

    def _of_parties(self, use: Use, owner: str | None) -> list[Target]:
        if self._named and (self._call is None or self._call.rung is None):
            named = address(self._routes, self._alert, use, owner, self._named)
            if any(t.route.id in self._named for t in named):
                return self._labelled(named, owner)
        about = About(self._kind, self._alert.priority, owner)
        found: dict[tuple[str, Use], Target] = {}
        for number, one, parties in self._calls(about, use):
            for party, why in parties.refused:
                self._refused.setdefault((use, party), why)
            for party in parties.called:
                for target in self._reach(party, use, one):
                    found.setdefault((target.route.id, target.use), target._replace(rung=number))
        climbs = self._call is not None and self._call.rung is not None  # whoever opened it was called already
        if not found and not climbs and self._alert.priority is Priority.P1 and use in (Use.PAGE, Use.NOTIFY):
            return self._everybody()
        return list(found.values())

    def _calls(self, about: About, use: Use) -> list[tuple[int, Rung | None, Parties]]:
        """What is called: the rung that is climbed, the first rungs of the ladder, or whoever it concerns."""
        if self._call is not None and self._call.rung is not None:
            one = self._call
            return [(one.number, self._call.rung, rung(self._call.rung.to, about, self._oncall, self._now))]
        first = first_rungs(self._alert, self._oncall)
        if not first or use not in (Use.PAGE, Use.NOTIFY) or about.owner != self._alert.owner:
            return [(0, None, concerned(about, self._oncall, self._now))]
        calls: list[tuple[int, Rung | None, Parties]] = []
        for number, step in first:
            if step.to in ("oncall", "team"):  # whom it concerns by its kind, and of these the one on call or all
                parties = concerned(about, self._oncall, self._now)
                if step.to == "team":
                    whole = tuple(p._replace(person=None, whole=p.team in self._oncall.teams) for p in parties.called)
                    parties = Parties(whole, parties.refused)
            else:
                parties = rung(step.to, about, self._oncall, self._now)
            calls.append((number, step, parties))
        return calls

    def _reach(self, party: Party, use: Use, one: Rung | None) -> list[Target]:
        """The routes of one party. A page of what can wait goes out as a message meanwhile."""
        wakes = one is None or one.page
        if use is Use.NOTIFY:
            pages = self._by(party, Use.PAGE) if _wakes(self._alert) and wakes else []
            woken = {t.route.id for t in pages}
            return pages + [t for t in self._by(party, Use.NOTIFY) if t.route.id not in woken]
        if use is Use.PAGE and not wakes:
            return []
        found = self._by(party, use)
        if use is Use.PAGE and self._alert.priority is not Priority.P1 and not within(self._oncall, self._now):
            return self._by(party, Use.NOTIFY) + found
        return found

    def _by(self, party: Party, use: Use) -> list[Target]:
        able = [r for r in self._routes if use in r.uses]
        person = self._oncall.people.get(party.person or "")
        team = self._oncall.teams.get(party.team or "")
        own = [r for r in able if person is not None and r.id in person.routes]
        shared = [r for r in able if team is not None and r.id in team.routes]
        if not shared and (team is None or not team.routes):
            shared = [r for r in able if self._serves(r, party.team)]
        each = [
            (r, name)
            for name in (team.members if team is not None and (party.whole or (not shared and not own)) else ())
            for r in able
            if r.id in self._oncall.people[name].routes
        ]
        if use is Use.PAGE:
            chosen = [(r, party.person) for r in own] or each or [(r, party.person) for r in shared]
        else:
            chosen = [(r, party.person) for r in shared or own] or each
        role = party.role.value if party.role is not None else None
        return [
            Target(r, use, team=party.team, role=self._role_of(name) or role, person=name, why=party.why)
            for r, name in chosen
        ]

    def _role_of(self, name: str | None) -> str | None:
        person = self._oncall.people.get(name or "")
        return person.role.value if person is not None and person.role is not None else None

    def _serves(self, route: Route, owner: str | None) -> bool:
        """Whether it is for the owner: a route of a person, or of another team, is not for everybody."""
        if route.owners:
            return route.serves(owner)
        taken = {r for p in self._oncall.people.values() for r in p.routes}
        taken |= {r for t in self._oncall.teams.values() for r in t.routes}
        return route.id not in taken

    def _labelled(self, targets: list[Target], owner: str | None) -> list[Target]:
        about = About(self._kind, self._alert.priority, owner)
        parties = concerned(about, self._oncall, self._now)
        party = next((p for p in parties.called if p.team == owner), None)
        if party is None:
            return targets
        role = party.role.value if party.role else None
        return [t._replace(role=self._role_of(party.person) or role, person=party.person) for t in targets]

    def _everybody(self) -> list[Target]:
        """Nobody is never an answer to a P1: every route that can wake or notify somebody."""
        able = [r for r in self._routes if r.uses & {Use.PAGE, Use.NOTIFY}]
        why = f"no route serves {self._alert.owner or 'what has no owner'}: every route gets it"
        return [
            Target(r, Use.PAGE if Use.PAGE in r.uses else Use.NOTIFY, team=self._alert.owner, why=why) for r in able
        ]
