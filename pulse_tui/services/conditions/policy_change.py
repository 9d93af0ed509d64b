"""The policy changed: it is recorded, and open conditions are judged again under the new one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Outcome, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.ports import Transaction
from pulse_tui.services.conditions.reassess import About, ended
from pulse_tui.services.evals.compared import newest
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.concerns import condition
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.judge import around
from pulse_tui.services.signals.respond import Responder, close_alert

_SEEN = "policy.digest"
_CHANGED, _SUBJECT = "policy.changed", "policy"
"""How the audit log has a change: what a policy ended, at that moment, has not ended by its own evidence."""
BACK = timedelta(days=90)
"""Conditions last reported longer ago are not judged again."""


def take_policy(parts: JudgeParts, now: datetime) -> int | None:
    """Record the policy in use; when it changed, judge open conditions again.

    Returns how many decisions of the new policy fired newly, None when nothing changed. One transaction: of several
    processes that start with the new policy only one does it.
    """
    digest = parts.policy.digest
    with parts.store.read() as tx:
        if tx.plumbing.get_value(_SEEN) == digest:
            return None
    with parts.store.write() as tx:
        before = tx.plumbing.get_value(_SEEN)
        if before == digest:
            return None
        tx.plumbing.put_value(_SEEN, digest)
        if before is None:
            return None  # the first policy of this database: everything was judged by it
        tx.log.append(now, SYSTEM, _CHANGED, _SUBJECT, {"from": before, "to": digest})
        _retire(tx, parts, now)
        return _again(tx, parts, now)


def _retire(tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    """Alerts of rules that no longer act: their rule is gone, or only observes."""
    events = Events(tx, parts, now)
    for alert in tx.judgements.alerts(list(OPEN), 100_000):
        rule = parts.policy.rule(alert.rule_id)
        if rule is None or not rule.acts:
            why = f"rule {alert.rule_id} only observes now" if rule else f"the policy has no rule {alert.rule_id} now"
            close_alert(tx, events, alert, SYSTEM, why, now)


def _again(tx: Transaction, parts: JudgeParts, now: datetime) -> int:
    standing = [msgspec.structs.replace(s, observed_at=now) for s in _standing(tx, parts, now)]
    if not standing:
        return 0
    estate = around(standing, tx)
    pairs = [(d, fact) for signal in standing for fact in facts(signal, estate) for d in parts.policy.judge(fact)]
    tx.judgements.add_decisions(pairs)
    responder = Responder(tx, parts, now)
    news = list(differing(pairs, tx))
    for decision, fact in news:
        responder.respond(decision, fact, over=f"rule {decision.rule_id} no longer asks for it")
    return sum(d.outcome is Outcome.FIRED for d, _ in news)


def differing(pairs: list[tuple[Decision, Fact]], tx: Transaction) -> Iterator[tuple[Decision, Fact]]:
    """Decisions that differ from the open alerts: the same again is not a second occurrence."""
    open_ = tx.judgements.open_alerts({d.fingerprint for d, _ in pairs})
    for decision, fact in pairs:
        alert = open_.get(decision.fingerprint)
        same = alert is not None and decision.acts and decision.priority is alert.priority
        if not same:
            yield decision, fact


def _standing(tx: Transaction, parts: JudgeParts, now: datetime) -> Iterator[Signal]:
    concerns = {condition(a, c.key) for a in tx.estate.load().assets for c in tx.inventory.concerns(a)}
    return unended(tx.signals.newest(now - BACK), tx, parts, concerns)


def unended(
    signals: Iterable[Signal], tx: Transaction, parts: JudgeParts, concerns: Collection[str] = ()
) -> Iterator[Signal]:
    """Those of the signals whose condition has not ended as far as is known; ``concerns``: that are open, by condition."""
    by_policy = [e.at for e in tx.log.entries(subject=_SUBJECT) if e.action == _CHANGED]
    for signal in signals:
        if signal.signal_type is SignalType.VERSION_EVENT and signal.fingerprint not in concerns:
            continue  # an event; only a concern that is still open about it is a condition
        resolved = tx.judgements.resolved_at(signal.fingerprint, besides=by_policy)
        if resolved is not None and resolved >= signal.observed_at:
            continue
        if isinstance(signal.evidence, MetricEvidence) and _overtaken(signal, signal.evidence, tx):
            continue
        about = About(signal.asset_id, signal.environment, signal.current_version, signal.fingerprint)
        if ended(about, signal, tx, parts) is None:
            yield signal


def _overtaken(signal: Signal, evidence: MetricEvidence, tx: Transaction) -> bool:
    """Whether a later run of the same version has been judged since."""
    if evidence.candidate_run is None or signal.asset_id is None or signal.current_version is None:
        return False
    last = newest(tx, signal.asset_id, evidence.suite, signal.current_version)
    return last is not None and last != evidence.candidate_run
