"""The page of a plan: what would happen, every check made now, who approved, what the run did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.operator import Identity
from pulse_tui.domain.rollback import Approval, Plan, PlanState, Purpose, Run
from pulse_tui.domain.views.report import seconds
from pulse_tui.domain.views.rollback import Moved, PlanStory, RunStory, Signs, StepView, VoteView
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import counted, find, objections, standing
from pulse_tui.services.rollback.attended import halt_asked
from pulse_tui.services.rollback.glass import standing_review
from pulse_tui.services.rollback.preflight import Examined, examine
from pulse_tui.services.rollback.radius import blast_radius
from pulse_tui.services.rollback.report import took
from pulse_tui.services.rollback.unfinished import ABANDONED, abandoned, lease
from pulse_tui.services.rollback.votes import Pen, may_alone, pen

_TAKES = ("run.started", "run.resumed", "run.undoing")
"""What the audit log calls it when somebody begins a run, or takes it over."""


def plan_story(parts: RollbackParts, plan_hash: str, principal: str, *, checked: bool = True) -> PlanStory:
    """The page of a plan, with every check made now (``checked`` False leaves the targets alone)."""
    now = parts.clock()
    with parts.store.read() as tx:
        plan, state = find(tx, plan_hash)
        votes = tx.rollbacks.approvals(plan.hash)
        tallied = counted(tx, parts, plan, now)
        state = standing(state, tallied)
        run = next(iter(tx.rollbacks.runs(plan_hash=plan.hash, limit=1)), None)
        carried = _run(tx, parts, run, now) if run is not None else None
        steps = _steps(tx, plan, run)
        facts = [*_plan_facts(parts, plan), *(_reported(tx, plan, run) if run is not None else ())]
        radius = blast_radius(tx, plan)
        review = standing_review(tx, plan, run) if run is not None else ""
    over = state in (PlanState.USED, PlanState.REJECTED)
    checked = checked and not over
    own = pen(parts, principal, plan.environment, now) if checked else None
    why = {vote.principal: reason for vote, reason in tallied.others}
    found = examine(parts, plan) if checked else Examined((), ())
    against = objections(parts, plan, state, principal, now)
    against += [f"{principal} has voted already" for v in votes if v.principal == principal]
    against += [f"{c.name}: {c.detail}" for c in (*found.certificate, *found.world) if c.blocking and not c.ok]
    if own is not None and not own.possible:
        against.append(own.words)
    voted = {v.principal for v in votes}
    able = [n for n in parts.identity.able(parts.operators, plan.environment) if n not in voted]
    return PlanStory(
        hash=plan.hash,
        asset=plan.asset_id,
        environment=plan.environment.value,
        from_version=plan.from_version,
        to_version=plan.to_version,
        state=carried.state if carried is not None else state.value,
        headline=_headline(plan),
        facts=tuple(facts),
        steps=steps,
        votes=tuple(_vote(v, v in tallied.counting, why.get(v.principal, "")) for v in votes),
        checks=tuple((c.name, c.ok, c.blocking, c.detail) for c in found.world),
        certificate=tuple((c.name, c.ok, c.blocking, c.detail) for c in found.certificate),
        approvals_needed=plan.approvals_needed,
        approvals_given=plan.approvals_needed if tallied.enough else len(tallied.counting),
        may_approve=not against,
        why_not="; ".join(against),
        run=carried,
        may=tuple(able) if state is PlanState.PROPOSED else (),
        purpose=plan.does,
        moves=tuple(
            Moved(m.asset_id, m.from_version, m.from_digest or "", m.to_version, m.to_digest or "") for m in plan.moves
        ),
        radius=radius.lines(),
        expires_us=to_us(plan.expires_at),
        checked_us=to_us(now) if checked else 0,
        signs=_signs(own) if own is not None else None,
        glass=not over and not voted and may_alone(parts, plan.environment, principal),
        review=review,
        authorisation=plan.authorisation or "",
    )


def _headline(plan: Plan) -> str:
    if plan.purpose is Purpose.DRILL:
        there = f"{plan.from_version} to {plan.to_version} and back"
        return f"{plan.reason}: {plan.asset_id} {plan.environment.value} from {there}"
    if plan.purpose.routes:
        where = f"{plan.asset_id} in {plan.environment.value} ({plan.from_version} stays)"
        undo = f"undo the {plan.purpose.value} of plan {plan.undoes[:12]}: " if plan.undoes is not None else ""
        what = f"{plan.purpose.value} the rollout of {where}"
        if plan.purpose is Purpose.SHIFT:
            what = f"shift {plan.traffic or 0:g} % of the traffic of {plan.asset_id} to {plan.environment.value} ({plan.from_version} stays)"
        return f"{undo}{where}" if undo else what
    if plan.undoes is not None:
        return f"undo: {plan.asset_id} {plan.environment.value} from {plan.from_version} to {plan.to_version} again"
    return f"roll {plan.asset_id} {plan.environment.value} back from {plan.from_version} to {plan.to_version}"


def _plan_facts(parts: RollbackParts, plan: Plan) -> list[tuple[str, str]]:
    return [
        ("Why", plan.reason),
        (
            "On failure",
            "undo what was changed" if plan.on_failure == "undo" else "halt and report the value of each target",
        ),
        ("Proposed", f"{iso(plan.created_at)} by {plan.proposed_by}"),
        ("Identity", _proof(parts.identity, plan)),
        ("Playbook", f"{plan.playbook} @ {plan.playbook_digest[:12]}, policy {plan.policy_digest[:12]}"),
    ]


def _proof(identity: Identity, plan: Plan) -> str:
    """What an approval of the plan rests on."""
    if plan.authorisation is not None:
        return f"pre-authorised: it rests on the votes for {plan.authorisation[:12]}; nobody approved this very plan"
    if identity.must_sign(plan.environment):
        touch = ", touched for each signature" if plan.environment in identity.touch else ""
        return f"signed: only approvals count that the operators' own keys signed{touch}"
    by_name = "no operator has a public key; " if identity.by_name else ""
    unsigned = "an approval without a signature rests on the account and $PULSE_OPERATOR, which prove nothing"
    return f"need not be signed in {plan.environment.value}: {by_name}{unsigned}"


def _reported(tx: Transaction, plan: Plan, run: Run) -> Iterator[tuple[str, str]]:
    """How long it took, and where all of it is written."""
    if spans := took(tx, plan, run):
        yield "Took", ", ".join(f"{name} {seconds(span)}" for name, span in spans)
    yield "Report", f"pulse-tui rollback report {run.id}"


def _signs(own: Pen) -> Signs:
    return Signs(own.words, own.possible, own.key is not None and own.key.touch, own.key is not None)


def _vote(vote: Approval, counts: bool, void: str) -> VoteView:
    return VoteView(
        who=vote.principal,
        key=vote.key,
        yes=vote.yes,
        at_us=to_us(vote.at),
        counts=counts or not vote.yes,
        reason=vote.reason,
        signed=bool(vote.signature),
        break_glass=vote.break_glass,
        void=void,
    )


def _steps(tx: Transaction, plan: Plan, run: Run | None) -> tuple[StepView, ...]:
    journal = tx.rollbacks.journal(run.id) if run is not None else []
    records = {r.index: r for r in tx.rollbacks.steps(run.id)} if run is not None else {}
    views = []
    for index, step in enumerate(plan.steps):
        record = records.get(index)
        view = StepView(
            asset=step.asset_id or plan.asset_id,
            kind=step.kind,
            target=step.target,
            before=step.expected,
            after=step.desired,
            timeout_s=step.timeout_s,
            state=record.state.value if record is not None else "",
            moves=tuple((to_us(at), state, detail) for at, number, state, detail in journal if number == index),
            seen_before=record.seen_before if record is not None else None,
            seen_after=record.seen_after if record is not None else None,
        )
        views.append(view)
    return tuple(views)


def _run(tx: Transaction, parts: RollbackParts, run: Run, now: datetime) -> RunStory:
    has_it = run.started_by
    for entry in tx.log.entries(subject=run.target):
        if entry.detail.get("run") == run.id and entry.action in _TAKES:
            has_it = entry.actor
    until = tx.plumbing.lease_until(lease(run.target), run.holder)
    return RunStory(
        id=run.id,
        state=ABANDONED if abandoned(tx, parts.outside, run, now) else run.state.value,
        started_by=run.started_by,
        has_it=has_it,
        host=run.holder.partition("/")[0].rsplit(":", 2)[0],
        detail=run.detail,
        started_us=to_us(run.started_at),
        ended_us=to_us(run.ended_at) if run.ended_at is not None else None,
        lease_us=to_us(until) if until is not None else 0,
        halt_by=halt_asked(tx, run),
    )
