"""What is made of alerts: incidents, silences, who was notified, what people said, what is enforced elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count as counted
from typing import Any

import sqlalchemy as sa

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.enforcement import Enforcement
from pulse_tui.domain.feedback import Feedback, Missed
from pulse_tui.domain.incident import Incident, IncidentState, Member, Tally
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.notice import Notice, NoticeOutcome, Withheld
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.silence import Silence
from pulse_tui.domain.words import Priority
from pulse_tui.storage.alerts import tables as t
from pulse_tui.storage.sql.bodies import Bodies
from pulse_tui.storage.sql.codec import to_json
from pulse_tui.storage.sql.lookup import Question, among, named

_TALLIES = """SELECT m.incident_id, a.priority, CASE WHEN a.open_key IS NULL THEN 0 ELSE 1 END AS is_open, COUNT(*)
              FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id
              WHERE m.incident_id {among} GROUP BY 1, 2, 3 ORDER BY 1, 3 DESC"""

_NAMED = 400
"""So many verdicts are looked up by their alerts; of more all are read."""
_INCIDENTS = Bodies(t.incidents, Incident, kept=256)
_NEWEST, _MOST = (t.incidents.c.opened_at.desc(), t.incidents.c.id), sa.bindparam("most", type_=sa.Integer)
_SINCE = _INCIDENTS.asked(t.incidents.c.last_at >= sa.bindparam("since"), order=_NEWEST, limit=_MOST)
_STANDING = _INCIDENTS.asked(t.incidents.c.state == IncidentState.OPEN.value, order=_NEWEST, limit=_MOST)
_MEMBERS = Bodies(t.incident_alerts, Member)
_SILENCES = Bodies(t.silences, Silence)
_NOTICES = Bodies(t.notices, Notice)
_OF_ALERT = _NOTICES.asked(t.notices.c.alert_id == sa.bindparam("alert"), order=(t.notices.c.seq,))
_OF_INCIDENT = _NOTICES.asked(t.notices.c.incident_id == sa.bindparam("incident"), order=(t.notices.c.seq,))
_AT_ONCE = 200
"""Notices that are looked through at a time for the alerts that somebody was called of."""
_CALLED = Question(
    sa.select(t.notices.c.alert_id)
    .select_from(t.notices.join(t.alerts, t.alerts.c.id == t.notices.c.alert_id))
    .where(
        t.notices.c.at >= sa.bindparam("since"),
        t.alerts.c.rule_id == sa.bindparam("rule"),
        t.notices.c.body.like(sa.bindparam("event")),
        sa.or_(
            t.notices.c.outcome == NoticeOutcome.QUEUED.value,
            t.notices.c.body.contains(f'"reason":"{Withheld.STORM.value}"'),
        ),
    )
    .order_by(t.notices.c.at, t.notices.c.seq)
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("at"))
)
_FEEDBACK = Bodies(t.feedback, Feedback)
_MISSED = Bodies(t.missed, Missed)
_REVIEWS = Bodies(t.review_tasks, ReviewTask)
_POLICIES = Bodies(t.policies, PolicyVersion)
_ENFORCEMENTS = Bodies(t.enforcements, Enforcement)


class IncidentTables:
    """Implements :class:`pulse_tui.ports.Incidents`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, incident: Incident) -> bool:
        return _INCIDENTS.put(self._c, incident)

    def get(self, ident: str) -> Incident | None:
        return _INCIDENTS.get(self._c, ident)

    def all(
        self, states: Sequence[IncidentState] | None = None, *, since: datetime | None = None, limit: int = 1_000
    ) -> list[Incident]:
        if states is None and since is not None:
            return _INCIDENTS.answer(self._c, _SINCE, since=to_us(since), most=limit)
        if since is None and states == [IncidentState.OPEN]:
            return _INCIDENTS.answer(self._c, _STANDING, most=limit)
        c = t.incidents.c
        clauses: list[sa.ColumnElement[bool]] = (
            [] if states is None else [c.state.in_([state.value for state in states])]
        )
        if since is not None:
            clauses.append(c.last_at >= to_us(since))
        return _INCIDENTS.where(self._c, *clauses, order=(c.opened_at.desc(), c.id), limit=limit)

    def join(self, member: Member) -> bool:
        return _MEMBERS.put(self._c, member)

    def leave(self, alert_id: str) -> bool:
        return (
            self._c.execute(sa.delete(t.incident_alerts).where(t.incident_alerts.c.alert_id == alert_id)).rowcount > 0
        )

    def member(self, alert_id: str) -> Member | None:
        return _MEMBERS.get(self._c, alert_id)

    def members(self, incident_id: str, limit: int | None = None) -> list[Member]:
        c = t.incident_alerts.c
        return _MEMBERS.where(self._c, c.incident_id == incident_id, order=(c.joined_at, c.alert_id), limit=limit)

    def tallies(self, incident_ids: Collection[str]) -> dict[str, Tally]:
        found: dict[str, Tally] = {}
        for ident, priority, is_open, count in among(self._c, _TALLIES, dict.fromkeys(incident_ids)):
            # The open ones come first: of them the most urgent counts, of the ended ones only where none is open.
            so_far = found.get(ident, Tally(0, 0, None))
            counts = bool(is_open) or not so_far.open
            known = [so_far.priority] if so_far.priority is not None else []
            ranked = min([*known, *([Priority(priority)] if counts else [])], key=lambda p: p.rank)
            found[ident] = Tally(so_far.alerts + count, so_far.open + count * bool(is_open), ranked)
        return found

    def urgencies(self, incident_id: str) -> list[tuple[Priority, bool, int]]:
        rows = among(self._c, _TALLIES, [incident_id])
        return [(Priority(priority), bool(is_open), count) for _, priority, is_open, count in rows]

    def named(self, name: str) -> Incident | None:
        row = named(self._c, t.incidents, t.incidents.c.id, name)
        if row is not None:
            return _INCIDENTS.get(self._c, row["id"])
        like: Any = t.incidents.c.body.contains(to_json(name), autoescape=True)
        found = [i for i in _INCIDENTS.where(self._c, like, limit=20) if name and i.external == name]
        return found[0] if len(found) == 1 else None

    def of_alerts(self, alert_ids: Collection[str]) -> dict[str, str]:
        sql = "SELECT alert_id, incident_id FROM incident_alerts WHERE alert_id {among}"
        return {row[0]: row[1] for row in among(self._c, sql, dict.fromkeys(alert_ids))}


class SilenceTable:
    """Implements :class:`pulse_tui.ports.Silences`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, silence: Silence) -> bool:
        return _SILENCES.put(self._c, silence)

    def get(self, ident: str) -> Silence | None:
        return _SILENCES.get(self._c, ident)

    def standing(self, now: datetime) -> list[Silence]:
        c, at = t.silences.c, to_us(now)
        return _SILENCES.where(
            self._c, c.ended_at.is_(None), c.starts_at <= at, c.ends_at > at, order=(c.starts_at, c.id)
        )

    def all(self, *, ended_after: datetime | None = None) -> list[Silence]:
        c = t.silences.c
        clauses = []
        if ended_after is not None:
            at = to_us(ended_after)
            clauses = [c.ends_at > at, sa.or_(c.ended_at.is_(None), c.ended_at > at)]
        return _SILENCES.where(self._c, *clauses, order=(c.starts_at, c.id))


class NoticeTable:
    """Implements :class:`pulse_tui.ports.Notices`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def add(self, notices: Sequence[Notice]) -> None:
        _NOTICES.add(self._c, notices)

    def of(self, alert_id: str) -> list[Notice]:
        return _NOTICES.answer(self._c, _OF_ALERT, alert=alert_id)

    def of_incident(self, incident_id: str) -> list[Notice]:
        return _NOTICES.answer(self._c, _OF_INCIDENT, incident=incident_id)

    def called(self, rule_id: str, event: AlertEvent, since: datetime, limit: int | None = None) -> list[str]:
        given = {"since": to_us(since), "rule": rule_id, "event": f'%"event":"{event.value}"%', "most": _AT_ONCE}
        found: dict[str, None] = {}
        for at in counted(0, _AT_ONCE):  # of a storm of thousands the first rows say enough
            rows = _CALLED.rows(self._c, **given, at=at)
            found |= dict.fromkeys(row[0] for row in rows)
            if len(rows) < _AT_ONCE or (limit is not None and len(found) >= limit):
                break
        return list(found)[:limit]

    def stormy(self, rule_id: str, event: AlertEvent, since: datetime) -> list[tuple[str, str, datetime]]:
        n = t.notices.c
        query = self._of_rule(rule_id, event, since, n.alert_id, n.route, n.at)
        query = query.where(n.body.contains(f'"reason":"{Withheld.STORM.value}"'))
        return [(alert, route or "", from_us(at)) for alert, route, at in self._c.execute(query)]

    def _of_rule(self, rule_id: str, event: AlertEvent, since: datetime, *what: Any) -> Any:
        n, a = t.notices.c, t.alerts.c
        said = n.body.contains(f'"event":"{event.value}"')
        joined = t.notices.join(t.alerts, a.id == n.alert_id)
        return (
            sa.select(*what).select_from(joined).where(n.at >= to_us(since), a.rule_id == rule_id, said).order_by(n.seq)
        )

    def between(
        self, since: datetime, until: datetime, *, person: str | None = None, route: str | None = None
    ) -> list[Notice]:
        c = t.notices.c
        clauses = [c.at >= to_us(since), c.at <= to_us(until)]
        if person is not None:
            clauses.append(c.person == person)
        if route is not None:
            clauses.append(c.route == route)
        return _NOTICES.where(self._c, *clauses, order=(c.seq,))


class LearningTables:
    """Implements :class:`pulse_tui.ports.Learning`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put_feedback(self, feedback: Feedback) -> bool:
        return _FEEDBACK.put(self._c, feedback)

    def feedback(self, alert_ids: Collection[str] | None = None, *, since: datetime | None = None) -> list[Feedback]:
        c = t.feedback.c
        clauses: list[sa.ColumnElement[bool]] = [] if since is None else [c.at >= to_us(since)]
        wanted = None if alert_ids is None else set(alert_ids)
        if wanted is not None and len(wanted) <= _NAMED:
            clauses.append(c.alert_id.in_(sorted(wanted)))
        found = _FEEDBACK.where(self._c, *clauses, order=(c.at, c.alert_id))
        return found if wanted is None else [f for f in found if f.alert_id in wanted]

    def put_missed(self, missed: Missed) -> bool:
        return _MISSED.put(self._c, missed)

    def missed(self, *, since: datetime | None = None) -> list[Missed]:
        c = t.missed.c
        clauses = [] if since is None else [c.at >= to_us(since)]
        return _MISSED.where(self._c, *clauses, order=(c.at, c.id))

    def put_review(self, task: ReviewTask) -> bool:
        return _REVIEWS.put(self._c, task)

    def review(self, key: str) -> ReviewTask | None:
        return _REVIEWS.get(self._c, key)

    def reviews(self, *, open_only: bool = True, since: datetime | None = None) -> list[ReviewTask]:
        c = t.review_tasks.c
        clauses: list[sa.ColumnElement[bool]] = [c.done_at.is_(None)] if open_only else []
        if since is not None:
            clauses.append(sa.or_(c.done_at.is_(None), c.done_at >= to_us(since)))
        return _REVIEWS.where(self._c, *clauses, order=(c.opened_at, c.key))


class PolicyTable:
    """Implements :class:`pulse_tui.ports.Policies`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, version: PolicyVersion) -> bool:
        return _POLICIES.put(self._c, version)

    def get(self, digest: str) -> PolicyVersion | None:
        return _POLICIES.get(self._c, digest)

    def in_state(self, *states: PolicyState) -> list[PolicyVersion]:
        c = t.policies.c
        return _POLICIES.where(self._c, c.state.in_([s.value for s in states]), order=(c.seen_at.desc(), c.digest))

    def all(self, limit: int = 1_000) -> list[PolicyVersion]:
        c = t.policies.c
        return _POLICIES.where(self._c, order=(c.seen_at.desc(), c.digest), limit=limit)


class EnforcementTable:
    """Implements :class:`pulse_tui.ports.Enforcements`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, enforcement: Enforcement) -> bool:
        return _ENFORCEMENTS.put(self._c, enforcement)

    def get(self, key: str) -> Enforcement | None:
        return _ENFORCEMENTS.get(self._c, key)

    def all(self, hold_id: str | None = None) -> list[Enforcement]:
        c = t.enforcements.c
        return _ENFORCEMENTS.where(self._c, *([] if hold_id is None else [c.hold_id == hold_id]), order=(c.key,))
