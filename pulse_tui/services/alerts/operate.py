"""Operator actions on alerts and scopes: acknowledge, resolve, silence, waive, freeze. Each with its audit line."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.advisories.standing import settle, settle_group
from pulse_tui.services.advisories.waivers import end_condition, terms_of, waive_condition
from pulse_tui.services.alerts.silences import apply, take_out
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.registry.held import end
from pulse_tui.services.registry.routing import may_lift
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.mutes import after_mute, waived
from pulse_tui.services.signals.respond import close_alert
from pulse_tui.services.signals.waived import group_of, names_in
from pulse_tui.settings.check import nearest

AGAIN = timedelta(minutes=1)
"""An acknowledgement that is given again within this time is no news."""
REVIEWED_FOR = timedelta(days=30)
"""No review lets releases pass for longer."""


def acknowledge(parts: JudgeParts, alert_id: str, by: str, for_s: float, now: datetime) -> str:
    """Somebody works on the condition; it fires again when the time is up. Raises Refused when it is resolved."""
    until = now + timedelta(seconds=for_s)
    with parts.store.write() as tx:
        alert = _alert(tx, alert_id)
        for one in _of_condition(tx, alert):
            after = one.acknowledge(by, until, now)
            tx.judgements.put_alert(after)
            if _in_hand(one, by, until):
                continue
            Events(tx, parts, now).emit(after, AlertEvent.ACKNOWLEDGED, f"acknowledged by {by} until {iso(until)}")
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
    """Nobody is notified of the condition for some hours; the reason is kept."""
    if not 0 < hours <= 24 * 7:
        raise WrongUse(f"cannot silence for {hours:g} h", todo="Choose up to a week; for longer use a waiver")
    reason, until = reason_of(why), now + timedelta(hours=hours)
    with store.write() as tx:
        alert = _alert(tx, alert_id)
        for one in _of_condition(tx, alert):
            tx.judgements.put_alert(one.suppress(by, until, reason))
        tx.log.append(now, by, "alert.silenced", alert.id, {"until": iso(until), "why": reason})
    return f"silenced until {iso(until)}: {alert.title}"


def waive(store: Store, alert_id: str, by: str, days: float, why: str, now: datetime) -> str:
    """A recorded exception with a review date, after which the condition fires again and holds what it held."""
    if not 0 < days <= 365:
        raise WrongUse(f"cannot waive for {days:g} days", todo="A waiver is reviewed within a year")
    reason, until = reason_of(why), now + timedelta(days=days)
    lifted = 0
    with store.write() as tx:
        alert = _alert(tx, alert_id)
        condition = _of_condition(tx, alert)
        if names := _vulnerability(tx, alert):
            terms = terms_of("affected", "", reason, by, until, by, now)
            waive_condition(tx, alert, names, terms, by, now)
        for one in condition:
            lifted += waived(tx, one, by, until, reason, now)
        tx.log.append(now, by, "alert.waived", alert.id, {"until": iso(until), "why": reason})
    return f"waived until {iso(until)}: {alert.title}" + (f"; {lifted} hold(s) lifted until then" if lifted else "")


def unmute(parts: JudgeParts, alert_id: str, by: str, why: str, now: datetime) -> str:
    """Take an acknowledgement, a silence or a waiver of the condition back: it fires again. Raises Refused."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        alert = _alert(tx, alert_id)
        muted = tx.judgements.muted(alert.signal_fingerprint, alert.environment, now)
        if not muted:
            raise Refused(f"nothing mutes alert {alert.id}: it is {alert.state.value}")
        names = _vulnerability(tx, alert)
        if names:
            end_condition(tx, alert, names, by, reason, now)
        for one in muted:
            after_mute(tx, parts, one, take_out(tx, parts, one, by, reason, now), f"taken back by {by}: {reason}", now)
        if names:
            settle_group(tx, parts, group_of(tx, *names), now)  # what else stood under its waivers
        tx.log.append(now, by, "alert.unmuted", alert.id, {"why": reason})
    return f"no longer muted: {alert.title}"


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


def lift(store: Store, hold_id: str, by: str, why: str, now: datetime) -> str:
    """Lift one hold. Raises NotFound with the holds that stand."""
    reason = reason_of(why)
    with store.write() as tx:
        hold = _hold(tx, hold_id)
        may_lift(tx, hold)
        end(tx, hold, by, reason, now)
    return f"lifted: {hold.kind.value} of {hold.asset_id or 'everything'} ({hold.why})"


def review(store: Store, hold_id: str, by: str, until: datetime, why: str, now: datetime) -> str:
    """Somebody looked at a freeze and lets releases pass until then; it stands, and blocks again by itself.

    Raises NotFound, and Refused for a hold that is no freeze: a block is of a version that is bad whoever looks at it.
    """
    reason = reason_of(why)
    if not now < until <= now + REVIEWED_FOR:
        raise WrongUse(f"a review cannot let pass until {iso(until)}", todo="Choose a moment within 30 days")
    with store.write() as tx:
        hold = _hold(tx, hold_id)
        if hold.kind is not HoldKind.FREEZE:
            raise Refused(f"{hold.id} is a {hold.kind.value}: only a freeze is reviewed", todo="Lift it, or wait")
        tx.judgements.review_hold(hold.id, by, until, reason)
        tx.log.append(now, by, "hold.reviewed", hold.id, {"until": iso(until), "why": reason})
    scope = hold.asset_id or "everything"
    return f"reviewed: {scope} stays frozen ({hold.why}), releases pass until {iso(until)}"


def lapse(parts: JudgeParts, now: datetime) -> int:
    """Alerts whose acknowledgement or silence ran out fire again; returns how many. What still mutes one stands."""
    again = apply(parts, now)
    muted = [AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED]
    with parts.store.read() as tx:
        due = [a for a in tx.judgements.alerts(muted, 100_000) if a.lapse(now) is not a]
        reviews = any(not w.stands(now) for w in tx.waivers.all(standing=True))
    if not due and not reviews:
        return again
    with parts.store.write() as tx:
        again += settle(tx, parts, now)
        for stale in due:
            alert = tx.judgements.alert(stale.id)
            after = alert.lapse(now) if alert is not None else None
            if alert is None or after is None or after is alert:
                continue  # an operator was faster
            after = after_mute(tx, parts, alert, after, f"fires again: no longer {alert.state.value}", now)
            if after.state is AlertState.FIRING:
                tx.log.append(now, SYSTEM, "alert.fires_again", alert.id, {"after": alert.state.value})
                again += 1
    return again


def _in_hand(alert: Alert, by: str, until: datetime) -> bool:
    """Whether the operator has it already until about then, as of several alerts of one condition: nobody is notified twice."""
    held = alert.acknowledged_until if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by == by else None
    return held is not None and timedelta(0) <= until - held < AGAIN


def _of_condition(tx: Transaction, alert: Alert) -> list[Alert]:
    """The open alerts about the same condition there that are no more urgent: what is decided of one is of all.

    Raises Refused when the alert itself is resolved.
    """
    others = [
        a
        for a in tx.judgements.open_alerts_about(alert.signal_fingerprint)
        if a.id != alert.id and a.environment is alert.environment and a.priority.rank >= alert.priority.rank
    ]
    return [alert, *others]


def _vulnerability(tx: Transaction, alert: Alert) -> tuple[str, ...]:
    """The ids of the vulnerability that the alert is about; empty for any other cause."""
    signal = tx.signals.get(alert.signal_id)
    return names_in(signal) if signal is not None else ()


def _hold(tx: Transaction, hold_id: str) -> Hold:
    standing = tx.judgements.holds()
    hold = next((h for h in standing if h.id == hold_id), None)
    if hold is None:
        raise NotFound(f"no hold {hold_id!r} stands", todo=nearest(hold_id, [h.id for h in standing]))
    return hold


def _alert(tx: Transaction, alert_id: str) -> Alert:
    alert = tx.judgements.alert(alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id!r}", todo="see the open ones: pulse-tui status")
    return alert
