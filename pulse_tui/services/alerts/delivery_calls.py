"""The desk's side of messages: listed, shown, replayed, dropped."""

from __future__ import annotations

from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.views.delivery import LetterRow
from pulse_tui.services.alerts import outbox
from pulse_tui.services.calls import Calls

MOST = 1_000
_OPEN = (DeliveryState.DEAD, DeliveryState.QUEUED)


class DeliveryCalls(Calls):
    """Implements :class:`pulse_tui.ports.delivery.DeliveryDesk`. Calls block."""

    def letters(self, *, every: bool = False, route: str = "") -> tuple[LetterRow, ...]:
        with self._store.read() as tx:
            found = tx.plumbing.deliveries(MOST, states=() if every else _OPEN, route=route or None)
        rows = [row_of(d) for d in found]
        return tuple(rows if every else sorted(rows, key=lambda r: (r.state != "dead", not r.late, -r.created_us)))

    def letter_story(self, key: str) -> tuple[tuple[str, str], ...]:
        one = outbox.find(self._parts.judging, key)
        with self._store.read() as tx:
            log = tx.log.entries(subject=one.key)
        row = row_of(one)
        again = f", again {iso(one.due)}" if row.state == "queued" else ""
        said = [(name.replace("_", " "), text) for name, text in one.payload.items()]
        return (
            ("message", f"{one.key} to {one.route} ({one.kind})"),
            ("state", f"{one.state.value}, tried {many(one.attempts, 'time')}{again}"),
            *([("last error", one.error)] if one.error else []),
            *([("receipt", one.receipt)] if one.receipt else []),
            *said,
            *(("log", f"{iso(e.at)} {e.action} by {e.actor}") for e in log),
        )

    def replay_letters(self, key: str = "", route: str = "") -> str:
        parts = self.acting("delivery.replay", key or route or "all routes")
        done = outbox.replay(parts.judging, self.operator, key=key or None, route=route or None).done
        to = ", ".join(sorted({d.route for d in done}))
        return f"{many(len(done), 'message')} to {to} replayed: sent as soon as a collector runs" if done else _NONE

    def drop_letters(self, why: str, key: str = "", route: str = "") -> str:
        parts = self.acting("delivery.drop", key or route or "all routes")
        done = outbox.drop(parts.judging, self.operator, why, key=key or None, route=route or None).done
        to = ", ".join(sorted({d.route for d in done}))
        return f"{many(len(done), 'message')} to {to} dropped: {clean(why)}" if done else _NONE


_NONE = "nothing is dead: there is nothing to do"


def row_of(one: Delivery) -> LetterRow:
    """As lists show it."""
    return LetterRow(
        key=one.key,
        state=one.state.value,
        route=one.route,
        kind=one.kind,
        event=one.payload.get("event", ""),
        title=one.payload.get("title", ""),
        attempts=one.attempts,
        created_us=to_us(one.created_at),
        next_us=to_us(one.next_at) if one.next_at is not None else None,
        error=one.error,
        receipt=one.receipt,
        alert=one.payload.get("alert", ""),
    )
