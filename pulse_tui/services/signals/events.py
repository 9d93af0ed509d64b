"""What happens to an alert reaches the actions: in its transaction, and what they ask for is carried out in it too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.effect import (
    AskRetest,
    AskReview,
    AskTask,
    Did,
    Effect,
    Nothing,
    PlaceHold,
    ProposeRollback,
    Queue,
    Response,
)
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.vendors.tasks import task_words
from pulse_tui.policy.phase import means
from pulse_tui.ports import Case, Route, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.addressing import Addressing, Call
from pulse_tui.services.signals.calendars import known as as_known
from pulse_tui.services.signals.climbing import fresh_clock
from pulse_tui.services.signals.judge import around
from pulse_tui.services.signals.review_work import put_review
from pulse_tui.services.signals.withholding import About, Held, withheld

_T = TypeVar("_T")


class Done(NamedTuple):
    """One effect of one action, carried out."""

    action: str
    effect: Effect
    what: str
    """In words, for whoever reads the alert."""
    new: bool
    """False when it was done before, or there was nothing to do."""

    @property
    def responses(self) -> tuple[Response, ...]:
        """As it is kept with the decision. A task is none: it is kept with its state, which a line of today has not."""
        if isinstance(self.effect, AskTask):
            return ()
        if isinstance(self.effect, Nothing):
            did = Did.NOTHING
        else:
            did = Did.QUEUED if isinstance(self.effect, Queue) and self.new else Did.DONE
        return (Response(self.action, self.what, did),)


class Events:
    """Passes the events of one transaction to the actions."""

    def __init__(self, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
        """Nothing is read until an event comes."""
        self._tx = tx
        self.parts = parts
        self.now = now
        self._batch: dict[str, Any] = {}

    def emit(
        self,
        alert: Alert,
        event: AlertEvent,
        why: str,
        *,
        widely: bool = False,
        messages_only: bool = False,
        call: Call | None = None,
    ) -> int:
        """An event of a stored alert, as it is after it; ``why`` says what happened. Returns the messages queued.

        It is passed to the actions of its decision. ``widely``: to every kind that the routes are of too, whatever the
        rule asks for; so is what follows. ``messages_only``: nothing but messages comes of it.
        ``call``: the rung of the ladder that is climbed; it is passed to nobody but those whom that calls.
        """
        decision = self._tx.judgements.decision(alert.decision_id)
        signal = self._tx.signals.get(alert.signal_id)
        if decision is None or signal is None:
            return 0
        decision = msgspec.structs.replace(decision, priority=alert.priority)
        kinds = dict.fromkeys(decision.actions)
        if widely or alert.escalations:
            kinds |= dict.fromkeys(route.kind for route in self.parts.routes)
        if call is not None:
            kinds = {call.kind: None}
        fact, messages_only = self._fact(alert, signal), messages_only or call is not None
        asked = self.ask(decision, fact, alert, event, why, kinds, messages_only=messages_only, call=call)
        done = [d for d in asked if d.new]
        self._tx.judgements.add_responses(decision.id, [r for d in done for r in d.responses], self.now)
        return sum(isinstance(d.effect, Queue) for d in done)

    def ask(
        self,
        decision: Decision,
        fact: Fact,
        alert: Alert,
        event: AlertEvent,
        why: str,
        kinds: Iterable[str],
        *,
        messages_only: bool = False,
        call: Call | None = None,
    ) -> list[Done]:
        """What each kind of action does about it, carried out. One that breaks does not hold up the others."""
        rule = self.parts.policy.rule(decision.rule_id)
        if event is AlertEvent.RAISED and call is None:
            fresh_clock(self._tx, self.parts.oncall, alert, why, self.now)
        serving = _others(self.parts.routes, fact.signal)
        named, kind_of = rule.routes if rule else (), fact.signal.signal_type
        people = self._oncall if serving is self.parts.routes else OnCall()
        incident = once(lambda: self._tx.incidents.of_alerts([alert.id]).get(alert.id))
        addressing = Addressing(people, serving, alert, kind_of, self.now, named=named, call=call)
        case = Case(
            decision,
            fact,
            alert,
            event,
            routes=serving,
            now=self.now,
            why=why,
            rule_owner=rule.owner if rule else None,
            rule_routes=named,
            address=addressing.whom,
            call=call.name if call is not None else "",
            advice=once(lambda: self.parts.advise(self._tx, self.parts, alert, fact.signal, self.now).lines),
            together=once(lambda: _together(self._tx, incident())),
        )
        done: list[Done] = []
        notices: list[Notice] = []
        messages = {route.kind for route in self.parts.routes}
        for kind in sorted(kinds, key=messages.__contains__):  # a message says what is done already, so it comes last
            try:
                effects = list(self.parts.actions[kind].respond(case))
            except Exception as error:  # a bug of an installed kind, or one that is gone: shown with the alert
                effects = [Nothing(f"the action {kind} broke: {type(error).__name__}: {error}")]
            for effect in effects:
                if messages_only and not isinstance(effect, Queue):
                    continue
                wanted, notice = self._admitted(kind, _unless_waived(effect, alert), alert, event, incident)
                if notice is not None and notice.reason is Withheld.PHASE and done and done[-1].effect == wanted:
                    notices.append(notice)
                    continue  # in words once, however many destinations it has
                one = Done(kind, wanted, *self._carry_out(wanted))
                done.append(one)
                if notice is not None and (one.new or notice.outcome is not NoticeOutcome.QUEUED):
                    notices.append(notice)
        self._tx.notices.add([*notices, *addressing.notices(event, self._line(alert, event, incident))])
        return done

    @cached_property
    def _oncall(self) -> OnCall:
        return as_known(self._tx, self.parts.oncall)

    def _line(self, alert: Alert, event: AlertEvent, incident: Callable[[], str | None]) -> Notice:
        """What the lines about an event have in common."""
        return Notice(
            alert_id=alert.id,
            at=self.now,
            event=event,
            use=Use.NOTIFY,
            outcome=NoticeOutcome.NOBODY,
            why="",
            incident_id=incident() if event.calls else None,
        )

    def _admitted(
        self, kind: str, effect: Effect, alert: Alert, event: AlertEvent, incident: Callable[[], str | None]
    ) -> tuple[Effect, Notice | None]:
        """The effect, unless something keeps it back; and the line that says who is notified, or why nobody is."""
        early = self._early(kind, effect)
        if not isinstance(effect, Queue):
            return (Nothing(early) if early else effect), None
        held = (
            Held(Withheld.PHASE, early)
            if early
            else withheld(About(self._tx, self.parts, alert, event, effect, self.now, self._batch, incident))
        )
        delivery = effect.delivery
        notice = Notice(
            alert_id=alert.id,
            at=self.now,
            event=event,
            use=effect.use,
            outcome=NoticeOutcome.QUEUED if held is None else NoticeOutcome.WITHHELD,
            why=held.why if held is not None else delivery.payload.get("why", ""),
            reason=held.reason if held is not None else None,
            route=delivery.route,
            person=effect.person,
            team=effect.team,
            role=effect.role,
            rung=effect.rung,
            incident_id=incident(),
            key=delivery.key if held is None else None,
        )
        return (effect if held is None else Nothing(held.why)), notice

    def _early(self, kind: str, effect: Effect) -> str:
        """Why the estate's phase does not let it be done yet; empty where it does, and of what ends a thing of before."""
        if isinstance(effect, Nothing) or (isinstance(effect, Queue) and effect.follows):
            return ""
        phase = self.parts.policy.phase
        as_ = means(kind, effect.use.value if isinstance(effect, Queue) else None)
        return "" if phase.admits(as_) else phase.keeps_back(as_)

    def _fact(self, alert: Alert, signal: Signal) -> Fact:
        found = facts(signal, around([signal], self._tx, self._estate))
        return next((f for f in found if f.environment == alert.environment), found[0])

    @cached_property
    def _estate(self) -> Estate:
        return self._tx.estate.load()

    def _carry_out(self, effect: Effect) -> tuple[str, bool]:
        judgements = self._tx.judgements
        if isinstance(effect, PlaceHold):
            placed = judgements.put_hold(effect.hold)
            if placed:
                self._audit_hold(effect.hold)
            scope = effect.hold.asset_id or "everything"
            version = f" {effect.hold.version}" if effect.hold.version else ""
            what = f"{effect.hold.kind.value} on {scope}{version} until {effect.hold.until_condition}"
            return what + ("" if placed else " (already active)"), placed
        if isinstance(effect, Queue):
            queued = self._queue(effect)
            return f"{effect.delivery.kind} to {effect.delivery.route} queued" + (
                "" if queued else " (was queued already)"
            ), queued
        if isinstance(effect, AskRetest):
            asked = judgements.put_retest(effect.retest)
            what = f"retest of {effect.retest.asset_id} due {effect.retest.due_at:%Y-%m-%d}"
            return what + ("" if asked else " (already requested)"), asked
        if isinstance(effect, AskTask):
            return self._task(effect.task)
        if isinstance(effect, AskReview):
            asked, task = put_review(self._tx, effect.task, self.now), effect.task
            what = f"review by {task.owner or 'anybody'}" + (f" due {iso(task.due_at)}" if task.due_at else "")
            return what + ("" if asked else " (already requested)"), asked
        if isinstance(effect, ProposeRollback):
            where = f"{effect.asset_id} {effect.environment.value}"
            return f"rollback of {where} proposed: an operator plans and approves it", True
        assert isinstance(effect, Nothing)
        return f"nothing done: {effect.why}", False

    def _task(self, task: VendorTask) -> tuple[str, bool]:
        words = task_words(task, self.now)
        same = (task.kind, task.component, task.successor)
        for known in self._tx.vendors.tasks(asset_id=task.asset_id):
            stands = known.done_at is None and (known.kind, known.component, known.successor) == same
            if known.key == task.key or (stands and task.kind is not TaskKind.RETEST):
                return f"{words} (already requested)", False
        return words, self._tx.vendors.put_task(task)

    def _queue(self, effect: Queue) -> bool:
        """The first message of a thread has the thread's key; what follows goes only where there was a first one."""
        delivery, plumbing = effect.delivery, self._tx.plumbing
        if not delivery.first and not plumbing.has_delivery(delivery.thread):
            if effect.follows:
                return False
            delivery = msgspec.structs.replace(delivery, key=delivery.thread)
        return plumbing.enqueue(delivery)

    def _audit_hold(self, hold: Hold) -> None:
        detail = {"kind": hold.kind.value, "asset": hold.asset_id or "", "why": hold.why, "until": hold.until_condition}
        self._tx.log.append(self.now, SYSTEM, "hold.placed", hold.id, detail)


def once(ask: Callable[[], _T]) -> Callable[[], _T]:
    """Asks when somebody wants to know, and remembers the answer."""
    answer: list[_T] = []

    def answered() -> _T:
        if not answer:
            answer.append(ask())
        return answer[0]

    return answered


def _together(tx: Transaction, ident: str | None) -> dict[str, str]:
    """The incident in a message: its id, and the first three causes with how likely they are."""
    incident = tx.incidents.get(ident) if ident is not None else None
    if incident is None:
        return {}
    causes = [f"{cause.score:.2f} {cause.title}: {'; '.join(cause.why)}" for cause in incident.causes[:3]]
    return {"incident": incident.id, "cause": incident.verdict.value} | (
        {"causes": "\n".join(causes)} if causes else {}
    )


def _unless_waived(effect: Effect, alert: Alert) -> Effect:
    """An episode that is waived holds nothing back."""
    if not isinstance(effect, PlaceHold) or not alert.waived or alert.suppressed_until is None:
        return effect
    until = iso(alert.suppressed_until)
    return Nothing(f"the condition is waived by {alert.suppressed_by} until {until}: nothing is held back")


def _others(routes: Sequence[Route], signal: Signal) -> Sequence[Route]:
    """That a route loses messages is reported by every other one, whomever it serves: by itself it would be lost too."""
    evidence = signal.evidence
    if not isinstance(evidence, HealthEvidence) or evidence.state != UNDELIVERED:
        return routes
    return [msgspec.structs.replace(r, owners=()) for r in routes if f"route {r.id}" != evidence.subject]
