"""The review queue: a run that one person approved alone, or that ran by itself, stands as a concern until an operator has
reviewed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.rollback import Approval, Plan, Run
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.rollback import DUE, ReviewRow
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts, RollbackParts
from pulse_tui.services.rollback.approve import find
from pulse_tui.services.signals.concerns import clear_concern, raise_concern

KIND = "break-glass"
BY_ITSELF = "by-itself"
"""A pre-authorised rollback: nobody approved this very plan."""
REVIEWED = "run.reviewed"
"""What the audit log calls it."""


def key(run_id: str, kind: str = KIND) -> str:
    """The key of the concern: of each run its own, so that none hides another."""
    return f"{kind}:{run_id}"


def broken(tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, vote: Approval, now: datetime) -> None:
    """A run begins on the word of one person: that stands, with an alert, until another one has reviewed it."""
    what = (
        f"BREAK-GLASS: {vote.principal} alone approved run {run.id} of {plan.asset_id} in {plan.environment.value} "
        f"({plan.from_version} -> {plan.to_version}): {vote.reason}"
    )
    concern = Concern(
        asset_id=plan.asset_id,
        key=key(run.id),
        what=clean(what, 600),
        todo=f"Another operator reviews it: pulse-tui rollback review {run.id} --why FINDING",
        source=SYSTEM,
        severity=Severity.HIGH,
        since=now,
        environment=plan.environment,
    )
    raise_concern(tx, parts, concern, now)


def ran_by_itself(
    tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, voters: Sequence[str], now: datetime
) -> None:
    """A pre-authorised run begins: that stands, with an alert, until an operator has looked at it."""
    given = f"{str(plan.authorisation)[:12]} of {' and '.join(voters)}"
    what = (
        f"ROLLED BACK BY ITSELF: {plan.asset_id} in {plan.environment.value} ({plan.from_version} -> {plan.to_version}), "
        f"on {plan.trigger} by pre-authorisation {given}, run {run.id}"
    )
    concern = Concern(
        asset_id=plan.asset_id,
        key=key(run.id, BY_ITSELF),
        what=clean(what, 600),
        todo=f"See whether it helped, then say what you found: pulse-tui rollback review {run.id} --why FINDING; "
        f"back again: pulse-tui rollback undo {plan.hash[:12]}",
        source=SYSTEM,
        severity=Severity.HIGH,
        since=now,
        environment=plan.environment,
    )
    raise_concern(tx, parts, concern, now)


def review(parts: RollbackParts, run_id: str, by: str, why: str) -> str:
    """Record what an operator found of a run that another one approved alone, or that ran by itself; returns a sentence.

    Raises Refused for who approved it, for who may not act there and for a review without a finding, NotFound.
    """
    finding = clean(why, 500)
    now = parts.clock()
    with parts.store.write() as tx:
        run = tx.rollbacks.run(run_id)
        if run is None:
            raise NotFound(
                f"there is no run {run_id!r}", todo="see what waits for a review: pulse-tui rollback reviews"
            )
        plan, _ = find(tx, run.plan_hash)
        alone = next((v for v in tx.rollbacks.approvals(plan.hash) if v.break_glass), None)
        names = (key(run_id), key(run_id, BY_ITSELF))
        standing = next((c.key for c in tx.inventory.concerns(plan.asset_id) if c.key in names), None)
        if standing is None:
            raise Refused(f"run {run_id} waits for no review", todo="see what does: pulse-tui rollback reviews")
        operator = parts.operators.get(by)
        reasons = []
        if operator is None or plan.environment not in operator.environments:
            reasons.append(f"{by} is no operator of {plan.environment.value} ($PULSE_OPERATOR names you)")
        if alone is not None and by == alone.principal:
            reasons.append(f"{by} approved it alone: another operator must review it")
        if not finding:
            reasons.append("a review says what was found: --why")
        if reasons:
            raise Refused(f"run {run_id} is not reviewed", reasons)
        how = (
            {"approved alone by": alone.principal} if alone is not None else {"pre-authorised": str(plan.authorisation)}
        )
        detail = {"run": run_id, "plan": plan.hash, **how, "finding": finding}
        tx.log.append(now, by, REVIEWED, plan.target, detail)
        clear_concern(tx, parts.judging, plan.asset_id, standing, f"{by} reviewed it: {finding}", now)
    return f"run {run_id} of {plan.asset_id} in {plan.environment.value} is reviewed by {by}: {finding}"


def reviewed(tx: Transaction, target: str, run_id: str) -> str:
    """Who reviewed the run, and what was found; empty when nobody did."""
    lines = [e for e in tx.log.entries(subject=target) if e.action == REVIEWED and e.detail.get("run") == run_id]
    return f"{lines[-1].actor}: {lines[-1].detail.get('finding', '')}" if lines else ""


def standing_review(tx: Transaction, plan: Plan, run: Run) -> str:
    """Who reviewed the run, and what was found; :data:`DUE` while a review waits, empty where none was needed."""
    names = (key(run.id), key(run.id, BY_ITSELF))
    if any(c.key in names for c in tx.inventory.concerns(plan.asset_id)):
        return DUE
    return reviewed(tx, plan.target, run.id)


def reviews(tx: Transaction) -> tuple[ReviewRow, ...]:
    """What waits for a review, the oldest first."""
    found = [c for c in tx.inventory.concerns() if c.kind in (KIND, BY_ITSELF)]
    return tuple(
        ReviewRow(
            c.key.partition(":")[2],
            c.asset_id,
            (c.environment or Environment.PRODUCTION).value,
            c.what,
            to_us(c.since),
            c.kind == BY_ITSELF,
        )
        for c in sorted(found, key=lambda c: (c.since, c.key))
    )
