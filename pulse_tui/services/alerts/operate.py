"""Operator actions on alerts and scopes: acknowledge, resolve, silence, waive, freeze. Each with its audit line."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.respond import close_alert


def acknowledge(parts: JudgeParts, alert_id: str, by: str, for_s: float, now: datetime) -> str:
    """An operator works on it; it fires again when the time is up. Raises Refused when it is resolved."""
    until = now + timedelta(seconds=for_s)
    with parts.store.write() as tx:
        alert = _alert(tx, alert_id).acknowledge(by, until)
        tx.judgements.put_alert(alert)
        Events(tx, parts, now).emit(alert, AlertEvent.ACKNOWLEDGED, f"acknowledged by {by} until {iso(until)}")
        tx.log.append(now, by, "alert.acknowledged", alert.id, {"until": iso(until)})
    return f"acknowledged by {by} until {iso(until)}: {alert.title}"


def resolve(parts: JudgeParts, alert_id: str, by: str, why: str, now: datetime) -> str:
    """The condition has ended; the holds that the alert placed are lifted."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        alert = _alert(tx, alert_id)
        lifted = close_alert(tx, Events(tx, parts, now), alert, by, reason, now)
    return f"resolved: {alert.title}" + (f"; {lifted} hold(s) lifted" if lifted else "")


def silence(store: Store, alert_id: str, by: str, hours: float, why: str, now: datetime) -> str:
    """Mute it for some hours; the reason is kept."""
    if not 0 < hours <= 24 * 7:
        raise WrongUse(f"cannot silence for {hours:g} h", todo="Choose up to a week; for longer use a waiver")
    return _suppress(store, alert_id, by, timedelta(hours=hours), why, "alert.silenced", now)


def waive(store: Store, alert_id: str, by: str, days: int, why: str, now: datetime) -> str:
    """A recorded exception with a review date, after which the alert fires again by itself."""
    if not 0 < days <= 365:
        raise WrongUse(f"cannot waive for {days} days", todo="A waiver is reviewed within a year")
    return _suppress(store, alert_id, by, timedelta(days=days), why, "alert.waived", now)


def freeze(store: Store, asset_id: str | None, by: str, why: str, now: datetime) -> str:
    """No promotion in the scope until an operator lifts it. Rollbacks are never frozen."""
    reason = reason_of(why)
    scope = asset_id or "everything"
    with store.write() as tx:
        if asset_id is not None and asset_id not in tx.estate.load().assets:
            raise NotFound(f"there is no asset {asset_id!r}")
        hold = Hold(
            id=f"freeze/{scope}/operator",
            kind=HoldKind.FREEZE,
            asset_id=asset_id,
            why=reason,
            until_condition="an operator lifts it",
            placed_by=by,
            placed_at=now,
        )
        if not tx.judgements.put_hold(hold):
            raise Refused(f"{scope} is frozen by an operator already")
        tx.log.append(now, by, "hold.placed", hold.id, {"why": reason})
    return f"frozen: {scope}. Promotions are blocked, rollbacks are not"


def unfreeze(store: Store, asset_id: str | None, by: str, now: datetime) -> str:
    """Lift every hold of the scope, whoever placed it."""
    scope = asset_id or "everything"
    with store.write() as tx:
        holds = [h for h in tx.judgements.holds(asset_id) if h.asset_id == asset_id]
        if not holds:
            raise Refused(f"there is no hold on {scope}")
        for hold in holds:
            tx.judgements.lift_hold(hold.id, by, now)
            tx.log.append(now, by, "hold.lifted", hold.id, {"because": "an operator lifted it"})
    return f"{len(holds)} hold(s) lifted from {scope}"


def lapse(parts: JudgeParts, now: datetime) -> int:
    """Alerts whose acknowledgement or silence ran out fire again; returns how many."""
    with parts.store.read() as tx:
        due = [
            a
            for a in tx.judgements.alerts([AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED], 100_000)
            if a.lapse(now) is not a
        ]
    if not due:
        return 0
    with parts.store.write() as tx:
        events = Events(tx, parts, now)
        for stale in due:
            alert = tx.judgements.alert(stale.id)
            if alert is not None and alert.lapse(now) is not alert:
                after = alert.lapse(now)
                tx.judgements.put_alert(after)
                events.emit(after, AlertEvent.REOPENED, f"fires again: no longer {alert.state.value}")
                tx.log.append(now, SYSTEM, "alert.fires_again", alert.id, {"after": alert.state.value})
    return len(due)


def _suppress(store: Store, alert_id: str, by: str, span: timedelta, why: str, action: str, now: datetime) -> str:
    reason, until = reason_of(why), now + span
    with store.write() as tx:
        alert = _alert(tx, alert_id)
        tx.judgements.put_alert(alert.suppress(by, until, reason))
        tx.log.append(now, by, action, alert.id, {"until": iso(until), "why": reason})
    return f"{action.partition('.')[2]} until {iso(until)}: {alert.title}"


def _alert(tx: Transaction, alert_id: str) -> Alert:
    alert = tx.judgements.alert(alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id!r}", todo="pulse-tui status lists the open ones")
    return alert
