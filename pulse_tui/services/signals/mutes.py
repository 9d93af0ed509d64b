"""What begins and ends with a mute: a waiver lifts the holds of its condition, its end places them again and is heard."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Withheld
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.climbing import fresh_clock
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.silenced import Standing

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


def after_mute(
    tx: Transaction,
    parts: JudgeParts,
    before: Alert,
    after: Alert,
    why: str,
    now: datetime,
    standing: Standing | None = None,
) -> Alert:
    """Store it, report it to whoever was notified if it fires, and hold again what its waiver had lifted.

    Another silence or window that covers it keeps it suppressed. Who should have been notified while it was muted, and was
    not, is notified now. Returns it as it is stored.
    """
    after = (standing or Standing(tx, now, parts.maintenance)).settle(after)
    tx.judgements.put_alert(after)
    if not after.open:
        return after
    if before.waived and not after.waived:
        for hold in held_by(tx, after, standing=False):
            if hold.lifted_by == WAIVER and tx.judgements.put_hold(hold.again(now)):
                tx.log.append(now, SYSTEM, "hold.placed", hold.id, {"why": hold.why, "because": "its waiver ended"})
    if after.state is AlertState.FIRING and before.state is not AlertState.FIRING:
        announce(tx, Events(tx, parts, now), after, why, waived=before.waived)
    return after


_MUTED = (Withheld.SILENCED, Withheld.MAINTENANCE, Withheld.ACKNOWLEDGED)


def announce(tx: Transaction, events: Events, alert: Alert, why: str, *, waived: bool = False) -> None:
    """It fires again: for whoever was notified before, and for whoever should have been while it was muted.

    One that was ``waived`` when it opened opens now. Of any other the holds stay as they are: an operator may have lifted
    one meanwhile.
    """
    fresh_clock(tx, events.parts.oncall, alert, why, events.now)
    reopened = events.emit(alert, AlertEvent.REOPENED, why)
    if waived:
        if not reopened:
            events.emit(alert, AlertEvent.OPENED, why)
    elif any(n.reason in _MUTED and n.event.calls for n in tx.notices.of(alert.id)):
        events.emit(alert, AlertEvent.OPENED, why, messages_only=True)


def held_by(tx: Transaction, alert: Alert, *, standing: bool = True) -> list[Hold]:
    """The holds that the decisions of an alert placed."""
    found: dict[str, Hold] = {}
    for hold in tx.judgements.holds(alert.asset_id, standing=standing):
        placed = tx.judgements.decision(hold.decision_id) if hold.decision_id else None
        if placed is not None and placed.fingerprint == alert.fingerprint:
            found[hold.id] = hold  # the last of those of one name
    return list(found.values())
