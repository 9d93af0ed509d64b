"""Reads what the measures are computed from. Every outlet takes them from here, so that their numbers agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.delivery import UNSENT, Delivery, DeliveryState
from pulse_tui.domain.feedback import Feedback
from pulse_tui.domain.incident import Incident, IncidentState
from pulse_tui.domain.measure import Measures
from pulse_tui.domain.notice import NoticeOutcome, Use
from pulse_tui.domain.rollback import Purpose, RunState
from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.learning.metrics import measures
from pulse_tui.enrich.learning.records import (
    AlertSeen,
    CapacitySeen,
    DeliverySeen,
    IncidentSeen,
    MissedSeen,
    PageSeen,
    ReleaseSeen,
    RollbackSeen,
    Seen,
)
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.capacity import Ready, ready
from pulse_tui.services.vendors.scorecard import vendor_scorecard

ALERTS, RUNS, DELIVERIES, INCIDENTS = 100_000, 10_000, 100_000, 10_000
"""So many of each, the newest, are looked through."""
BY_HAND = "ingest"
"""Where a run comes from that a person brought in as a file."""


class Span(NamedTuple):
    """Whole days, the present one included: two answers of one day over the same data are the same."""

    since: datetime
    until: datetime


def span_of(now: datetime, days: int) -> Span:
    """The last ``days`` days."""
    until = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Span(until - timedelta(days=days), until)


class Read(NamedTuple):
    """What was read for a span, for whoever needs more than the measures."""

    measures: Measures
    alerts: Sequence[Alert]
    """Those that opened within the span, newest first."""
    verdicts: Mapping[str, Feedback]
    """By alert."""
    scorecard: Scorecard
    ready: Sequence[Ready]
    """How each deployment could be rolled back now."""


def read(parts: RollbackParts, days: int) -> Read:
    """Everything of the last ``days`` days."""
    span, now = span_of(parts.clock(), days), parts.clock()
    card = vendor_scorecard(parts.store, span.until, span.until - span.since)
    capacity = ready(parts)
    with parts.store.read() as tx:
        alerts = [a for a in tx.judgements.alerts(None, ALERTS) if span.since <= a.first_at < span.until]
        verdicts = {f.alert_id: f for f in tx.learning.feedback([a.id for a in alerts])}
        incidents = _incidents(tx, span)
        belongs = tx.incidents.of_alerts([a.id for a in alerts])
        seen = Seen(
            since=span.since,
            until=span.until,
            alerts=_alerts(tx, alerts, verdicts, belongs),
            incidents=[_incident(tx, i) for i in incidents],
            missed=[MissedSeen(m.at, m.onset_at, m.incident_id or "") for m in tx.learning.missed(since=span.since)],
            rollbacks=list(_rollbacks(tx, span)),
            releases=list(_releases(tx, parts, span)),
            capacity=list(_capacity(capacity)),
            pages=list(_pages(tx, span)),
            noticed=bool(tx.notices.between(span.since, span.until)),
            deliveries=list(_deliveries(tx, span, now)),
            vendors={v.vendor: v.alerts if v.sources or v.watched else None for v in card.vendors},
            models=_models(tx),
        )
    return Read(measures(seen), alerts, verdicts, card, capacity)


def _alerts(
    tx: Transaction, alerts: Sequence[Alert], verdicts: Mapping[str, Feedback], belongs: Mapping[str, str]
) -> list[AlertSeen]:
    types = tx.signals.types(a.signal_id for a in alerts)
    return [
        AlertSeen(
            id=a.id,
            rule=a.rule_id,
            first_at=a.first_at,
            priority=a.priority,
            asset=a.asset_id or "",
            environment=a.environment,
            signal_type=types.get(a.signal_id),
            acknowledged_at=a.first_acknowledged_at,
            responded=a.acknowledged_by is not None or a.first_acknowledged_at is not None,
            ended_at=a.resolved_at,
            open=a.open,
            reports=a.count,
            flapping=a.flapping,
            verdict=verdicts[a.id].usefulness if a.id in verdicts else None,
            incident=belongs.get(a.id, ""),
        )
        for a in alerts
    ]


def _incidents(tx: Transaction, span: Span) -> list[Incident]:
    found = tx.incidents.all(since=span.since, limit=INCIDENTS)
    return [i for i in found if i.state is not IncidentState.MERGED and span.since <= i.opened_at < span.until]


def _incident(tx: Transaction, incident: Incident) -> IncidentSeen:
    first = [
        a.first_at for m in tx.incidents.members(incident.id) if (a := tx.judgements.alert(m.alert_id)) is not None
    ]
    return IncidentSeen(
        incident.id,
        incident.opened_at,
        min(first, default=None),
        incident.onset_at,
        incident.impact,
        incident.impact_at,
    )


def _rollbacks(tx: Transaction, span: Span) -> Iterator[RollbackSeen]:
    """Each verified run that took a release back; one that undid such a run is none."""
    for run in tx.rollbacks.runs(limit=RUNS):
        if run.state is not RunState.VERIFIED or run.ended_at is None or not span.since <= run.ended_at < span.until:
            continue
        plan = tx.rollbacks.plan(run.plan_hash)
        if plan is None or plan[0].purpose is not Purpose.ROLLBACK or plan[0].undoes is not None:
            continue
        alert = tx.judgements.alert(plan[0].alert_id) if plan[0].alert_id else None
        member = tx.incidents.member(alert.id) if alert is not None else None
        incident = tx.incidents.get(member.incident_id) if member is not None else None
        yield RollbackSeen(
            run.ended_at,
            alert.id if alert is not None else "",
            alert.first_at if alert is not None else None,
            incident.onset_at if incident is not None else None,
        )


def _releases(tx: Transaction, parts: RollbackParts, span: Span) -> Iterator[ReleaseSeen]:
    named = {asset for suite in parts.judging.suites.values() for asset in suite.baselines}
    for asset in sorted(tx.estate.load().assets):
        fresh = [r for r in tx.estate.releases(asset) if span.since <= r.created_at < span.until]
        if not fresh:
            continue
        measured = defaultdict[str, set[bool]](set)
        suites = tx.evals.suites_of(asset)
        for suite in suites:
            for _, one in tx.evals.runs(asset, suite):
                measured[one.version].add(bool(one.source) and not one.source.startswith(BY_HAND))
        able = bool(suites) or asset in named
        for release in fresh:
            yield ReleaseSeen(asset, release.version, True in measured[release.version] if able else None)


def _capacity(rows: Sequence[Ready]) -> Iterator[CapacitySeen]:
    for environment in sorted(Environment, key=lambda e: e.rank):
        if there := [r for r in rows if r.environment == environment.value]:
            yield CapacitySeen(environment.value, sum(r.whole for r in there), len(there))


def _pages(tx: Transaction, span: Span) -> Iterator[PageSeen]:
    for notice in tx.notices.between(span.since, span.until):
        if notice.use is Use.PAGE and notice.outcome is NoticeOutcome.QUEUED:
            yield PageSeen(notice.at, notice.person or notice.route or "")


def _deliveries(tx: Transaction, span: Span, now: datetime) -> Iterator[DeliverySeen]:
    for one in tx.plumbing.deliveries(DELIVERIES):
        if span.since <= one.created_at < span.until:
            yield DeliverySeen(one.route, _late(one, now))


def _late(one: Delivery, now: datetime) -> bool | None:
    if one.state is DeliveryState.DEAD:
        return True
    late = (one.due if one.state is DeliveryState.SENT else now) - one.created_at > UNSENT
    return late if late or one.state is DeliveryState.SENT else None


def _models(tx: Transaction) -> dict[str, bool]:
    """What serves, and whether it was ever measured."""
    serving = sorted({d.asset_id for d in tx.estate.load().deployments})
    return {asset: bool(tx.evals.suites_of(asset)) for asset in serving}
