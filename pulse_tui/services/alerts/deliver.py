"""Empty the outbox: send what is due, record what arrived, show what failed permanently.

A route is emptied by one pump at a time over all towers, its messages a thread each in order, several threads at once. A
process that dies between sending and recording sends again, under the same key: at least once, never lost. One that was
suspended until its lease ran out looks before it sends anything else, and writes over nothing that another one wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from pulse_tui.domain.delivery import LATE, LONGEST_WAIT, Delivery, DeliveryState, Fold, Turn, lineup, thread_of
from pulse_tui.domain.errors import PulseError, TargetError
from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Route, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

LEASE_S = 60.0
SPARE_S = 5.0
"""So long before its end nobody relies on a lease without asking."""
AT_ONCE = 8
"""Messages to a route that are under way at once; less where its kind says so (``AT_ONCE`` of its options)."""
CHUNK = 64
"""Messages whose outcome is written in one transaction, at most."""
TURNS = 1_000
"""Messages that are read at a time."""
DOWN = 3
"""So many failures in a row and nothing else: the route is down, and the others need not find out each for itself."""


class Sent(NamedTuple):
    """The result of one pump of the outbox."""

    sent: int
    failed: int
    dead: int

    def plus(self, other: Sent) -> Sent:
        """The counts of both."""
        return Sent(self.sent + other.sent, self.failed + other.failed, self.dead + other.dead)


class Emptied(NamedTuple):
    """What became of a route's queue."""

    sent: Sent
    again_s: float | None = None
    """When the route is to be asked again because it asked for a pause; None: when something is due."""


def due_routes(parts: JudgeParts) -> list[str]:
    """The routes that have something due now."""
    with parts.store.read() as tx:
        return tx.plumbing.due_routes(parts.clock())


def deliver(parts: JudgeParts, holder: str, route: str | None = None) -> Sent:
    """Send what is due to a route, or to every route in turn."""
    total = Sent(0, 0, 0)
    for name in [route] if route is not None else due_routes(parts):
        total = total.plus(empty(name, parts, holder).sent)
    return total


class _Pump(NamedTuple):
    """One route, while this thread has its lease."""

    parts: JudgeParts
    name: str
    route: Route | None
    lease: str
    holder: str
    epoch: int
    until: list[float]
    """Until when the lease certainly lasts, by the clock that nobody sets: one number, which whoever renews it replaces."""

    def renewed(self, seconds: float) -> None:
        """The lease lasts for so long from now on, a little less: what was written is older than its answer."""
        self.until[:] = [self.parts.outside.ticks() + seconds - SPARE_S]

    def mine(self, delivery: Delivery) -> bool:
        """Whether it may be sent: asked of the database only where this process cannot know it by itself."""
        if self.parts.outside.ticks() < self.until[0]:
            return True
        with self.parts.store.read() as tx:
            if not tx.plumbing.holds_lease(self.lease, self.holder, self.epoch, self.parts.clock()):
                return False
            return _queued(tx, [delivery.key]) == {delivery.key}


def empty(name: str, parts: JudgeParts, holder: str) -> Emptied:
    """Send to a route until nothing is due, the route is down, or it asked for a pause.

    A route has one pump at a time over all towers; what arrived is written in small transactions of its own.
    """
    now = parts.clock()
    lease = f"outbox:{name}"
    holder = f"{holder}/{threading.get_ident()}"  # two threads of one process are two pumps
    began = parts.outside.ticks()
    with parts.store.write() as tx:
        if (pause := _pause(name, tx, now)) is not None:
            return Emptied(Sent(0, 0, 0), pause)
        epoch = tx.plumbing.claim(lease, holder, now, LEASE_S, parts.outside.dead)
        if epoch is None:
            return Emptied(Sent(0, 0, 0))
        due = _next(name, tx, now)
    route = next((r for r in parts.routes if r.id == name), None)
    pump = _Pump(parts, name, route, lease, holder, epoch, [began + LEASE_S - SPARE_S])
    total, size = Sent(0, 0, 0), 1
    with _senders(route, len(due)) as senders:
        while due:
            total, go_on = _empty(pump, due, senders, total, size)
            if not go_on:
                break
            with parts.store.write() as tx:
                due = _next(name, tx, parts.clock())
            size = CHUNK
    with parts.store.write() as tx:
        tx.plumbing.release(lease, pump.holder)
        return Emptied(total, _pause(name, tx, parts.clock()))


def _empty(
    pump: _Pump, due: Sequence[_Due], senders: ThreadPoolExecutor | None, total: Sent, size: int
) -> tuple[Sent, bool]:
    """Send these, a few at first and more once some arrive; False when the pump has to stop."""
    done, in_vain = 0, 0
    while done < len(due):
        chunk = due[done : done + (size if senders is not None else 1)]
        done += len(chunk)
        outcomes = _sent(pump, chunk, senders)
        recorded = _record(pump, outcomes)
        total = total.plus(recorded.sent)
        in_vain = 0 if recorded.sent.sent else in_vain + recorded.sent.failed
        size = min(size * 4, CHUNK) if recorded.sent.sent == len(chunk) else max(1, size // 4)
        # A slow destination may outlast the lease: another pump sends the rest.
        if not recorded.mine or recorded.paused or in_vain >= DOWN:
            return total, False
    return total, True


@contextmanager
def _senders(route: Route | None, count: int) -> Iterator[ThreadPoolExecutor | None]:
    """Threads to send in; none for a single message, and none where the kind takes one after the other."""
    at_once = min(AT_ONCE, getattr(route.options, "AT_ONCE", AT_ONCE)) if route is not None else 1
    if at_once < 2 or count < 2:
        yield None
        return
    with ThreadPoolExecutor(at_once, f"to {route.id if route else ''}") as senders:
        yield senders


class _Due(NamedTuple):
    delivery: Delivery
    first_receipt: str = ""


class _Outcome(NamedTuple):
    before: Delivery
    after: Delivery
    pause_s: float | None = None
    """For which the route takes nothing."""


def _sent(pump: _Pump, chunk: Sequence[_Due], senders: ThreadPoolExecutor | None) -> list[_Outcome]:
    if senders is None or len(chunk) == 1:
        return [_send(due, pump) for due in chunk if pump.mine(due.delivery)]
    began = pump.parts.outside.ticks()

    def in_time(due: _Due) -> _Outcome | None:
        """What a slow destination leaves no time for is sent with the next ones: the lease must not run out meanwhile."""
        in_time = pump.parts.outside.ticks() - began < LEASE_S / 3
        return _send(due, pump) if in_time and pump.mine(due.delivery) else None

    return [outcome for outcome in senders.map(in_time, chunk) if outcome is not None]


def _send(due: _Due, pump: _Pump) -> _Outcome:
    delivery, parts, route = due.delivery, pump.parts, pump.route
    now = parts.clock()
    if route is None:
        return _Outcome(delivery, delivery.failed(now, f"route {delivery.route!r} is no longer configured"))
    pace: float | None = getattr(route.options, "PACE_S", None)
    try:
        context = parts.outside.sending(now)._replace(first_receipt=due.first_receipt)
        receipt = parts.actions[route.kind].deliver(delivery, route.options, context)
    except TargetError as error:
        limited, asked = error.limited, error.retry_after_s
        failed = delivery.failed(
            parts.clock(), str(error), permanent=error.permanent, limited=limited, retry_after_s=asked
        )
        wait = (failed.due - parts.clock()).total_seconds() if limited else None
        return _Outcome(delivery, failed, wait if wait is not None else pace)
    except PulseError as error:
        return _Outcome(delivery, delivery.failed(parts.clock(), str(error)))
    except Exception as error:  # one broken destination must not delay the others; it is kept with its error
        return _Outcome(delivery, delivery.failed(parts.clock(), f"{type(error).__name__}: {error}"))
    return _Outcome(delivery, delivery.sent(clean(receipt, 300)), pace)


# --------------------------------------------------------------------------- whose turn it is


def _next(name: str, tx: Transaction, now: datetime) -> list[_Due]:
    """What is to be sent now; what a later message makes superfluous is folded into it, and what is lost is named in what
    follows."""
    line = lineup(tx.plumbing.queue(name), now)
    line = line._replace(turns=line.turns[:TURNS])
    for fold in line.folds:
        _fold(fold, tx, now)
    keys = {key for turn in line.turns for key in (*turn.lost, turn.key, thread_of(turn.key))}
    found = tx.plumbing.deliveries_of(sorted(keys))
    return [_due(turn, found) for turn in line.turns if turn.key in found]


def _due(turn: Turn, found: Mapping[str, Delivery]) -> _Due:
    delivery = _with_lost(found[turn.key], turn, found)
    first = found.get(thread_of(turn.key))
    arrived = first is not None and first.state is DeliveryState.SENT
    return _Due(delivery, first.receipt if first is not None and arrived else "")


def _fold(fold: Fold, tx: Transaction, now: datetime) -> None:
    there = tx.plumbing.deliveries_of([*fold.keys, fold.into])
    folded = [there[key] for key in fold.keys if key in there]
    into = there.get(fold.into)
    if into is None or not folded:
        return
    said = [text for one in folded for text in (one.payload.get("meanwhile", ""), _line(one)) if text]
    payload = {**into.payload, "meanwhile": clean("; ".join(said), 2_000)}
    tx.plumbing.put_deliveries(
        [*(one.folded(into.key, now) for one in folded), msgspec.structs.replace(into, payload=payload)]
    )


def _line(delivery: Delivery) -> str:
    """What a message was about, for the one that is sent in its place."""
    event, why = delivery.payload.get("event", "changed"), delivery.payload.get("why", "")
    return f"{event}: {why}" if why else event


def _with_lost(delivery: Delivery, turn: Turn, lost: Mapping[str, Delivery]) -> Delivery:
    before = [lost[key] for key in turn.lost if key in lost]
    if not before:
        return delivery
    heads = "; ".join(one.payload.get("title", one.key) for one in before[:3])
    missed = f"{many(len(before), 'earlier message')} about this did not arrive: {heads}"
    return msgspec.structs.replace(delivery, payload={**delivery.payload, "missed": clean(missed, 500)})


# --------------------------------------------------------------------------- what came of it


class _Recorded(NamedTuple):
    sent: Sent
    paused: bool
    mine: bool
    """Whether the pump still has its route."""


def _record(pump: _Pump, outcomes: Sequence[_Outcome]) -> _Recorded:
    """Write what came of some messages, in one transaction."""
    parts, counts = pump.parts, dict.fromkeys(DeliveryState, 0)
    pause = max((o.pause_s for o in outcomes if o.pause_s is not None), default=None)
    with parts.store.write() as tx:
        now = parts.clock()
        mine = tx.plumbing.holds_lease(pump.lease, pump.holder, pump.epoch, now)
        if not mine:  # another pump went on: what it wrote meanwhile stands
            left = _queued(tx, [o.before.key for o in outcomes])
            outcomes = [o for o in outcomes if o.before.key in left]
        # What was sent with words about what was lost is stored as it was queued.
        tx.plumbing.put_deliveries([msgspec.structs.replace(o.after, payload=_stored(o)) for o in outcomes])
        for outcome in outcomes:
            after = outcome.after
            counts[after.state] += 1
            if after.state is not DeliveryState.QUEUED:
                detail = {"kind": after.kind, "route": after.route, "receipt": after.receipt, "error": after.error}
                tx.log.append(now, SYSTEM, f"delivery.{after.state.value}", after.key, detail)
            if after.state is DeliveryState.DEAD or (after.state is DeliveryState.QUEUED and after.attempts == LATE):
                lost = _lost(after, now)
                known = tx.signals.get(lost.id) is not None  # it was replayed, and died once more
                absorb([_lost(after, now, str(to_us(now))) if known else lost], tx, parts, now)
        arrived = [o for o in outcomes if o.after.state is DeliveryState.SENT]
        if any("missed" in o.before.payload for o in arrived):
            _superseded(pump.name, [o.after for o in arrived], tx, now)
        if any(o.before.attempts for o in arrived):
            tx.plumbing.hasten(pump.name, now)
        if arrived:
            works_again(pump.name, tx, parts, now)
        if pause is not None:
            tx.plumbing.put_value(_PAUSE + pump.name, str(to_us(now + timedelta(seconds=pause))))
        if mine:
            tx.plumbing.claim(pump.lease, pump.holder, now, LEASE_S)
            pump.renewed(LEASE_S)
    sent = Sent(counts[DeliveryState.SENT], counts[DeliveryState.QUEUED], counts[DeliveryState.DEAD])
    return _Recorded(sent, pause is not None, mine)


def _queued(tx: Transaction, keys: Sequence[str]) -> set[str]:
    return {k for k, d in tx.plumbing.deliveries_of(keys).items() if d.state is DeliveryState.QUEUED}


def _stored(outcome: _Outcome) -> dict[str, str]:
    return {key: value for key, value in outcome.after.payload.items() if key != "missed"}


def _superseded(name: str, arrived: Sequence[Delivery], tx: Transaction, now: datetime) -> None:
    """What was lost before a message that arrived: that message said so, nobody needs to replay it."""
    threads = {d.thread: d for d in arrived}
    dead = tx.plumbing.deliveries(10_000, states=(DeliveryState.DEAD,), route=name)
    earlier = [
        d.folded(threads[d.thread].key, now)
        for d in dead
        if d.thread in threads and d.created_at <= threads[d.thread].created_at
    ]
    tx.plumbing.put_deliveries(earlier)


_PAUSE = "outbox.pause:"


def _pause(name: str, tx: Transaction, now: datetime) -> float | None:
    """For how many seconds the route takes nothing; it was asked for by the route, or is the pace of its kind."""
    value = tx.plumbing.get_value(_PAUSE + name)
    until = from_us(int(value)) if value is not None and value.isdecimal() else now
    return (until - now).total_seconds() if now < until <= now + LONGEST_WAIT else None


# --------------------------------------------------------------------------- lost messages


def works_again(name: str, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    """A route that does not deliver is a condition of its own; it ends when nothing to it is lost or late any more."""
    condition = fingerprint("route", name)
    if not tx.judgements.open_alerts_about(condition):
        return
    if not any(q.state is DeliveryState.DEAD or q.attempts >= LATE for q in tx.plumbing.queue(name)):
        Responder(tx, parts, now).clear(condition, f"nothing to {name} is lost or late any more")


def _lost(delivery: Delivery, now: datetime, *more: str) -> Signal:
    route, body = delivery.route, delivery.payload
    dead = delivery.state is DeliveryState.DEAD
    failed = "failed permanently" if dead else f"failed {delivery.attempts} times and is tried again"
    todo = f"pulse-tui delivery replay {delivery.key}, or drop it" if dead else "wait: it is sent as soon as that works"
    return observed(
        SignalType.SOURCE_HEALTH,
        source=SYSTEM,
        event=("undelivered" if dead else "late", delivery.key, *more),
        fingerprint=fingerprint("route", route),
        title=f"{delivery.kind} to {route} {failed}: {body.get('title', delivery.key)}",
        evidence=HealthEvidence(subject=f"route {route}", state=UNDELIVERED, reason=clean(delivery.error, 300)),
        severity=Severity.HIGH,
        recommended=Recommended.REVIEW,
        now=now,
        summary=f"Nobody was reached by it: correct the route {route}, call {body.get('owner', 'the owner')}, then {todo}.",
    )
