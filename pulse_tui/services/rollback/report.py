"""The report of a run or a drill, from what is recorded alone: the same text whenever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.rollback import Approval, Plan, PlanState, Purpose, Run, RunState, StepState
from pulse_tui.domain.views.report import Checked, Event, Read, Report, Vote
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import checked, drill
from pulse_tui.services.rollback.approve import find

_WORDS = {
    "plan.proposed": "proposed the plan",
    "plan.approved": "approved the plan",
    "plan.rejected": "rejected the plan",
    "plan.scheduled": "began it by schedule",
    "run.started": "began the run",
    "run.resumed": "took the run over, to continue it",
    "run.undoing": "took the run over, to put back what it moved",
    "run.halt": "asked it to halt before its next step",
    "run.verified": "verified: every target was read back",
    "run.undone": "undone",
    "run.halted": "halted",
    "run.unknown": "stopped as unknown",
    "drill.passed": "the drill passed",
    "drill.failed": "the drill failed",
}


def report(parts: RollbackParts, name: str) -> Report:
    """The report of a run by its id, or of the run of a plan by its hash. Raises NotFound."""
    with parts.store.read() as tx:
        return reported(tx, name)


def reported(tx: Transaction, name: str) -> Report:
    """As :func:`report`, from what one transaction sees."""
    run = tx.rollbacks.run(name) or _of_plan(tx, name)
    plan, _ = find(tx, run.plan_hash)
    votes = _votes(tx, plan)
    lines = list(_lines(tx, plan, run))
    alert = tx.judgements.alert(plan.alert_id) if plan.alert_id else None
    opened = alert.first_at if alert is not None else None
    events = [Event(_at(e.at), e.actor, _event(e)) for e in lines]
    if alert is not None:
        title = f"alert {alert.id} opened: {alert.priority.value} {alert.title}"
        events.insert(0, Event(_at(alert.first_at), alert.rule_id, title))
    return Report(
        run=run.id,
        kind=plan.does,
        title=_title(plan),
        state=run.state.value,
        detail=run.detail,
        facts=tuple(_facts(plan)),
        certificate=tuple(Checked(*line) for line in checked.kept(tx, run.id)),
        votes=tuple(_vote(v) for v in votes),
        timeline=tuple(events),
        targets=tuple(_targets(tx, plan, run)),
        took=tuple(_took(tx, plan, run, tx.rollbacks.approvals(plan.hash), opened)),
        undone=tuple(_undone(tx, plan)),
        people=tuple(_people(lines)),
    )


def took(tx: Transaction, plan: Plan, run: Run) -> list[tuple[str, float]]:
    """How long a run took, from what to what, in seconds."""
    alert = tx.judgements.alert(plan.alert_id) if plan.alert_id else None
    return list(_took(tx, plan, run, tx.rollbacks.approvals(plan.hash), alert.first_at if alert is not None else None))


def _of_plan(tx: Transaction, name: str) -> Run:
    plan, _ = find(tx, name)
    run = next(iter(tx.rollbacks.runs(plan_hash=plan.hash, limit=1)), None)
    if run is None:
        raise NotFound(f"plan {plan.hash[:12]} was never run", todo=f"pulse-tui rollback show {plan.hash[:12]}")
    return run


def _lines(tx: Transaction, plan: Plan, run: Run) -> Iterator[AuditEntry]:
    """The lines of the audit log about the plan and its run, in their order."""
    about = tx.log.entries(subject=plan.target)
    found = [e for e in about if e.detail.get("plan") == plan.hash or e.detail.get("run") == run.id]
    found += [e for e in tx.log.entries(subject=checked.subject(run.id)) if e.action != checked.ACTION]
    if plan.purpose is Purpose.DRILL:
        found += tx.log.entries(subject=drill.subject(run.id))
    yield from sorted(found, key=lambda e: e.seq)


def _event(entry: AuditEntry) -> str:
    detail = entry.detail
    if entry.action == "run.step":
        return f"step {detail.get('step')} {detail.get('state')}: {detail.get('detail')}"
    words = _WORDS.get(entry.action, entry.action)
    more = detail.get("reason") or detail.get("detail") or ""
    return f"{words}: {more}" if more else words


def _title(plan: Plan) -> str:
    where = f"{plan.asset_id} in {plan.environment.value}"
    move = f"{plan.from_version} to {plan.to_version}"
    if plan.purpose is Purpose.DRILL:
        return f"Report of a drill: {where}, {move} and back"
    if plan.undoes is not None:
        return f"Report of an undo: {where}, {move}"
    return f"Report of a {plan.purpose.value}: {where}, {move}"


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Why", plan.reason
    if plan.trigger:
        yield "Trigger", f"rule {plan.trigger}"
    for member in plan.moves:
        ends = ((member.from_version, member.from_digest), (member.to_version, member.to_digest))
        moved = " to ".join(f"{version} ({digest or 'no digest recorded'})" for version, digest in ends)
        yield f"Moved {member.asset_id}", moved
    yield "On failure", plan.on_failure
    yield "Proposed", f"{_at(plan.created_at)} by {plan.proposed_by}"
    yield "Plan", plan.hash
    yield "Playbook", f"{plan.playbook}, playbooks {plan.playbook_digest}"
    yield "Policy", plan.policy_digest
    yield "Operators' file", plan.operators_digest
    if plan.authorisation:
        yield "Pre-authorisation", plan.authorisation
    if plan.undoes:
        yield "Undoes", plan.undoes


def _votes(tx: Transaction, plan: Plan) -> list[Approval]:
    """On the plan, after those on the pre-authorisation that it ran under."""
    before = tx.rollbacks.approvals(plan.authorisation) if plan.authorisation else []
    return [*before, *tx.rollbacks.approvals(plan.hash)]


def _vote(vote: Approval) -> Vote:
    decision = "approved" if vote.yes else "rejected"
    signed = bool(vote.signature)
    return Vote(vote.principal, decision, _at(vote.at), vote.key, signed, vote.break_glass, vote.reason)


def _targets(tx: Transaction, plan: Plan, run: Run) -> Iterator[Read]:
    records = {r.index: r for r in tx.rollbacks.steps(run.id)}
    for index, step in enumerate(plan.steps):
        record = records.get(index)
        asset = step.asset_id or plan.asset_id
        yield Read(
            index + 1, asset, step.kind, step.target, step.expected, step.desired,
            record.seen_before if record is not None else None,
            record.seen_after if record is not None else None,
            record.state.value if record is not None else StepState.PENDING.value,
        )  # fmt: skip


def _took(
    tx: Transaction, plan: Plan, run: Run, votes: Iterable[Approval], opened: datetime | None
) -> Iterator[tuple[str, float]]:
    journal = tx.rollbacks.journal(run.id)
    intent = journal[0][0] if journal else None
    approved = max((v.at for v in votes if v.yes), default=None)
    ended = run.ended_at if run.state is RunState.VERIFIED else None
    moments = [
        ("alert opened", opened), ("proposed", plan.created_at), ("approved", approved), ("first intent", intent),
        ("verified", ended),
    ]  # fmt: skip
    known = [(name, at) for name, at in moments if at is not None]
    for (first, start), (then, end) in pairwise(known):
        yield f"{first} to {then}", (end - start).total_seconds()
    if ended is not None and opened is not None:
        yield "time to roll back (alert opened to verified)", (ended - opened).total_seconds()


def _undone(tx: Transaction, plan: Plan) -> Iterator[str]:
    for other, state in tx.rollbacks.plans(plan.asset_id, 1_000):
        if other.undoes == plan.hash:
            run = next(iter(tx.rollbacks.runs(plan_hash=other.hash, limit=1)), None)
            became = f"run {run.id}: {run.state.value}" if run is not None else state.value
            if state is PlanState.PROPOSED or run is not None or state is PlanState.APPROVED:
                yield f"plan {other.hash[:12]} by {other.proposed_by} at {_at(other.created_at)}, {became}"


def _people(lines: Iterable[AuditEntry]) -> Iterator[tuple[str, str]]:
    """Who did what, each once, in the order of their first line; a step is whoever carried the run out."""
    did: dict[str, dict[str, None]] = {}
    for entry in lines:
        word = "carried steps out" if entry.action == "run.step" else _WORDS.get(entry.action, entry.action)
        if entry.action.startswith("run.") and entry.action in _ENDS:
            continue
        who = f"{entry.actor} ({entry.origin})" if entry.origin else entry.actor
        did.setdefault(who, {})[word] = None
    for who, words in did.items():
        yield who, ", ".join(words)


_ENDS = {f"run.{state.value}" for state in RunState}


def _at(moment: datetime) -> str:
    """``2026-11-29T03:10:00.125Z``: a step takes less than a second."""
    us = to_us(moment)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{us // 1_000 % 1_000:03}Z"
