"""A principal's yes or no to exactly one plan hash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.rollback import Approval, Plan, PlanState
from pulse_tui.domain.text import clean
from pulse_tui.domain.vote import of_plan
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.anchor import anchor
from pulse_tui.services.rollback.authorise import votes_for
from pulse_tui.services.rollback.plan import void_reasons
from pulse_tui.services.rollback.preflight import Looked, look
from pulse_tui.services.rollback.recorded import forged
from pulse_tui.services.rollback.votes import Tally, by_name, cast, drafted, glass, signed, taken, tally, unfit


def find(tx: Transaction, plan_hash: str) -> tuple[Plan, PlanState]:
    """The plan of this hash (8 digits or more are enough when only one fits). Raises NotFound."""
    found = tx.rollbacks.plan(plan_hash)
    if found is None:
        raise NotFound(f"no single plan is named {plan_hash!r}", todo="see the plans: pulse-tui rollback show")
    return found


def standing(state: PlanState, votes: Tally) -> PlanState:
    """How a plan stands: one that was approved waits for approvals again once too few of them count."""
    return PlanState.PROPOSED if state is PlanState.APPROVED and not votes.enough else state


def objections(parts: RollbackParts, plan: Plan, state: PlanState, principal: str, now: datetime) -> list[str]:
    """Why ``principal`` may not vote on the plan now; empty when they may."""
    out = void_reasons(parts, plan, now)
    if state is not PlanState.PROPOSED:
        out.append(f"the plan is {state.value}")
    return out + _no_say(parts, plan, principal)


def approve(
    parts: RollbackParts,
    plan_hash: str,
    principal: str,
    reason: str,
    *,
    break_glass: bool = False,
    looked: Callable[[Looked], object] = lambda _looked: None,
) -> PlanState:
    """Record a yes, signed by the agent of ``principal``. Returns APPROVED when it was the last one needed.

    ``break_glass``: they approve alone. ``looked`` gets the preflight, for a run that begins at once. It may wait for the agent. Raises Refused with every objection: expired, changed
    rules, unknown principal, a blocking preflight check, the same person or key a second time, nothing that signs where
    only signed votes count. Raises NotSigned when the agent did not sign.
    """

    def made(plan: Plan) -> Approval:
        ballot, now = of_plan(plan), parts.clock()
        with parts.store.read() as tx:
            head = tx.log.head()
        draft = drafted(parts, ballot, principal, head, now, reason=reason, break_glass=break_glass)
        return signed(parts, ballot, draft, now)

    return _approve(parts, plan_hash, principal, reason, made, break_glass=break_glass, looked=looked)


def approve_with(parts: RollbackParts, plan_hash: str, principal: str, payload: bytes, signature: str) -> PlanState:
    """Record a yes that ``principal`` signed elsewhere: the text of :func:`payload_for`, and its ``.sig``.

    Raises Refused as :func:`approve` does, and for a vote that is not theirs, not a yes or not on this plan.
    """

    def made(plan: Plan) -> Approval:
        with parts.store.read() as tx:
            vote = taken(parts, tx, of_plan(plan), payload, signature, parts.clock())
        if vote.principal != principal:
            raise Refused(
                f"this is the vote of {vote.principal}, and {principal} acts", todo="$PULSE_OPERATOR names you"
            )
        if not vote.yes:
            raise Refused(
                "this vote is a no",
                todo=f"Stop the plan instead: pulse-tui rollback reject {plan.hash[:12]} --why REASON",
            )
        return vote

    return _approve(parts, plan_hash, principal, "", made)


def payload_for(
    parts: RollbackParts, plan_hash: str, principal: str, reason: str, *, break_glass: bool = False
) -> bytes:
    """The text that ``principal`` signs elsewhere. Raises Refused for who may not vote there, NotFound."""
    with parts.store.read() as tx:
        plan, _ = find(tx, plan_hash)
        head = tx.log.head()
    reasons = _no_say(parts, plan, principal)
    if break_glass and (why := glass(parts, plan.environment, reason)):
        reasons.append(why)
    if reasons:
        raise Refused(f"plan {plan.hash[:12]} is not yours to vote on", reasons)
    now = parts.clock()
    return drafted(parts, of_plan(plan), principal, head, now, reason=reason, break_glass=break_glass).encoded()


def _approve(
    parts: RollbackParts,
    plan_hash: str,
    principal: str,
    reason: str,
    made: Callable[[Plan], Approval],
    *,
    break_glass: bool = False,
    looked: Callable[[Looked], object] = lambda _looked: None,
) -> PlanState:
    now = parts.clock()
    with parts.store.read() as tx:
        plan, state = find(tx, plan_hash)
        state = standing(state, counted(tx, parts, plan, now))
        reasons = objections(parts, plan, state, principal, now)
        reasons += _voted(tx, plan, principal)
    if break_glass and (why := glass(parts, plan.environment, reason)):
        reasons.append(why)
    if not reasons:
        found = look(parts, plan)
        looked(found)
        reasons = found.blocking
    if reasons:
        raise Refused(f"plan {plan.hash[:12]} cannot be approved", reasons, todo="Make a new plan if it is out of date")
    vote = made(plan)  # nothing is locked while an agent waits for a touch
    with parts.store.write() as tx:
        now = parts.clock()
        _, state = find(tx, plan.hash)
        others = counted(tx, parts, plan, now)
        reasons = objections(parts, plan, standing(state, others), principal, now)
        if reasons := reasons or [why for why in [unfit(parts, of_plan(plan), vote, now)] if why]:
            raise Refused(f"plan {plan.hash[:12]} cannot be approved", reasons)
        cast(tx, of_plan(plan), vote, "plan.approved", now)  # raises for the same person or key
        state = PlanState.PROPOSED
        if len(others.counting) + 1 >= plan.approvals_needed or vote.break_glass:
            state = PlanState.APPROVED
            tx.rollbacks.set_plan_state(plan.hash, state)
    how = " alone (break-glass)" if vote.break_glass else ""
    anchor(parts, f"plan.approved {plan.hash[:12]} {plan.target} by {principal}{how}")
    return state


def reject(parts: RollbackParts, plan_hash: str, principal: str, reason: str) -> None:
    """Record a no: the plan can never run, also when it was approved already. Raises Refused for who may not vote.

    A changed policy or an expired plan does not prevent a no, and it waits for no agent: it is not signed.
    """
    now = parts.clock()
    with parts.store.write() as tx:
        plan, state = find(tx, plan_hash)
        reasons = _no_say(parts, plan, principal)
        if state not in (PlanState.PROPOSED, PlanState.APPROVED):
            reasons.append(f"the plan is {state.value}")
        if reasons:
            raise Refused(f"plan {plan.hash[:12]} cannot be rejected", reasons)
        if _voted(tx, plan, principal):
            detail = {"plan": plan.hash, "reason": clean(reason, 500), "takes back": "their approval"}
            tx.log.append(now, principal, "plan.rejected", plan.target, detail)
        else:
            draft = drafted(parts, of_plan(plan), principal, tx.log.head(), now, yes=False, reason=reason)
            cast(tx, of_plan(plan), by_name(parts, draft), "plan.rejected", now)
        tx.rollbacks.set_plan_state(plan.hash, PlanState.REJECTED)
    anchor(parts, f"plan.rejected {plan.hash[:12]} {plan.target} by {principal}")


def counted(
    tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime, *, given_by: datetime | None = None
) -> Tally:
    """The votes on a plan, judged now; ``given_by``: the moment by which they must not have expired, if not now.

    A plan of the program's own rests on those of its pre-authorisation.
    """
    if plan.authorisation is not None:
        return votes_for(tx, parts, plan, given_by or now)
    wrong = forged(tx, plan) if tx.rollbacks.approvals(plan.hash) else []
    return tally(tx, parts, of_plan(plan), now, forged=wrong, given_by=given_by)


def _voted(tx: Transaction, plan: Plan, principal: str) -> list[str]:
    voted = any(v.principal == principal for v in tx.rollbacks.approvals(plan.hash))
    return [f"{principal} has already decided on it"] if voted else []


def _no_say(parts: RollbackParts, plan: Plan, principal: str) -> list[str]:
    """Why this person may not vote on plans there."""
    operator = parts.operators.get(principal)
    if operator is None:
        return [f"{principal!r} is not in the operators' file ($PULSE_OPERATOR names you)"]
    if plan.environment not in operator.environments:
        return [f"{principal} may not approve in {plan.environment.value}"]
    return []
