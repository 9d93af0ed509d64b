"""An alert that opens joins the incident it belongs to, or opens one; an incident ends with its last alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import OPEN, Alert, AlertEvent
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.incident import Footing, Incident, IncidentState, Member
from pulse_tui.domain.signal import Signal, fingerprint
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.alerts.footing import footing, with_footing
from pulse_tui.enrich.alerts.kinds import kind_words
from pulse_tui.enrich.alerts.relate import Relation, Shared, belongs, best, of_storm, opens
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.helped import helped
from pulse_tui.services.alerts.incidents.memory import memory_of
from pulse_tui.services.alerts.incidents.surroundings import footing_of
from pulse_tui.services.alerts.incidents.weigh import ranked
from pulse_tui.services.parts import SYSTEM, JudgeParts

REFRESHED = timedelta(minutes=10)
"""So often it is written down that an alert of the incident goes on."""
BEFORE = timedelta(hours=24)
"""How far back alerts that only inform are looked for when an incident opens."""
_LOOKED = 50
_NEAR = 4


def correlate(tx: Transaction, parts: JudgeParts, alert: Alert, event: AlertEvent, now: datetime) -> None:
    """Called for every stored event of an alert, before anybody is notified of it."""
    if event is not AlertEvent.OPENED:
        member = tx.incidents.member(alert.id)
        if member is None:
            return
        if event is AlertEvent.RESOLVED:
            settle(tx, member.incident_id, alert.resolved_why or "it is resolved", now, alert)
        else:
            _again(tx, member, alert, now)
        return
    signal = tx.signals.get(alert.signal_id)
    if signal is None:
        return
    standing = memory_of(tx).standing(tx)
    storm = of_storm(footing(alert, signal), standing) if opens(signal.signal_type) else None
    # In a storm, what the asset uses is not looked up: thousands of alerts would wait for that.
    new = footing_of(tx, alert, signal) if storm is None else footing(alert, signal)
    if new.asset_id is None and not new.platforms and not new.names:
        return
    found = best(new, standing) or _elsewhere(signal, standing) or storm
    if found is not None:
        _join(tx, found[0], found[1], alert, signal, new, now)
    elif opens(new.kind):
        _open(tx, alert, signal, new, now)


def settle(tx: Transaction, incident_id: str, why: str, now: datetime, ended: Alert | None = None) -> Incident | None:
    """The incident as its alerts leave it: it ends when none of them is open. ``ended``: the one that just did."""
    memory = memory_of(tx)
    incident = memory.get(tx, incident_id)
    if incident is None or incident.state is IncidentState.MERGED:
        return incident
    tally = memory.ended(tx, incident_id, ended)
    after = incident
    if tally is not None:
        after = msgspec.structs.replace(incident, alerts=tally.alerts, priority=tally.priority or incident.priority)
    if incident.state is IncidentState.OPEN and (tally is None or tally.open == 0):
        reason = f"its last alert ended: {why}" if tally is not None else "no alert belongs to it any more"
        after = msgspec.structs.replace(
            after,
            state=IncidentState.RESOLVED,
            resolved_at=now,
            last_at=now,
            resolved_why=reason,
            helped=incident.helped or helped(tx, incident, now),
        )
        tx.log.append(now, SYSTEM, "incident.resolved", incident.id, {"why": reason})
    if after != incident:
        memory.put(tx, after)
    return after


def _again(tx: Transaction, member: Member, alert: Alert, now: datetime) -> None:
    """It was reported again, or is more urgent now."""
    memory = memory_of(tx)
    incident = memory.get(tx, member.incident_id)
    memory.moved(member.incident_id)
    if incident is None or incident.state is not IncidentState.OPEN:
        return
    more = alert.priority.rank < incident.priority.rank
    if not more and now - incident.last_at < REFRESHED:
        return
    footings = tuple(
        msgspec.structs.replace(f, last_at=max(f.last_at, alert.last_at))
        if (f.rule_id, f.asset_id, f.environment) == (alert.rule_id, alert.asset_id, alert.environment)
        else f
        for f in incident.footings
    )
    priority = min(alert.priority, incident.priority, key=lambda p: p.rank)
    title = alert.title if more else incident.title
    memory.put(tx, msgspec.structs.replace(incident, title=title, last_at=now, priority=priority, footings=footings))


def _open(tx: Transaction, alert: Alert, signal: Signal, new: Footing, now: datetime) -> None:
    incident = Incident(
        id=f"i-{fingerprint('incident', alert.id)[:10]}",
        title=alert.title,
        opened_at=now,
        last_at=now,
        priority=alert.priority,
        asset_id=alert.asset_id,
        environment=alert.environment,
        owner=alert.owner,
        external=_external(signal),
        footings=(new,),
        alerts=1,
    )
    memory = memory_of(tx)
    memory.put(tx, ranked(tx, incident, now))
    incident = memory.get(tx, incident.id) or incident
    why = f"{kind_words(new.kind)} that belongs to no open incident"
    tx.incidents.join(Member(alert_id=alert.id, incident_id=incident.id, joined_at=now, by=SYSTEM, why=why))
    tx.log.append(now, SYSTEM, "incident.opened", incident.id, {"alert": alert.id, "title": alert.title, "why": why})
    memory.put(tx, _with_lone(tx, alert, incident, new, now))


def _join(
    tx: Transaction, incident: Incident, relation: Relation, alert: Alert, signal: Signal, new: Footing, now: datetime
) -> None:
    before = incident
    incident = _with(tx, incident, relation, alert, new, now)
    if not incident.external and (name := _external(signal)):
        incident = msgspec.structs.replace(incident, external=name)
    if incident.footings != before.footings or _worth(incident.alerts):
        incident = ranked(tx, incident, now)
    known = {f.asset_id for f in before.footings}
    if opens(new.kind) and new.asset_id not in known and relation.shared is not Shared.STORM:
        incident = _with_lone(tx, alert, incident, new, now)
    memory_of(tx).put(tx, incident)


def _worth(alerts: int) -> bool:
    """Of a storm, the causes are not ranked again for each alert."""
    return alerts <= 10 or alerts & (alerts - 1) == 0


def _with(
    tx: Transaction, incident: Incident, relation: Relation, alert: Alert, new: Footing, now: datetime
) -> Incident:
    member = Member(
        alert_id=alert.id, incident_id=incident.id, joined_at=now, by=SYSTEM, why=relation.why, score=relation.score
    )
    tx.incidents.join(member)
    memory_of(tx).moved(incident.id)
    tx.log.append(now, SYSTEM, "incident.joined", incident.id, {"alert": alert.id, "why": relation.why})
    footings = incident.footings
    if relation.shared is not Shared.STORM:  # what is unrelated otherwise draws nothing else in
        footings = with_footing(footings, new)
    worse = alert.priority.rank < incident.priority.rank
    return msgspec.structs.replace(
        incident,
        title=alert.title if worse else incident.title,  # its priority and its words are of one alert
        last_at=now,
        priority=alert.priority if worse else incident.priority,
        footings=footings,
        alerts=incident.alerts + 1,
    )


def _with_lone(tx: Transaction, alert: Alert, incident: Incident, new: Footing, now: datetime) -> Incident:
    """With the open alerts of the day before that only inform, belong to no incident and are related to it: those on the asset
    that begins to suffer, and on what it depends on."""
    assets = [a for a in (new.asset_id, *new.upstream[:_NEAR]) if a is not None]
    recent = [
        a
        for asset in assets
        for a in tx.judgements.alerts(OPEN, _LOOKED, asset)
        if a.id != alert.id and a.last_at >= new.at - BEFORE
    ]
    taken = tx.incidents.of_alerts([a.id for a in recent])
    for other in recent:
        if other.id in taken or (signal := tx.signals.get(other.signal_id)) is None or opens(signal.signal_type):
            continue
        stands_on = footing_of(tx, other, signal)
        if (relation := belongs(stands_on, incident)) is not None:
            incident = _with(tx, incident, relation, other, stands_on, now)
    return incident


def _elsewhere(signal: Signal, standing: Sequence[Incident]) -> tuple[Incident, Relation] | None:
    """The incident of the same name elsewhere, when there is one."""
    name = _external(signal)
    known = next((i for i in standing if name and i.external == name), None)
    return (known, Relation(Shared.ASSET, 1.0, f"{name} is the same incident elsewhere")) if known is not None else None


def _external(signal: Signal) -> str:
    evidence = signal.evidence
    if signal.signal_type is not SignalType.INCIDENT or not isinstance(evidence, NoteEvidence):
        return ""
    return f"{evidence.vendor}/{evidence.note}"
