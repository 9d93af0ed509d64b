"""The page of a plan: what would happen, every check made now, who approved, what the run did."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import Plan, PlanState, Run, RunState
from pulse_tui.domain.views.rollback import PlanStory
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.reach import reached
from pulse_tui.services.rollback.approve import find, objections, valid_approvals
from pulse_tui.services.rollback.plan import preflight
from pulse_tui.services.rollback.unfinished import ABANDONED, abandoned

_WINDOW = timedelta(hours=24)


def plan_story(parts: RollbackParts, plan_hash: str, principal: str, *, checked: bool = True) -> PlanStory:
    """The page of a plan, with every check made now (``checked`` False leaves the targets alone)."""
    now = parts.clock()
    with parts.store.read() as tx:
        plan, state = find(tx, plan_hash)
        votes = tx.rollbacks.approvals(plan.hash)
        counted = valid_approvals(tx, parts, plan, now)
        runs = tx.rollbacks.runs(plan_hash=plan.hash)
        word = runs[0].state.value if runs else state.value
        if runs and abandoned(tx, parts.outside, runs[0], now):
            word = ABANDONED
        lines = _run_lines(tx, runs[0], word) if runs else []
        radius = _blast_radius(tx, plan)
    over = state in (PlanState.USED, PlanState.REJECTED)
    checks = preflight(parts, plan) if checked and not over else []
    against = objections(parts, plan, state, principal, now)
    against += [f"{principal} has voted already" for v in votes if v.principal == principal]
    against += [f"{c.name}: {c.detail}" for c in checks if c.blocking and not c.ok]
    voted = {v.principal for v in votes}
    able = [n for n, o in sorted(parts.operators.items()) if plan.environment in o.environments and n not in voted]
    votes_said = [
        f"{v.principal} {'approved' if v.yes else 'rejected'} {iso(v.at)}" + (f": {v.reason}" if v.reason else "")
        for v in votes
    ]
    return PlanStory(
        hash=plan.hash,
        asset=plan.asset_id,
        environment=plan.environment.value,
        from_version=plan.from_version,
        to_version=plan.to_version,
        state=word,
        run_id=runs[0].id if runs else "",
        headline=f"roll {plan.asset_id} {plan.environment.value} back from {plan.from_version} to {plan.to_version}"
        if plan.undoes is None
        else f"undo: {plan.asset_id} {plan.environment.value} from {plan.from_version} to {plan.to_version} again",
        facts=tuple(_plan_facts(plan, radius)),
        steps=tuple(
            f"{s.target}: {s.expected} -> {s.desired} (within {s.timeout_s:g} s; undo: {s.expected})"
            for s in plan.steps
        ),
        checks=tuple((c.name, c.ok, c.blocking, c.detail) for c in checks),
        approvals=tuple(votes_said),
        approvals_needed=plan.approvals_needed,
        approvals_given=len(counted),
        run=tuple(lines),
        may_approve=not against,
        why_not="; ".join(against),
        may=tuple(able) if state is PlanState.PROPOSED else (),
    )


def _plan_facts(plan: Plan, radius: str) -> list[tuple[str, str]]:
    return [
        ("Why", plan.reason),
        ("From", f"{plan.from_version} ({plan.from_digest or 'no digest recorded'})"),
        ("To", f"{plan.to_version} ({plan.to_digest or 'no digest recorded'})"),
        ("Blast radius", radius),
        (
            "On failure",
            "undo what was changed" if plan.on_failure == "undo" else "halt and report the value of each target",
        ),
        ("Proposed", f"{iso(plan.created_at)} by {plan.proposed_by}"),
        ("Expires", iso(plan.expires_at)),
        ("Hash", plan.hash),
        ("Identity", "rests on the account and $PULSE_OPERATOR: approvals are recorded, not signed"),
        ("Playbook", f"{plan.playbook} @ {plan.playbook_digest[:12]}, policy {plan.policy_digest[:12]}"),
    ]


def _blast_radius(tx: Transaction, plan: Plan) -> str:
    estate = tx.estate.load()
    deployment = estate.deployment(plan.asset_id, plan.environment)
    asset = estate.assets.get(plan.asset_id)
    words = [f"{deployment.traffic:g} % of {plan.environment.value} traffic" if deployment else plan.environment.value]
    if asset is not None:
        words.append(asset.tier.value)
    words += reached(tx, plan.asset_id, plan.environment)
    return f"{plan.asset_id}: " + ", ".join(words)


def _run_lines(tx: Transaction, run: Run, word: str) -> list[str]:
    lines = [f"run {run.id} by {run.started_by}: {word}" + (f", {run.detail}" if run.detail else "")]
    journal = tx.rollbacks.journal(run.id)
    lines += [f"{iso(at)}  step {step + 1} {state}: {detail}" for at, step, state, detail in journal]
    if word == ABANDONED and not journal:
        lines.append("no step was begun: nothing was sent to any target")
    if word in (ABANDONED, RunState.UNKNOWN, RunState.HALTED):
        lines.append(
            f"what to do: check the targets, then continue it: pulse-tui rollback resume {run.id}; "
            f"or put back what moved: pulse-tui rollback undo {run.id}"
        )
    return lines
