"""Everything that a plan depends on, checked now; every line that fails is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from pulse_tui.domain.claim import ESTATE, OWN_ACTIONS, place_subject
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check, Member, Plan, PlanStep, Purpose, RunState
from pulse_tui.domain.text import clean
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.registry.fitness import fitness
from pulse_tui.services.registry.routing import routed
from pulse_tui.services.rollback.apart import of_steps, same_target
from pulse_tui.services.rollback.certificate import Move, asked, recorded
from pulse_tui.services.rollback.recorded import forged
from pulse_tui.services.rollback.steps import step_options
from pulse_tui.services.rollback.unfinished import in_the_way

_RECENT = timedelta(hours=24)
_LOOKED_AT = 500
"""The newest runs, in which one of the last day is searched for."""


class Examined(NamedTuple):
    """What was found: the certificate of every rollback target, and whether the world is as the plan expects it."""

    certificate: tuple[Check, ...]
    world: tuple[Check, ...]


FRESH_S = 1.0
"""A run that begins so soon after a vote's preflight need not make another: its steps read their targets again anyway."""


class Looked(NamedTuple):
    """A preflight, and when it was made."""

    plan_hash: str
    checks: Sequence[Check]
    before: Sequence[str]
    """The last runs on the plan's targets before it."""
    at: float
    """By the clock that nobody sets, in seconds."""

    @property
    def blocking(self) -> list[str]:
        """What forbids the plan."""
        return [f"{c.name}: {c.detail}" for c in self.checks if c.blocking and not c.ok]


def newest(tx: Transaction, plan: Plan) -> list[str]:
    """The last runs on its targets."""
    return [run.id for target in plan.targets for run in tx.rollbacks.runs(target=target, limit=1)]


def look(parts: RollbackParts, plan: Plan, last: Looked | None = None) -> Looked:
    """The preflight of the plan; ``last`` is taken for it where it is of this plan and of just now."""
    now = parts.outside.ticks()
    if last is not None and last.plan_hash == plan.hash and 0 <= now - last.at < FRESH_S:
        return last
    with parts.store.read() as tx:
        before = newest(tx, plan)
    return Looked(plan.hash, preflight(parts, plan), before, now)


def preflight(parts: RollbackParts, plan: Plan) -> list[Check]:
    """Check everything the plan depends on, now."""
    found = examine(parts, plan)
    return [*found.certificate, *found.world]


def examine(parts: RollbackParts, plan: Plan) -> Examined:
    """The same, with the certificates apart."""
    certificate, world = list[Check](), list[Check]()
    with parts.store.read() as tx:
        releases = {m.asset_id: tx.estate.release(m.asset_id, m.to_version) for m in plan.moves}
        before = {m.asset_id: tx.estate.release(m.asset_id, m.from_version) for m in plan.moves}
        if contradictions := forged(tx, plan):
            world.append(Check(name="audit log", ok=False, detail="; ".join(contradictions)))
        for member in plan.moves:
            certificate += _named(plan, member.asset_id, _target(tx, plan, parts, member, releases))
            world += _named(plan, member.asset_id, _deployment(tx, plan, parts, member))
        other = in_the_way(tx, parts.outside, plan.targets, parts.clock())
        world.append(Check(name="alone", ok=other is None, detail=other or "no other run is active"))
    if plan.purpose is Purpose.DRILL:
        world.append(_apart(parts, plan))
    moved: set[str] = set()
    for step in plan.steps:
        asset_id = step.asset_id or plan.asset_id
        readable = True
        world += _misnamed(parts, step, blocking=plan.undoes is None)
        if first := step.target not in moved:
            moved.add(step.target)
            world.append(held := _prior_state(parts, step))
            readable = held.ok
        # Where it moves back again, what it comes back to must be there.
        release = (releases if first else before)[asset_id]
        if release is not None and readable:
            answers = asked(parts, release, step.kind, step.params, step.timeout_s, blocking=not plan.purpose.routes)
            if plan.purpose.routes:
                # Nothing that is wrong with what serves keeps its rollout from being paused; who would undo that does.
                world += [c if c.name == "controller" else msgspec.structs.replace(c, blocking=False) for c in answers]
            else:
                certificate += _named(plan, asset_id, answers)
    return Examined(tuple(certificate), tuple(world))


def _apart(parts: RollbackParts, plan: Plan) -> Check:
    """Whether a drill writes only what serves nobody."""
    playbook = next((b for b in parts.playbooks if b.id == plan.playbook), None)
    if playbook is None:
        return Check(name="apart", ok=False, detail=f"there is no playbook {plan.playbook}")
    try:
        shared = same_target(parts, playbook, plan.asset_id, of_steps(parts, plan.steps))
    except PulseError as error:
        return Check(name="apart", ok=False, detail=str(error))
    return Check(name="apart", ok=not shared, detail="; ".join(shared) or "no target of the replica is anybody else's")


def _target(
    tx: Transaction, plan: Plan, parts: RollbackParts, member: Member, releases: Mapping[str, Release | None]
) -> Iterator[Check]:
    """What the records say of the release that a member moves to."""
    if plan.purpose is Purpose.DRILL:
        yield from _present(releases[member.asset_id], member)
    elif plan.purpose is Purpose.ROLLBACK:
        yield from _certificate(tx, plan, parts, member, releases)
    elif plan.purpose is Purpose.RESUME and (target := releases[member.asset_id]) is not None:
        yield from fitness(tx, parts.judging, target, plan.environment)  # what goes on, and what speaks against it


def _present(target: Release | None, member: Member) -> Iterator[Check]:
    """A drill puts nothing into service: its release need only be the one that the plan names."""
    same = target is not None and target.digest == member.to_digest
    found = f"digest {target.digest or 'not recorded'}" if target is not None else "no longer in the registry"
    yield Check(name="release", ok=same, detail=f"{member.to_version}: {found}")


def _certificate(
    tx: Transaction, plan: Plan, parts: RollbackParts, member: Member, releases: Mapping[str, Release | None]
) -> Iterator[Check]:
    target = releases[member.asset_id]
    if target is None:
        yield Check(name="release", ok=False, detail=f"{member.to_version} is no longer in the registry")
        return
    if target.digest != member.to_digest:
        detail = f"digest {target.digest or 'not recorded'}, in the plan {member.to_digest or 'not recorded'}"
        yield Check(name="digest", ok=False, detail=detail)
    together = {a: r for a, r in releases.items() if r is not None and a != member.asset_id}
    undo = plan.undoes is not None
    yield from recorded(
        tx,
        parts,
        Move(target, plan.environment, member.from_version, together, undo=undo, own=member.asset_id == plan.asset_id),
    )


def _deployment(tx: Transaction, plan: Plan, parts: RollbackParts, member: Member) -> Iterator[Check]:
    deployment = tx.estate.deployment(member.asset_id, plan.environment)
    serves = deployment.version if deployment else "nothing"
    detail = f"the registry reports that {serves} serves"
    yield Check(name="serving", ok=serves == member.from_version, detail=detail)
    if plan.purpose is Purpose.ROLLBACK:
        yield from _controllers(tx, parts.judging, plan, member)
        yield from _loop(tx, plan, member, parts.clock())
        for hold in routed(tx, member.asset_id, plan.environment):
            what = f"{hold.why}: what is moved may wait until it is resumed"
            yield Check(name="rollout", ok=False, blocking=False, detail=what)


def _named(plan: Plan, asset_id: str, checks: Iterable[Check]) -> Iterator[Check]:
    """Where several assets move, each line says which it is about."""
    for check in checks:
        named = f"{asset_id}: {check.detail}" if plan.members else check.detail
        yield msgspec.structs.replace(check, detail=named)


def _controllers(tx: Transaction, parts: JudgeParts, plan: Plan, member: Member) -> Iterator[Check]:
    """Who states another version there as what is wanted, and may put it back. Only a target knows whether it will."""
    subject, wanted = place_subject(member.asset_id, plan.environment), member.to_version
    for claim in tx.inventory.claims(subject, "version"):
        if claim.value == wanted or claim.source == OWN_ACTIONS:
            continue
        if claim.source == ESTATE:
            at = parts.written.get(subject, "the estate section")
            detail = f"{at} states {claim.value}: what deploys from it puts that back; write {wanted} there"
            yield Check(name="controller", ok=False, blocking=False, detail=detail)
            continue
        shape = parts.sources.get(claim.source)
        kind = parts.source_kinds.get(shape.kind) if shape is not None else None
        if getattr(kind, "DECLARES", False):
            how = getattr(kind, "MOVED_BY", "report")
            detail = f"{claim.source} states {claim.value}: what deploys from it puts that back; {how} {wanted}"
            yield Check(name="controller", ok=False, blocking=False, detail=f"{detail}, unless a step does")


def _loop(tx: Transaction, plan: Plan, member: Member, now: datetime) -> Iterator[Check]:
    """A rollback onto a release that was itself rolled back lately may be a loop: a warning, not forbidden to an operator."""
    for run in tx.rollbacks.runs(limit=_LOOKED_AT):
        if run.state is not RunState.VERIFIED or run.ended_at is None or now - run.ended_at >= _RECENT:
            continue
        found = tx.rollbacks.plan(run.plan_hash)
        if found is None or found[0].environment is not plan.environment or not found[0].purpose.moves_what_serves:
            continue
        if any((m.asset_id, m.from_version) == (member.asset_id, member.to_version) for m in found[0].moves):
            detail = f"{member.to_version} was rolled back here at {run.ended_at:%Y-%m-%d %H:%M} (run {run.id})"
            yield Check(name="no loop", ok=False, blocking=False, detail=detail)
            return


def _misnamed(parts: RollbackParts, step: PlanStep, *, blocking: bool) -> Iterator[Check]:
    """People approve what they read, and a step writes where its options say: one that names another target is named.

    What is undone was named by the version of this program that planned it.
    """
    with suppress(PulseError):  # options that cannot be opened fail the next check
        options = step_options(parts, step.kind, step.params)
        writes = parts.steps[step.kind].target(options)
        if writes != step.target:
            detail = f"a step is called {step.target} and writes to {writes}"
            yield Check(name="target", ok=False, detail=clean(detail, 500), blocking=blocking)


def _prior_state(parts: RollbackParts, step: PlanStep) -> Check:
    """What the target holds now, compared with what the plan expects."""
    try:
        options = step_options(parts, step.kind, step.params)
        holds = parts.steps[step.kind].read(options, parts.outside.stepping(step.timeout_s))
    except PulseError as error:
        return Check(name="prior state", ok=False, detail=f"{step.target}: {error}")
    except Exception as error:  # a bug of an installed step kind is a failed check, not a crash of the plan
        detail = f"{step.target}: the step kind {step.kind} broke: {type(error).__name__}: {error}"
        return Check(name="prior state", ok=False, detail=detail)
    found = holds == step.expected
    detail = f"{step.target} holds {holds or 'nothing'}" + ("" if found else f", the plan expects {step.expected}")
    return Check(name="prior state", ok=found, detail=detail)
