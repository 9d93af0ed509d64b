"""When something happens next by itself: asked for, so that a month of quiet takes no time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.silence import Silence
from pulse_tui.services.alerts.reminders import LEAD

_DAY = timedelta(days=1)


class Due(StrEnum):
    """What is due at a moment; the words are those of the chores that see to it."""

    MUTES = "mutes"
    DEADLINES = "deadlines"
    DELIVERIES = "deliveries"
    DAYS = "days"
    OTHER = ""


class Agenda:
    """Moments to come. A moment that no longer holds, because its alert has moved on, wakes nobody needlessly: it is checked
    when it comes."""

    def __init__(self, start: datetime, keep: Callable[[Alert], float | None]) -> None:
        """``keep``: for how many seconds the rule of an alert keeps it firing."""
        self._keep = keep
        self._heap: list[tuple[datetime, int, Due, str]] = []
        self._count = 0
        self._alerts: dict[str, frozenset[tuple[datetime, Due]]] = {}
        self._outbox: dict[str, Delivery] = {}
        self._midnight(start)

    def alert(self, alert: Alert) -> None:
        """An alert as it is now."""
        due = frozenset(self._moments(alert))
        for moment, kind in due - self._alerts.get(alert.id, frozenset()):
            self._put(moment, kind, alert.id)
        if alert.open:
            self._alerts[alert.id] = due
        else:
            self._alerts.pop(alert.id, None)

    def delivery(self, delivery: Delivery) -> None:
        """A message as the outbox has it now."""
        if delivery.state is DeliveryState.QUEUED:
            self._outbox[delivery.key] = delivery
            self._put(delivery.due, Due.DELIVERIES, delivery.key)
        else:
            self._outbox.pop(delivery.key, None)

    def silence(self, silence: Silence) -> None:
        """A silence or a window: both its ends are moments."""
        if silence.ended_at is None:
            for moment in (silence.ends_at,) if silence.begun_at is not None else (silence.starts_at, silence.ends_at):
                self._put(moment, Due.MUTES, "")

    def at(self, moment: datetime, kind: Due = Due.OTHER) -> None:
        """Something else happens then."""
        self._put(moment, kind, "")

    def routes_due(self, now: datetime) -> list[str]:
        """The destinations that have something to be sent now, in the order in which it was written."""
        return list(dict.fromkeys(d.route for d in self._outbox.values() if d.due <= now))

    @property
    def undelivered(self) -> list[Delivery]:
        """What waits in the outbox."""
        return list(self._outbox.values())

    def next(self, until: datetime) -> tuple[datetime, frozenset[Due]] | None:
        """The next moment up to ``until``, with all that is due at it, taken off the agenda; None when there is none."""
        while self._heap and self._heap[0][0] <= until:
            moment = self._heap[0][0]
            kinds = set[Due]()
            while self._heap and self._heap[0][0] == moment:
                _, _, kind, name = heapq.heappop(self._heap)
                if self._holds(moment, kind, name):
                    kinds.add(kind)
                if kind is Due.DAYS:
                    self._midnight(moment)
            if kinds:
                return moment, frozenset(kinds)
        return None

    def _holds(self, moment: datetime, kind: Due, name: str) -> bool:
        if kind is Due.DELIVERIES:
            return name in self._outbox and self._outbox[name].due == moment
        return not name or (moment, kind) in self._alerts.get(name, ())

    def _moments(self, alert: Alert) -> list[tuple[datetime, Due]]:
        until = {
            AlertState.ACKNOWLEDGED: (alert.acknowledged_until, Due.MUTES),
            AlertState.SUPPRESSED: (alert.suppressed_until, Due.MUTES),
            AlertState.FIRING: (alert.deadline, Due.DEADLINES),
        }.get(alert.state)
        found = [(until[0], until[1])] if until is not None and until[0] is not None else []
        if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_until and alert.reminded_at is None:
            found.append((alert.acknowledged_until - LEAD, Due.MUTES))
        if alert.open and alert.cleared_at is not None:
            keep = self._keep(alert)
            found.append((alert.last_at + timedelta(seconds=keep or 0), Due.DEADLINES))
        return found

    def _midnight(self, after: datetime) -> None:
        self._put(datetime.combine(after.date(), time(), UTC) + _DAY, Due.DAYS, "")

    def _put(self, moment: datetime, kind: Due, name: str) -> None:
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, kind, name))
