"""Make a rollback plan: the rollback target, the steps, and everything that must be true first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.errors import ConfigError, NotFound, Problem, PulseError, Refused
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.release import Release, numbered
from pulse_tui.domain.rollback import Check, Plan, PlanState, PlanStep, Rules, RunState
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.fitness import fitness
from pulse_tui.services.registry.known_good import interface_check, rollback_target
from pulse_tui.services.rollback.drill import drilled
from pulse_tui.services.rollback.recorded import forged
from pulse_tui.services.rollback.unfinished import in_the_way
from pulse_tui.settings.shapes import PlaybookShape, StepShape

_RECENT = timedelta(hours=24)


def propose(
    parts: RollbackParts, asset_id: str, environment: Environment, *, by: str, reason: str, alert_id: str | None = None
) -> Plan:
    """Plan to take the asset back to its last known-good release there; the same proposal gives the same plan.

    Raises NotFound or Refused with what is missing: a deployment, a playbook, a rollback target.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        serving, here = _serving(tx, asset_id, environment)
        target = _known_good(tx, serving)
        standing = _standing(tx, parts, here, target, environment, now)
    if standing is not None:
        return standing
    playbook = _playbook(parts, asset_id, environment)
    plan = Plan(
        asset_id=asset_id,
        environment=environment,
        from_version=here.version,
        from_digest=here.digest,
        to_version=target.version,
        to_digest=target.digest,
        playbook=playbook.id,
        steps=tuple(_steps(parts, playbook, here, target, environment)),
        on_failure=playbook.on_failure,
        policy_digest=parts.policy_digest,
        playbook_digest=parts.playbooks_digest,
        operators_digest=parts.operators_digest,
        created_at=now,
        expires_at=now + timedelta(seconds=parts.approvals.expire),
        proposed_by=by,
        reason=clean(reason, 300),
        approvals_needed=parts.approvals.needed(environment),
        alert_id=alert_id,
    )
    with parts.store.write() as tx:
        standing = _standing(tx, parts, here, target, environment, now)  # another operator may have planned it first
        return standing if standing is not None else _keep(tx, plan, by, now)


def propose_undo(parts: RollbackParts, done: Plan, *, by: str) -> Plan:
    """The plan that undoes a verified rollback: the same steps in reverse order, values swapped.

    It needs its own approvals. A freeze or quarantine does not block it, it is shown. Raises Refused when the
    playbooks were changed since: their steps are no longer those that were run.
    """
    now = parts.clock()
    if done.playbook_digest != parts.playbooks_digest:
        raise Refused(
            f"rollback {done.hash[:12]} cannot be undone by its own steps",
            ["the playbooks changed after it was planned"],
            todo="Plan a move to the release you want instead",
        )
    with parts.store.read() as tx:
        for standing, state in tx.rollbacks.plans(done.asset_id):
            if (
                standing.undoes == done.hash
                and state in (PlanState.PROPOSED, PlanState.APPROVED)
                and standing.expires_at > now
            ):
                return standing
    plan = msgspec.structs.replace(
        done,
        from_version=done.to_version,
        from_digest=done.to_digest,
        to_version=done.from_version,
        to_digest=done.from_digest,
        steps=tuple(msgspec.structs.replace(s, expected=s.desired, desired=s.expected) for s in reversed(done.steps)),
        policy_digest=parts.policy_digest,
        playbook_digest=parts.playbooks_digest,
        operators_digest=parts.operators_digest,
        created_at=now,
        expires_at=now + timedelta(seconds=parts.approvals.expire),
        proposed_by=by,
        reason=f"undo of rollback {done.hash[:12]}",
        approvals_needed=parts.approvals.needed(done.environment),
        undoes=done.hash,
    )
    with parts.store.write() as tx:
        return _keep(tx, plan, by, now)


def preflight(parts: RollbackParts, plan: Plan) -> list[Check]:
    """Check everything the plan depends on, now."""
    with parts.store.read() as tx:
        checks = list(_records(tx, plan, parts))
        release = tx.estate.release(plan.asset_id, plan.to_version)
    for step in plan.steps:
        checks.extend(_target(parts, step, release))
    return checks


def _serving(tx: Transaction, asset_id: str, environment: Environment) -> tuple[Deployment, Release]:
    deployment = tx.estate.deployment(asset_id, environment)
    if deployment is None:
        raise NotFound(
            f"{asset_id} is not deployed in {environment.value}", todo="see what runs where: pulse-tui status"
        )
    release = tx.estate.release(asset_id, deployment.version)
    if release is None:
        raise Refused(
            f"{asset_id} {deployment.version} serves in {environment.value}, but the registry does not know it",
            todo="Add it under the asset's releases, or refresh the registry",
        )
    return deployment, release


def _known_good(tx: Transaction, serving: Deployment) -> Release:
    back = rollback_target(tx, serving.asset_id, serving.environment, serving.version)
    if back.release is None:
        raise Refused(
            f"{serving.asset_id} has no rollback target in {serving.environment.value}",
            back.tried or ["no other release has been healthy there"],
            todo="Name one: rollback_to of the release",
        )
    return back.release


def _standing(
    tx: Transaction, parts: RollbackParts, here: Release, target: Release, environment: Environment, now: datetime
) -> Plan | None:
    """A plan for the same move that is still open and not void: two operators see one plan, not two."""
    for plan, state in tx.rollbacks.plans(here.asset_id):
        same = (plan.environment, plan.from_version, plan.to_version) == (environment, here.version, target.version)
        same = same and (plan.from_digest, plan.to_digest) == (here.digest, target.digest)
        open_still = state in (PlanState.PROPOSED, PlanState.APPROVED) and plan.undoes is None
        if same and open_still and not void_reasons(parts, plan, now):
            return plan
    return None


def _playbook(parts: RollbackParts, asset_id: str, environment: Environment) -> PlaybookShape:
    for playbook in parts.playbooks:
        if playbook.serves(asset_id, environment):
            return playbook
    raise Refused(
        f"no playbook serves {asset_id} in {environment.value}",
        todo="Add one under playbooks: with the steps that move its target",
    )


def _steps(
    parts: RollbackParts, playbook: PlaybookShape, here: Release, target: Release, environment: Environment
) -> Iterator[PlanStep]:
    for shape in playbook.steps:
        params = fill(shape.options, {"asset": here.asset_id, "environment": environment.value})
        options = step_options(parts, shape.kind, params, shape)
        kind = parts.steps[shape.kind]
        yield PlanStep(
            kind=shape.kind,
            target=kind.target(options),
            params=params,
            expected=kind.value_of(options, here),
            desired=kind.value_of(options, target),
            timeout_s=shape.timeout,
        )


def step_options(parts: RollbackParts, kind: str, params: dict[str, Any], shape: StepShape | None = None) -> Any:
    """A step's typed options. Raises NotFound for a kind that is not installed, ConfigError for invalid options."""
    module = parts.steps.get(kind)
    if module is None:
        raise NotFound(f"step kind {kind!r} is not installed", todo="Install the package that brings it")
    try:
        return msgspec.convert(params, module.Options)
    except msgspec.ValidationError as error:
        raise ConfigError([Problem(shape.mark if shape else f"step {kind}", str(error))]) from None


def fill(value: Any, names: dict[str, str]) -> Any:
    """``{asset}`` and ``{environment}`` in every text; other braces are left for the step."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, dict):
        return {k: fill(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, names) for v in value]
    return value


def void_reasons(parts: RollbackParts, plan: Plan, now: datetime) -> list[str]:
    """What has changed since the plan was made, so that no approval of it counts any more."""
    out = []
    if plan.expires_at <= now:
        out.append(f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    today = Rules(parts.policy_digest, parts.playbooks_digest, parts.operators_digest)
    out += today.changed(Rules(plan.policy_digest, plan.playbook_digest, plan.operators_digest))
    if plan.approvals_needed < parts.approvals.needed(plan.environment):
        out.append(f"{plan.environment.value} now needs {parts.approvals.needed(plan.environment)} approvals")
    return out


def _keep(tx: Transaction, plan: Plan, by: str, now: datetime) -> Plan:
    if tx.rollbacks.add_plan(plan):
        detail = {"plan": plan.hash, "from": plan.from_version, "to": plan.to_version, "reason": plan.reason}
        tx.log.append(now, by, "plan.proposed", plan.target, detail)
    return plan


def _records(tx: Transaction, plan: Plan, parts: RollbackParts) -> Iterator[Check]:
    """Checks that need only the database."""
    if contradictions := forged(tx, plan):
        yield Check(name="audit log", ok=False, detail="; ".join(contradictions))
    release = tx.estate.release(plan.asset_id, plan.to_version)
    undo = plan.undoes is not None
    if release is None:
        yield Check(name="release", ok=False, detail=f"{plan.to_version} is no longer in the registry")
    else:
        yield Check(
            name="release",
            ok=release.usable or undo,
            detail=f"{numbered(release.version, release.iteration)} is {release.state.value}",
        )
        same = release.digest == plan.to_digest
        detail = f"digest {release.digest or 'not recorded'}" + ("" if same else f", in the plan {plan.to_digest}")
        yield Check(name="digest", ok=same, detail=detail, blocking=not same)
        yield from _health(tx, plan, undo=undo)
        yield from _interface(tx, plan, release, undo=undo)
        yield from fitness(tx, parts.judging, release, plan.environment)
    deployment = tx.estate.deployment(plan.asset_id, plan.environment)
    now_there = deployment.version if deployment else "nothing"
    yield Check(
        name="serving",
        ok=now_there == plan.from_version,
        detail=f"the registry reports that {now_there} serves",
    )
    other = in_the_way(tx, parts.outside, plan.target, parts.clock())
    yield Check(name="alone", ok=other is None, detail=other or "no other run is active")
    yield from _loop(tx, plan, parts.clock())
    yield drilled(tx, parts, plan.asset_id, plan.environment, parts.clock())


def _health(tx: Transaction, plan: Plan, *, undo: bool) -> Iterator[Check]:
    stays = [s for s in tx.estate.stays(plan.asset_id, plan.environment) if s.version == plan.to_version]
    if stays:
        until = f" until {stays[0].until:%Y-%m-%d %H:%M}" if stays[0].until else ""
        word = "was healthy" if stays[0].healthy else "was NOT healthy"
        yield Check(
            name="known good here",
            ok=stays[0].healthy or undo,
            detail=f"{plan.to_version} {word} in {plan.environment.value} from {stays[0].since:%Y-%m-%d %H:%M}{until}",
        )
        return
    production = tx.estate.deployment(plan.asset_id, Environment.PRODUCTION)
    serves = production is not None and production.version == plan.to_version
    detail = (
        f"{plan.to_version} serves in production, it was never in {plan.environment.value}"
        if serves
        else f"{plan.to_version} has no record in {plan.environment.value}; it is the release's own rollback pointer"
    )
    yield Check(name="known good here", ok=serves, detail=detail, blocking=False)


def _interface(tx: Transaction, plan: Plan, target: Release, *, undo: bool) -> Iterator[Check]:
    """A release whose interface callers and tools cannot use is not a rollback target (a warning only, for an undo)."""
    serving = tx.estate.release(plan.asset_id, plan.from_version)
    if serving is not None:
        check = interface_check(serving, target)
        yield msgspec.structs.replace(check, blocking=False) if undo else check


def _loop(tx: Transaction, plan: Plan, now: datetime) -> Iterator[Check]:
    """A rollback onto a release that was itself rolled back lately may be a loop: a warning, not forbidden to an operator."""
    for run in tx.rollbacks.runs():
        found = tx.rollbacks.plan(run.plan_hash)
        recent = run.state is RunState.VERIFIED and run.ended_at is not None and now - run.ended_at < _RECENT
        if recent and found is not None and run.target == plan.target and found[0].from_version == plan.to_version:
            yield Check(
                name="no loop",
                ok=False,
                blocking=False,
                detail=f"{plan.to_version} was rolled back here at {run.ended_at:%Y-%m-%d %H:%M} (run {run.id})",
            )
            return


def _target(parts: RollbackParts, step: PlanStep, release: Release | None) -> Sequence[Check]:
    """Checks that only the target can answer: what it holds now, and that the artifact is there."""
    context = parts.outside.stepping(step.timeout_s)
    try:
        options = step_options(parts, step.kind, step.params)
        module = parts.steps[step.kind]
        holds = module.read(options, context)
        found = holds == step.expected
        detail = f"{step.target} holds {holds or 'nothing'}" + ("" if found else f", the plan expects {step.expected}")
        checks = [Check(name="prior state", ok=found, detail=detail)]
        if release is not None:
            checks.extend(module.check(options, release, context))
    except PulseError as error:
        return [Check(name="prior state", ok=False, detail=f"{step.target}: {error}")]
    except Exception as error:  # a bug of an installed step kind is a failed check, not a crash of the plan
        detail = f"{step.target}: the step kind {step.kind} broke: {type(error).__name__}: {error}"
        return [Check(name="prior state", ok=False, detail=detail)]
    return checks
