"""A principal's yes or no to exactly one plan hash."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.rollback import Approval, Plan, PlanState
from pulse_tui.domain.text import clean
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.anchor import anchor
from pulse_tui.services.rollback.plan import void_reasons
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.rollback.recorded import forged


def find(tx: Transaction, plan_hash: str) -> tuple[Plan, PlanState]:
    """The plan of this hash (8 digits or more are enough when only one fits). Raises NotFound."""
    found = tx.rollbacks.plan(plan_hash)
    if found is None:
        raise NotFound(f"no single plan is named {plan_hash!r}", todo="see the plans: pulse-tui rollback show")
    return found


def objections(parts: RollbackParts, plan: Plan, state: PlanState, principal: str, now: datetime) -> list[str]:
    """Why ``principal`` may not vote on the plan now; empty when they may."""
    out = void_reasons(parts, plan, now)
    if state is not PlanState.PROPOSED:
        out.append(f"the plan is {state.value}")
    return out + _no_say(parts, plan, principal)


def approve(parts: RollbackParts, plan_hash: str, principal: str, reason: str) -> PlanState:
    """Record a yes. Returns APPROVED when it was the last one needed.

    Raises Refused with every objection: expired, changed rules, unknown principal, a blocking
    preflight check, the same person or key a second time.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        plan, state = find(tx, plan_hash)
    reasons = objections(parts, plan, state, principal, now)
    if not reasons:
        reasons = [f"{c.name}: {c.detail}" for c in preflight(parts, plan) if c.blocking and not c.ok]
    if reasons:
        raise Refused(f"plan {plan.hash[:12]} cannot be approved", reasons, todo="Make a new plan if it is out of date")
    with parts.store.write() as tx:
        _, state = find(tx, plan.hash)
        if state is not PlanState.PROPOSED:
            raise Refused(f"plan {plan.hash[:12]} is {state.value}")
        others = valid_approvals(tx, parts, plan, now)
        _speak(tx, parts, plan, principal, yes=True, reason=reason, now=now)  # raises for the same person or key
        if len(others) + 1 >= plan.approvals_needed:
            state = PlanState.APPROVED
            tx.rollbacks.set_plan_state(plan.hash, state)
    anchor(parts, f"plan.approved {plan.hash[:12]} {plan.target} by {principal}")
    return state


def reject(parts: RollbackParts, plan_hash: str, principal: str, reason: str) -> None:
    """Record a no: the plan can never run, also when it was approved already. Raises Refused for who may not vote.

    A changed policy or an expired plan does not prevent a no.
    """
    now = parts.clock()
    with parts.store.write() as tx:
        plan, state = find(tx, plan_hash)
        reasons = _no_say(parts, plan, principal)
        if state not in (PlanState.PROPOSED, PlanState.APPROVED):
            reasons.append(f"the plan is {state.value}")
        if reasons:
            raise Refused(f"plan {plan.hash[:12]} cannot be rejected", reasons)
        if any(v.principal == principal for v in tx.rollbacks.approvals(plan.hash)):
            detail = {"plan": plan.hash, "reason": clean(reason, 500), "takes back": "their approval"}
            tx.log.append(now, principal, "plan.rejected", plan.target, detail)
        else:
            _speak(tx, parts, plan, principal, yes=False, reason=reason, now=now)
        tx.rollbacks.set_plan_state(plan.hash, PlanState.REJECTED)
    anchor(parts, f"plan.rejected {plan.hash[:12]} {plan.target} by {principal}")


def _no_say(parts: RollbackParts, plan: Plan, principal: str) -> list[str]:
    """Why this person may not vote on plans there."""
    operator = parts.operators.get(principal)
    if operator is None:
        return [f"{principal!r} is not in the operators' file ($PULSE_OPERATOR names you)"]
    if plan.environment not in operator.environments:
        return [f"{principal} may not approve in {plan.environment.value}"]
    return []


def valid_approvals(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> list[Approval]:
    """The yes votes that count: unexpired, by distinct operators of today's file with distinct keys, and all of them as
    the audit log recorded them. A row that somebody wrote into the database makes none of the plan's votes count.
    """
    seen: set[str] = set()
    out: list[Approval] = []
    votes = tx.rollbacks.approvals(plan.hash)
    if votes and forged(tx, plan):
        return out
    for vote in votes:
        operator = parts.operators.get(vote.principal)
        counts = (
            vote.yes
            and vote.expires_at > now
            and operator is not None
            and operator.unsigned == vote.key
            and plan.environment in operator.environments
            and not {f"p:{vote.principal}", f"k:{vote.key}"} & seen
        )
        if counts:
            seen |= {f"p:{vote.principal}", f"k:{vote.key}"}
            out.append(vote)
    return out


def _speak(
    tx: Transaction, parts: RollbackParts, plan: Plan, principal: str, *, yes: bool, reason: str, now: datetime
) -> None:
    text = clean(reason, 500)
    vote = Approval(
        plan_hash=plan.hash,
        principal=principal,
        key=parts.operators[principal].unsigned,
        yes=yes,
        at=now,
        expires_at=plan.expires_at,
        audit_head=tx.log.head().hash,
        reason=text,
    )
    tx.rollbacks.add_approval(vote)
    action = "plan.approved" if yes else "plan.rejected"
    tx.log.append(now, principal, action, plan.target, {"plan": plan.hash, "reason": text, "head": vote.audit_head})
