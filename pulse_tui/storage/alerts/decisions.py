"""What is made of alerts: incidents, silences, who was notified, what people said, what is enforced elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count as counted
from typing import Any

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
from pulse_tui.storage.alerts.later import t
from pulse_tui.storage.sql.bodies import Bodies
from pulse_tui.storage.sql.codec import to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, named
from pulse_tui.storage.sql.plain import asked, where

_TALLIES = """SELECT m.incident_id, a.priority, CASE WHEN a.open_key IS NULL THEN 0 ELSE 1 END AS is_open, COUNT(*)
              FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id
              WHERE m.incident_id {among} GROUP BY 1, 2, 3 ORDER BY 1, 3 DESC"""

_NAMED = 400
"""So many verdicts are looked up by their alerts; of more all are read."""
_INCIDENTS = Bodies(t, "incidents", Incident, kept=256)
_MEMBERS = Bodies(t, "incident_alerts", Member, "alert_id")
_SILENCES = Bodies(t, "silences", Silence)
_NOTICES = Bodies(t, "notices", Notice, "seq")
_FEEDBACK = Bodies(t, "feedback", Feedback, "alert_id")
_MISSED = Bodies(t, "missed", Missed)
_REVIEWS = Bodies(t, "review_tasks", ReviewTask, "key")
_POLICIES = Bodies(t, "policies", PolicyVersion, "digest")
_ENFORCEMENTS = Bodies(t, "enforcements", Enforcement, "key")
_AT_ONCE = 200
"""Notices that are looked through at a time for the alerts that somebody was called of."""
_CALLED = f"""
SELECT n.alert_id FROM notices n JOIN alerts a ON a.id = n.alert_id
WHERE n.at >= :since AND a.rule_id = :rule AND n.body LIKE :event
  AND (n.outcome = '{NoticeOutcome.QUEUED.value}' OR n.body LIKE :storm)
ORDER BY n.at, n.seq LIMIT :most OFFSET :at
"""  # noqa: S608  words of our own


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
        wanted = ["last_at >= :since"] * (since is not None)
        if states is not None:
            words = ", ".join(f"'{state.value}'" for state in states)  # of our own
            wanted.append(f"state IN ({words})" if words else "1 = 0")
        given = {"since": None if since is None else to_us(since), "most": limit}
        return _INCIDENTS.asked(self._c, f"{where(wanted)} ORDER BY opened_at DESC, id LIMIT :most", given)

    def join(self, member: Member) -> bool:
        return _MEMBERS.put(self._c, member)

    def leave(self, alert_id: str) -> bool:
        return (
            self._c.execute(sa.delete(t.incident_alerts).where(t.incident_alerts.c.alert_id == alert_id)).rowcount > 0
        )

    def member(self, alert_id: str) -> Member | None:
        return _MEMBERS.get(self._c, alert_id)

    def members(self, incident_id: str, limit: int | None = None) -> list[Member]:
        rest = "WHERE incident_id = :incident ORDER BY joined_at, alert_id" + (
            " LIMIT :limit" if limit is not None else ""
        )
        return _MEMBERS.asked(self._c, rest, {"incident": incident_id, "limit": limit})

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
        rest = "WHERE ended_at IS NULL AND starts_at <= :now AND ends_at > :now ORDER BY starts_at, id"
        return _SILENCES.asked(self._c, rest, {"now": to_us(now)})

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
        return _NOTICES.asked(self._c, "WHERE alert_id = :alert ORDER BY seq", {"alert": alert_id})

    def of_incident(self, incident_id: str) -> list[Notice]:
        return _NOTICES.asked(self._c, "WHERE incident_id = :incident ORDER BY seq", {"incident": incident_id})

    def called(self, rule_id: str, event: AlertEvent, since: datetime, limit: int | None = None) -> list[str]:
        given = {"since": to_us(since), "rule": rule_id, "event": f'%"event":"{event.value}"%', "most": _AT_ONCE}
        given["storm"] = f'%"reason":"{Withheld.STORM.value}"%'
        found: dict[str, None] = {}
        for at in counted(0, _AT_ONCE):  # of a storm of thousands the first rows say enough
            rows = asked(self._c, _CALLED, {**given, "at": at})
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
        wanted = None if alert_ids is None else sorted(set(alert_ids))
        few = wanted if wanted is not None and len(wanted) <= _NAMED else []
        given = {f"a{n}": alert for n, alert in enumerate(few)}
        clauses = ["at >= :since"] * (since is not None)
        if wanted is not None and len(wanted) <= _NAMED:
            clauses.append(f"alert_id IN ({', '.join(f':{name}' for name in given)})" if given else "1 = 0")
        since_us = None if since is None else to_us(since)
        found = _FEEDBACK.asked(self._c, f"{where(clauses)} ORDER BY at, alert_id", {**given, "since": since_us})
        return found if wanted is None else [f for f in found if f.alert_id in wanted]

    def put_missed(self, missed: Missed) -> bool:
        return _MISSED.put(self._c, missed)

    def missed(self, *, since: datetime | None = None) -> list[Missed]:
        wanted, since_us = where(["at >= :since"] * (since is not None)), None if since is None else to_us(since)
        return _MISSED.asked(self._c, f"{wanted} ORDER BY at, id", {"since": since_us})

    def put_review(self, task: ReviewTask) -> bool:
        return _REVIEWS.put(self._c, task)

    def review(self, key: str) -> ReviewTask | None:
        return _REVIEWS.get(self._c, key)

    def reviews(self, *, open_only: bool = True, since: datetime | None = None) -> list[ReviewTask]:
        wanted = ["done_at IS NULL"] * open_only
        wanted += ["(done_at IS NULL OR done_at >= :since)"] * (since is not None)
        since_us = None if since is None else to_us(since)
        return _REVIEWS.asked(self._c, f"{where(wanted)} ORDER BY opened_at, key", {"since": since_us})


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
        wanted = ", ".join(f"'{state.value}'" for state in states)  # words of our own
        return _POLICIES.asked(self._c, f"WHERE state IN ({wanted}) ORDER BY seen_at DESC, digest")

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
        wanted = ["hold_id = :hold"] * (hold_id is not None)
        return _ENFORCEMENTS.asked(self._c, f"{where(wanted)} ORDER BY key", {"hold": hold_id})
