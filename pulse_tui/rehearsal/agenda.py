"""When something happens next by itself: asked for, so that a month of quiet takes no time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.notice import Notice, Withheld
from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.silence import Silence
from pulse_tui.enrich.oncall.hours import next_hours
from pulse_tui.enrich.oncall.ladder import ladder_of
from pulse_tui.rehearsal.witness import Happening, Hastened, Landed, Queued
from pulse_tui.scheduling import HOUSEKEEPING_S
from pulse_tui.services.alerts.reminders import LEAD
from pulse_tui.services.parts import Judge
from pulse_tui.services.signals.flapping import flap_of
from pulse_tui.services.signals.withholding.storm import WITHIN

_DAY = timedelta(days=1)
SOON = timedelta(seconds=HOUSEKEEPING_S)
"""Until what was left over is looked at again."""


class Due(StrEnum):
    """What is due at a moment; the words are those of the chores that see to it."""

    MUTES = "mutes"
    DEADLINES = "deadlines"
    DELIVERIES = "deliveries"
    DAYS = "days"


class Agenda:
    """Moments to come, found in what is stored. Whether a moment still holds is checked when it comes."""

    def __init__(self, start: datetime, policy: Judge, oncall: OnCall) -> None:
        """``policy``: how long its rules keep an alert firing, and wait for it to heal; ``oncall``: the ladders."""
        self._policy = policy
        self._oncall = oncall
        self._heap: list[tuple[datetime, int, Due, str]] = []
        self._count = 0
        self._alerts: dict[str, Alert] = {}
        self._moments: dict[str, frozenset[tuple[datetime, Due]]] = {}
        self._waiting: set[str] = set()
        self._outbox: dict[str, Delivery] = {}
        self._midnight(start)

    def take(self, seen: Sequence[Happening], now: datetime) -> None:
        """What was stored in one transaction."""
        for each in seen:
            match each:
                case Alert():
                    self._alert(each, now)
                case Silence():
                    self._silence(each)
                case Notice():
                    self._notice(each, now)
                case Queued() | Landed():
                    self._delivery(each.delivery)
                case Hastened():
                    self._put(now, Due.DELIVERIES)
                case _:
                    pass

    def at(self, moment: datetime, kind: Due) -> None:
        """Something is due then."""
        self._put(moment, kind)

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
        if not name:
            return True
        if kind is Due.DELIVERIES:
            return name in self._outbox and self._outbox[name].due == moment
        return (moment, kind) in self._moments.get(name, ())

    # ------------------------------------------------------------ what is stored

    def _alert(self, alert: Alert, now: datetime) -> None:
        if not alert.open:
            for known in (self._alerts, self._moments):
                known.pop(alert.id, None)
            self._waiting.discard(alert.id)
            return
        self._ladder(self._alerts.get(alert.id), alert, now)
        self._alerts[alert.id] = alert
        if alert.id in self._waiting:  # it may have got too bad to wait
            self._put(now, Due.DEADLINES)
        due = frozenset(self._of(alert))
        for moment, kind in due - self._moments.get(alert.id, frozenset()):
            self._put(moment, kind, alert.id)
        self._moments[alert.id] = due

    def _ladder(self, before: Alert | None, alert: Alert, now: datetime) -> None:
        """When its rungs are climbed by time; one that counts is looked at whenever something is counted."""
        if alert.state is not AlertState.FIRING:
            return
        same = before is not None and (before.state, before.priority) == (alert.state, alert.priority)
        for rung in ladder_of(alert, self._oncall):
            if rung.cycles or rung.more_than:
                self._put(now, Due.DEADLINES)
            elif rung.after and not same:
                for begun in {now, alert.first_at}:
                    self._put(max(now, begun + rung.after), Due.DEADLINES)

    def _of(self, alert: Alert) -> list[tuple[datetime, Due]]:
        until = {
            AlertState.ACKNOWLEDGED: (alert.acknowledged_until, Due.MUTES),
            AlertState.SUPPRESSED: (alert.suppressed_until, Due.MUTES),
            AlertState.FIRING: (alert.deadline, Due.DEADLINES),
        }.get(alert.state)
        found = [(until[0], until[1])] if until is not None and until[0] is not None else []
        if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_until and alert.reminded_at is None:
            found.append((alert.acknowledged_until - LEAD, Due.MUTES))
        if alert.cleared_at is not None:
            found += [(alert.last_at + timedelta(seconds=kept), Due.DEADLINES) for kept in self._kept(alert)]
        return found

    def _kept(self, alert: Alert) -> list[float]:
        """How long it is kept open after it was last reported: for its rule, and until it is steady where it flaps."""
        rule = self._policy.rule(alert.rule_id)
        steady = [flap_of(self._policy, alert.rule_id).within] if alert.flapping else []
        return [(rule.keep_firing_for if rule is not None else None) or 0.0, *steady]

    def _silence(self, silence: Silence) -> None:
        if silence.ended_at is None:
            for moment in (silence.ends_at,) if silence.begun_at is not None else (silence.starts_at, silence.ends_at):
                self._put(moment, Due.MUTES)

    def _notice(self, notice: Notice, now: datetime) -> None:
        if notice.reason is Withheld.HOURS and (begins := next_hours(self._oncall, now)) is not None:
            self._put(begins, Due.DEADLINES)
        if notice.reason is Withheld.STORM:  # when it has passed, whoever was withheld some of it gets the count
            self._put(now + WITHIN, Due.DEADLINES)
        if notice.reason not in (Withheld.HEALS, Withheld.FLAPPING):
            if notice.event.calls:
                if notice.alert_id in self._waiting and (called := self._alerts.get(notice.alert_id)) is not None:
                    for rung in ladder_of(called, self._oncall):  # whose clock begins when somebody is called
                        self._put(notice.at + rung.after, Due.DEADLINES)
                self._waiting.discard(notice.alert_id)
            return
        alert = self._alerts.get(notice.alert_id)
        rule = self._policy.rule(alert.rule_id) if alert is not None else None
        if alert is not None and rule is not None and rule.heals_within is not None:
            self._waiting.add(alert.id)
            self._put(notice.at + timedelta(seconds=rule.heals_within), Due.DEADLINES)

    def _delivery(self, delivery: Delivery) -> None:
        if delivery.state is DeliveryState.QUEUED:
            self._outbox[delivery.key] = delivery
            self._put(delivery.due, Due.DELIVERIES, delivery.key)
        else:
            self._outbox.pop(delivery.key, None)

    # ------------------------------------------------------------ the heap

    def _midnight(self, after: datetime) -> None:
        self._put(datetime.combine(after.date(), time(), UTC) + _DAY, Due.DAYS)

    def _put(self, moment: datetime, kind: Due, name: str = "") -> None:
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, kind, name))
