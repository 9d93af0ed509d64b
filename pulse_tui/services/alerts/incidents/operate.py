"""What operators do with an incident: confirm a cause, split an alert off, merge, state onset and impact, end it; and undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.incident import ACTS, Act, Cause, CauseVerdict, Footing, Incident, IncidentState, Member
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.text import clean, many
from pulse_tui.enrich.alerts.causes import happened
from pulse_tui.enrich.alerts.footing import with_footing
from pulse_tui.enrich.alerts.kinds import cause_kind
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.correlate import settle
from pulse_tui.services.alerts.incidents.helped import helped
from pulse_tui.services.alerts.incidents.memory import memory_of
from pulse_tui.services.alerts.incidents.surroundings import footing_of
from pulse_tui.services.alerts.incidents.weigh import STATED, ranked
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of

IMPACTS = ("none", "customers")
_KEPT = 50
"""Alerts by which it is decided what else belongs to an incident, when some left it or came."""
_FIELDS = (
    "cause", "cause_by", "verdict", "onset_at", "onset_why", "impact", "impact_at", "impact_why", "state", "helped",
    "resolved_at", "resolved_why", "merged_into",
)  # fmt: skip


def confirm(parts: JudgeParts, ident: str, cause: str, by: str, why: str, now: datetime) -> str:
    """This is the cause: a number of the ranking, or a signal's id. The ranking goes on, the verdict stays.

    Raises NotFound for neither.
    """
    with parts.store.write() as tx:
        incident = find(tx, ident)
        chosen = _cause(tx, incident, cause)
        after = msgspec.structs.replace(incident, cause=chosen.signal_id, cause_by=by, verdict=CauseVerdict.CONFIRMED)
        if chosen.signal_id not in (c.signal_id for c in incident.causes):
            after = msgspec.structs.replace(after, causes=(chosen, *incident.causes)[:10])
        earlier = incident.onset_at is None or (chosen.at is not None and chosen.at < incident.onset_at)
        if earlier and not incident.onset_why.startswith(STATED):
            after = msgspec.structs.replace(after, onset_at=chosen.at, onset_why=f"signal {chosen.signal_id}")
        _keep(tx, incident, after, "confirm", by, clean(why, 500), now, cause=chosen.signal_id)
    return f"confirmed as the cause of {incident.id}: {chosen.title}"


def split(parts: JudgeParts, ident: str, alert_id: str, by: str, why: str, now: datetime) -> str:
    """The alert does not belong to it: it gets an incident of its own. Raises NotFound, Refused for the only one."""
    with parts.store.write() as tx:
        incident = find(tx, ident)
        alert = tx.judgements.alert(alert_id)
        member = tx.incidents.member(alert.id) if alert is not None else None
        if alert is None or member is None or member.incident_id != incident.id:
            raise NotFound(f"alert {clean(alert_id, 40)!r} does not belong to {incident.id}", todo="See incident show")
        if incident.alerts < 2:
            raise Refused(f"{alert.id} is the only alert of {incident.id}: there is nothing to split")
        new = Incident(
            id=f"i-{fingerprint('split', incident.id, alert.id, iso(now))[:10]}",
            title=alert.title,
            opened_at=now,
            last_at=now,
            priority=alert.priority,
            asset_id=alert.asset_id,
            environment=alert.environment,
            owner=alert.owner,
            alerts=1,
        )
        memory_of(tx).put(tx, new)
        _move(tx, [alert.id], new.id, by, f"split off {incident.id}", now)
        tx.log.append(now, by, "incident.opened", new.id, {"alert": alert.id, "title": new.title, "why": "split"})
        act = _kept(incident, Act(what="split", by=by, at=now, why=clean(why, 500), alerts=(alert.id,), other=new.id))
        memory_of(tx).put(tx, act)
        tx.log.append(now, by, "incident.split", incident.id, {"alert": alert.id, "to": new.id, "why": clean(why, 500)})
        _anew(tx, (incident.id, new.id), now)
    return f"split off {incident.id}: {alert.title} is {new.id} now"


def merge(parts: JudgeParts, ident: str, into: str, by: str, why: str, now: datetime) -> str:
    """Both are one trouble: the alerts of the first belong to the second from now on. Raises NotFound, Refused."""
    with parts.store.write() as tx:
        incident, target = find(tx, ident), find(tx, into)
        if incident.id == target.id:
            raise Refused(f"{incident.id} cannot be merged into itself")
        for one in (incident, target):
            if one.state is IncidentState.MERGED:
                raise Refused(f"{one.id} belongs to {one.merged_into} already", todo=f"Name {one.merged_into}")
        if target.state is IncidentState.RESOLVED and incident.open:
            raise Refused(f"{target.id} ended, and {incident.id} is open", todo=f"Merge {target.id} into {incident.id}")
        moved = tuple(m.alert_id for m in tx.incidents.members(incident.id))
        act = Act(what="merge", by=by, at=now, why=clean(why, 500), alerts=moved, other=target.id,
                  before={"state": incident.state.value})  # fmt: skip
        after = _kept(incident, act)
        memory_of(tx).put(
            tx, msgspec.structs.replace(after, state=IncidentState.MERGED, merged_into=target.id, last_at=now)
        )
        _move(tx, moved, target.id, by, f"merged from {incident.id}", now)
        detail = {"into": target.id, "alerts": str(len(moved)), "why": clean(why, 500)}
        tx.log.append(now, by, "incident.merged", incident.id, detail)
        tx.log.append(now, by, "incident.joined", target.id, {"incident": incident.id, "alerts": str(len(moved))})
        _anew(tx, (target.id,), now)
    return f"{incident.id} is part of {target.id} now ({many(len(moved), 'alert')}); take it back: incident undo {incident.id}"


def state_onset(parts: JudgeParts, ident: str, at: datetime, by: str, why: str, now: datetime) -> str:
    """It began then, whatever the signals say. Raises WrongUse for a moment to come."""
    if at > now:
        raise WrongUse(f"it cannot begin at {iso(at)}, which is to come", todo="Choose a moment that has passed")
    with parts.store.write() as tx:
        incident = find(tx, ident)
        said = f"{STATED}{by}" + (f": {clean(why, 300)}" if clean(why, 300) else "")
        after = msgspec.structs.replace(incident, onset_at=at, onset_why=said)
        _keep(tx, incident, after, "onset", by, clean(why, 500), now, at=iso(at))
    return f"{incident.id} began at {iso(at)}, {STATED}{by}"


def state_impact(
    parts: JudgeParts, ident: str, impact: str, at: datetime | None, by: str, why: str, now: datetime
) -> str:
    """Whether customers were affected, since when, and who states it. Raises WrongUse."""
    if impact not in IMPACTS:
        raise WrongUse(f"there is no impact {clean(impact, 40)!r}", todo="none or customers")
    if impact == "none" and at is not None:
        raise WrongUse("no impact has no beginning", todo="Leave the moment out")
    if at is not None and at > now:
        raise WrongUse(f"it cannot begin at {iso(at)}, which is to come", todo="Choose a moment that has passed")
    with parts.store.write() as tx:
        incident = find(tx, ident)
        since = (at or incident.onset_at or incident.opened_at) if impact == "customers" else None
        said = f"{STATED}{by}" + (f": {clean(why, 300)}" if clean(why, 300) else "")
        after = msgspec.structs.replace(incident, impact=impact, impact_at=since, impact_why=said)
        _keep(tx, incident, after, "impact", by, clean(why, 500), now, impact=impact, since=iso(since) if since else "")
    words = f"affected customers since {iso(since)}" if since else "affected no customers"
    return f"{incident.id} {words}, {STATED}{by}"


def resolve(parts: JudgeParts, ident: str, by: str, why: str, ended_by: str, now: datetime) -> str:
    """An operator ends it; alerts that are open stay so. ``ended_by``: what helped, for the next time. Raises Refused."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        incident = find(tx, ident)
        if incident.state is not IncidentState.OPEN:
            raise Refused(f"{incident.id} is {incident.state.value} already", [incident.resolved_why or ""])
        helps = clean(ended_by, 300) or incident.helped or helped(tx, incident, now)
        after = msgspec.structs.replace(
            incident, state=IncidentState.RESOLVED, resolved_at=now, resolved_why=f"{by}: {reason}", helped=helps
        )
        _keep(tx, incident, after, "resolve", by, reason, now, action="incident.resolved")
        tally = tx.incidents.tallies([incident.id]).get(incident.id)
    still = f", {many(tally.open, 'alert')} of it still open" if tally is not None and tally.open else ""
    return f"resolved{still}: {incident.id} {incident.title}"


def undo(parts: JudgeParts, ident: str, by: str, now: datetime) -> str:
    """Take the last act of an operator on the incident back. Raises Refused when there is none, or it cannot be any more."""
    with parts.store.write() as tx:
        incident = find(tx, ident)
        if not incident.acts:
            raise Refused(f"nobody changed {incident.id}: there is nothing to take back")
        act = incident.acts[-1]
        after = msgspec.structs.replace(incident, acts=incident.acts[:-1], last_at=now)
        if act.what in ("split", "merge"):
            after = _undo_move(tx, incident, after, act, by, now)
        else:
            after = msgspec.structs.replace(after, **_restored(act))
            memory_of(tx).put(tx, after)
            if act.what == "resolve":
                after = settle(tx, incident.id, "none is open any more", now) or after
        if act.what in ("confirm", "onset"):
            memory_of(tx).put(tx, ranked(tx, after, now))
        tx.log.append(now, by, "incident.undone", incident.id, {"what": act.what, "of": act.by, "at": iso(act.at)})
    return f"taken back: {act.what} of {incident.id} by {act.by} at {iso(act.at)}"


def find(tx: Transaction, name: str) -> Incident:
    """By id, by the beginning of one, by its name elsewhere, or by an alert of it. Raises NotFound."""
    incident = tx.incidents.named(name)
    if incident is None and (alert := tx.judgements.alert(name)) is not None:
        member = tx.incidents.member(alert.id)
        incident = tx.incidents.get(member.incident_id) if member is not None else None
    if incident is None:
        raise NotFound(f"there is no incident {clean(name, 60)!r}", todo="See them: pulse-tui incident list --every")
    return incident


def _cause(tx: Transaction, incident: Incident, name: str) -> Cause:
    causes = incident.causes
    if name.isdigit() and 0 < int(name) <= len(causes):
        return causes[int(name) - 1]
    known = next((c for c in causes if name in (c.signal_id, *c.also)), None)
    if known is not None:
        return known
    signal = tx.signals.get(name)
    if signal is None:
        some = f"1 to {len(causes)}" if causes else "no cause is ranked"
        raise NotFound(f"{clean(name, 60)!r} is no cause of {incident.id}", todo=f"A number ({some}), or a signal's id")
    kind = cause_kind(signal)
    return Cause(
        signal_id=signal.id, score=0.0, title=signal.title, why=("an operator named it",), asset_id=signal.asset_id,
        kind=kind.value if kind is not None else "", at=happened(signal, kind) if kind else signal.occurred_at,
        component=signal.current_version or getattr(signal.evidence, "component", "") or "",
    )  # fmt: skip


def _keep(
    tx: Transaction, before: Incident, after: Incident, what: str, by: str, why: str, now: datetime,
    action: str = "", **detail: str,
) -> None:  # fmt: skip
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    changed = {name: old[name] for name in _FIELDS if old.get(name) != new.get(name)}
    after = _kept(after, Act(what=what, by=by, at=now, why=why, before=changed))
    memory_of(tx).put(tx, msgspec.structs.replace(after, last_at=now))
    tx.log.append(now, by, action or f"incident.{what}", before.id, {**detail, "why": why})


def _kept(incident: Incident, act: Act) -> Incident:
    return msgspec.structs.replace(incident, acts=(*incident.acts, act)[-ACTS:], last_at=act.at)


def _restored(act: Act) -> dict[str, Any]:
    types = {"verdict": CauseVerdict, "state": IncidentState}
    moments = {"onset_at", "impact_at", "resolved_at"}
    out: dict[str, Any] = {}
    for name, value in act.before.items():
        if value is not None and name in types:
            out[name] = types[name](value)
        elif value is not None and name in moments:
            out[name] = msgspec.convert(value, datetime)
        else:
            out[name] = value
    return out


def _undo_move(tx: Transaction, incident: Incident, after: Incident, act: Act, by: str, now: datetime) -> Incident:
    """Those that are where the act put them come back; what was moved on meanwhile stays there."""
    there = tx.incidents.of_alerts(act.alerts)
    back = [a for a in act.alerts if there.get(a) == act.other]
    if not back:
        raise Refused(
            f"the alerts of that {act.what} are elsewhere by now", todo="See incident show, and split or merge"
        )
    _move(tx, back, incident.id, by, f"{act.what} of {act.by} taken back", now)
    if act.what == "merge":
        after = msgspec.structs.replace(after, state=IncidentState(act.before.get("state") or "open"), merged_into=None)
    memory_of(tx).put(tx, after)
    other = tx.incidents.get(act.other)
    if act.what == "split" and other is not None and not tx.incidents.members(other.id, 1):
        memory_of(tx).put(
            tx,
            msgspec.structs.replace(other, state=IncidentState.MERGED, merged_into=incident.id, alerts=0, last_at=now),
        )
    _anew(tx, (incident.id, act.other), now)
    return after


def _move(tx: Transaction, alerts: Sequence[str], to: str, by: str, why: str, now: datetime) -> None:
    memory_of(tx).moved(to, *tx.incidents.of_alerts(alerts).values())
    for alert in alerts:
        tx.incidents.join(Member(alert_id=alert, incident_id=to, joined_at=now, by=by, why=why))


def _anew(tx: Transaction, idents: Sequence[str], now: datetime) -> None:
    """What each stands on, its causes and its state, by the alerts that it has now."""
    for ident in idents:
        incident = tx.incidents.get(ident)
        if incident is None or incident.state is IncidentState.MERGED:
            continue
        footings: tuple[Footing, ...] = ()
        for member in tx.incidents.members(ident, _KEPT):
            alert = tx.judgements.alert(member.alert_id)
            signal = tx.signals.get(alert.signal_id) if alert is not None else None
            if alert is not None and signal is not None:
                footings = with_footing(footings, footing_of(tx, alert, signal))
        memory_of(tx).put(tx, ranked(tx, msgspec.structs.replace(incident, footings=footings), now))
        settle(tx, ident, "they belong to another incident now", now)
