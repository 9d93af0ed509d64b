"""Make a rollback plan: the rollback target, the steps, and everything that must be true first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Member, Plan, PlanState, Purpose, Rules
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.rollback.combined import Moving, combination, serving_release, turned
from pulse_tui.services.rollback.drill import book, by_schedule, leader
from pulse_tui.services.rollback.steps import planned
from pulse_tui.services.rollback.votes import AHEAD, lapsed
from pulse_tui.settings.shapes import PlaybookShape


def propose(
    parts: RollbackParts,
    asset_id: str,
    environment: Environment,
    *,
    by: str,
    reason: str,
    alert_id: str | None = None,
    trigger: str | None = None,
    authorisation: str | None = None,
) -> Plan:
    """Plan to take the asset back to its last known-good release there; the same proposal gives the same plan.

    ``trigger`` and ``authorisation`` (its hash) are of a plan that the program itself makes in answer to an alert.
    Raises NotFound or Refused with what is missing: a deployment, a playbook, a rollback target.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        here = serving_release(tx, asset_id, environment)
        target = _known_good(tx, here, environment)
        playbook = _playbook(parts, asset_id, environment)
        together = combination(tx, playbook, Moving(here, target), environment)
        members = tuple(m.member for m in together.values())
        standing = _standing(tx, parts, Moving(here, target), members, environment, now, authorisation)
    if standing is not None:
        return standing
    plan = drawn(
        parts,
        Moving(here, target).member,
        environment,
        now,
        playbook=playbook.id,
        steps=tuple(planned(parts, playbook, here, target, environment, together)),
        on_failure="undo" if members else playbook.on_failure,  # all of them, or back
        proposed_by=by,
        reason=clean(reason, 300),
        alert_id=alert_id,
        trigger=trigger,
        authorisation=authorisation,
        members=members,
    )
    with parts.store.write() as tx:
        # Another operator may have planned it first.
        standing = _standing(tx, parts, Moving(here, target), members, environment, now, authorisation)
        return standing if standing is not None else _keep(tx, plan, by, now)


def propose_undo(parts: RollbackParts, done: Plan, *, by: str) -> Plan:
    """The plan that undoes a verified rollback: the same steps in reverse order, values swapped.

    It needs its own approvals. A freeze or quarantine does not block it, it is shown. Raises Refused when the
    playbooks were changed since: their steps are no longer those that were run.
    """
    now = parts.clock()
    if done.purpose is Purpose.DRILL:
        raise Refused(f"plan {done.hash[:12]} is a drill: it left its replica as it was, there is nothing to undo")
    if done.playbook_digest != parts.playbooks_digest:
        raise Refused(
            f"{done.purpose.value} {done.hash[:12]} cannot be undone by its own steps",
            ["the playbooks changed after it was planned"],
            todo="Plan a move to the release you want instead",
        )
    with parts.store.read() as tx:
        for standing, state in tx.rollbacks.plans(done.asset_id):
            if (
                standing.undoes == done.hash
                and state in (PlanState.PROPOSED, PlanState.APPROVED)
                and standing.expires_at > now
                and not lapsed(tx, standing.hash, now)
            ):
                return standing
    plan = drawn(
        parts,
        turned(done.moves[0]),
        done.environment,
        now,
        playbook=done.playbook,
        steps=tuple(msgspec.structs.replace(s, expected=s.desired, desired=s.expected) for s in reversed(done.steps)),
        on_failure=done.on_failure,
        proposed_by=by,
        reason=f"undo of {done.purpose.value} {done.hash[:12]}",
        alert_id=done.alert_id,
        purpose=done.purpose,
        traffic=done.traffic,
        members=tuple(turned(m) for m in done.members),
        undoes=done.hash,
    )
    with parts.store.write() as tx:
        return _keep(tx, plan, by, now)


def drawn(parts: RollbackParts, own: Member, environment: Environment, now: datetime, **fields: Any) -> Plan:
    """A plan of this move under the rules of ``now``. ``fields``: the others of :class:`Plan`."""
    values: dict[str, Any] = {"approvals_needed": parts.approvals.needed(environment), **fields}
    return Plan(
        **msgspec.structs.asdict(own),
        environment=environment,
        policy_digest=parts.policy_digest,
        playbook_digest=parts.playbooks_digest,
        operators_digest=parts.operators_digest,
        created_at=now,
        expires_at=now + timedelta(seconds=parts.approvals.plan_expire),
        **values,
    )


def _known_good(tx: Transaction, serving: Release, environment: Environment) -> Release:
    back = rollback_target(tx, serving.asset_id, environment, serving.version)
    if back.release is None:
        raise Refused(
            f"{serving.asset_id} has no rollback target in {environment.value}",
            back.tried or ["no other release has been healthy there"],
            todo="Name one: rollback_to of the release",
        )
    return back.release


def _standing(
    tx: Transaction,
    parts: RollbackParts,
    own: Moving,
    members: tuple[Member, ...],
    environment: Environment,
    now: datetime,
    authorisation: str | None,
) -> Plan | None:
    """A plan for the same move that is still open and not void: two operators see one plan, not two.

    One that waits for votes and one that rests on a pre-authorisation are two.
    """
    for plan, state in tx.rollbacks.plans(own.target.asset_id):
        same = plan.environment is environment and plan.moves == (own.member, *members)
        same = same and plan.authorisation == authorisation
        rollback = plan.purpose is Purpose.ROLLBACK and plan.undoes is None
        open_still = state in (PlanState.PROPOSED, PlanState.APPROVED) and rollback
        if same and open_still and not void_reasons(parts, plan, now) and not lapsed(tx, plan.hash, now):
            return plan
    return None


def _playbook(parts: RollbackParts, asset_id: str, environment: Environment) -> PlaybookShape:
    playbook = book(parts, asset_id, environment)
    if playbook is not None:
        return playbook
    if (leads := leader(parts, asset_id, environment)) != asset_id:
        raise Refused(
            f"{asset_id} is rolled back in {environment.value} together with {leads}",
            todo=f"pulse-tui rollback plan {leads} --env {environment.value}",
        )
    raise Refused(
        f"no playbook serves {asset_id} in {environment.value}",
        todo="Add one under playbooks: with the steps that move its target",
    )


def void_reasons(parts: RollbackParts, plan: Plan, now: datetime) -> list[str]:
    """What has changed since the plan was made, so that no approval of it counts any more."""
    out = []
    if plan.expires_at <= now:
        out.append(f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if plan.created_at > now + AHEAD:
        out.append(f"the plan is from {plan.created_at:%Y-%m-%d %H:%M:%S} UTC, which is in the future")
    today = Rules(parts.policy_digest, parts.playbooks_digest, parts.operators_digest)
    out += today.changed(Rules(plan.policy_digest, plan.playbook_digest, plan.operators_digest))
    if not by_schedule(plan) and plan.approvals_needed < parts.approvals.needed(plan.environment):
        out.append(f"{plan.environment.value} now needs {parts.approvals.needed(plan.environment)} approvals")
    return out


def _keep(tx: Transaction, plan: Plan, by: str, now: datetime) -> Plan:
    if tx.rollbacks.add_plan(plan):
        detail = {"plan": plan.hash, "from": plan.from_version, "to": plan.to_version, "reason": plan.reason}
        tx.log.append(now, by, "plan.proposed", plan.target, detail)
    return plan
