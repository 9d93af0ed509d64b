"""Shortly before an acknowledgement ends: whoever was notified is reminded that the alert is still open."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.events import Events

LEAD = timedelta(minutes=15)
"""So long before its end."""
SHORTEST = timedelta(minutes=30)
"""Nobody is reminded of an acknowledgement that is shorter: it was given just now."""


def remind(parts: JudgeParts, now: datetime) -> int:
    """Once for each acknowledgement; returns how many alerts. What a silence covers anyway waits for that."""
    with parts.store.read() as tx:
        due = [a.id for a in tx.judgements.alerts([AlertState.ACKNOWLEDGED], 100_000) if _due(tx, a, now)]
    reminded = 0
    for ident in due:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(ident)
            if alert is None or not _due(tx, alert, now) or alert.acknowledged_until is None:
                continue  # somebody was faster
            after = msgspec.structs.replace(alert, reminded_at=now)
            tx.judgements.put_alert(after)
            until = iso(alert.acknowledged_until)
            why = f"{alert.acknowledged_by} has it in hand until {until} and it is still open: it fires again then"
            Events(tx, parts, now).emit(after, AlertEvent.REMINDED, why)
            tx.log.append(now, SYSTEM, "alert.reminded", alert.id, {"by": alert.acknowledged_by or "", "until": until})
            reminded += 1
    return reminded


def _due(tx: Transaction, alert: Alert, now: datetime) -> bool:
    until = alert.acknowledged_until
    if alert.state is not AlertState.ACKNOWLEDGED or until is None or alert.reminded_at is not None:
        return False
    if not now < until <= now + LEAD or (alert.suppressed_until is not None and alert.suppressed_until > now):
        return False
    given = [e.at for e in tx.log.entries(subject=alert.id) if e.action == "alert.acknowledged"]
    since = given[-1] if given else alert.first_acknowledged_at
    return since is None or until - since >= SHORTEST
