"""What a verified rollback changes in the estate: what serves, what is held back, which alerts are re-evaluated."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.claim import OWN_ACTIONS
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.rollback import Member, Plan, Purpose, Run, RunState
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.registry.held import hold_back, let_go
from pulse_tui.services.rollback.drill import rehearsed
from pulse_tui.services.rollback.route import rerouted
from pulse_tui.services.rollback.unfinished import ended, stopped
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import absorb


def verified(tx: Transaction, parts: RollbackParts, plan: Plan, run: Run, now: datetime) -> None:
    """What follows from a run that reached its end, by what the plan is for."""
    if plan.purpose is Purpose.DRILL:
        ended(tx, parts.judging, plan, f"run {run.id} was verified", now)
        rehearsed(tx, parts, plan, run, now)
    elif plan.purpose.routes:
        rerouted(tx, parts, plan, run, now)
    else:
        rolled_back(tx, parts.judging, plan, run, now)


def stopped_short(tx: Transaction, parts: RollbackParts, plan: Plan, run: Run, now: datetime) -> None:
    """What follows from a run that came to another end."""
    if plan.purpose is Purpose.DRILL:
        rehearsed(tx, parts, plan, run, now)
        if run.state is RunState.UNDONE:  # the replica is as it was: there is nothing to bring to an end
            ended(tx, parts.judging, plan, f"run {run.id} was undone", now)
            return
    stopped(tx, parts.judging, plan, run, now)


def rolled_back(tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, now: datetime) -> None:
    """Record what serves of every asset that moved, in the transaction that ends the run."""
    ended(tx, parts, plan, f"run {run.id} was verified", now)
    change = let_go if plan.undoes is not None else hold_back
    for moved in plan.moves:
        _moved(tx, parts, plan, moved, run, now)
        change(tx, moved, plan.environment, by=run.started_by, run=run.id, now=now)
    absorb([_event(plan, moved, run) for moved in plan.moves], tx, parts, now)
    parts.reassess(tx, parts, now, [moved.asset_id for moved in plan.moves])


def _moved(tx: Transaction, parts: JudgeParts, plan: Plan, moved: Member, run: Run, now: datetime) -> None:
    """``moved.to_version`` serves."""
    asset_id, where = moved.asset_id, plan.environment
    before = tx.estate.deployment(asset_id, where)
    share = before.traffic if before is not None and before.traffic != 100.0 else None
    settled = place(tx, parts, asset_id, where, moved.to_version, OWN_ACTIONS, now, share, since=now)
    report(tx, parts, settled.changes, "it no longer holds after the rollback", now)
    tx.estate.record_promotion(
        asset_id, moved.to_version, where, by=run.started_by, at=now, decision_id=None, why=plan.reason
    )


def _event(plan: Plan, moved: Member, run: Run) -> Signal:
    own = moved.asset_id == plan.asset_id
    return observed(
        SignalType.VERSION_EVENT,
        source="pulse-tui",
        event=("rollback", run.id) if own else ("rollback", run.id, moved.asset_id),
        fingerprint=fingerprint("rollback", moved.asset_id, plan.environment, run.id),
        change=Change.ROLLBACK,
        asset_id=moved.asset_id,
        environment=plan.environment,
        baseline_version=moved.from_version,
        current_version=moved.to_version,
        severity=Severity.MEDIUM,
        recommended=Recommended.MONITOR,
        at=run.started_at,
        now=run.ended_at or run.started_at,
        title=f"{moved.asset_id} {plan.environment.value} was rolled back from {moved.from_version} to {moved.to_version}"
        + ("" if own else f", together with {plan.asset_id}"),
        evidence=VersionEvidence(
            ref=run.id, actor=run.started_by, from_digest=moved.from_digest, to_digest=moved.to_digest
        ),
    )
