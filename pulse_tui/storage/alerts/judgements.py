"""Decisions with what they saw, alerts as episodes, holds, retests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.effect import Did, Response
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.words import Environment, Outcome
from pulse_tui.ports.storing.alerts import Seen
from pulse_tui.storage.alerts.later import t
from pulse_tui.storage.sql.codec import Codec, from_json, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, called, present
from pulse_tui.storage.sql.plain import asked, one, where
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.sql.upsert import insert_many, insert_new, insert_rows, upsert

_DECISION = Codec(Decision)
_ALERT = Codec(Alert)
_HOLD = Codec(Hold)
_RETEST = Codec(Retest)
_BEFORE = f"""
SELECT {", ".join(_ALERT.names)} FROM alerts WHERE signal_fingerprint {{among}}
   AND (suppressed_until > {{at}} OR acknowledged_until > {{at}} OR resolved_at = {{at}})
ORDER BY first_at DESC, id
"""  # noqa: S608  names of our own
_EPISODES = f"""
SELECT {", ".join(_ALERT.names)} FROM alerts WHERE fingerprint {{among}} AND first_at >= {{since}} ORDER BY first_at DESC, id
"""  # noqa: S608  names of our own
_SHARED = """
SELECT f.facts FROM decisions d JOIN decisions f ON f.signal_id = d.signal_id AND f.policy_digest = d.policy_digest
   AND COALESCE(f.asset_id, '') = COALESCE(d.asset_id, '') AND COALESCE(f.environment, '') = COALESCE(d.environment, '')
WHERE d.id = :id AND f.facts <> '' ORDER BY f.seq LIMIT 1
"""
_SEEN = (
    "SELECT signal_id, asset_id, environment, facts FROM decisions WHERE signal_id {among} AND facts != '' ORDER BY seq"
)
_NEAR = f"""
SELECT {_ALERT.columns} FROM alerts WHERE first_at BETWEEN :begin AND :end AND last_at >= :since AND id <> :id
ORDER BY CASE WHEN asset_id = :asset THEN 0 ELSE 1 END, priority, title, id LIMIT :limit
"""  # noqa: S608  names of our own
_OPEN_ABOUT = f"""
SELECT {_ALERT.columns} FROM alerts WHERE signal_fingerprint = :about AND open_key IS NOT NULL AND id <> :besides
"""  # noqa: S608  names of our own
_OPEN = f"SELECT {', '.join(_ALERT.names)} FROM alerts WHERE open_key {{among}}"  # noqa: S608  names of our own


_WRITTEN = (
    "id", "signal_id", "rule_id", "mode", "outcome", "priority", "severity", "actions", "comparisons", "policy_digest",
    "asset_id", "environment", "version", "owner", "title", "fingerprint", "at", "context", "respond_within_s", "facts",
)  # fmt: skip


class _Writer:
    """Decisions as rows, in the order in which they were made: those of one fact come together, share what they compared, and
    the first keeps for all of them what they saw. Tens of thousands are written a second, so each text is made once."""

    def __init__(self) -> None:
        """For one batch."""
        self._fact: Fact | None = None
        self._when: datetime | None = None
        self._at = 0
        self._actions: dict[tuple[str, ...], str] = {}
        self._compared: dict[int, str] = {}

    def row(self, decision: Decision, fact: Fact) -> tuple[Any, ...]:
        """As ``_DECISION.row`` has it, with ``facts``: values in the order of :data:`_WRITTEN`."""
        facts = ""
        if fact is not self._fact:
            facts, self._fact = to_json(fact.variables), fact
            self._compared.clear()
        if decision.at is not self._when:
            self._when, self._at = decision.at, to_us(decision.at)
        actions = self._actions.get(decision.actions)
        if actions is None:
            actions = self._actions[decision.actions] = to_json(decision.actions)
        texts, compared = [], self._compared
        for comparison in decision.comparisons:
            text = compared.get(id(comparison))
            if text is None:
                text = compared[id(comparison)] = to_json(comparison)
            texts.append(text)
        environment = decision.environment
        return (
            decision.id,
            decision.signal_id,
            decision.rule_id,
            decision.mode._value_,
            decision.outcome._value_,
            decision.priority._value_,
            decision.severity._value_,
            actions,
            f"[{','.join(texts)}]",
            decision.policy_digest,
            decision.asset_id,
            environment._value_ if environment is not None else None,
            decision.version,
            decision.owner,
            decision.title,
            decision.fingerprint,
            self._at,
            decision.context,
            decision.respond_within_s,
            facts,
        )


class JudgementTables:
    """Implements :class:`pulse_tui.ports.Judgements`."""

    def __init__(self, connection: sa.Connection, protected: Protected) -> None:
        """All work happens in the connection's transaction; ``protected`` notes what the log must record."""
        self._c = connection
        self._protected = protected

    def add_decisions(self, decisions: Sequence[tuple[Decision, Fact]]) -> None:
        rows, known = [], set[str]()
        writer = _Writer()
        for decision, fact in decisions:
            if decision.id not in known:
                known.add(decision.id)
                rows.append(writer.row(decision, fact))
        insert_rows(self._c, t.decisions, _WRITTEN, rows, keep=True)

    def decision(self, decision_id: str) -> Decision | None:
        return next(_DECISION.items(called(self._c, "decisions", _DECISION.columns, decision_id)), None)

    def decisions(
        self, *, signal_id: str | None = None, outcome: Outcome | None = None, limit: int = 100
    ) -> list[Decision]:
        wanted = ["signal_id = :signal"] * (signal_id is not None) + ["outcome = :outcome"] * (outcome is not None)
        sql = f"SELECT {_DECISION.columns} FROM decisions {where(wanted)} ORDER BY seq DESC LIMIT :limit"  # noqa: S608
        given = {"signal": signal_id, "outcome": outcome.value if outcome is not None else None, "limit": limit}
        return list(_DECISION.items(asked(self._c, sql, given)))

    def variables(self, decision_id: str) -> dict[str, Any]:
        text: str | None = one(self._c, "SELECT facts FROM decisions WHERE id = :id", {"id": decision_id})
        if text == "":
            text = one(self._c, _SHARED, {"id": decision_id})
        return dict(from_json(text)) if text else {}

    def seen(self, signal_ids: Iterable[str]) -> list[Seen]:
        last = {
            (signal_id, asset_id, environment): facts
            for signal_id, asset_id, environment, facts in among(self._c, _SEEN, dict.fromkeys(signal_ids))
        }
        return [
            Seen(signal_id, asset_id, Environment(environment) if environment else None, dict(from_json(facts)))
            for (signal_id, asset_id, environment), facts in last.items()
        ]

    def add_responses(self, decision_id: str, responses: Sequence[Response], at: datetime) -> None:
        rows = [
            {"decision_id": decision_id, "action": r.action, "what": r.what, "did": r.did.value, "at": to_us(at)}
            for r in responses
        ]
        insert_many(self._c, t.responses, rows)

    def responses(self, decision_id: str) -> list[Response]:
        sql = "SELECT action, what, did, at FROM responses WHERE decision_id = :id ORDER BY seq"
        rows = asked(self._c, sql, {"id": decision_id})
        return [Response(action, what, Did(did), from_us(at)) for action, what, did, at in rows]

    def open_alerts(self, fingerprints: Iterable[str]) -> dict[str, Alert]:
        return {a.fingerprint: a for a in _ALERT.items(among(self._c, _OPEN, fingerprints))}

    def open_alerts_about(self, signal_fingerprint: str, besides: str = "") -> list[Alert]:
        given = {"about": signal_fingerprint, "besides": besides}
        return list(_ALERT.items(asked(self._c, _OPEN_ABOUT, given)))

    def conditions(self, signal_fingerprints: Iterable[str]) -> set[str]:
        return present(self._c, t.alerts.c.signal_fingerprint, signal_fingerprints)

    def before(self, signal_fingerprints: Sequence[str], at: datetime) -> list[Alert]:
        place = {name: n for n, name in enumerate(signal_fingerprints)}
        rows = among(self._c, _BEFORE.replace("{at}", str(to_us(at))), place)
        return sorted(_ALERT.items(rows), key=lambda a: place[a.signal_fingerprint])

    def muted(self, signal_fingerprint: str, environment: Environment | None, now: datetime) -> list[Alert]:
        a, at = t.alerts.c, to_us(now)
        query = sa.select(t.alerts).where(
            a.signal_fingerprint == signal_fingerprint,
            a.environment.is_not_distinct_from(environment.value if environment is not None else None),
            sa.or_(a.suppressed_until > at, a.acknowledged_until > at),
        )
        return [_ALERT.item(r) for r in self._c.execute(query.order_by(a.first_at.desc(), a.id)).mappings()]

    def resolved_at(self, signal_fingerprint: str, besides: Collection[datetime] = ()) -> datetime | None:
        query = sa.select(sa.func.max(t.alerts.c.resolved_at)).where(
            t.alerts.c.signal_fingerprint == signal_fingerprint,
            t.alerts.c.open_key.is_(None),
            t.alerts.c.resolved_at.not_in([to_us(at) for at in besides]),
        )
        found = self._c.execute(query).scalar_one()
        return from_us(found) if found is not None else None

    def episodes(self, fingerprint: str, since: datetime) -> list[Alert]:
        rows = among(self._c, _EPISODES.replace("{since}", str(to_us(since))), [fingerprint])
        return list(_ALERT.items(rows))

    def alert(self, alert_id: str) -> Alert | None:
        return next(_ALERT.items(called(self._c, "alerts", _ALERT.columns, alert_id)), None)

    def alerts(
        self, states: Sequence[AlertState] | None = None, limit: int = 1000, asset_id: str | None = None
    ) -> list[Alert]:
        wanted = ["asset_id = :asset"] * (asset_id is not None)
        if states is not None:
            wanted.append(f"state IN ({', '.join(repr(s.value) for s in states)})")  # words of our own
        sql = f"SELECT {_ALERT.columns} FROM alerts {where(wanted)} ORDER BY first_at DESC, id LIMIT :limit"  # noqa: S608
        return list(_ALERT.items(asked(self._c, sql, {"asset": asset_id, "limit": limit})))

    def near(self, alert: Alert, within: timedelta, since: datetime, limit: int) -> list[Alert]:
        begin, end = to_us(alert.first_at - within), to_us(alert.first_at + within)
        given = {"begin": begin, "end": end, "since": to_us(since), "id": alert.id, "asset": alert.asset_id or ""}
        return list(_ALERT.items(asked(self._c, _NEAR, {**given, "limit": limit})))

    def put_alert(self, alert: Alert) -> None:
        row = {**_ALERT.row(alert), "open_key": alert.fingerprint if alert.open else None}
        upsert(self._c, t.alerts, [row])

    def holds(self, asset_id: str | None = None, *, standing: bool = True) -> list[Hold]:
        wanted = ["(asset_id = :asset OR asset_id IS NULL)"] * (asset_id is not None)
        wanted += ["open_key IS NOT NULL"] * standing
        sql = f"SELECT {_HOLD.columns} FROM holds {where(wanted)} ORDER BY seq"  # noqa: S608  names of our own
        return list(_HOLD.items(asked(self._c, sql, {"asset": asset_id})))

    def put_hold(self, hold: Hold) -> bool:
        self._protected.wrote("holds", hold.id)
        return insert_new(self._c, t.holds, {**_HOLD.row(hold), "open_key": hold.id if hold.standing else None})

    def lift_hold(self, hold_id: str, by: str, at: datetime) -> bool:
        self._protected.wrote("holds", hold_id)
        lift = sa.update(t.holds).where(t.holds.c.open_key == hold_id)
        return self._c.execute(lift.values(open_key=None, lifted_by=by, lifted_at=to_us(at))).rowcount > 0

    def review_hold(self, hold_id: str, by: str, until: datetime, why: str) -> bool:
        self._protected.wrote("holds", hold_id)
        review = sa.update(t.holds).where(t.holds.c.open_key == hold_id)
        values = {"reviewed_by": by, "reviewed_until": to_us(until), "review_why": why}
        return self._c.execute(review.values(**values)).rowcount > 0

    def put_retest(self, retest: Retest) -> bool:
        return insert_new(self._c, t.retests, _RETEST.row(retest))

    def retests(self, *, open_only: bool = True, asset_id: str | None = None) -> list[Retest]:
        wanted = ["asset_id = :asset"] * (asset_id is not None) + ["done_at IS NULL"] * open_only
        sql = f"SELECT {_RETEST.columns} FROM retests {where(wanted)} ORDER BY due_at"  # noqa: S608  names of our own
        return list(_RETEST.items(asked(self._c, sql, {"asset": asset_id})))

    def reword_retests(self, asset_id: str, old: str, new: str) -> None:
        r = t.retests.c
        mine = sa.update(t.retests).where(r.asset_id == asset_id, r.why == old, r.done_at.is_(None))
        self._c.execute(mine.values(why=new))

    def finish_retest(self, key: str, at: datetime) -> bool:
        done = sa.update(t.retests).where(t.retests.c.key == key, t.retests.c.done_at.is_(None))
        return self._c.execute(done.values(done_at=to_us(at))).rowcount > 0
