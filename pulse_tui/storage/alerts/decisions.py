"""What is made of alerts: incidents, silences, who was notified, what people said, what is enforced elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from pulse_tui.domain.enforcement import Enforcement
from pulse_tui.domain.feedback import Feedback, Missed
from pulse_tui.domain.incident import Incident, IncidentState, Member
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.notice import Notice
from pulse_tui.domain.policy_change import PolicyVersion
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.silence import Silence
from pulse_tui.storage.alerts import tables as t
from pulse_tui.storage.sql.bodies import Bodies
from pulse_tui.storage.sql.lookup import among

_NAMED = 400
"""So many verdicts are looked up by their alerts; of more all are read."""


class IncidentTables:
    """Implements :class:`pulse_tui.ports.Incidents`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self._incidents = Bodies(connection, t.incidents, Incident)
        self._members = Bodies(connection, t.incident_alerts, Member)

    def put(self, incident: Incident) -> bool:
        return self._incidents.put(incident)

    def get(self, ident: str) -> Incident | None:
        return self._incidents.get(ident)

    def all(
        self, states: Sequence[IncidentState] | None = None, *, since: datetime | None = None, limit: int = 1_000
    ) -> list[Incident]:
        c = t.incidents.c
        clauses: list[sa.ColumnElement[bool]] = (
            [] if states is None else [c.state.in_([state.value for state in states])]
        )
        if since is not None:
            clauses.append(c.last_at >= to_us(since))
        return self._incidents.where(*clauses, order=(c.opened_at.desc(), c.id), limit=limit)

    def join(self, member: Member) -> bool:
        return self._members.put(member)

    def leave(self, alert_id: str) -> bool:
        return (
            self._c.execute(sa.delete(t.incident_alerts).where(t.incident_alerts.c.alert_id == alert_id)).rowcount > 0
        )

    def member(self, alert_id: str) -> Member | None:
        return self._members.get(alert_id)

    def members(self, incident_id: str) -> list[Member]:
        c = t.incident_alerts.c
        return self._members.where(c.incident_id == incident_id, order=(c.joined_at, c.alert_id))

    def of_alerts(self, alert_ids: Collection[str]) -> dict[str, str]:
        sql = "SELECT alert_id, incident_id FROM incident_alerts WHERE alert_id {among}"
        return {row[0]: row[1] for row in among(self._c, sql, dict.fromkeys(alert_ids))}


class SilenceTable:
    """Implements :class:`pulse_tui.ports.Silences`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._silences = Bodies(connection, t.silences, Silence)

    def put(self, silence: Silence) -> bool:
        return self._silences.put(silence)

    def get(self, ident: str) -> Silence | None:
        return self._silences.get(ident)

    def standing(self, now: datetime) -> list[Silence]:
        c, at = t.silences.c, to_us(now)
        return self._silences.where(c.ended_at.is_(None), c.starts_at <= at, c.ends_at > at, order=(c.starts_at, c.id))

    def all(self, *, ended_after: datetime | None = None) -> list[Silence]:
        c = t.silences.c
        clauses = []
        if ended_after is not None:
            at = to_us(ended_after)
            clauses = [c.ends_at > at, sa.or_(c.ended_at.is_(None), c.ended_at > at)]
        return self._silences.where(*clauses, order=(c.starts_at, c.id))


class NoticeTable:
    """Implements :class:`pulse_tui.ports.Notices`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._notices = Bodies(connection, t.notices, Notice)

    def add(self, notices: Sequence[Notice]) -> None:
        self._notices.add(notices)

    def of(self, alert_id: str) -> list[Notice]:
        return self._notices.where(t.notices.c.alert_id == alert_id, order=(t.notices.c.seq,))

    def of_incident(self, incident_id: str) -> list[Notice]:
        return self._notices.where(t.notices.c.incident_id == incident_id, order=(t.notices.c.seq,))

    def between(
        self, since: datetime, until: datetime, *, person: str | None = None, route: str | None = None
    ) -> list[Notice]:
        c = t.notices.c
        clauses = [c.at >= to_us(since), c.at <= to_us(until)]
        if person is not None:
            clauses.append(c.person == person)
        if route is not None:
            clauses.append(c.route == route)
        return self._notices.where(*clauses, order=(c.seq,))


class LearningTables:
    """Implements :class:`pulse_tui.ports.Learning`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._feedback = Bodies(connection, t.feedback, Feedback)
        self._missed = Bodies(connection, t.missed, Missed)
        self._reviews = Bodies(connection, t.review_tasks, ReviewTask)

    def put_feedback(self, feedback: Feedback) -> bool:
        return self._feedback.put(feedback)

    def feedback(self, alert_ids: Collection[str] | None = None, *, since: datetime | None = None) -> list[Feedback]:
        c = t.feedback.c
        clauses: list[sa.ColumnElement[bool]] = [] if since is None else [c.at >= to_us(since)]
        wanted = None if alert_ids is None else set(alert_ids)
        if wanted is not None and len(wanted) <= _NAMED:
            clauses.append(c.alert_id.in_(sorted(wanted)))
        found = self._feedback.where(*clauses, order=(c.at, c.alert_id))
        return found if wanted is None else [f for f in found if f.alert_id in wanted]

    def put_missed(self, missed: Missed) -> bool:
        return self._missed.put(missed)

    def missed(self, *, since: datetime | None = None) -> list[Missed]:
        c = t.missed.c
        clauses = [] if since is None else [c.at >= to_us(since)]
        return self._missed.where(*clauses, order=(c.at, c.id))

    def put_review(self, task: ReviewTask) -> bool:
        return self._reviews.put(task)

    def review(self, key: str) -> ReviewTask | None:
        return self._reviews.get(key)

    def reviews(self, *, open_only: bool = True, since: datetime | None = None) -> list[ReviewTask]:
        c = t.review_tasks.c
        clauses: list[sa.ColumnElement[bool]] = [c.done_at.is_(None)] if open_only else []
        if since is not None:
            clauses.append(sa.or_(c.done_at.is_(None), c.done_at >= to_us(since)))
        return self._reviews.where(*clauses, order=(c.opened_at, c.key))


class PolicyTable:
    """Implements :class:`pulse_tui.ports.Policies`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._policies = Bodies(connection, t.policies, PolicyVersion)

    def put(self, version: PolicyVersion) -> bool:
        return self._policies.put(version)

    def get(self, digest: str) -> PolicyVersion | None:
        return self._policies.get(digest)

    def all(self, limit: int = 1_000) -> list[PolicyVersion]:
        c = t.policies.c
        return self._policies.where(order=(c.seen_at.desc(), c.digest), limit=limit)


class EnforcementTable:
    """Implements :class:`pulse_tui.ports.Enforcements`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._enforcements = Bodies(connection, t.enforcements, Enforcement)

    def put(self, enforcement: Enforcement) -> bool:
        return self._enforcements.put(enforcement)

    def get(self, key: str) -> Enforcement | None:
        return self._enforcements.get(key)

    def all(self, hold_id: str | None = None) -> list[Enforcement]:
        c = t.enforcements.c
        return self._enforcements.where(*([] if hold_id is None else [c.hold_id == hold_id]), order=(c.key,))
