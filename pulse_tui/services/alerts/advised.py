"""What to do about an alert, without the rest of its page: for whoever lists the most urgent ones."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.guard import BEGUN, ENDED, REFUSED, WAITS
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts

_BY_ITSELF = {
    BEGUN: "IT ROLLS BACK BY ITSELF: ",
    ENDED: "BY ITSELF: ",
    REFUSED: "not rolled back by itself: ",
    WAITS: "not rolled back by itself for now: ",
}


def advised(tx: Transaction, parts: JudgeParts, alert_id: str, now: datetime) -> tuple[str, ...] | None:
    """As :attr:`AlertStory.advice` has it. None where that takes more to tell: its asset has a pre-authorisation, or something
    of the alert is missing.
    """
    alert = tx.judgements.alert(alert_id)
    signal = tx.signals.get(alert.signal_id) if alert is not None else None
    if alert is None or signal is None or (alert.asset_id and tx.rollbacks.authorisations(alert.asset_id)):
        return None
    alert = alert.lapse(now)
    if not alert.open:
        return ()
    return (*done_by_itself(tx, alert), *parts.advise(tx, parts, alert, signal, now).lines)


def done_by_itself(tx: Transaction, alert: Alert) -> tuple[str, ...]:
    """What was done about it without waiting for anybody, or why nothing was."""
    lines = tx.log.entries(subject=alert.id)
    last = next((e for e in reversed(lines) if e.action in _BY_ITSELF), None)
    return (_BY_ITSELF[last.action] + last.detail.get("why", ""),) if last is not None else ()
