"""From a decision to its effects: the alert's episode, and what its actions ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.effect import Did, PlaceHold, Response, effect_name
from pulse_tui.domain.evidence import AdvisoryEvidence, NoteEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.signal import Signal, fingerprint
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.waiver import Waiver
from pulse_tui.domain.words import UNHEALTHY, URGENT, Environment, Outcome, Priority, SignalType
from pulse_tui.enrich.advisories.matching import condition
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, Judge, JudgeParts
from pulse_tui.services.signals import flapping
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.mutes import announce
from pulse_tui.services.signals.review_work import end_with_alert
from pulse_tui.services.signals.silenced import Standing
from pulse_tui.services.signals.waived import excuse_of

NAMED = 20
"""New alerts whose ids are kept for whoever reports them."""


class Responder:
    """Responds to the decisions of one batch, inside its transaction."""

    def __init__(self, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
        """``opened`` counts the new episodes."""
        self._tx = tx
        self._parts = parts
        self._now = now
        self._open: dict[str, Alert] = {}
        self._asked: set[str] = set()
        self._new: set[str] = set()
        """Conditions that no alert was ever about before this batch, nor one of this batch that ended or was muted since: there
        is nothing earlier to look up."""
        self._advised: dict[tuple[str, str, str | None, str], Priority] = {}
        self._held: dict[str, list[Hold]] | None = None
        self._placed: dict[str, Decision | None] = {}
        self._events = Events(tx, parts, now)
        self._waivers: bool | None = None
        self._silences = Standing(tx, now, parts.maintenance)
        self.opened = 0
        self.named: list[str] = []
        """The ids of the first of them."""

    def expect(self, fingerprints: Iterable[str]) -> None:
        """Look up the open alerts of a whole batch at once."""
        wanted = set(fingerprints) - self._asked
        self._open.update(self._tx.judgements.open_alerts(wanted))
        self._asked |= wanted

    def expect_new(self, signals: Iterable[Signal]) -> None:
        """Look up at once which of the conditions that a whole batch may open alerts about were never seen."""
        names = {name for signal in signals for name in (signal.fingerprint, *_other_names(signal))}
        self._new |= names - self._tx.judgements.conditions(names)

    def respond(self, decision: Decision, fact: Fact, over: str = "") -> None:
        """Open, count or close the alert (``over``: why, where it is not the signal that reports it), and pass the event
        to the actions."""
        if decision.fingerprint not in self._asked:
            self.expect([decision.fingerprint])
        standing = self._open.get(decision.fingerprint)
        if decision.outcome is Outcome.NOT_FIRED:
            # A late signal does not change what was seen since.
            if standing is not None and decision.at >= standing.last_at:
                why = over or f"signal {fact.signal.id} reports that the condition is resolved"
                self._over(standing, why, decision.version)
            for hold in self._holding(decision.version):
                if hold.asset_id == decision.asset_id and hold.placed_by == f"rule {decision.rule_id}":
                    self._let_go(hold, lambda placed: placed.fingerprint == decision.fingerprint)
            return
        if not decision.acts:
            return
        self._remember(decision, fact)
        if decision.priority is Priority.NOTE:
            if standing is not None and self._milder(standing, decision, fact):
                self._over(standing, f"it is an audit note now, by signal {fact.signal.id}", decision.version)
            self._note(decision)
            return
        alert = self._episode(standing, decision, fact)
        event, why = self._event(standing, alert)
        self._parts.correlate(self._tx, self._parts, alert, event, self._now)
        done = self._events.ask(decision, fact, alert, event, why, decision.actions)
        for one in done:
            if isinstance(one.effect, PlaceHold) and one.new:
                self._keep_in_mind(one.effect.hold)
        self._tx.judgements.add_responses(decision.id, [r for d in done for r in d.responses], self._now)
        if standing is None:
            opened = {
                "rule": decision.rule_id,
                "decision": decision.id,
                "title": alert.title,
                "priority": alert.priority.value,
            }
            self._tx.log.append(self._now, SYSTEM, "alert.opened", alert.id, opened)
        elif event is AlertEvent.REPEATED and _uncovered(standing, alert):
            announce(self._tx, self._events, alert, f"fires again: {standing.silence_id} does not match it any more")

    def _event(self, standing: Alert | None, alert: Alert) -> tuple[AlertEvent, str]:
        """What a decision that fired means for the alert, and why in words."""
        if standing is None:
            return AlertEvent.OPENED, flapping.words(self._tx, self._parts.policy, alert) if alert.flapping else ""
        if alert.priority.rank < standing.priority.rank:
            return AlertEvent.RAISED, f"raised from {standing.priority.value} to {alert.priority.value}"
        return AlertEvent.REPEATED, ""

    def clear(self, signal_fingerprint: str, why: str, version: str | None = None) -> None:
        """Close every open alert about a condition that is resolved; ``version``: the one that is healthy again."""
        for alert in self._tx.judgements.open_alerts_about(signal_fingerprint):
            self._over(alert, why, version)
        for hold in self._holding(version):
            self._let_go(hold, lambda placed: self._about(placed) == signal_fingerprint)

    def _over(self, alert: Alert, why: str, version: str | None = None) -> None:
        """Close it, or record that it is resolved while ``keep_firing_for`` keeps a flapping condition one episode."""
        self._new.discard(alert.signal_fingerprint)
        if kept(alert, self._parts.policy, self._now):
            after = msgspec.structs.replace(alert, cleared_at=self._now)
            self._tx.judgements.put_alert(after)
            self._open[alert.fingerprint] = after
            return
        close_alert(self._tx, self._events, alert, SYSTEM, why, self._now, version=version)
        self._open.pop(alert.fingerprint, None)

    def _about(self, decision: Decision) -> str | None:
        signal = self._tx.signals.get(decision.signal_id)
        return signal.fingerprint if signal is not None else None

    def _holding(self, version: str | None) -> Sequence[Hold]:
        """Holds that decisions placed on a version, read once a batch."""
        if version is None:
            return ()
        if self._held is None:
            self._held = {}
            for hold in self._tx.judgements.holds():
                self._keep_in_mind(hold)
        return self._held.get(version, ())

    def _let_go(self, hold: Hold, placed_for: Callable[[Decision], bool]) -> None:
        """Lift the holds that an ended episode left on a version, now that this version is healthy."""
        assert hold.decision_id is not None
        if hold.decision_id not in self._placed:
            self._placed[hold.decision_id] = self._tx.judgements.decision(hold.decision_id)
        placed = self._placed[hold.decision_id]
        if placed is not None and placed_for(placed) and self._tx.judgements.lift_hold(hold.id, SYSTEM, self._now):
            because = {"because": f"{hold.version} is healthy again"}
            self._tx.log.append(self._now, SYSTEM, "hold.lifted", hold.id, because)

    def _keep_in_mind(self, hold: Hold) -> None:
        if self._held is not None and hold.version is not None and hold.decision_id is not None:
            self._held.setdefault(hold.version, []).append(hold)

    def _episode(self, standing: Alert | None, decision: Decision, fact: Fact) -> Alert:
        if standing is not None:
            flapping.came_again(self._tx, self._parts.policy, standing, self._now)
            alert = standing.seen_again(
                decision_id=decision.id,
                signal_id=fact.signal.id,
                at=decision.at,
                priority=decision.priority,
                title=decision.title,
                counts=not self._one_statement(standing, fact.signal),
            )
            if alert.priority.rank < standing.priority.rank:
                alert = _escalated(alert, decision)
                if standing.waived:
                    alert = self._excused(alert, fact.signal)
            elif alert.priority.rank < decision.priority.rank and self._put_off(standing, fact.signal):
                alert = alert.corrected(decision.at, decision.priority, decision.respond_within_s)
            elif self._milder(standing, decision, fact):
                alert = alert.corrected(decision.at, decision.priority, decision.respond_within_s)
                change = {
                    "from": standing.priority.value,
                    "to": alert.priority.value,
                    "why": f"signal {fact.signal.id}",
                }
                self._tx.log.append(self._now, SYSTEM, "alert.lowered", alert.id, change)
            alert = _sooner(alert, _stated(decision, fact))
            if alert.title != standing.title and alert.asset_id is not None:  # its date moved: one day in every list
                self._tx.judgements.reword_retests(alert.asset_id, standing.title, alert.title)
        else:
            alert = self._begun(decision, fact)
        alert = self._silences.settle(alert, lambda: fact.variables)
        self._tx.judgements.put_alert(alert)
        self._open[alert.fingerprint] = alert
        if alert.muted_at(self._now):
            self._new.discard(alert.signal_fingerprint)
        return alert

    def _begun(self, decision: Decision, fact: Fact) -> Alert:
        """A new episode, with what is known of the condition from earlier ones."""
        self.opened += 1
        alert = Alert(
            id=fingerprint(decision.fingerprint, fact.signal.id)[:12],
            fingerprint=decision.fingerprint,
            signal_fingerprint=fact.signal.fingerprint,
            rule_id=decision.rule_id,
            decision_id=decision.id,
            signal_id=fact.signal.id,
            title=decision.title,
            priority=decision.priority,
            severity=decision.severity,
            first_at=decision.at,
            last_at=decision.at,
            asset_id=decision.asset_id,
            environment=decision.environment,
            version=decision.version,
            owner=decision.owner,
            deadline=_deadline(decision),
            respond_within_s=decision.respond_within_s,
        )
        if len(self.named) < NAMED:
            self.named.append(alert.id)
        names = (alert.signal_fingerprint, *_other_names(fact.signal))
        earlier: list[Alert] = []
        if not self._new.issuperset(names):
            alert = flapping.opened(self._tx, self._parts.policy, alert, fact.signal.signal_type)
            found = self._tx.judgements.before(names, self._now)
            earlier = [a for a in found if a.environment == alert.environment]
        alert = self._going_on(_sooner(alert, _stated(decision, fact)), earlier)
        if isinstance(fact.signal.evidence, AdvisoryEvidence):
            alert = self._in_time(alert, earlier)
        muted = [a for a in earlier if a.muted_at(self._now)]
        # What was muted was of its own urgency: something worse has not been seen by whoever muted it.
        waiver, by_records = self._excuse(alert, fact.signal)
        fit = (m for m in muted if alert.priority.rank >= m.priority.rank and not (by_records and m.waived))
        covering = next(fit, None)
        if covering is not None:
            alert = alert.muted_like(covering, self._now)
        if waiver is not None:
            alert = alert.suppress(waiver.owner, waiver.review_at, waiver.rationale, waived=True)
        return alert

    def _going_on(self, alert: Alert, earlier: Iterable[Alert]) -> Alert:
        """Since when, and until when, where it ended under another name just now: a vulnerability got its CVE."""
        for other in earlier:
            renamed = other.resolved_at == self._now and other.signal_fingerprint != alert.signal_fingerprint
            if renamed and other.rule_id == alert.rule_id:
                due = [d for d in (alert.deadline, other.deadline) if d is not None]
                first = min(alert.first_at, other.first_at)
                alert = msgspec.structs.replace(alert, first_at=first, deadline=min(due, default=None))
        return alert

    def _in_time(self, alert: Alert, earlier: Iterable[Alert]) -> Alert:
        """A deadline is of the vulnerability, not of the rule: where another rule judged it until now, or does so too, an
        alert that is as urgent does not begin its clock afresh."""
        own = alert.signal_fingerprint
        over = (a for a in earlier if a.signal_fingerprint == own and a.resolved_at == self._now)
        for other in (*over, *self._tx.judgements.open_alerts_about(own)):
            firing = other.state in (AlertState.FIRING, AlertState.RESOLVED)
            if firing and other.environment is alert.environment and alert.priority.rank <= other.priority.rank:
                alert = _sooner(alert, other.deadline if other.deadline and other.deadline > self._now else None)
        return alert

    def _excused(self, alert: Alert, signal: Signal) -> Alert:
        """One that was waived and is more urgent now: suppressed still, where a waiver covers it as urgent as that."""
        waiver, _ = excuse_of(self._tx, signal, alert.environment, alert.priority, self._now)
        return (
            alert.suppress(waiver.owner, waiver.review_at, waiver.rationale, waived=True)
            if waiver is not None
            else alert
        )

    def _excuse(self, alert: Alert, signal: Signal) -> tuple[Waiver | None, bool]:
        if self._waivers is None:
            self._waivers = self._tx.waivers.some()
        if not self._waivers:
            return None, False
        return excuse_of(self._tx, signal, alert.environment, alert.priority, self._now)

    def _one_statement(self, standing: Alert, signal: Signal) -> bool:
        """Whether a vendor's statement is counted already: judged again as days pass, or one page read once that has it in
        several places, as a row, a line of its history and a list of ends."""
        if signal.signal_type is not SignalType.DEPRECATION:
            return False
        before = self._tx.signals.get(standing.signal_id)
        if before is None:
            return False
        return before.id == signal.id or (before.source, before.observed_at) == (signal.source, signal.observed_at)

    def _put_off(self, standing: Alert, signal: Signal) -> bool:
        """Whether the signal moves an announced date to a later day: then the alert is as urgent as that day is."""
        before = self._tx.signals.get(standing.signal_id)
        dates = [
            s.evidence.effective_at for s in (before, signal) if s is not None and isinstance(s.evidence, NoteEvidence)
        ]
        return len(dates) == 2 and None not in dates and dates[0] < dates[1]  # type: ignore[operator]

    def _milder(self, standing: Alert, decision: Decision, fact: Fact) -> bool:
        """Whether newer evidence makes a vulnerability less urgent than the rule found it last: it left KEV, its component
        is not loaded. What an alert rose to because nobody responded is no such finding."""
        if not isinstance(fact.signal.evidence, AdvisoryEvidence) or decision.at < standing.last_at:
            return False
        if fact.signal.id == standing.signal_id:
            return False
        before = self._tx.judgements.decision(standing.decision_id)
        return before is not None and before.priority.rank < decision.priority.rank

    def _note(self, decision: Decision) -> None:
        self._tx.judgements.add_responses(
            decision.id, [Response("note", "kept as an audit note, nobody is paged", Did.DONE)], self._now
        )
        self._tx.log.append(
            self._now, SYSTEM, "noted", decision.id, {"rule": decision.rule_id, "title": decision.title}
        )

    def _remember(self, decision: Decision, fact: Fact) -> None:
        """What later judgements need to know: an advisory's priority, an unhealthy release."""
        evidence = fact.signal.evidence
        if isinstance(evidence, AdvisoryEvidence) and decision.asset_id is not None:
            self._advise(evidence.advisory, decision.asset_id, decision)
        urgent = decision.priority in URGENT
        serving = decision.version or (fact.deployment.version if fact.deployment else None)
        if fact.signal.current_version is None and fact.deployment and fact.signal.occurred_at < fact.deployment.since:
            serving = None  # the measured version is unknown, and the measurement began before this one served
        if fact.signal.signal_type in UNHEALTHY and urgent and decision.asset_id and serving is not None:
            # Without an environment it serves nowhere now: wherever it served before, it is no rollback target there.
            for environment in [decision.environment] if decision.environment else list(Environment):
                self._tx.estate.mark_unhealthy(decision.asset_id, environment, serving)

    def _advise(self, advisory: str, asset_id: str, decision: Decision) -> None:
        """The finding's priority is the most urgent that the rules give one signal, not the last."""
        key = (advisory, asset_id, decision.environment, decision.signal_id)
        known = self._advised.get(key)
        if known is None or decision.priority.rank < known.rank:
            self._advised[key] = decision.priority
            self._tx.advisories.set_priority(advisory, asset_id, decision.environment, decision.priority)


def _deadline(decision: Decision) -> datetime | None:
    return decision.at + timedelta(seconds=decision.respond_within_s) if decision.respond_within_s else None


def _stated(decision: Decision, fact: Fact) -> datetime | None:
    """The end of the day until which KEV asks to act, while that is to come: one that has passed sets no deadline."""
    evidence = fact.signal.evidence
    if not isinstance(evidence, AdvisoryEvidence) or evidence.due is None:
        return None
    ends = datetime.combine(evidence.due, time(), UTC) + timedelta(days=1)
    return ends if ends > decision.at else None


def _sooner(alert: Alert, due: datetime | None) -> Alert:
    """The nearer deadline; where policy sets none, none."""
    if due is None or alert.deadline is None or alert.deadline <= due:
        return alert
    return msgspec.structs.replace(alert, deadline=due)


def _other_names(signal: Signal) -> Iterable[str]:
    """The same vulnerability under its aliases: a record that gets its CVE later is no other condition."""
    evidence = signal.evidence
    if isinstance(evidence, AdvisoryEvidence) and signal.asset_id is not None:
        for alias in evidence.aliases:
            yield condition(alias, signal.asset_id, signal.environment)


def _uncovered(standing: Alert, alert: Alert) -> bool:
    """Whether a silence covered it until what was reported now, which that does not match."""
    was = standing.state is AlertState.SUPPRESSED and standing.silence_id is not None
    return was and alert.state is AlertState.FIRING


def _escalated(alert: Alert, decision: Decision) -> Alert:
    """It got more urgent: the shorter deadline counts, and a silence of the lesser alert does not cover this one."""
    changes: dict[str, Any] = {}
    if decision.respond_within_s is not None:
        due = decision.at + timedelta(seconds=decision.respond_within_s)
        # A deadline that has passed is spent: what it was for is not what is asked now.
        earlier = alert.deadline is not None and decision.at <= alert.deadline < due
        changes["deadline"] = alert.deadline if earlier else due
    if decision.priority in URGENT and alert.state is not AlertState.FIRING:
        changes |= {"state": AlertState.FIRING, "acknowledged_by": None, "acknowledged_until": None}
        changes |= {"suppressed_by": None, "suppressed_until": None, "suppressed_why": None, "waived": False}
        changes["silence_id"] = None
    return msgspec.structs.replace(alert, **changes)


def kept(alert: Alert, policy: Judge, now: datetime) -> bool:
    """Whether the alert's rule keeps it firing for a while after it was last seen; one that flaps, until it is steady."""
    rule = policy.rule(alert.rule_id)
    keep = rule.keep_firing_for if rule else None
    lasts = keep is not None and now - alert.last_at < timedelta(seconds=keep)
    return lasts or flapping.unsteady(policy, alert, now)


def close_alert(
    tx: Transaction,
    events: Events,
    alert: Alert,
    by: str,
    why: str,
    now: datetime,
    *,
    lift: bool = True,
    version: str | None = None,
) -> int:
    """Resolve an alert, pass that to its actions, and (``lift``) lift the holds that it placed; returns how many were.

    ``version`` names the one that is healthy again: a hold on another version stays, because that one is not.
    """
    if not alert.open:
        return 0
    resolved = alert.resolve(now, why)
    tx.judgements.put_alert(resolved)
    tx.log.append(now, by, "alert.resolved", alert.id, {"why": why})
    end_with_alert(tx, resolved, why, now)
    events.parts.correlate(tx, events.parts, resolved, AlertEvent.RESOLVED, now)
    events.emit(resolved, AlertEvent.RESOLVED, why if by == SYSTEM else f"resolved by {by}: {why}")
    lifted = 0
    if not lift:
        return 0
    for hold in tx.judgements.holds(alert.asset_id):
        if version is not None and hold.version not in (None, version):
            continue
        placed_by = tx.judgements.decision(hold.decision_id) if hold.decision_id else None
        if placed_by is not None and placed_by.fingerprint == alert.fingerprint:
            tx.judgements.lift_hold(hold.id, by, now)
            tx.log.append(now, by, "hold.lifted", hold.id, {"because": f"alert {alert.id} is resolved"})
            lifted += 1
    return lifted


def end_retest(tx: Transaction, alert: Alert, why: str, now: datetime) -> None:
    """What the alert asked to be tested again does not concern the asset any more, nor what an announced end asked for."""
    key = effect_name("retest", alert.rule_id, alert.id, alert.asset_id)
    if tx.judgements.finish_retest(key, now):
        tx.log.append(now, SYSTEM, "retest.withdrawn", key, {"alert": alert.id, "why": why})
    signal = tx.signals.get(alert.signal_id)
    announced = signal is not None and signal.signal_type is SignalType.DEPRECATION
    evidence = signal.evidence if signal is not None and announced else None
    of_end = {*evidence.components, *evidence.models} if isinstance(evidence, NoteEvidence) else set[str]()
    for task in tx.vendors.tasks(asset_id=alert.asset_id, open_only=True) if alert.asset_id else ():
        if task.key == key or (task.kind is not TaskKind.RETEST and task.component in of_end):
            finish_task(tx, task, why, now)


def finish_task(
    tx: Transaction, task: VendorTask, how: str, now: datetime, *, run: str | None = None, verdict: str | None = None
) -> None:
    """It is done, or is not asked any more: ``how`` says what ended it, ``run`` is the evaluation that answers it."""
    tx.vendors.put_task(msgspec.structs.replace(task, done_at=now, how=how, run_id=run, verdict=verdict))
    tx.log.append(now, SYSTEM, f"{task.kind}.done", task.key, {"asset": task.asset_id, "how": how, "run": run or ""})
