"""Incidents as rows and as pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.delivery import DELIVERED, Delivery
from pulse_tui.domain.incident import LISTED, CauseVerdict, Incident, IncidentState
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.notice import Notice
from pulse_tui.domain.text import many
from pulse_tui.domain.views.incidents import (
    CauseLine,
    IncidentRow,
    IncidentStory,
    LinkLine,
    MemberLine,
    Moment,
    NoticeLine,
)
from pulse_tui.enrich.alerts.relate import opens
from pulse_tui.enrich.alerts.rows import incident_row, urgency
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.operate import find
from pulse_tui.services.alerts.incidents.similar import seen_before
from pulse_tui.services.parts import SYSTEM, JudgeParts

MOMENTS = 400
"""Lines of a timeline; of more the first and the last ones are kept."""
_BEFORE, _AFTER = timedelta(minutes=30), timedelta(minutes=10)
_QUIET = frozenset({"incident.joined", "incident.opened"})
ENDED_FOR = timedelta(days=30)
"""How far back lists of ended incidents go."""


def rows(tx: Transaction, now: datetime, *, every: bool = False) -> list[IncidentRow]:
    """Open incidents, the most urgent first; ``every``: those that ended in the last 30 days behind them."""
    found = tx.incidents.all([IncidentState.OPEN])
    if every:
        found += tx.incidents.all([IncidentState.RESOLVED, IncidentState.MERGED], since=now - ENDED_FOR)
    tallies = tx.incidents.tallies([i.id for i in found])
    return sorted((incident_row(i, tallies.get(i.id)) for i in found), key=urgency)


def incident_lines(tx: Transaction, alert: Alert) -> tuple[str, tuple[str, ...]]:
    """The incident that an alert belongs to, and lines about it for the alert's page; "" and none where there is none."""
    ident = tx.incidents.of_alerts([alert.id]).get(alert.id)
    incident = tx.incidents.get(ident) if ident is not None else None
    if incident is None:
        return "", ()
    row = incident_row(incident, tx.incidents.tallies([incident.id]).get(incident.id))
    lines = [
        f"incident {row.id}: {row.title} ({row.state}, {row.open} of {many(row.alerts, 'alert')} open); {row.cause_words}"
    ]
    lines += [f"cause {c.score:.2f}: {c.title}; {'; '.join(c.why)}" for c in incident.causes[:3]]
    return incident.id, tuple(lines)


def incident_story(tx: Transaction, parts: JudgeParts, name: str, now: datetime) -> IncidentStory:
    """All that is known of one. Raises NotFound."""
    incident = find(tx, name)
    row = incident_row(incident, tx.incidents.tallies([incident.id]).get(incident.id))
    members = tx.incidents.members(incident.id, LISTED)
    alerts = {m.alert_id: a for m in members if (a := tx.judgements.alert(m.alert_id)) is not None}
    notices = tx.notices.of_incident(incident.id)
    sent = tx.plumbing.deliveries_of([n.key for n in notices[-LISTED:] if n.key])
    lines = [
        MemberLine(
            a.id, a.priority.glyph, a.word, a.title, a.asset_id or "", a.environment.short if a.environment else "",
            m.why, m.by, to_us(m.joined_at),
        )
        for m in members
        if (a := alerts.get(m.alert_id)) is not None
    ]  # fmt: skip
    return IncidentStory(
        row=row,
        causes=tuple(_causes(incident)),
        members=tuple(lines),
        more=max(row.alerts - len(lines), 0),
        onset=_onset(incident),
        impact=_impact(incident),
        ended=_ended(incident),
        todo=tuple(_todo(tx, parts, incident, alerts.values(), now)) if incident.open else (),
        seen_before=tuple(_seen(tx, incident)),
        notices=tuple(_notice(n, sent) for n in notices[-LISTED:]),
        timeline=_timeline(tx, incident, list(alerts.values()), notices),
        links=tuple(_links(parts, incident, now)),
        undo=_undo(incident),
    )


def _causes(incident: Incident) -> Iterator[CauseLine]:
    for number, c in enumerate(incident.causes, 1):
        at = to_us(c.at) if c.at is not None else None
        yield CauseLine(
            number, c.signal_id, c.score, c.kind or "signal", c.title, c.why, c.signal_id == incident.cause, at, c.also
        )


def _onset(incident: Incident) -> str:
    if incident.onset_at is None:
        return "not known"
    return f"{iso(incident.onset_at)}, {'by ' if incident.onset_why.startswith('signal') else ''}{incident.onset_why}"


def _impact(incident: Incident) -> str:
    if not incident.impact:
        return "nobody stated whether customers were affected"
    if incident.impact == "none":
        return f"no customers, {incident.impact_why}"
    since = f" since {iso(incident.impact_at)}" if incident.impact_at is not None else ""
    return f"customers{since}, {incident.impact_why}"


def _ended(incident: Incident) -> str:
    if incident.state is IncidentState.MERGED:
        return f"it is part of {incident.merged_into}"
    if incident.state is not IncidentState.RESOLVED or incident.resolved_at is None:
        return ""
    helps = f"; what helped: {incident.helped}" if incident.helped else ""
    return f"{iso(incident.resolved_at)}, {incident.resolved_why or 'no reason was given'}{helps}"


def _undo(incident: Incident) -> str:
    if not incident.acts:
        return ""
    act = incident.acts[-1]
    return f"{act.what} by {act.by} at {iso(act.at)}: pulse-tui incident undo {incident.id}"


def _todo(
    tx: Transaction, parts: JudgeParts, incident: Incident, alerts: Iterable[Alert], now: datetime
) -> Iterator[str]:
    """What is advised for the symptom where the likely cause is, else for the most urgent symptom; else for what is open."""
    cause = incident.causes[0] if incident.causes and incident.verdict is not CauseVerdict.UNKNOWN else None
    open_ = [(a, s) for a in alerts if a.open and (s := tx.signals.get(a.signal_id)) is not None]
    at_cause = cause.asset_id if cause is not None else None
    open_.sort(key=lambda pair: (not opens(pair[1].signal_type), pair[0].asset_id != at_cause, pair[0].order))
    for alert, signal in open_[:1]:
        where = f"{alert.asset_id} {alert.environment.short if alert.environment else ''}".strip()
        yield from (f"{where}: {line}" for line in parts.advise(tx, parts, alert, signal, now).lines)
    worst = min((alert for alert, _ in open_), key=lambda a: a.order, default=None)
    if worst is not None and worst.priority.rank < open_[0][0].priority.rank:
        yield f"{worst.priority.glyph} {worst.id} ({worst.word}) is more urgent, and what to do about it is on its own page: {worst.title}"


def _seen(tx: Transaction, incident: Incident) -> Iterator[str]:
    for seen in seen_before(tx, incident):
        other = seen.incident
        how = other.helped or other.resolved_why or "no reason was given"
        yield f"{iso(other.opened_at)} {other.id} {other.title} ({seen.why}): {'what helped: ' if other.helped else 'ended: '}{how}"


def _notice(notice: Notice, sent: Mapping[str, Delivery] | None = None) -> NoticeLine:
    """``sent``: what became of the messages by now; None: only what was decided at that moment."""
    delivery = sent.get(notice.key or "") if sent is not None else None
    outcome, why = notice.outcome.value, notice.why
    if delivery is not None:
        outcome = DELIVERED.get(delivery.state, delivery.state.value)
        why = "; ".join(part for part in (delivery.error or "", why) if part)
    elif sent is not None and notice.key:
        outcome = "no longer kept"
    to = " ".join(dict.fromkeys(p for p in (notice.route, notice.person or notice.team) if p)) or "nobody"
    return NoticeLine(to_us(notice.at), to, notice.use.value, outcome, why, notice.alert_id)


def _timeline(
    tx: Transaction, incident: Incident, alerts: Sequence[Alert], notices: Sequence[Notice]
) -> tuple[Moment, ...]:
    found: set[Moment] = set()
    for cause in incident.causes:
        if cause.at is not None:
            found.add(Moment(to_us(cause.at), "", f"{cause.kind}: {cause.title} [{cause.signal_id}]"))
    for footing in incident.footings:
        signal = tx.signals.get(footing.signal_id)
        if signal is not None:
            found.add(Moment(to_us(signal.occurred_at), "", f"{signal.title} [{signal.id}]"))
    found.update(_acts(tx.log.entries(subject=incident.id)))
    for alert in alerts:
        found.update(_acts(tx.log.entries(subject=alert.id)))
    for notice in notices:
        line = _notice(notice)
        found.add(Moment(line.at_us, SYSTEM, f"{line.use} to {line.to}: {line.outcome}"))
    assets = dict.fromkeys(f.asset_id for f in incident.footings if f.asset_id is not None)
    until = (incident.resolved_at or incident.last_at) + ENDED_FOR
    for asset in assets:
        for plan, _ in tx.rollbacks.plans(asset, 20):
            for run in tx.rollbacks.runs(plan_hash=plan.hash):
                if incident.opened_at <= run.started_at <= until:
                    words = f"{plan.purpose.value} of {asset} {plan.environment.short} (run {run.id})"
                    found.add(Moment(to_us(run.started_at), run.started_by, f"began: {words}"))
                    if run.ended_at is not None:
                        found.add(Moment(to_us(run.ended_at), run.started_by, f"{run.state.value}: {words}"))
    lines = sorted(found)
    if len(lines) > MOMENTS:
        left = len(lines) - MOMENTS
        middle = Moment(lines[MOMENTS // 2].at_us, "", f"{left} lines are left out here")
        lines = [*lines[: MOMENTS // 2], middle, *lines[-MOMENTS // 2 :]]
    return tuple(lines)


def _acts(entries: Iterable[AuditEntry]) -> Iterator[Moment]:
    for entry in entries:
        detail = dict(entry.detail)
        said = detail.get("title") or detail.get("why") or detail.get("until") or detail.get("verdict") or ""
        of = f" {detail['alert']}" if entry.action in _QUIET and "alert" in detail else ""
        words = entry.action.replace(".", " ").replace("_", " ")
        yield Moment(to_us(entry.at), entry.actor, f"{words}{of}{': ' + said if said else ''}")


def _links(parts: JudgeParts, incident: Incident, now: datetime) -> Iterator[LinkLine]:
    begin = min(incident.onset_at or incident.opened_at, incident.opened_at) - _BEFORE
    end = (incident.resolved_at or now) + _AFTER
    values = {
        "from": iso(begin), "to": iso(end), "from_s": str(int(begin.timestamp())), "to_s": str(int(end.timestamp())),
        "from_ms": str(int(begin.timestamp() * 1_000)), "to_ms": str(int(end.timestamp() * 1_000)),
        "asset": incident.asset_id or "", "environment": incident.environment.value if incident.environment else "",
        "incident": incident.id, "owner": incident.owner or "",
    }  # fmt: skip
    for link in parts.links:
        yield LinkLine(link.name, link.filled(values))
