"""Who may carry out a plan, and how its targets become one process's own: each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.rollback import Check, Plan, PlanState, Run, RunState
from pulse_tui.domain.signal import fingerprint
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback import checked
from pulse_tui.services.rollback.approve import counted, find
from pulse_tui.services.rollback.attended import Attendant, next_commands
from pulse_tui.services.rollback.drill import by_schedule
from pulse_tui.services.rollback.glass import broken, ran_by_itself
from pulse_tui.services.rollback.guarded import objections, withdrawn
from pulse_tui.services.rollback.journal import LEASE_S
from pulse_tui.services.rollback.plan import void_reasons
from pulse_tui.services.rollback.preflight import newest
from pulse_tui.services.rollback.recorded import forged
from pulse_tui.services.rollback.steps import not_as_planned
from pulse_tui.services.rollback.unfinished import in_the_way, later, leases


def take_over(
    parts: RollbackParts, run_id: str, by: str, holder: str, action: str, attendant: Attendant
) -> tuple[Plan, Run]:
    """In one transaction: the run can go on, its target is ours, and the log says who has it now."""
    if why := attendant.stop(None):
        raise Refused(f"run {run_id} is as it was: {why}", todo=next_commands(run_id))
    now = parts.clock()
    with parts.store.write() as tx:
        run = tx.rollbacks.run(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", todo="see the plans and their runs: pulse-tui rollback list")
        if not run.active and run.state is not RunState.HALTED:
            raise Refused(f"run {run_id} has ended: {run.state.value}", [run.detail])
        plan, _ = find(tx, run.plan_hash)
        may_run(parts, plan, by)
        if reasons := forged(tx, plan, run):
            raise Refused(f"run {run_id} cannot be taken over", reasons, todo="see all of it: pulse-tui audit verify")
        # What was approved in time goes on, by keys that count today; putting back what moved needs no approval.
        votes = counted(tx, parts, plan, now, given_by=run.started_at)
        if action == "run.resumed" and (reasons := votes.short()):
            raise Refused(
                f"run {run_id} cannot go on", reasons, todo=f"put back what moved: pulse-tui rollback undo {run_id}"
            )
        if (newer := later(tx, run)) is not None:
            raise Refused(f"run {run_id} has ended: run {newer.id} moved {newer.target} after it")
        # A name for this attempt alone: two threads of one process must not share the lease.
        holder = f"{holder}/{run.id}/{run.epoch}"
        epoch = tx.plumbing.claim_all(leases(plan.targets), holder, now, LEASE_S, parts.outside.dead)
        if epoch is None:
            raise Refused(
                f"run {run_id} is owned by {run.holder.split('/')[0]}, which may still be running",
                todo="Its lease runs out within a minute of its last step: try again then",
            )
        run = msgspec.structs.replace(run, epoch=epoch, holder=holder, state=RunState.RUNNING, detail="", ended_at=None)
        tx.rollbacks.put_run(run)
        tx.log.append(now, by, action, run.target, {"run": run.id, "plan": plan.hash, "epoch": str(epoch)})
    return plan, run


def claim(
    parts: RollbackParts,
    plan: Plan,
    by: str,
    holder: str,
    checks: Sequence[Check] = (),
    before: Sequence[str] | None = None,
) -> Run:
    """In one transaction: the approvals count, the target is leased, the run exists, the plan is used; what ``checks``
    said is kept with it. ``before``: the last runs on its targets when they were made.
    """
    now = parts.clock()
    with parts.store.write() as tx:
        _, state = find(tx, plan.hash)
        if state is not PlanState.APPROVED:
            raise Refused(f"plan {plan.hash[:12]} is {state.value}, not approved")
        reasons = void_reasons(parts, plan, now)
        reasons += forged(tx, plan)
        votes = counted(tx, parts, plan, now)
        reasons += votes.short()
        if plan.authorisation is not None:  # whoever starts it: nobody approved this very plan
            reasons += withdrawn(tx, parts, plan, now) + objections(tx, parts, plan, now)
        if plan.authorisation is not None or by_schedule(plan):  # no vote binds its steps
            reasons += [why for why in [not_as_planned(tx, parts, plan)] if why]
        if reasons:
            raise Refused(f"plan {plan.hash[:12]} cannot run", reasons)
        run_id = fingerprint(plan.hash, now.isoformat())[:12]
        other = in_the_way(tx, parts.outside, plan.targets, now)
        epoch = None if other else tx.plumbing.claim_all(leases(plan.targets), f"{holder}/{run_id}", now, LEASE_S)
        if epoch is None:
            raise Refused(other or f"another process holds {' or '.join(plan.targets)}")
        if before is not None and (since := newest(tx, plan)) != before:
            # A rival plan was run from its beginning to its end between the checks and here: what they saw is past.
            raise Refused(
                f"run {', '.join(sorted({*since} - {*before}))} moved {plan.target} while the checks were made",
                todo="See what it did: pulse-tui rollback list",
            )
        run = Run(
            id=run_id,
            plan_hash=plan.hash,
            target=plan.target,
            epoch=epoch,
            holder=f"{holder}/{run_id}",
            started_by=by,
            started_at=now,
        )
        tx.rollbacks.start_run(run, len(plan.steps), plan.targets)
        tx.rollbacks.set_plan_state(plan.hash, PlanState.USED)
        detail = {
            "run": run.id,
            "plan": plan.hash,
            "epoch": str(epoch),
            "approved by": ", ".join(v.principal for v in votes.counting),
        }
        if plan.authorisation is not None:
            detail["pre-authorisation"] = plan.authorisation
        if votes.alone is not None:
            detail["break-glass"] = votes.alone.principal
        tx.log.append(now, by, "run.started", plan.target, detail)
        checked.keep(tx, run.id, checks, by, now)
        if votes.alone is not None:
            broken(tx, parts.judging, plan, run, votes.alone, now)
        if plan.authorisation is not None:
            ran_by_itself(tx, parts.judging, plan, run, [v.principal for v in votes.counting], now)
    return run


def may_run(parts: RollbackParts, plan: Plan, by: str) -> None:
    """Only those who may approve there may run or resume; the program itself, what its schedule asked for and what was
    pre-authorised.
    """
    if by == SYSTEM and (by_schedule(plan) or plan.authorisation is not None):
        return
    operator = parts.operators.get(by)
    if operator is None:
        raise Refused(f"{by!r} is not in the operators' file and may not run a plan")
    if plan.environment not in operator.environments:
        raise Refused(f"{by} may not run a plan in {plan.environment.value}")
