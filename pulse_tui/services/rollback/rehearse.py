"""Hold a drill: the playbook of a rollback, on the replica, there and back, by the executor that rolls back.

It is one plan and one run, so that whoever resumes or undoes it brings the replica back too. Nothing but the replica is
written: a drill whose targets are not apart from everybody else's is refused, and while it goes on what it rehearses for
is read before each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.errors import ConfigError, NotFound, NotSigned, Refused, WrongUse
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Plan, PlanState, Purpose, Run
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.rollback.apart import Target, of_steps, same_target
from pulse_tui.services.rollback.approve import approve, objections
from pulse_tui.services.rollback.attended import UNATTENDED, Attendant
from pulse_tui.services.rollback.combined import Moving, combination, others, serving_release
from pulse_tui.services.rollback.drill import book, by_schedule
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import drawn, void_reasons
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.rollback.steps import back, planned
from pulse_tui.settings.shapes import PlaybookShape

_REPLICA = Environment.REPLICA


class Held(NamedTuple):
    """A drill: its plan, and its run once it has the approvals that it needs."""

    plan: Plan
    run: Run | None


def drill(
    parts: RollbackParts,
    asset_id: str,
    environment: Environment,
    by: str,
    holder: str,
    trigger: str = "",
    attendant: Attendant = UNATTENDED,
) -> Held:
    """Rehearse the rollback of the asset there; who starts it approves it.

    Raises Refused, or NotFound, before anything is written to a target; afterwards the run has the result.
    """
    plan = propose_drill(parts, asset_id, environment, by=by, trigger=trigger)
    try:
        if not by_schedule(plan) and approve(parts, plan.hash, by, plan.reason) is not PlanState.APPROVED:
            return Held(plan, None)
        return Held(plan, execute(parts, plan.hash, by, holder, attendant))
    except (Refused, NotSigned) as error:
        _withdraw(parts, plan, by, str(error))
        raise


def propose_drill(parts: RollbackParts, asset_id: str, environment: Environment, *, by: str, trigger: str = "") -> Plan:
    """The plan of a drill, every check made. Raises Refused or NotFound with what is missing; then nothing is kept."""
    now = parts.clock()
    if environment is _REPLICA:
        raise WrongUse(
            "a drill is held on the replica, for the rollback of another environment", todo="--env production"
        )
    if trigger and parts.judging.policy.rule(trigger) is None:
        raise NotFound(f"there is no rule {trigger!r}", todo="see the rules: pulse-tui policy check")
    playbook = book(parts, asset_id, environment)
    if playbook is None:
        raise Refused(
            f"no playbook serves {asset_id} in {environment.value}: there is nothing to drill",
            todo="Add one under playbooks: with the steps that move its target",
        )
    with parts.store.read() as tx:
        (here, there), together = _moves(tx, playbook, asset_id, environment)
    out = tuple(planned(parts, playbook, here, there, _REPLICA, together))
    apart(parts, playbook, asset_id, of_steps(parts, out))
    words = f"drill of the rollback of {asset_id} in {environment.value}"
    plan = drawn(
        parts,
        Moving(here, there).member,
        _REPLICA,
        now,
        playbook=playbook.id,
        steps=(*out, *back(out)),
        on_failure="undo" if together else playbook.on_failure,  # as the rollback itself
        proposed_by=by,
        reason=f"{words}, as an answer to {trigger}" if trigger else words,
        approvals_needed=0 if by == SYSTEM else parts.approvals.needed(_REPLICA),
        purpose=Purpose.DRILL,
        trigger=trigger or None,
        members=tuple(m.member for m in together.values()),
    )
    if (standing := _standing(parts, plan, now)) is not None:
        return standing
    wrong = [] if by_schedule(plan) else objections(parts, plan, PlanState.PROPOSED, by, now)
    wrong += [
        f"{c.name}: {c.detail}" for c in preflight(parts, plan) if c.blocking and not c.ok and c.name != "audit log"
    ]
    if wrong:
        raise Refused(f"the rollback of {asset_id} in {environment.value} cannot be drilled", wrong)
    return _keep(parts, plan, by, now)


def hindrance(parts: RollbackParts, asset_id: str, environment: Environment) -> str:
    """Why the rollback there cannot be drilled, as far as no target need be asked; empty: it can."""
    playbook = book(parts, asset_id, environment)
    if playbook is None:
        return f"no playbook serves {asset_id} in {environment.value}"
    try:
        with parts.store.read() as tx:
            _moves(tx, playbook, asset_id, environment)
        apart(parts, playbook, asset_id)
    except (Refused, NotFound, ConfigError) as error:
        return str(error)
    return ""


def apart(
    parts: RollbackParts, playbook: PlaybookShape, asset_id: str, targets: Sequence[Target] | None = None
) -> None:
    """Raises Refused where a write to the replica could reach something else that serves."""
    shared = same_target(parts, playbook, asset_id, targets)
    if shared:
        raise Refused(
            f"{asset_id} is not drilled: its replica and what serves resolve to one target",
            shared,
            todo=f"Write {{environment}} into the steps of playbook {playbook.id}, where they name what is written",
        )


def _moves(
    tx: Transaction, playbook: PlaybookShape, asset_id: str, environment: Environment
) -> tuple[Moving, dict[str, Moving]]:
    """Of the replica: (what serves, where it goes and comes back from) of the asset, and of what moves together with it.

    Every asset that the playbook names is moved, also one that a rollback would leave now: each of its steps is rehearsed.
    """
    serving = serving_release(tx, asset_id, environment)
    _replica_of(tx, asset_id)
    back = rollback_target(tx, asset_id, environment, serving.version)
    if back.release is None:
        raise Refused(
            f"{asset_id} has no rollback target in {environment.value}: there is nothing to drill",
            back.tried or ["no other release has been healthy there"],
            todo="Name one: rollback_to of the release",
        )
    real = Moving(serving, back.release)
    together = combination(tx, playbook, real, environment)
    found = {}
    for name in others(playbook, asset_id):
        its = serving_release(tx, name, environment)
        target = (
            together[name].target if name in together else rollback_target(tx, name, environment, its.version).release
        )
        if target is not None:
            found[name] = _on_replica(tx, Moving(its, target))
    return _on_replica(tx, real), found


def _on_replica(tx: Transaction, real: Moving) -> Moving:
    """A replica that serves the rollback target already goes the other way first, and back."""
    here = _replica_of(tx, real.target.asset_id)
    return Moving(here, real.target if real.target.version != here.version else real.serving)


def _replica_of(tx: Transaction, asset_id: str) -> Release:
    """What it serves. Raises Refused where there is none."""
    replica = tx.estate.deployment(asset_id, _REPLICA)
    if replica is None:
        raise Refused(
            f"{asset_id} has no replica: there is nothing to drill on",
            todo="Deploy one and declare it: estate: assets: environments: {replica: {version: ...}}",
        )
    here = tx.estate.release(asset_id, replica.version)
    if here is None:
        raise Refused(
            f"{asset_id} {replica.version} serves on the replica, but the registry does not know it",
            todo="Add it under the asset's releases, or refresh the registry",
        )
    return here


def _standing(parts: RollbackParts, plan: Plan, now: datetime) -> Plan | None:
    """The same drill, which waits for approvals."""
    if by_schedule(plan):
        return None
    with parts.store.read() as tx:
        for other, state in tx.rollbacks.plans(plan.asset_id):
            same = other.purpose is Purpose.DRILL and not by_schedule(other) and other.trigger == plan.trigger
            if (
                same
                and other.steps == plan.steps
                and state is PlanState.PROPOSED
                and not void_reasons(parts, other, now)
            ):
                return other
    return None


def _keep(parts: RollbackParts, plan: Plan, by: str, now: datetime) -> Plan:
    with parts.store.write() as tx:
        if tx.rollbacks.add_plan(plan):
            detail = {"plan": plan.hash, "from": plan.from_version, "to": plan.to_version, "reason": plan.reason}
            tx.log.append(now, by, "plan.proposed", plan.target, detail)
            if by_schedule(plan):
                tx.rollbacks.set_plan_state(plan.hash, PlanState.APPROVED)
                detail = {"plan": plan.hash, "reason": f"the schedule of playbook {plan.playbook}"}
                tx.log.append(now, by, "plan.scheduled", plan.target, detail)
    return plan


def _withdraw(parts: RollbackParts, plan: Plan, by: str, why: str) -> None:
    """A drill that could not begin waits for nobody."""
    with parts.store.write() as tx:
        found = tx.rollbacks.plan(plan.hash)
        state = found[1] if found is not None else PlanState.USED
        unvoted = state is PlanState.PROPOSED and plan.proposed_by == by and not tx.rollbacks.approvals(plan.hash)
        if unvoted or state is PlanState.APPROVED:
            tx.rollbacks.set_plan_state(plan.hash, PlanState.REJECTED)
            tx.log.append(parts.clock(), by, "plan.rejected", plan.target, {"plan": plan.hash, "reason": why[:500]})
