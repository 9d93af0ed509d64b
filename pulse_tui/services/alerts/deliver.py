"""Empty the outbox: send what is due, record what arrived, show what failed permanently."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

LEASE_S = 60.0


class Sent(NamedTuple):
    """The result of one pump of the outbox."""

    sent: int
    failed: int
    dead: int


def due_routes(parts: JudgeParts) -> list[str]:
    """The routes that have something due now."""
    with parts.store.read() as tx:
        return tx.plumbing.due_routes(parts.clock())


def deliver(parts: JudgeParts, holder: str, route: str | None = None) -> Sent:
    """Send what is due to a route, or to every route in turn, each message once.

    A route has one pump at a time over all towers; each send has its own transaction.
    """
    if route is not None:
        return _pump(route, parts, holder)
    sent = [_pump(name, parts, holder) for name in due_routes(parts)]
    return Sent(*(sum(counts) for counts in zip(Sent(0, 0, 0), *sent, strict=True)))


def _pump(route: str, parts: JudgeParts, holder: str) -> Sent:
    now = parts.clock()
    lease = f"outbox:{route}"
    holder = f"{holder}/{threading.get_ident()}"  # two threads of one process are two pumps
    with parts.store.write() as tx:
        epoch = tx.plumbing.claim(lease, holder, now, LEASE_S, parts.outside.dead)
        if epoch is None:
            return Sent(0, 0, 0)
        due = tx.plumbing.due_deliveries(now, route=route)
    outcome = [0, 0, 0]
    for delivery in due:
        after = _send(delivery, parts)
        with parts.store.write() as tx:
            tx.plumbing.put_delivery(after)
            if after.state is not DeliveryState.QUEUED:
                detail = {"kind": after.kind, "route": after.route, "receipt": after.receipt, "error": after.error}
                tx.log.append(parts.clock(), SYSTEM, f"delivery.{after.state.value}", after.key, detail)
                _report(after, tx, parts)
            mine = tx.plumbing.holds_lease(lease, holder, epoch, parts.clock())
            if mine:
                tx.plumbing.claim(lease, holder, parts.clock(), LEASE_S)
        index = {DeliveryState.SENT: 0, DeliveryState.QUEUED: 1, DeliveryState.DEAD: 2}[after.state]
        outcome[index] += 1
        if not mine:
            return Sent(*outcome)  # a slow destination outlasted the lease: another pump sends the rest
    with parts.store.write() as tx:
        tx.plumbing.release(lease, holder)
    return Sent(*outcome)


def _report(delivery: Delivery, tx: Transaction, parts: JudgeParts) -> None:
    """A route that loses what it is given is a condition of its own; the next delivery that arrives ends it."""
    now = parts.clock()
    if delivery.state is DeliveryState.DEAD:
        absorb([_lost(delivery, now)], tx, parts, now)
        return
    condition = fingerprint("route", delivery.route)
    if tx.judgements.open_alerts_about(condition):
        Responder(tx, parts, now).clear(condition, f"a delivery to {delivery.route} arrived")


def _lost(delivery: Delivery, now: datetime) -> Signal:
    route, body = delivery.route, delivery.payload
    return observed(
        SignalType.SOURCE_HEALTH,
        source=SYSTEM,
        event=("undelivered", delivery.key),
        fingerprint=fingerprint("route", route),
        title=f"{delivery.kind} to {route} failed permanently: {body.get('title', delivery.key)}",
        evidence=HealthEvidence(subject=f"route {route}", state=UNDELIVERED, reason=clean(delivery.error, 300)),
        severity=Severity.HIGH,
        recommended=Recommended.REVIEW,
        now=now,
        summary=f"Nobody was reached by it: correct the route {route}, and call {body.get('owner', 'the owner')}.",
    )


def _send(delivery: Delivery, parts: JudgeParts) -> Delivery:
    now = parts.clock()
    route = next((r for r in parts.routes if r.id == delivery.route), None)
    if route is None:
        return delivery.failed(now, f"route {delivery.route!r} is no longer configured")
    context = parts.outside.sending(now)
    try:
        receipt = parts.actions[delivery.kind].deliver(delivery, route.options, context)
    except PulseError as error:
        return delivery.failed(now, str(error))
    except Exception as error:  # one broken destination must not delay the others; it is kept with its error
        return delivery.failed(now, f"{type(error).__name__}: {error}")
    return delivery.sent(receipt)
