"""What begins and ends with a mute: a waiver lifts the holds of its condition, its end places them again and is heard."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.events import Events

WAIVER = "waiver"
"""Who lifts and places holds again when a waiver begins and ends."""


def waived(
    tx: Transaction, alert: Alert, by: str, until: datetime, why: str, now: datetime, *, placed_by: str = ""
) -> int:
    """Suppress an open alert by a waiver; its holds are lifted until then. Returns how many were.

    ``by`` answers for the waiver, which may be a team; ``placed_by`` acted, where that is somebody else: the log names them.
    """
    tx.judgements.put_alert(alert.suppress(by, until, why, waived=True))
    lifted = 0
    for hold in held_by(tx, alert):
        tx.judgements.lift_hold(hold.id, WAIVER, now)
        tx.log.append(
            now, placed_by or by, "hold.lifted", hold.id, {"because": f"waived by {by} until {iso(until)}: {why}"}
        )
        lifted += 1
    return lifted


def after_mute(tx: Transaction, parts: JudgeParts, before: Alert, after: Alert, why: str, now: datetime) -> None:
    """Store it, report it to whoever was notified if it fires, and hold again what its waiver had lifted.

    One that nobody was ever notified of, for it was waived when it opened, opens now.
    """
    tx.judgements.put_alert(after)
    if not after.open:
        return
    if before.waived and not after.waived:
        for hold in held_by(tx, after, standing=False):
            if hold.lifted_by == WAIVER and tx.judgements.put_hold(hold.again(now)):
                tx.log.append(now, SYSTEM, "hold.placed", hold.id, {"why": hold.why, "because": "its waiver ended"})
    if after.state is AlertState.FIRING:
        events = Events(tx, parts, now)
        if not events.emit(after, AlertEvent.REOPENED, why) and before.waived:
            events.emit(after, AlertEvent.OPENED, why)


def held_by(tx: Transaction, alert: Alert, *, standing: bool = True) -> list[Hold]:
    """The holds that the decisions of an alert placed."""
    found: dict[str, Hold] = {}
    for hold in tx.judgements.holds(alert.asset_id, standing=standing):
        placed = tx.judgements.decision(hold.decision_id) if hold.decision_id else None
        if placed is not None and placed.fingerprint == alert.fingerprint:
            found[hold.id] = hold  # the last of those of one name
    return list(found.values())
