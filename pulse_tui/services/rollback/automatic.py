"""A rollback that runs by itself: policy names the failure, operators pre-authorised the answer, the guard rails let it
through. Whatever speaks against it is recorded on the alert, once, and the alert waits for a person.

A silence changes who is called and not what is true: it holds nothing back. An acknowledgement does (somebody works on
it), and so does a waiver (somebody accepted it), for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import PulseError, Refused
from pulse_tui.domain.guard import BEGUN, ENDED, REFUSED, WAITS
from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import Plan, PlanState, Run, RunState
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback.authorise import EXPIRED, VOID, Standing, standings
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.guarded import held_back, objections, stale
from pulse_tui.services.rollback.plan import propose

LEASE_S = 120.0
"""One process answers an alert; another one takes over when it is gone."""


class Answered(NamedTuple):
    """What came of one alert."""

    alert: str
    words: str
    bad: bool
    """Whether somebody has to look: it was refused, or did not reach its end."""


def answer_alerts(parts: RollbackParts, holder: str) -> list[Answered]:
    """Answer what is due. Calls block for as long as the targets take. Returns what came of each, for whoever watches."""
    rules = frozenset(parts.judging.policy.automatic.rules)
    if not rules:
        return []
    with parts.store.read() as tx:
        given = {(a.asset_id, a.environment, a.trigger) for a, _ in tx.rollbacks.authorisations()}
        if not given:
            return []
        due = [
            a
            for a in tx.judgements.alerts(list(OPEN), 100_000)
            if a.rule_id in rules
            and (a.asset_id, a.environment, a.rule_id) in given
            and _open(tx, parts, a, parts.clock())
        ]
    found = (_answer(parts, alert, holder) for alert in sorted(due, key=lambda a: a.order))
    return [one for one in found if one is not None]


def _open(tx: Transaction, parts: RollbackParts, alert: Alert, now: datetime) -> bool:
    """Whether nothing was decided about it yet, what held it back ended, or what was begun did not come to a run."""
    last = _last(tx, alert)
    if last is None:
        return True
    if last.action == WAITS:
        return last.detail.get("why") != held_back(tx, parts, alert, now)
    return last.action == BEGUN and _unrun(tx, last) is not None


def _last(tx: Transaction, alert: Alert) -> AuditEntry | None:
    lines = tx.log.entries(subject=alert.id)
    return next((e for e in reversed(lines) if e.action in (BEGUN, REFUSED, WAITS, ENDED)), None)


def _unrun(tx: Transaction, line: AuditEntry) -> Plan | None:
    """The plan of an answer whose process died before it claimed the targets."""
    found = tx.rollbacks.plan(line.detail["plan"])
    return found[0] if found is not None and found[1] is PlanState.APPROVED else None


def _answer(parts: RollbackParts, alert: Alert, holder: str) -> Answered | None:
    name, mine = f"automatic:{alert.id}", f"{holder}/{alert.id}"
    with parts.store.write() as tx:
        if tx.plumbing.claim(name, mine, parts.clock(), LEASE_S, parts.outside.dead) is None:
            return None  # another process answers it
    try:
        return _decided(parts, alert, holder)
    finally:
        with parts.store.write() as tx:
            tx.plumbing.release(name, mine)


def _decided(parts: RollbackParts, alert: Alert, holder: str) -> Answered | None:
    now = parts.clock()
    with parts.store.read() as tx:
        current = tx.judgements.alert(alert.id)
        if current is None or not current.open or not _open(tx, parts, current, now):
            return None
        last = _last(tx, current)
        plan = _unrun(tx, last) if last is not None and last.action == BEGUN else None
        given = _given(tx, parts, current, now)
        against = _against(tx, parts, current, given, now) if plan is None and given is not None else []
        waits = held_back(tx, parts, current, now)
    if given is None:
        return None  # nobody pre-authorised it: it waits for approvals, as any other
    if against:
        return _refused(parts, current, against)
    if waits:
        return _waiting(parts, current, waits)
    if plan is None:
        try:
            plan = _begin(parts, current, given)
        except PulseError as error:
            return _refused(parts, current, _reasons(error))
    return _carry_out(parts, current, plan, given, holder)


# --------------------------------------------------------------------------- may it be answered


def _given(tx: Transaction, parts: RollbackParts, alert: Alert, now: datetime) -> Standing | None:
    """The pre-authorisation for this trigger there: a valid one, else one that was given and does not count any more."""
    here = [
        s
        for s in standings(tx, parts, now, alert.asset_id)
        if s.asked.environment is alert.environment and s.asked.trigger == alert.rule_id
    ]
    return next((s for s in here if s.valid), None) or next((s for s in here if s.word in (VOID, EXPIRED)), None)


def _against(tx: Transaction, parts: RollbackParts, alert: Alert, given: Standing, now: datetime) -> list[str]:
    """What is known without a plan; an answer is given once."""
    out, policy = [], parts.judging.policy
    if not given.valid:
        out.append(f"pre-authorisation {given.asked.hash[:12]} is {given.word}: {given.why}")
    elif given.since is not None and given.since > alert.first_at:
        out.append(f"pre-authorisation {given.asked.hash[:12]} was given at {iso(given.since)}, after the alert")
    rule, decision = policy.rule(alert.rule_id), tx.judgements.decision(alert.decision_id)
    if rule is None or not rule.acts or decision is None or not decision.acts:
        out.append(f"rule {alert.rule_id} observes and acts on nothing")
    elif why := policy.automatic.refusal(alert.rule_id, tx.judgements.variables(alert.decision_id)):
        out.append(why)
    if why := stale(parts, alert, now):
        out.append(why)
    assert alert.environment is not None
    serving = tx.estate.deployment(alert.asset_id or "", alert.environment)
    if serving is None or alert.version not in (None, serving.version):
        out.append(f"{alert.version or 'what it is about'} does not serve there now")
    signal = tx.signals.get(alert.signal_id)
    if signal is None:
        out.append("its signal is not on record")
    elif not out and not (advice := parts.judging.advise(tx, parts.judging, alert, signal, now)).answers:
        out.append(f"a rollback is not what answers it: {advice.lines[0]}")
    return out


# --------------------------------------------------------------------------- what comes of it


def _begin(parts: RollbackParts, alert: Alert, given: Standing) -> Plan:
    """Plan it, ask the guard rails, and take it up. Raises Refused with what speaks against it."""
    assert alert.asset_id is not None
    assert alert.environment is not None
    plan = propose(
        parts,
        alert.asset_id,
        alert.environment,
        by=SYSTEM,
        reason=f"{alert.priority.value} {alert.title} (alert {alert.id}), pre-authorised: {given.name}",
        alert_id=alert.id,
        trigger=alert.rule_id,
        authorisation=given.asked.hash,
    )
    with parts.store.write() as tx:
        now = parts.clock()
        if why := objections(tx, parts, plan, now):
            tx.rollbacks.set_plan_state(plan.hash, PlanState.REJECTED)
            tx.log.append(now, SYSTEM, "plan.rejected", plan.target, {"plan": plan.hash, "reason": "; ".join(why)})
            raise Refused(f"{alert.asset_id} in {alert.environment.value}", why)
        tx.rollbacks.set_plan_state(plan.hash, PlanState.APPROVED)
        detail = {"plan": plan.hash, "authorisation": given.asked.hash, "why": f"by pre-authorisation {given.name}"}
        tx.log.append(now, SYSTEM, BEGUN, alert.id, detail)
    return plan


def _carry_out(parts: RollbackParts, alert: Alert, plan: Plan, given: Standing, holder: str) -> Answered | None:
    try:
        run = execute(parts, plan.hash, SYSTEM, holder)
    except Refused as error:
        with parts.store.read() as tx:
            found = tx.rollbacks.plan(plan.hash)
            current = tx.judgements.alert(alert.id)
            held = held_back(tx, parts, current, parts.clock()) if current is not None and current.open else ""
        if found is not None and found[1] is PlanState.USED:
            return None  # another process carries it out
        if held:
            return _waiting(parts, alert, held, plan)
        return _refused(parts, alert, _reasons(error), plan)
    with parts.store.write() as tx:
        words = _ended_words(tx, alert, given, run)
        detail = {"plan": plan.hash, "run": run.id, "why": words}
        tx.log.append(parts.clock(), SYSTEM, ENDED, alert.id, detail)
    return Answered(alert.id, f"{plan.target}: {words}", run.state is not RunState.VERIFIED)


def _reasons(error: PulseError) -> Sequence[str]:
    return (isinstance(error, Refused) and error.reasons) or (error.what,)


def _ended_words(tx: Transaction, alert: Alert, given: Standing, run: Run) -> str:
    effects = [s.sent_at for s in tx.rollbacks.steps(run.id) if s.sent_at is not None]
    first = f", first effect {(min(effects) - alert.first_at).total_seconds():.1f} s after the alert" if effects else ""
    done = "rolled back" if run.state is RunState.VERIFIED else f"rollback {run.state.value}"
    return f"{done} by pre-authorisation {given.name}, run {run.id}{first}"


def _refused(parts: RollbackParts, alert: Alert, why: Sequence[str], plan: Plan | None = None) -> Answered:
    """Recorded on the alert, and not tried again: the next episode is another alert."""
    words = "; ".join(dict.fromkeys(filter(None, why)))
    with parts.store.write() as tx:
        now = parts.clock()
        _drop(tx, plan, words, now)
        tx.log.append(now, SYSTEM, REFUSED, alert.id, {"why": words})
    where = f"{alert.asset_id} in {alert.environment.value}" if alert.environment else str(alert.asset_id)
    return Answered(alert.id, f"{where} was not rolled back by itself: {words}", bad=True)


def _drop(tx: Transaction, plan: Plan | None, why: str, now: datetime) -> None:
    """What was taken up is not carried out."""
    if plan is not None:
        tx.rollbacks.set_plan_state(plan.hash, PlanState.REJECTED)
        tx.log.append(now, SYSTEM, "plan.rejected", plan.target, {"plan": plan.hash, "reason": why})


def _waiting(parts: RollbackParts, alert: Alert, why: str, plan: Plan | None = None) -> Answered:
    with parts.store.write() as tx:
        now = parts.clock()
        _drop(tx, plan, why, now)
        tx.log.append(now, SYSTEM, WAITS, alert.id, {"why": why})
    return Answered(alert.id, f"{alert.asset_id} is not rolled back by itself for now: {why}", bad=False)
