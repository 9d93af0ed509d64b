"""The clock of an alert's ladder: since when nobody responds, and which rungs were climbed since, read from the log."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import ESCALATED, Alert
from pulse_tui.domain.notice import Withheld
from pulse_tui.domain.oncall import OnCall
from pulse_tui.enrich.oncall.ladder import Clock, ladder_of
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM

CLOCK = "alert.clock"
"""The audit log's action when a ladder begins afresh: it fires again, or is more urgent."""


def fresh_clock(tx: Transaction, oncall: OnCall, alert: Alert, why: str, now: datetime) -> None:
    """The ladder begins again from its first rung; nothing where the alert's priority has none."""
    if ladder_of(alert, oncall):
        detail = {"why": why, "count": str(alert.count), "ladder": alert.priority.value}
        tx.log.append(now, SYSTEM, CLOCK, alert.id, detail)


def clock_of(tx: Transaction, alert: Alert) -> Clock:
    """As the log has it."""
    begun, reports, climbed = alert.first_at, 0, set[int]()
    for entry in tx.log.entries(subject=alert.id):
        if entry.action == CLOCK:
            begun, reports, climbed = entry.at, int(entry.detail.get("count", "0")), set()
        elif entry.action == ESCALATED and entry.detail.get("ladder") == alert.priority.value:
            climbed.add(int(entry.detail.get("rung", "0")))
    called = _first_called(tx, alert)
    if called is not None:
        begun = max(begun, called)
    return Clock(begun, reports, frozenset(climbed), waiting=called is None)


def _first_called(tx: Transaction, alert: Alert) -> datetime | None:
    """When somebody was first called of one that might have ended by itself; None while nobody was. Of any other: when it
    opened."""
    calls = [n for n in tx.notices.of(alert.id) if n.event.calls]
    healed = [n.at for n in calls if n.reason is Withheld.HEALS]
    if not healed:
        return alert.first_at
    return next((n.at for n in calls if n.at >= healed[-1] and n.reason is not Withheld.HEALS), None)
