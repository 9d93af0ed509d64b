"""After a rollback was verified, or undone, its targets are read again: a late writer that moves one is reported at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.claim import OWN_ACTIONS
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.rollback import Member, Plan, PlanStep, Purpose, Run, RunState
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.registry.routing import of_routing
from pulse_tui.services.rollback.steps import step_options
from pulse_tui.services.rollback.votes import AHEAD
from pulse_tui.services.signals.concerns import clear_concern, raise_concern, report

WATCHED = timedelta(hours=1)
"""How long the targets of a verified run are read again; one that was moved, until it is right or superseded."""
FIRST_S = (2.0, 15.0, 60.0)
"""When they are read first, in seconds after the run; then once in :data:`EVERY_S`."""
EVERY_S = 60.0
MANY = 500
"""The newest runs, of which the last one of each target is watched: drills lie between them."""
PATIENCE_S = 5.0
"""A target that does not answer is read again the next time: this says nothing of what it holds."""


_ROUTES = "/routing"


class Seen(NamedTuple):
    """What the targets of one asset of a watched run hold: ``moved`` names those that hold another value than it left there.

    A verified run left what its plan wanted, one that was undone what was there before.
    """

    run: Run
    plan: Plan
    member: Member
    moved: tuple[str, ...]
    readable: bool
    former: bool
    """Every target has the other value: of a verified rollback the one before it, so that the version that was rolled away from
    serves; of one that was undone the one that it was to get.
    """

    @property
    def left(self) -> tuple[str, str]:
        """(the version that the run left serving, the other one)."""
        both = self.member.to_version, self.member.from_version
        return both if self.run.state is RunState.VERIFIED else both[::-1]


def key(environment: Environment, *, routes: bool = False) -> str:
    """The key of the concern that a target was moved after the rollback, or after a change of the routing."""
    return f"late:{environment.value}{_ROUTES if routes else ''}"


def watch_targets(parts: RollbackParts, now: datetime) -> int:
    """Read the targets that are due; returns how many runs were looked after."""
    with parts.store.read() as tx:
        due = list(_due(tx, now))
        stale = [c for c in tx.inventory.concerns() if c.kind == "late" and _superseded(tx, c)]
    seen = [_read(parts, *each) for each in due]
    if not seen and not stale:
        return 0
    with parts.store.write() as tx:
        for each in seen:
            tx.plumbing.put_value(_mark(each.run, each.member), now.isoformat())
            _settle(tx, parts, each, now)
        for concern in stale:
            why = "another version was put there since"
            clear_concern(tx, parts.judging, concern.asset_id, concern.key, why, now)
    return len({each.run.id for each in seen})


def _due(tx: Transaction, now: datetime) -> Iterator[tuple[Run, Plan, Member, dict[int, str]]]:
    """(run, plan, an asset that it moved, the value that the run left at each target of that)."""
    concerns = [c for c in tx.inventory.concerns() if c.kind == "late"]
    late, where = {(c.asset_id, c.key) for c in concerns}, {(c.asset_id, c.environment) for c in concerns}
    held = {(h.asset_id, h.environment) for h in tx.judgements.holds() if of_routing(h)}
    for run, plan, member in _newest(tx, now, {f"{asset}/{environment}" for asset, environment in (*where, *held)}):
        if (
            run.state not in (RunState.VERIFIED, RunState.UNDONE)
            or run.ended_at is None
            or plan.purpose is Purpose.DRILL
        ):
            continue
        routes = plan.purpose.routes
        moved = (member.asset_id, key(plan.environment, routes=routes)) in late
        # What is paused stays so until it is resumed: a row must not read as paused while the rollout moves.
        stands = routes and (member.asset_id, plan.environment) in held
        if not (moved or stands) and now - run.ended_at > WATCHED:
            continue
        last = tx.plumbing.get_value(_mark(run, member))
        before = (datetime.fromisoformat(last) - run.ended_at).total_seconds() if last else 0.0
        passed = (now - run.ended_at).total_seconds()
        due = any(before < at <= passed for at in FIRST_S) or passed - before >= EVERY_S
        due = (
            due or passed < before - AHEAD.total_seconds()
        )  # the clock was set back: nobody waits until it has caught up
        superseded = not stands and _promoted_since(tx, plan.environment, member, run.ended_at)
        if due and not superseded and (left := _left(tx, run, plan, member)):
            yield run, plan, member, left


def _newest(tx: Transaction, now: datetime, targets: set[str]) -> Iterator[tuple[Run, Plan, Member]]:
    """Of each target the newest run that moved a release, and the newest that changed its routing; old ones of ``targets``."""
    seen = set()
    for run in tx.rollbacks.runs(limit=MANY):  # newest first
        old = run.ended_at is not None and now - run.ended_at > WATCHED
        if old and targets.isdisjoint(tx.rollbacks.targets(run.id) if targets else ()):
            continue
        found = tx.rollbacks.plan(run.plan_hash)
        for member in found[0].moves if found is not None else ():
            if found is not None and (group := (found[0].target_of(member), found[0].purpose.routes)) not in seen:
                seen.add(group)
                yield run, found[0], member


def _steps_of(plan: Plan, member: Member) -> dict[int, PlanStep]:
    """The steps that move this asset, by their number."""
    return {n: step for n, step in enumerate(plan.steps) if (step.asset_id or plan.asset_id) == member.asset_id}


def _left(tx: Transaction, run: Run, plan: Plan, member: Member) -> dict[int, str]:
    """Of one that was undone only what it put back, or found as it had been: the rest was somebody else's before."""
    steps = _steps_of(plan, member)
    if run.state is RunState.VERIFIED:
        return {number: step.desired for number, step in steps.items()}
    back = {r.index for r in tx.rollbacks.steps(run.id) if r.seen_after == plan.steps[r.index].expected}
    return {number: step.expected for number, step in steps.items() if number in back}


def _mark(run: Run, member: Member) -> str:
    return f"watched:{run.id}:{member.asset_id}"


def _promoted_since(tx: Transaction, environment: Environment, member: Member, ended: datetime) -> bool:
    """Somebody promoted another version here on purpose, through the gate, after the rollback."""
    return any(
        p.environment is environment and p.at > ended and p.version != member.to_version and p.decision_id
        for p in tx.estate.promotions(member.asset_id)
    )


def _superseded(tx: Transaction, concern: Concern) -> bool:
    """The run whose target was moved is no longer the last word there."""
    target = f"{concern.asset_id}/{concern.environment.value}" if concern.environment else ""
    routes = concern.key.endswith(_ROUTES)
    for run in tx.rollbacks.runs(target=target):  # newest first
        found = tx.rollbacks.plan(run.plan_hash)
        member = found[0].moved(concern.asset_id) if found is not None else None
        if found is not None and member is not None and found[0].purpose.routes is routes:
            return run.ended_at is not None and _promoted_since(tx, found[0].environment, member, run.ended_at)
    return True


def _read(parts: RollbackParts, run: Run, plan: Plan, member: Member, left: dict[int, str]) -> Seen:
    moved, readable, former = [], True, len(left) == len(_steps_of(plan, member))
    for number, wanted in left.items():
        step = plan.steps[number]
        try:
            options = step_options(parts, step.kind, step.params)
            context = parts.outside.stepping(min(step.timeout_s, PATIENCE_S))
            holds = parts.steps[step.kind].read(options, context)
        except PulseError:
            readable = former = False
            continue
        except Exception:  # a bug of an installed step kind says nothing of what its target holds
            readable = former = False
            continue
        former = former and holds == (step.expected if run.state is RunState.VERIFIED else step.desired)
        if holds != wanted:
            moved.append(f"{step.target} has {holds or 'nothing'} instead of {wanted or 'nothing'}")
    return Seen(run, plan, member, tuple(moved), readable, former)


def _settle(tx: Transaction, parts: RollbackParts, seen: Seen, now: datetime) -> None:
    run, plan, member = seen.run, seen.plan, seen.member
    name = key(plan.environment, routes=plan.purpose.routes)
    here, other = seen.left
    if not seen.moved:
        if seen.readable:
            why = f"every target has what the {plan.purpose.value} left there again"
            if clear_concern(tx, parts.judging, member.asset_id, name, why, now):
                _serves(tx, parts, member.asset_id, plan.environment, here, now)
        return
    to = "" if plan.purpose.routes else f" to {member.to_version}"
    what = (
        f"{member.asset_id} in {plan.environment.value} was moved after its {plan.purpose.value}{to} was "
        f"{run.state.value} (run {run.id}): {'; '.join(seen.moved)}"
    )
    if any(c.key == name and c.what == clean(what, 600) for c in tx.inventory.concerns(member.asset_id)):
        return
    concern = Concern(
        asset_id=member.asset_id,
        key=name,
        what=clean(what, 600),
        todo=f"Find out who writes there and stop it, then {plan.purpose.value if plan.purpose.routes else 'roll back'} again: "
        f"{plan.purpose.command(plan.asset_id, plan.environment)}",
        source=SYSTEM,
        severity=Severity.CRITICAL,
        since=now,
        environment=plan.environment,
    )
    raise_concern(tx, parts.judging, concern, now)
    if seen.former:
        _serves(tx, parts, member.asset_id, plan.environment, other, now)


def _serves(
    tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, version: str, now: datetime
) -> None:
    """The targets were read: what they have is what serves, so that the next rollback starts from it."""
    before = tx.estate.deployment(asset_id, environment)
    if before is None or before.version == version:
        return
    share = before.traffic if before.traffic != 100.0 else None
    settled = place(tx, parts.judging, asset_id, environment, version, OWN_ACTIONS, now, share, since=now)
    report(tx, parts.judging, settled.changes, "its target was read", now)
    parts.judging.reassess(tx, parts.judging, now, [asset_id])
