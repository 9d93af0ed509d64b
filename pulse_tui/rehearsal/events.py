"""What happened, as lines: each a mapping with the same keys, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.incident import CauseVerdict, Incident, Member
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use
from pulse_tui.ports import Route
from pulse_tui.rehearsal.witness import Happening, Landed, Left, Lifted

Event = Mapping[str, Any]
"""``at, event, alert, incident, asset, priority, to, role, route, why``, and what else is known of it."""
CALLS = ("opened", "raised", "repeated", "reopened")
"""Events of an alert whose message calls somebody; what else is sent follows, to whoever was called."""


class Word(StrEnum):
    """What an event is called."""

    OPENED = "opened"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    NOTIFIED = "notified"
    PAGED = "paged"
    TICKETED = "ticketed"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_JOINED = "incident_joined"
    CAUSE = "cause"
    FROZEN = "frozen"
    LIFTED = "lifted"
    FAILED = "failed"


class Narrator:
    """Turns what was stored into events. Keeps what is open, so that a change is seen as one."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """``routes``: of the configuration."""
        self.alerts: dict[str, Alert] = {}
        """Every alert, as it was stored last."""
        self.follow_ups = 0
        """Messages that said to whoever was called that it is acknowledged or resolved."""
        self._tasks = {route.id for route in routes if route.keeps_tasks}
        self._incidents: dict[str, Incident] = {}
        self._member: dict[str, str] = {}
        self._holds: dict[str, Hold] = {}
        self._notices: dict[tuple[str, str, str], Notice] = {}
        self._causes: dict[str, object] = {}

    def open(self) -> list[Alert]:
        """The alerts that are open, the most urgent first."""
        return sorted((a for a in self.alerts.values() if a.open), key=lambda a: a.order)

    def events(self, seen: Sequence[Happening], now: datetime) -> Iterator[Event]:
        """The events of one transaction."""
        self._note(seen)
        withheld = {n.alert_id for n in seen if isinstance(n, Notice) and n.outcome is NoticeOutcome.WITHHELD}
        for each in seen:
            match each:
                case Alert():
                    yield from self._alert(each, now, quiet=each.id in withheld)
                case Notice():
                    yield from self._notice(each, now)
                case Landed():
                    yield from self._landed(each.delivery, now)
                case Hold() | Lifted():
                    yield from self._holding(each, now)
                case Incident():
                    yield from self._incident(each, now)
                case Member():
                    yield from self._joined(each, now)
                case _:
                    pass  # the agenda waits for it
        for incident in {each.id: each for each in seen if isinstance(each, Incident)}.values():
            yield from self._cause(incident, now)

    def _note(self, seen: Sequence[Happening]) -> None:
        """What is known for every line of a transaction: an alert joins its incident after it is stored."""
        for each in seen:
            match each:
                case Member():
                    self._member[each.alert_id] = each.incident_id
                case Left():
                    self._member.pop(each.alert_id, None)
                case Notice() if each.outcome is NoticeOutcome.QUEUED and each.route is not None:
                    self._notices[each.alert_id, each.route, each.event.value] = each
                case _:
                    pass

    def failed(self, why: str, now: datetime, *, alert: Alert | None = None, by: str | None = None) -> Event:
        """Something that the scenario asks for could not be done."""
        return self._event(Word.FAILED, now, alert, why=why, by=by)

    # ------------------------------------------------------------ alerts

    def _alert(self, after: Alert, now: datetime, *, quiet: bool) -> Iterator[Event]:
        before, self.alerts[after.id] = self.alerts.get(after.id), after
        if before is None:
            yield self._event(Word.OPENED, now, after, why=after.title)
            if after.state is AlertState.SUPPRESSED and not quiet:
                yield self._suppressed(after, now)
            return
        rose = after.priority.rank < before.priority.rank
        change = f"from {before.priority.value} to {after.priority.value}"
        if after.escalations > before.escalations:
            why = "nobody acknowledged it in time" + (f": {change}" if rose else "")
            yield self._event(Word.ESCALATED, now, after, why=why)
        elif rose:
            yield self._event(Word.RAISED, now, after, why=change)
        if after.reminded_at != before.reminded_at and after.reminded_at is not None:
            yield self._event(Word.REMINDED, now, after, why="it is still open")
        if after.state is not before.state:
            yield from self._moved(before, after, now, quiet=quiet)

    def _moved(self, before: Alert, after: Alert, now: datetime, *, quiet: bool) -> Iterator[Event]:
        match after.state:
            case AlertState.RESOLVED:
                yield self._event(Word.RESOLVED, now, after, why=after.resolved_why or "")
            case AlertState.ACKNOWLEDGED:
                until = f" until {iso(after.acknowledged_until)}" if after.acknowledged_until else ""
                why = f"acknowledged by {after.acknowledged_by}{until}"
                yield self._event(Word.ACKNOWLEDGED, now, after, why=why, by=after.acknowledged_by)
            case AlertState.SUPPRESSED:
                if not quiet:
                    yield self._suppressed(after, now)
            case AlertState.FIRING:
                what = {AlertState.ACKNOWLEDGED: "its acknowledgement", AlertState.SUPPRESSED: "what muted it"}
                why = f"it fires again: {what.get(before.state, 'what stood')} ended"
                yield self._event(Word.REMINDED, now, after, why=why)

    def _suppressed(self, alert: Alert, now: datetime) -> Event:
        until = f" until {iso(alert.suppressed_until)}" if alert.suppressed_until else ""
        word = "waived" if alert.waived else "silenced"
        why = f"{word} by {alert.suppressed_by}{until}: {alert.suppressed_why or ''}"
        return self._event(Word.SUPPRESSED, now, alert, why=why, by=alert.suppressed_by)

    # ------------------------------------------------------------ messages

    def _notice(self, notice: Notice, now: datetime) -> Iterator[Event]:
        if notice.outcome is NoticeOutcome.QUEUED:
            return  # it is said when it arrives
        word = Word.SUPPRESSED if notice.outcome is NoticeOutcome.WITHHELD else Word.FAILED
        why = (
            notice.why if word is Word.SUPPRESSED else notice.why or "no destination serves whoever should be notified"
        )
        alert = self.alerts.get(notice.alert_id)
        more = {"reason": notice.reason.value if notice.reason is not None else None, "use": notice.use.value}
        yield self._event(word, now, alert, why=why, notice=notice, **more)

    def _landed(self, delivery: Delivery, now: datetime) -> Iterator[Event]:
        given = delivery.payload
        alert = self.alerts.get(given.get("alert", ""))
        of = given.get("event", "")
        notice = self._notices.get((given.get("alert", ""), delivery.route, of))
        more: dict[str, Any] = {"route": delivery.route, "of": of or None}
        to = given.get("on_call") or given.get("owner")
        if delivery.state is DeliveryState.SENT:
            if of and of not in CALLS:
                self.follow_ups += 1
                return
            why = given.get("why") or given.get("title", "")
            yield self._event(self._word(delivery), now, alert, why=why, notice=notice, to=to, **more)
            return
        if delivery.state is DeliveryState.DEAD:
            why = f"not delivered, for good, after {delivery.attempts} attempts: {delivery.error}"
        elif delivery.attempts:
            again = f"; tried again at {iso(delivery.next_at)}" if delivery.next_at is not None else ""
            why = f"not delivered at attempt {delivery.attempts}: {delivery.error}{again}"
        else:
            return
        yield self._event(Word.FAILED, now, alert, why=why, notice=notice, to=to, **more)

    def _word(self, delivery: Delivery) -> Word:
        match delivery.payload.get("use"):
            case Use.PAGE.value:
                return Word.PAGED
            case Use.TICKET.value:
                return Word.TICKETED
            case Use.REVIEW.value if delivery.route in self._tasks:
                return Word.TICKETED
            case _:
                return Word.NOTIFIED

    # ------------------------------------------------------------ holds and incidents

    def _holding(self, seen: Hold | Lifted, now: datetime) -> Iterator[Event]:
        if isinstance(seen, Hold):
            self._holds[seen.id] = seen
            yield self._held(Word.FROZEN, seen, now, f"{seen.kind.value}: {seen.why}; until {seen.until_condition}")
        elif (hold := self._holds.get(seen.hold)) is not None:
            yield self._held(Word.LIFTED, hold, now, f"{hold.kind.value} lifted by {seen.by}: {hold.why}")

    def _held(self, word: Word, hold: Hold, now: datetime, why: str) -> Event:
        alert = next((a for a in self.alerts.values() if a.open and a.decision_id == hold.decision_id), None)
        event = self._event(word, now, alert, why=why, hold=hold.kind.value, version=hold.version)
        return {**event, "asset": hold.asset_id}

    def _incident(self, after: Incident, now: datetime) -> Iterator[Event]:
        before, self._incidents[after.id] = self._incidents.get(after.id), after
        if before is None:
            yield self._of(Word.INCIDENT_OPENED, after, now, after.title)

    def _cause(self, after: Incident, now: datetime) -> Iterator[Event]:
        """Its candidates, when they are others than before."""
        # What stands for one cause together (a note that came twice) stands behind its first, with its score.
        ranked = [[name, round(cause.score, 4)] for cause in after.causes for name in (cause.signal_id, *cause.also)]
        verdict = "unknown" if after.verdict is CauseVerdict.UNKNOWN else "named"
        if self._causes.get(after.id) == (ranked, verdict):
            return
        self._causes[after.id] = (ranked, verdict)
        first = after.causes[0] if after.causes else None
        why = f"{first.title}: {'; '.join(first.why)}" if first is not None else "nothing in the evidence names a cause"
        yield {**self._of(Word.CAUSE, after, now, why), "ranked": ranked, "verdict": verdict}

    def _joined(self, member: Member, now: datetime) -> Iterator[Event]:
        alert = self.alerts.get(member.alert_id)
        yield {**self._event(Word.INCIDENT_JOINED, now, alert, why=member.why), "incident": member.incident_id}

    def _of(self, word: Word, incident: Incident, now: datetime, why: str) -> Event:
        event = self._event(word, now, None, why=why)
        return {**event, "incident": incident.id, "asset": incident.asset_id, "priority": incident.priority.value}

    def _event(
        self,
        word: Word,
        now: datetime,
        alert: Alert | None,
        *,
        why: str,
        notice: Notice | None = None,
        to: str | None = None,
        route: str | None = None,
        **more: Any,
    ) -> Event:
        if notice is not None:
            to, route = notice.person or notice.team or to, notice.route or route
        base = {
            "at": iso(now),
            "event": word.value,
            "alert": alert.signal_fingerprint if alert is not None else None,
            "incident": self._member.get(alert.id) if alert is not None else None,
            "asset": alert.asset_id if alert is not None else None,
            "priority": alert.priority.value if alert is not None else None,
            "to": to,
            "role": notice.role if notice is not None else None,
            "route": route,
            "why": why,
        }
        if alert is not None:
            more = {
                "id": alert.id,
                "rule": alert.rule_id,
                "environment": alert.environment and alert.environment.value,
                **more,
            }
        return base | {key: value for key, value in more.items() if value is not None}
