"""When a storm has passed: whoever was withheld some of it gets the count, and later that nothing of it is open."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.storms import Storm, counted, keep, storms, thread
from pulse_tui.services.signals.withholding.storm import WITHIN

GOES_ON = timedelta(days=1)
"""A storm that does not pass is counted all the same; its next alert begins another one."""


def pass_storms(parts: JudgeParts, now: datetime) -> int:
    """Returns how many messages were queued."""
    with parts.store.read() as tx:
        if not storms(tx):
            return 0
    with parts.store.write() as tx:
        known = storms(tx)
        after = [later for storm in known if (later := _look(tx, storm, now)) is not None]
        queued = sum(_report(tx, one, now) for one in known)
        if after != known:
            keep(tx, after)
    return queued


def _look(tx: Transaction, storm: Storm, now: datetime) -> Storm | None:
    """The storm as it is after what :func:`_report` says of it; None when it is done with."""
    if storm.counted_us is not None:
        return storm if _still(tx, storm) else None
    return msgspec.structs.replace(storm, counted_us=to_us(now)) if _passed(tx, storm, now) else storm


def _report(tx: Transaction, storm: Storm, now: datetime) -> int:
    if storm.counted_us is None:
        if not _passed(tx, storm, now):
            return 0
        rows = tx.notices.stormy(storm.rule, storm.event, from_us(storm.began_us))
        called = tx.notices.called(storm.rule, storm.event, from_us(storm.began_us) - WITHIN)
        words = counted(storm, len(called), len({alert for alert, _, _ in rows}), len(_still(tx, storm)))
        return _send(tx, storm, AlertEvent.REMINDED, words, now)
    if _still(tx, storm):
        return 0
    return _send(tx, storm, AlertEvent.RESOLVED, f"nothing of the storm of rule {storm.rule} is open any more", now)


def _passed(tx: Transaction, storm: Storm, now: datetime) -> bool:
    rows = tx.notices.stormy(storm.rule, storm.event, from_us(storm.began_us))
    last = max((at for _, _, at in rows), default=from_us(storm.began_us))
    return now - last >= WITHIN or now - from_us(storm.began_us) >= GOES_ON


def _still(tx: Transaction, storm: Storm) -> list[str]:
    """What was withheld and is open."""
    until = from_us(storm.counted_us) if storm.counted_us is not None else None
    rows = tx.notices.stormy(storm.rule, storm.event, from_us(storm.began_us))
    ids = dict.fromkeys(alert for alert, _, at in rows if until is None or at <= until)
    return [i for i in ids if (alert := tx.judgements.alert(i)) is not None and alert.open]


def _send(tx: Transaction, storm: Storm, event: AlertEvent, words: str, now: datetime) -> int:
    """To each route that was sent the storm's first message."""
    rows = tx.notices.stormy(storm.rule, storm.event, from_us(storm.began_us))
    keys = [thread(storm, route) for route in dict.fromkeys(route for _, route, _ in rows)]
    queued = 0
    for first in tx.plumbing.deliveries_of(keys).values():
        body = {**first.payload, "event": event.value, "title": words, "why": words, "what_changed": words}
        made = msgspec.structs.replace(
            first, key=f"{first.key}/{event.value}", payload=body, created_at=now, state=DeliveryState.QUEUED,
            attempts=0, next_at=None, error="", receipt="",
        )  # fmt: skip
        queued += tx.plumbing.enqueue(made)
    return queued
