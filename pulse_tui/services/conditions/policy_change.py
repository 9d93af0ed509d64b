"""The policy changed: it is recorded, and open conditions are judged again under the new one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Outcome, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.policy.kept import differences
from pulse_tui.ports import Transaction
from pulse_tui.services.conditions.in_force import in_force
from pulse_tui.services.conditions.reassess import About, ended
from pulse_tui.services.evals.compared import newest
from pulse_tui.services.parts import SYSTEM, Judge, JudgeParts
from pulse_tui.services.signals.concerns import condition
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.judge import around
from pulse_tui.services.signals.respond import Responder, close_alert

_SEEN = "policy.digest"
_CHANGED, _SUBJECT = "policy.changed", "policy"
"""How the audit log has a change: what a policy ended, at that moment, has not ended by its own evidence."""
_LOST = "nobody approved it: this version of the program cannot load the policy that was in force"
BACK = timedelta(days=90)
"""Conditions last reported longer ago are not judged again."""


class _Step(Enum):
    """What reading the files means."""

    NOTHING = "nothing"
    """They have what is in force, or what waits already."""
    FIRST = "first"
    """Nothing was recorded of a policy yet."""
    BACK = "back"
    """They have what is in force again: what was proposed meanwhile is proposed no more."""
    PROPOSE = "propose"
    PUT = "put"
    """It is in force from now on."""


def take_policy(
    parts: JudgeParts, now: datetime, by: str = SYSTEM, effect: Callable[[str], str] = lambda _former: ""
) -> int | None:
    """Record what the files have; when it is another policy, put it in force and judge open conditions again, or let it wait
    for a second person where the one in force asks for that.

    ``by``: the account that read it. ``effect``: what it would have done, against the one of this text, in words. Returns how
    many decisions of the new policy fired newly, None when nothing changed. One transaction: of several processes that start
    with the new policy only one does it.
    """
    written = parts.proposed or parts.policy
    with parts.store.read() as tx:
        step, former = _step(tx, written, parts.proposed), in_force(tx)
    if step is _Step.NOTHING:
        return None
    weighed = effect(former.text) if former is not None and step in (_Step.PROPOSE, _Step.PUT) else ""
    with parts.store.write() as tx:
        step, former = _step(tx, written, parts.proposed), in_force(tx)
        version = _version(written, former, now, by, weighed)
        if step is _Step.FIRST:
            tx.plumbing.put_value(_SEEN, written.digest)
            tx.policies.put(version)
        elif step is _Step.BACK:
            _withdraw(tx, now, by)
        elif step is _Step.PROPOSE:
            _withdraw(tx, now, by)
            tx.policies.put(msgspec.structs.replace(version, state=PolicyState.PROPOSED))
            about = {
                "changed": "\n".join(version.changed),
                "effect": weighed,
                "in_force": former.digest if former else "",
            }
            tx.log.append(now, by, "policy.proposed", version.digest, about)
        elif step is _Step.PUT:
            if former is not None and former.approvals:
                version = msgspec.structs.replace(version, why=_LOST)
            return put_in_force(tx, parts._replace(policy=written, proposed=None), version, now, by)
    return None


def put_in_force(tx: Transaction, parts: JudgeParts, version: PolicyVersion, now: datetime, by: str) -> int:
    """From now on ``parts.policy`` judges, which is ``version``; open conditions are judged again. Returns how many decisions
    fired newly."""
    former, before = in_force(tx), tx.plumbing.get_value(_SEEN)
    _withdraw(tx, now, by)
    if former is not None:
        tx.policies.put(msgspec.structs.replace(former, state=PolicyState.REPLACED))
    tx.policies.put(msgspec.structs.replace(version, state=PolicyState.IN_FORCE))
    tx.plumbing.put_value(_SEEN, version.digest)
    about = {
        "from": before or "",
        "to": version.digest,
        "changed": "\n".join(version.changed),
        "effect": version.effect,
    }
    if version.approved_by is not None:
        about["proposed_by"] = version.by
    if version.why:
        about["why"] = version.why
    tx.log.append(now, by, _CHANGED, _SUBJECT, about)
    _retire(tx, parts, now)
    return _again(tx, parts, now)


def _step(tx: Transaction, written: Judge, proposed: Judge | None) -> _Step:
    former, seen = in_force(tx), tx.plumbing.get_value(_SEEN)
    if former is None:
        return _Step.FIRST if seen in (None, written.digest) else _Step.PUT
    if former.digest == written.digest:
        return _Step.BACK if tx.policies.in_state(PolicyState.PROPOSED, PolicyState.REJECTED) else _Step.NOTHING
    if not former.approvals or proposed is None:
        return _Step.PUT  # nothing else judges: this version of the program cannot load what was in force
    known = tx.policies.get(written.digest)
    return _Step.NOTHING if known is not None and known.unsettled else _Step.PROPOSE


def _version(written: Judge, former: PolicyVersion | None, now: datetime, by: str, effect: str) -> PolicyVersion:
    changed: tuple[str, ...] = ()
    if former is not None and former.text and written.source:
        changed = differences(former.text, written.source) or ("this version of the program reads it otherwise",)
    return PolicyVersion(
        digest=written.digest,
        seen_at=now,
        by=by,
        state=PolicyState.IN_FORCE,
        changed=changed,
        effect=effect,
        approvals=written.approvals,
        phase=written.phase.value,
        text=written.source,
    )


def _withdraw(tx: Transaction, now: datetime, by: str) -> None:
    """What was proposed and is not what the files have any more."""
    for other in tx.policies.in_state(PolicyState.PROPOSED, PolicyState.REJECTED):
        tx.policies.put(msgspec.structs.replace(other, state=PolicyState.REPLACED))
        if other.state is PolicyState.PROPOSED:
            tx.log.append(now, by, "policy.withdrawn", other.digest, {"why": "the files have another policy now"})


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
