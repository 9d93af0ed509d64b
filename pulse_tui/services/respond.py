"""From a decision to what is done: the alert's episode, and the effects that actions ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.effect import AskRetest, Effect, Nothing, PlaceHold, ProposeRollback, Queue
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.words import Outcome, Priority, SignalType
from pulse_tui.ports import Case, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts

_UNHEALTHY = frozenset(
    {
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
        SignalType.LATENCY_BREACH,
        SignalType.ERROR_RATE_BREACH,
    }
)
"""Signals after which a release is no place to roll back to, in that environment."""


class Responder:
    """Responds to the decisions of one batch, inside its transaction."""

    def __init__(self, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
        """``opened`` counts the new episodes."""
        self._tx = tx
        self._parts = parts
        self._now = now
        self._open: dict[str, Alert] = {}
        self._asked: set[str] = set()
        self.opened = 0

    def expect(self, fingerprints: Iterable[str]) -> None:
        """Look up the open alerts of a whole batch at once."""
        wanted = set(fingerprints) - self._asked
        self._open.update(self._tx.judgements.open_alerts(wanted))
        self._asked |= wanted

    def respond(self, decision: Decision, fact: Fact) -> None:
        """Open, count or close the alert, and carry the actions out."""
        self.expect([decision.fingerprint])
        standing = self._open.get(decision.fingerprint)
        if decision.outcome is Outcome.NOT_FIRED:
            if standing is not None and standing.rule_id == decision.rule_id:
                self._close(standing, f"signal {fact.signal.id} says that the condition is over")
            return
        if not decision.acts:
            return
        self._remember(decision, fact)
        if decision.priority is Priority.NOTE:
            self._note(decision)
            return
        alert = self._episode(standing, decision, fact)
        rule = self._parts.policy.rule(decision.rule_id)
        case = Case(
            decision,
            fact,
            alert,
            new_episode=standing is None,
            routes=self._parts.routes,
            now=self._now,
            rule_owner=rule.owner if rule else None,
            rule_routes=rule.routes if rule else (),
        )
        done: list[tuple[str, str]] = []
        for name in decision.actions:
            for effect in self._parts.actions[name].respond(case):
                done.append((name, self._carry_out(effect, decision)))
        self._tx.judgements.add_responses(decision.id, done, self._now)
        if standing is None:
            self._tx.log.append(
                self._now,
                SYSTEM,
                "alert.opened",
                alert.id,
                {
                    "rule": decision.rule_id,
                    "decision": decision.id,
                    "title": alert.title,
                    "priority": alert.priority.value,
                },
            )

    def clear(self, signal_fingerprint: str, why: str) -> None:
        """Close every open alert about a condition that is over."""
        for alert in self._tx.judgements.open_alerts_about(signal_fingerprint):
            self._close(alert, why)

    def _close(self, alert: Alert, why: str) -> None:
        close_alert(self._tx, alert, SYSTEM, why, self._now)
        self._open.pop(alert.fingerprint, None)

    def _episode(self, standing: Alert | None, decision: Decision, fact: Fact) -> Alert:
        if standing is not None:
            alert = standing.seen_again(
                decision_id=decision.id,
                signal_id=fact.signal.id,
                at=decision.at,
                priority=decision.priority,
                title=decision.title,
            )
        else:
            self.opened += 1
            deadline = timedelta(seconds=decision.respond_within_s) if decision.respond_within_s else None
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
                deadline=decision.at + deadline if deadline else None,
            )
        self._tx.judgements.put_alert(alert)
        self._open[alert.fingerprint] = alert
        return alert

    def _note(self, decision: Decision) -> None:
        self._tx.judgements.add_responses(decision.id, [("note", "kept as an audit note, nobody is paged")], self._now)
        self._tx.log.append(
            self._now, SYSTEM, "noted", decision.id, {"rule": decision.rule_id, "title": decision.title}
        )

    def _remember(self, decision: Decision, fact: Fact) -> None:
        """What later judgements need to know: an advisory's priority, an unhealthy release."""
        evidence = fact.signal.evidence
        if isinstance(evidence, AdvisoryEvidence) and decision.asset_id is not None:
            self._tx.advisories.set_priority(
                evidence.advisory, decision.asset_id, decision.environment, decision.priority
            )
        urgent = decision.priority in (Priority.P1, Priority.P2)
        if fact.signal.signal_type in _UNHEALTHY and urgent and decision.asset_id and decision.environment:
            serving = decision.version or (fact.deployment.version if fact.deployment else None)
            if serving is not None:
                self._tx.estate.mark_unhealthy(decision.asset_id, decision.environment, serving)

    def _carry_out(self, effect: Effect, decision: Decision) -> str:
        judgements = self._tx.judgements
        if isinstance(effect, PlaceHold):
            placed = judgements.put_hold(effect.hold)
            if placed:
                self._audit_hold(effect.hold)
            scope = effect.hold.asset_id or "everything"
            version = f" {effect.hold.version}" if effect.hold.version else ""
            return f"{effect.hold.kind.value} on {scope}{version} until {effect.hold.until_condition}" + (
                "" if placed else " (stands already)"
            )
        if isinstance(effect, Queue):
            queued = self._tx.plumbing.enqueue(effect.delivery)
            return f"{effect.delivery.kind} to {effect.delivery.route} queued" + (
                "" if queued else " (was queued already)"
            )
        if isinstance(effect, AskRetest):
            asked = judgements.put_retest(effect.retest)
            return f"retest of {effect.retest.asset_id} due {effect.retest.due_at:%Y-%m-%d}" + (
                "" if asked else " (asked already)"
            )
        if isinstance(effect, ProposeRollback):
            return (
                f"rollback of {effect.asset_id} {effect.environment.value} proposed: an operator plans and approves it"
            )
        assert isinstance(effect, Nothing)
        return f"nothing done: {effect.why}"

    def _audit_hold(self, hold: Hold) -> None:
        detail = {"kind": hold.kind.value, "asset": hold.asset_id or "", "why": hold.why, "until": hold.until_condition}
        self._tx.log.append(self._now, SYSTEM, "hold.placed", hold.id, detail)


def close_alert(tx: Transaction, alert: Alert, by: str, why: str, now: datetime) -> int:
    """Resolve an alert and lift the holds that it placed; returns how many were lifted."""
    if not alert.open:
        return 0
    tx.judgements.put_alert(alert.resolve(now, why))
    tx.log.append(now, by, "alert.resolved", alert.id, {"why": why})
    lifted = 0
    for hold in tx.judgements.holds(alert.asset_id):
        placed_by = tx.judgements.decision(hold.decision_id) if hold.decision_id else None
        if placed_by is not None and placed_by.fingerprint == alert.fingerprint:
            tx.judgements.lift_hold(hold.id, by, now)
            tx.log.append(now, by, "hold.lifted", hold.id, {"because": f"alert {alert.id} is resolved"})
            lifted += 1
    return lifted
