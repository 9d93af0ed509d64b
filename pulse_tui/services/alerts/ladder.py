"""The ladder: while nobody responds to an alert the next ones are called, each rung once."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import ESCALATED, Alert, AlertEvent, AlertState
from pulse_tui.domain.notice import NoticeOutcome, Use, Withheld
from pulse_tui.domain.oncall import OnCall, Rung
from pulse_tui.enrich.oncall.hours import wakes, within
from pulse_tui.enrich.oncall.ladder import Climb, due, ladder_of, preview
from pulse_tui.enrich.oncall.parties import About, rung_words
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.addressing import Call
from pulse_tui.services.signals.calendars import known
from pulse_tui.services.signals.climbing import clock_of
from pulse_tui.services.signals.events import Events

_COUNTED = 20_000
"""The newest alerts, of which those of an owner are counted."""
_WEEKEND = timedelta(days=5)
"""No page waits longer for working hours."""


def climb(parts: JudgeParts) -> int:
    """Climb every rung that is due; returns how many were. Alerts whose priority has no ladder are left to deadlines."""
    now, oncall = parts.clock(), parts.oncall
    if not oncall.ladders:
        return 0
    with parts.store.read() as tx:
        firing = [a for a in tx.judgements.alerts([AlertState.FIRING], 100_000) if ladder_of(a, oncall)]
        late = [a.id for a in firing if _due(tx, oncall, a, now)]
    climbed = 0
    for alert_id in late:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is None:
                continue
            for step in _due(tx, oncall, alert, now):
                alert = _climb(tx, parts, alert, step, now)
                climbed += 1
    return climbed


def page_in_hours(parts: JudgeParts) -> int:
    """Page what was held back for the hour, now that working hours have begun; returns how many alerts were paged."""
    now, oncall = parts.clock(), parts.oncall
    if oncall.working_hours is None or not within(oncall, now):
        return 0
    with parts.store.read() as tx:
        held = {
            n.alert_id
            for n in tx.notices.between(now - _WEEKEND, now + timedelta(microseconds=1))
            if n.reason is Withheld.HOURS
        }
        waiting = [i for i in sorted(held) if _waits(tx, tx.judgements.alert(i))]
    for alert_id in waiting:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is None or not _waits(tx, alert):
                continue  # somebody was faster
            why = "working hours have begun, and nobody has responded"
            call = Call(name=f"hours-{now:%Y-%m-%d}")
            queued = Events(tx, parts, now).emit(alert, AlertEvent.RAISED, why, call=call)
            detail = {"why": why, "notified": str(queued)}
            tx.log.append(now, SYSTEM, "alert.paged", alert.id, detail)
    return len(waiting)


def preview_of(tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> str:
    """``in 12m this pages ben (platform-ai, next)``; empty where no ladder is configured for its priority."""
    if not ladder_of(alert, parts.oncall):
        return ""
    signal = tx.signals.get(alert.signal_id)
    if signal is None:
        return ""
    return preview(alert, signal.signal_type, known(tx, parts.oncall), now, clock_of(tx, alert))


def _waits(tx: Transaction, alert: Alert | None) -> bool:
    """Whether the last that was decided of its page is that it waits for working hours."""
    if alert is None or alert.state is not AlertState.FIRING:
        return False
    pages = [n for n in tx.notices.of(alert.id) if n.use is Use.PAGE and n.event.calls]
    last = max((n.at for n in pages), default=None)
    return last is not None and all(n.reason is Withheld.HOURS for n in pages if n.at == last)


def _due(tx: Transaction, oncall: OnCall, alert: Alert, now: datetime) -> list[Climb]:
    rungs = ladder_of(alert, oncall)
    if not any(_may(rung, alert, now) for rung in rungs):
        return []  # the log is not asked of an alert that is younger than every rung
    found = due(alert, oncall, now, clock_of(tx, alert), lambda span: len(_opened(tx, alert, now - span, now)))
    return [step for step in found if not _called_for_all(tx, alert, step, now)]


def _may(rung: Rung, alert: Alert, now: datetime) -> bool:
    if rung.first:
        return False
    return bool(rung.more_than) or (alert.count >= rung.cycles if rung.cycles else alert.first_at + rung.after <= now)


def _opened(tx: Transaction, alert: Alert, since: datetime, now: datetime) -> set[str]:
    """The alerts of its owner that opened then."""
    return {a.id for a in tx.judgements.alerts(None, _COUNTED) if a.owner == alert.owner and since < a.first_at <= now}


def _called_for_all(tx: Transaction, alert: Alert, step: Climb, now: datetime) -> bool:
    """Whether the rung was climbed for another alert of the same incident or condition that is open and as urgent; of one
    that counts alerts, for another one of them: it is of all of them."""
    if _called_for_condition(tx, alert, step):
        return True
    incident = tx.incidents.of_alerts([alert.id]).get(alert.id)
    for notice in tx.notices.of_incident(incident) if incident is not None else ():
        if notice.rung == step.number and notice.event is AlertEvent.RAISED and notice.alert_id != alert.id:
            other = tx.judgements.alert(notice.alert_id)
            if other is not None and other.open and other.priority.rank <= alert.priority.rank:
                return True
    if not step.rung.more_than:
        return False
    since = now - step.rung.within
    same = _opened(tx, alert, since, now)
    return any(
        n.rung == step.number and n.event is AlertEvent.RAISED and n.alert_id in same
        for n in tx.notices.between(since, now + timedelta(microseconds=1))
    )


def _called_for_condition(tx: Transaction, alert: Alert, step: Climb) -> bool:
    """Whether the rung called somebody of the very same condition, of which another rule made an alert."""
    for other in tx.judgements.open_alerts_about(alert.signal_fingerprint):
        alike = (other.environment, other.owner, other.priority) == (alert.environment, alert.owner, alert.priority)
        if other.id == alert.id or not alike or other.state is not AlertState.FIRING:
            continue
        if any(
            n.rung == step.number and n.event is AlertEvent.RAISED and n.outcome is NoticeOutcome.QUEUED
            for n in tx.notices.of(other.id)
        ):
            return True
    return False


def _climb(tx: Transaction, parts: JudgeParts, alert: Alert, step: Climb, now: datetime) -> Alert:
    after = msgspec.structs.replace(alert, escalations=alert.escalations + 1)
    tx.judgements.put_alert(after)
    signal = tx.signals.get(alert.signal_id)
    about = About(signal.signal_type, alert.priority, alert.owner) if signal is not None else None
    to = rung_words(step.rung.to, about, known(tx, parts.oncall), now) if about is not None else step.rung.to
    why = f"{step.why}: {to} {'is paged' if step.rung.page and wakes(alert.priority, parts.oncall, now) else 'is notified'}"
    queued = Events(tx, parts, now).emit(after, AlertEvent.RAISED, why, call=Call(step.number, step.rung))
    detail = {
        "ladder": alert.priority.value,
        "rung": str(step.number),
        "to": to,
        "why": step.why,
        "notified": str(queued),
        "from": alert.priority.value,
    }
    tx.log.append(now, SYSTEM, ESCALATED, alert.id, detail)
    return after
