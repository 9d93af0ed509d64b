"""A missed deadline: P2 becomes P1, and every route of its owner is notified. What can wait stays as it is, and is late.
Where a ladder is configured for its priority, that is climbed instead (``ladder.py``)."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import ESCALATED, OPEN, Alert, AlertEvent, AlertState, escalated
from pulse_tui.domain.words import Priority
from pulse_tui.enrich.oncall.ladder import ladder_of
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.respond import close_alert, kept

MISSED = "unacknowledged past its deadline"


def escalate(parts: JudgeParts) -> int:
    """Raise every firing alert whose deadline has passed; returns how many. Acknowledged and silenced ones wait."""
    now = parts.clock()
    with parts.store.read() as tx:
        late = [a.id for a in tx.judgements.alerts([AlertState.FIRING], 100_000) if _late(parts, a, now)]
    raised = 0
    for alert_id in late:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            after = alert.escalate(now) if alert is not None and _late(parts, alert, now) else None
            if alert is None or after is None or after is alert:
                continue  # an operator acknowledged it meanwhile
            tx.judgements.put_alert(after)
            queued = 0
            if after.priority is not Priority.P4:  # a notice asks for no response that could be missed
                queued = Events(tx, parts, now).emit(after, AlertEvent.RAISED, MISSED, widely=True)
            before = [e.detail for e in tx.log.entries(subject=alert.id) if e.action == ESCALATED]
            detail = {**escalated(alert, after, before[-1] if before else None), "notified": str(queued)}
            tx.log.append(now, SYSTEM, ESCALATED, alert.id, detail)
            raised += 1
    return raised


def _late(parts: JudgeParts, alert: Alert, now: datetime) -> bool:
    """What has ended, and is only kept open to be steady, nobody is late for; nor is what comes and goes urgent by that."""
    if alert.cleared_at is not None or (alert.flapping and alert.priority is not Priority.P1):
        return False
    return not ladder_of(alert, parts.oncall) and alert.escalate(now) is not alert


def settle(parts: JudgeParts) -> int:
    """Resolve alerts whose condition has ended for as long as their rule keeps them; returns how many."""
    now = parts.clock()
    with parts.store.read() as tx:
        waiting = [a for a in tx.judgements.alerts(list(OPEN), 100_000) if a.cleared_at is not None]
        due = [a.id for a in waiting if not kept(a, parts.policy, now)]
    closed = 0
    for alert_id in due:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is not None and alert.open and alert.cleared_at is not None:
                why = f"ended at {alert.cleared_at:%Y-%m-%d %H:%M} and not seen again"
                close_alert(tx, Events(tx, parts, now), alert, SYSTEM, why, now)
                closed += 1
    return closed
