"""The one message of a storm, and which storms there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.effect import Queue, effect_name
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.text import many
from pulse_tui.ports import Transaction

_KEY = "alerts.storms"


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """One that was announced, until nothing of it is open."""

    rule: str
    began_us: int
    event: AlertEvent = AlertEvent.OPENED
    counted_us: int | None = None
    """When whoever was withheld some of it got the count."""


def storms(tx: Transaction) -> list[Storm]:
    """Those that are not done with."""
    text = tx.plumbing.get_value(_KEY)
    return msgspec.json.decode(text, type=list[Storm]) if text else []


def keep(tx: Transaction, found: list[Storm]) -> None:
    """These and no others."""
    tx.plumbing.put_value(_KEY, msgspec.json.encode(found).decode())


def thread(storm: Storm, route: str) -> str:
    """The key of a storm's message to a route."""
    return effect_name("storm", storm.rule, storm.event.value, str(storm.began_us), route)


def announce(
    tx: Transaction, message: Queue, rule_id: str, event: AlertEvent, limit: int, now: datetime, batch: dict[str, Any]
) -> None:
    """The message that takes the place of all that follow; once for each route of a storm."""
    mark = f"storm/{rule_id}/{event.value}/{message.delivery.route}"
    if mark in batch:
        return
    batch[mark] = True
    known = storms(tx)
    one = next((s for s in known if (s.rule, s.event) == (rule_id, event) and s.counted_us is None), None)
    if one is None:
        one = Storm(rule=rule_id, event=event, began_us=to_us(now))
        keep(tx, [*known, one])
    did = "opened" if event is AlertEvent.OPENED else "missed the deadline of"
    what = f"storm: rule {rule_id} {did} more than {limit} alerts within 10 min"
    body = {
        **message.delivery.payload,
        "event": AlertEvent.OPENED.value,
        "title": what,
        "why": f"{what}; the next ones are not announced one by one",
        "what_changed": f"{what} since {iso(now)}; the first that is not announced: {message.delivery.payload.get('title', '')}",
        "what_to_do": f"see them all: pulse-tui status, or the tower's alerts with the filter rule:{rule_id}",
        "thread": thread(one, message.delivery.route),
    }
    made = msgspec.structs.replace(message.delivery, key=body["thread"], payload=body)
    tx.plumbing.enqueue(made)


def counted(storm: Storm, opened: int, withheld: int, still: int) -> str:
    """``43 alerts of rule x, 23 were not announced one by one; 12 of these are open``."""
    return (
        f"the storm of rule {storm.rule} has passed: {many(opened, 'alert')}, {withheld} not announced one by one; "
        f"{still} of these {'is' if still == 1 else 'are'} open"
    )
