"""Routing changes short of a rollback: pause a rollout, shift traffic to the canary or the shadow, resume. No release changes.

They are planned, checked, approved, run, watched and undone as a rollback is. What a target holds now is read when the
plan is made, and is the expected prior state.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.errors import NotFound, PulseError, Refused, WrongUse
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.rollback import Member, Plan, PlanState, PlanStep, Purpose, Run, RunState
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.routing import keep, let_go, routed, share, words
from pulse_tui.services.rollback.plan import drawn, void_reasons
from pulse_tui.services.rollback.steps import fill, step_options
from pulse_tui.services.rollback.unfinished import ended
from pulse_tui.services.rollback.votes import lapsed
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.settings.shapes import PlaybookShape

MANY = 1_000
"""Runs that are looked through for the share that was given before."""


def propose(
    parts: RollbackParts,
    asset_id: str,
    environment: Environment,
    purpose: Purpose,
    *,
    by: str,
    reason: str,
    traffic: float | None = None,
    alert_id: str | None = None,
) -> Plan:
    """Plan to pause, shift or resume there; the same proposal gives the same plan.

    ``traffic``: the share in percent of a shift, where the playbook leaves it open. Raises NotFound, WrongUse or Refused
    with what is missing, TargetError when a target cannot be read.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        serving = tx.estate.deployment(asset_id, environment)
        release = tx.estate.release(asset_id, serving.version) if serving is not None else None
        standing = list(routed(tx, asset_id, environment))
    if serving is None:
        what = f"{asset_id} is not deployed in {environment.value}"
        raise NotFound(what, todo="see what runs where: pulse-tui status")
    playbook = _playbook(parts, asset_id, environment, purpose)
    given = _share(playbook, traffic) if purpose is Purpose.SHIFT else None
    steps = tuple(_steps(parts, playbook, asset_id, environment, serving.version, given))
    if all(step.expected == step.desired for step in steps) and bool(standing) is (purpose is not Purpose.RESUME):
        so = f"{standing[0].why}" if standing else f"nothing holds the rollout of {asset_id} there"
        raise Refused(
            f"{asset_id} in {environment.value} is so already: {so}", [f"{s.target} has {s.desired}" for s in steps]
        )
    digest = release.digest if release is not None else None
    stays = Member(
        asset_id=asset_id,
        from_version=serving.version,
        from_digest=digest,
        to_version=serving.version,
        to_digest=digest,
    )
    plan = drawn(
        parts,
        stays,
        environment,
        now,
        playbook=playbook.id,
        steps=steps,
        on_failure=playbook.on_failure,
        proposed_by=by,
        reason=clean(reason, 300),
        alert_id=alert_id,
        purpose=purpose,
        traffic=given,
    )
    with parts.store.write() as tx:
        return _open(tx, parts, plan, now) or _kept(tx, plan, by, now)


def rerouted(tx: Transaction, parts: RollbackParts, plan: Plan, run: Run, now: datetime) -> None:
    """What follows from a verified run, in the transaction that ends it: a hold until it is resumed, the share, the signal."""
    ended(tx, parts.judging, plan, f"run {run.id} was verified", now)
    did = _did(plan)
    by, asset_id, environment = run.started_by, plan.asset_id, plan.environment
    if did is not Purpose.RESUME:
        keep(tx, plan, did, by=by, run=run.id, now=now)
    else:
        only = plan.purpose.value if plan.undoes is not None else ""
        let_go(tx, asset_id, environment, by=by, run=run.id, now=now, only=only)
    if plan.purpose is not Purpose.PAUSE:
        counts = plan if plan.undoes is None else _before(tx, plan)
        if counts is not None and counts is not plan:
            keep(tx, counts, Purpose.SHIFT, by=by, run=run.id, now=now)
        given = counts.traffic if counts is not None else None
        settled = share(tx, parts.judging, asset_id, environment, given, now)
        report(tx, parts.judging, settled.changes, "the traffic goes elsewhere now", now)
    absorb([_event(plan, did, run)], tx, parts.judging, now)
    parts.judging.reassess(tx, parts.judging, now, [asset_id])


def done(plan: Plan) -> str:
    """What a verified run reports of itself."""
    undone = f", which undoes plan {plan.undoes[:12]}" if plan.undoes is not None else ""
    return f"{words(plan, _did(plan))}{undone}, read back"


def _did(plan: Plan) -> Purpose:
    """Undoing a pause or a shift resumes; undoing a resume leaves what was paused paused."""
    return Purpose(plan.does)


def _playbook(parts: RollbackParts, asset_id: str, environment: Environment, purpose: Purpose) -> PlaybookShape:
    def book(wanted: Purpose) -> PlaybookShape | None:
        return next((b for b in parts.playbooks if b.serves(asset_id, environment, wanted)), None)

    found = book(purpose)
    where = f"{asset_id} in {environment.value}"
    if found is None:
        todo = f"Add one under playbooks: with purpose: {purpose.value} and the value of each step's target"
        raise Refused(f"no playbook can {purpose.value} {where}", todo=todo)
    if purpose is not Purpose.RESUME and book(Purpose.RESUME) is None:
        what = f"{where} is not planned to {purpose.value}: no playbook could resume it"
        raise Refused(what, todo="Add one under playbooks: with purpose: resume")
    return found


def _share(playbook: PlaybookShape, wanted: float | None) -> float:
    """The share of the traffic. One that no step takes up cannot be chosen."""
    given = wanted if wanted is not None else playbook.traffic
    if given is None:
        raise WrongUse(f"playbook {playbook.id} leaves the share open", todo="Name it: --share 10")
    if not 0 <= given <= 100:
        raise WrongUse(f"{given:g} is no share in percent")
    taken = any("{share}" in (step.value or "") for step in playbook.steps)
    if given != playbook.traffic and not taken:
        what = f"the share of playbook {playbook.id} is {playbook.traffic or 0:g} %: no step takes another one"
        raise Refused(what, todo="Write {share} into the value of the step that sets it")
    return float(given)


def _steps(
    parts: RollbackParts,
    playbook: PlaybookShape,
    asset_id: str,
    environment: Environment,
    version: str,
    given: float | None,
) -> Iterator[PlanStep]:
    names = {"asset": asset_id, "environment": environment.value}
    filled = {**names, "version": version} if given is None else {**names, "version": version, "share": f"{given:g}"}
    for shape in playbook.steps:
        params = fill(shape.options, names)
        options = step_options(parts, shape.kind, params, shape)
        kind = parts.steps[shape.kind]
        try:
            holds = kind.read(options, parts.outside.stepping(shape.timeout))
        except PulseError:
            raise
        except Exception as error:  # a bug of an installed step kind is named, and no plan is made of it
            what = f"{kind.target(options)}: the step kind {shape.kind} broke: {type(error).__name__}: {error}"
            raise Refused(what) from error
        yield PlanStep(
            kind=shape.kind,
            target=kind.target(options),
            params=params,
            expected=holds,
            desired=fill(shape.value or "", filled),
            timeout_s=shape.timeout,
        )


def _open(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> Plan | None:
    """A plan for the same change that is still open and not void: two operators see one plan, not two."""
    for other, state in tx.rollbacks.plans(plan.asset_id):
        same = (other.purpose, other.environment, other.steps, other.traffic, other.undoes, other.from_version) == (
            plan.purpose, plan.environment, plan.steps, plan.traffic, None, plan.from_version,
        )  # fmt: skip
        waits = state in (PlanState.PROPOSED, PlanState.APPROVED) and not lapsed(tx, other.hash, now)
        if same and waits and not void_reasons(parts, other, now):
            return other
    return None


def _kept(tx: Transaction, plan: Plan, by: str, now: datetime) -> Plan:
    if tx.rollbacks.add_plan(plan):
        moved = ", ".join(f"{s.target}: {s.expected or 'nothing'} -> {s.desired or 'nothing'}" for s in plan.steps)
        detail = {"plan": plan.hash, "purpose": plan.purpose.value, "moves": clean(moved, 500), "reason": plan.reason}
        tx.log.append(now, by, "plan.proposed", plan.target, detail)
    return plan


def _before(tx: Transaction, undo: Plan) -> Plan | None:
    """The shift whose share holds again once the one that ``undo`` is about is undone; None: there was none."""
    gone = {undo.undoes}
    for run in tx.rollbacks.runs(limit=MANY):  # newest first
        found = tx.rollbacks.plan(run.plan_hash) if run.target == undo.target else None
        if found is None or run.state is not RunState.VERIFIED or found[0].hash == undo.hash:
            continue
        plan = found[0]
        if plan.undoes is not None:
            gone.add(plan.undoes)
        elif plan.hash not in gone and plan.purpose in (Purpose.SHIFT, Purpose.RESUME):
            return plan if plan.purpose is Purpose.SHIFT else None
    return None


def _event(plan: Plan, did: Purpose, run: Run) -> Signal:
    return observed(
        SignalType.VERSION_EVENT,
        source="pulse-tui",
        event=("routing", run.id),
        fingerprint=fingerprint("routing", plan.asset_id, plan.environment, run.id),
        change=Change.CONFIG_CHANGE,
        asset_id=plan.asset_id,
        environment=plan.environment,
        baseline_version=plan.from_version,
        current_version=plan.to_version,
        severity=Severity.LOW,
        recommended=Recommended.MONITOR,
        at=run.started_at,
        now=run.ended_at or run.started_at,
        title=words(plan, did),
        summary=plan.reason,
        evidence=VersionEvidence(ref=run.id, actor=run.started_by, changed=["routing"]),
    )
