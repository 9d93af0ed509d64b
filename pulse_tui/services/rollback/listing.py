"""Every plan with how it stands: what its run did, what each target holds, who waits for whom."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.rollback import Plan, PlanState, PlanStep, Run, StepRecord, StepState
from pulse_tui.domain.views.rollback import DUE, HALF_WAY, PlanLine
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.overtaken import overtaken
from pulse_tui.services.rollback.approve import counted, standing
from pulse_tui.services.rollback.glass import standing_review
from pulse_tui.services.rollback.plan import void_reasons
from pulse_tui.services.rollback.unfinished import ABANDONED, abandoned, in_the_way, later

SHOWN = 50


def listed(parts: RollbackParts, limit: int = SHOWN, asset_id: str | None = None) -> tuple[PlanLine, ...]:
    """The plans, newest first; of one asset when it is named."""
    now = parts.clock()
    with parts.store.read() as tx:
        return tuple(_line(tx, parts, plan, state, now) for plan, state in tx.rollbacks.plans(asset_id, limit))


def _line(tx: Transaction, parts: RollbackParts, plan: Plan, state: PlanState, now: datetime) -> PlanLine:
    run = next(iter(tx.rollbacks.runs(plan_hash=plan.hash, limit=1)), None)
    if run is None:
        word, waits, todo = _waiting(tx, parts, plan, state, now)
        alone = next((v.principal for v in tx.rollbacks.approvals(plan.hash) if v.break_glass), "")
        glass = f"BREAK-GLASS by {alone}" if alone else ""
        return _made(plan, word, plan.created_at, waits=waits, todo=todo, glass=glass)
    word = ABANDONED if abandoned(tx, parts.outside, run, now) else run.state.value
    todo = ""
    if word in HALF_WAY and later(tx, run) is None:
        todo = f"pulse-tui rollback resume {run.id} (continues), or undo {run.id} (puts back)"
    glass, review = _alone(tx, plan, run)
    return _made(
        plan,
        word,
        run.ended_at or run.started_at,
        run=run,
        targets=_targets(tx, plan, run),
        todo=todo or review,
        glass=glass,
    )


def _alone(tx: Transaction, plan: Plan, run: Run) -> tuple[str, str]:
    """(who approved it alone or that it ran by itself, and who reviewed that; the command that reviews it while nobody did)."""
    alone = next((v.principal for v in tx.rollbacks.approvals(plan.hash) if v.break_glass), "")
    if not alone and plan.authorisation is None:
        return "", ""
    what = f"BREAK-GLASS by {alone}" if alone else "BY ITSELF"
    found = standing_review(tx, plan, run)
    if found == DUE:
        return f"{what}, not reviewed", f"pulse-tui rollback review {run.id} --why FINDING"
    if found:
        return f"{what}, reviewed by {found}", ""
    return ("", "") if alone else (what, "")  # where the others approved too, nothing was broken


def _targets(tx: Transaction, plan: Plan, run: Run) -> tuple[str, ...]:
    records = {r.index: r for r in tx.rollbacks.steps(run.id)}
    return tuple(f"{step.target}: {_stands(step, records[i])}" for i, step in enumerate(plan.steps) if i in records)


def _stands(step: PlanStep, record: StepRecord) -> str:
    """What is known of the target of a step."""
    if record.state in (StepState.INTENT, StepState.SENT):
        return f"{step.expected} -> {step.desired} was begun and not read back: it may hold either"
    return record.state.value + (f", {record.detail}" if record.detail else "")


def _waiting(
    tx: Transaction, parts: RollbackParts, plan: Plan, state: PlanState, now: datetime
) -> tuple[str, str, str]:
    """(word, who waits for whom, the command that comes next) of a plan that was never run."""
    if state not in (PlanState.PROPOSED, PlanState.APPROVED):
        noes = [f"by {v.principal}: {v.reason}" for v in tx.rollbacks.approvals(plan.hash) if not v.yes]
        return state.value, "; ".join(noes), ""
    if void := void_reasons(parts, plan, now):
        if plan.expires_at <= now:
            return "expired", "; ".join(void), ""
        return "void", "; ".join(void), plan.purpose.command(plan.asset_id, plan.environment)
    if other := overtaken(tx, plan):
        return "void", other, ""
    if behind := in_the_way(tx, parts.outside, plan.targets, now):
        return state.value, f"cannot be {'run' if state is PlanState.APPROVED else 'approved'} yet: {behind}", ""
    since = age(to_us(plan.created_at), to_us(now))
    left = age(to_us(now), to_us(plan.expires_at))
    votes = counted(tx, parts, plan, now)
    given, state = [v.principal for v in votes.counting], standing(state, votes)
    if state is PlanState.APPROVED:
        return (
            state.value,
            f"waits to be run since {since}, expires in {left}",
            f"pulse-tui rollback run {plan.hash[:12]}",
        )
    missing, voted = votes.missing, {v.principal for v in tx.rollbacks.approvals(plan.hash)}
    able = [n for n in parts.identity.able(parts.operators, plan.environment) if n not in voted]
    who = f"{', '.join(given)} approved; " if given else ""
    whom = ", ".join(able) if len(able) >= missing else f"{', '.join(able) or 'nobody'}, which are too few"
    waits = f"{who}waits for {missing} of: {whom}; since {since}, expires in {left}"
    return state.value, waits, f"pulse-tui rollback approve {plan.hash[:12]} --why REASON"


def _made(
    plan: Plan,
    word: str,
    since: datetime,
    *,
    waits: str = "",
    todo: str = "",
    run: Run | None = None,
    targets: tuple[str, ...] = (),
    glass: str = "",
) -> PlanLine:
    return PlanLine(
        plan.hash, plan.asset_id, plan.environment.value, plan.from_version, plan.to_version, word, to_us(since), waits,
        run.id if run else "", run.detail if run else "", targets, todo,
        plan.does, glass,
    )  # fmt: skip
