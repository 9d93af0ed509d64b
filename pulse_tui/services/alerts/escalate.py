"""A deadline that nobody met: the alert climbs one step and its owner is told again."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.alert import OPEN, Alert, AlertState
from pulse_tui.domain.effect import Queue
from pulse_tui.enrich.facts import facts
from pulse_tui.ports import Case, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.judge import around
from pulse_tui.services.signals.respond import close_alert, kept


def escalate(parts: JudgeParts) -> int:
    """Raise every firing alert whose deadline has passed; returns how many. Acknowledged and silenced ones wait."""
    now = parts.clock()
    with parts.store.read() as tx:
        late = [a.id for a in tx.judgements.alerts([AlertState.FIRING], 100_000) if a.escalate(now) is not a]
    raised = 0
    for alert_id in late:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            after = alert.escalate(now) if alert is not None else None
            if alert is None or after is None or after is alert:
                continue  # somebody answered between the look and the lock
            tx.judgements.put_alert(after)
            told = _tell(tx, parts, after)
            detail = {
                "from": alert.priority.value,
                "to": after.priority.value,
                "told": str(told),
                "why": "deadline missed",
            }
            tx.log.append(now, SYSTEM, "alert.escalated", alert.id, detail)
            raised += 1
    return raised


def settle(parts: JudgeParts) -> int:
    """Close alerts whose condition has been over for as long as their rule keeps them; returns how many."""
    now = parts.clock()
    with parts.store.read() as tx:
        waiting = [a for a in tx.judgements.alerts(list(OPEN), 100_000) if a.cleared_at is not None]
        due = [a.id for a in waiting if not kept(a, parts.policy, now)]
    closed = 0
    for alert_id in due:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is not None and alert.open and alert.cleared_at is not None:
                close_alert(tx, alert, SYSTEM, f"over since {alert.cleared_at:%Y-%m-%d %H:%M} and not seen again", now)
                closed += 1
    return closed


def _tell(tx: Transaction, parts: JudgeParts, alert: Alert) -> int:
    """Notify the owner's routes once more, whatever the rule's actions were; returns the number of messages."""
    decision = tx.judgements.decision(alert.decision_id)
    signal = tx.signals.get(alert.signal_id)
    if decision is None or signal is None:
        return 0
    now = parts.clock()
    fact = next((f for f in facts(signal, around([signal], tx)) if f.environment == alert.environment), None)
    if fact is None:
        return 0
    rule = parts.policy.rule(alert.rule_id)
    title = f"unacknowledged past its deadline: {alert.title}"
    case = Case(
        msgspec.structs.replace(decision, priority=alert.priority, title=title),
        fact,
        alert,
        new_episode=True,
        routes=parts.routes,
        now=now,
        rule_owner=rule.owner if rule else None,
        rule_routes=rule.routes if rule else (),
    )
    told = 0
    for effect in parts.actions["notify"].respond(case):
        if isinstance(effect, Queue):
            again = msgspec.structs.replace(effect.delivery, key=f"{effect.delivery.key}/again-{alert.escalations}")
            told += tx.plumbing.enqueue(again)
    return told
