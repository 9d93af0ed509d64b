"""What people do with messages: look at them, replay or drop those that did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.delivery import Delivery, DeliveryState, undelivered
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.ports import Plumbing, Transaction
from pulse_tui.services.alerts import heartbeat
from pulse_tui.services.alerts.deliver import works_again
from pulse_tui.services.parts import JudgeParts


class Letters(NamedTuple):
    """Messages that somebody did something with."""

    done: list[Delivery]
    """As they are now."""


def replay(parts: JudgeParts, by: str, *, key: str | None = None, route: str | None = None) -> Letters:
    """Queue dead messages again, under their keys: the one of ``key``, or all to ``route``. Due now.

    Raises NotFound for a key that there is not, Refused for one that is not dead.
    """
    now = parts.clock()
    with parts.store.write() as tx:
        again = [d.again(now) for d in _chosen(tx.plumbing, key, route, (DeliveryState.DEAD,), "replay")]
        tx.plumbing.put_deliveries(again)
        for one in again:
            tx.log.append(now, by, "delivery.replayed", one.key, {"route": one.route})
        if again:
            tx.plumbing.wake({one.route for one in again})
    return Letters(again)


def drop(parts: JudgeParts, by: str, why: str, *, key: str | None = None, route: str | None = None) -> Letters:
    """Nobody needs these any more: the one of ``key``, dead or still queued, or all dead ones to ``route``.

    Raises NotFound and Refused as :func:`replay`, Refused without a reason.
    """
    if not why.strip():
        raise Refused("a message is dropped for a reason", todo="Give one: --why 'handled by phone'")
    now = parts.clock()
    states = (DeliveryState.DEAD, DeliveryState.QUEUED) if key is not None else (DeliveryState.DEAD,)
    with parts.store.write() as tx:
        gone = [d.dropped(by, now) for d in _chosen(tx.plumbing, key, route, states, "drop")]
        tx.plumbing.put_deliveries(gone)
        for one in gone:
            tx.log.append(now, by, "delivery.dropped", one.key, {"route": one.route, "why": why.strip()})
        for name in sorted({one.route for one in gone}):
            works_again(name, tx, parts, now)
    return Letters(gone)


def find(parts: JudgeParts, key: str) -> Delivery:
    """The message of a key, or of the only one that begins so. Raises NotFound."""
    with parts.store.read() as tx:
        return _one(tx.plumbing, key)


def _one(plumbing: Plumbing, key: str) -> Delivery:
    if (exact := plumbing.deliveries_of([key]).get(key)) is not None:
        return exact
    begun = [d for d in plumbing.deliveries(10_000) if key and d.key.startswith(key)]
    if len(begun) == 1:
        return begun[0]
    what = f"{len(begun)} messages begin with {key!r}" if begun else f"there is no message {key!r}"
    raise NotFound(what, todo="Its keys: pulse-tui delivery list --all")


def _chosen(
    plumbing: Plumbing, key: str | None, route: str | None, states: Sequence[DeliveryState], what: str
) -> list[Delivery]:
    if key is None:
        return plumbing.deliveries(100_000, states=states, route=route)
    one = _one(plumbing, key)
    if one.state not in states:
        words = " or ".join(state.value for state in states)
        raise Refused(f"{one.key} is {one.state.value}, and only what is {words} can be {_DONE[what]}")
    return [one]


_DONE = {"replay": "replayed", "drop": "dropped"}


def undelivered_lines(tx: Transaction, now: datetime) -> list[str]:
    """What did not arrive, a line each, and a heartbeat that does not."""
    lost = undelivered(tx.plumbing.deliveries(states=(DeliveryState.QUEUED, DeliveryState.DEAD)), now)
    lines = [
        f"{d.kind} to {d.route} "
        + ("failed permanently" if d.state is DeliveryState.DEAD else f"waits after {d.attempts} tries")
        + (f": {d.error}" if d.error else ": nobody sends it, no collector runs")
        for d in lost
    ]
    beat = heartbeat.read(tx)
    if beat is not None and beat.state is not heartbeat.BeatState.SENT:
        lines.append(f"the heartbeat {beat.words()}")
    return lines
