"""What did not end by itself: somebody is called of it now."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.notice import Withheld
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.withholding.healing import began, waits_until

BACK = timedelta(days=1)
"""One that has waited for longer was called of, or escalates by its deadline."""


def call_lasting(parts: JudgeParts, now: datetime) -> int:
    """Call of the alerts that lasted longer than what heals by itself, or got too bad to wait; returns how many."""
    with parts.store.read() as tx:
        due = [alert.id for alert in tx.judgements.alerts([AlertState.FIRING], 100_000) if _due(tx, parts, alert, now)]
    called = 0
    for alert_id in due:
        with parts.store.write() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is None or alert.state is not AlertState.FIRING or not _due(tx, parts, alert, now):
                continue  # it ended, or somebody acknowledged it meanwhile
            why = f"it has lasted for {age(to_us(began(tx, alert)), to_us(now))}"
            Events(tx, parts, now).emit(alert, AlertEvent.OPENED, why, messages_only=True)
            called += 1
    return called


def _due(tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> bool:
    """Whether its wait is over, and nobody was called of it since it began. What has ended already, and is only kept open,
    waits on."""
    rule = parts.policy.rule(alert.rule_id)
    if rule is None or rule.heals_within is None or alert.cleared_at is not None:
        return False
    if alert.last_at < now - timedelta(seconds=rule.heals_within) - BACK or waits_until(tx, parts, alert, now):
        return False
    waiting = False
    for notice in tx.notices.of(alert.id):  # in order
        if notice.event.calls:
            waiting = notice.reason in (Withheld.HEALS, Withheld.FLAPPING)
    return waiting
