"""After a rollback was verified, or undone, its targets are read again: a late writer that moves one is reported at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.claim import OWN_ACTIONS
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.rollback import Plan, Purpose, Run, RunState
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.rollback.steps import step_options
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


class Seen(NamedTuple):
    """What a watched run's targets hold: ``moved`` names those that hold another value than it left there.

    A verified run left what its plan wanted, one that was undone what was there before.
    """

    run: Run
    plan: Plan
    moved: tuple[str, ...]
    readable: bool
    former: bool
    """Every target has the other value: of a verified rollback the one before it, so that the version that was rolled away from
    serves; of one that was undone the one that it was to get.
    """

    @property
    def left(self) -> tuple[str, str]:
        """(the version that the run left serving, the other one)."""
        plan = self.plan
        both = plan.to_version, plan.from_version
        return both if self.run.state is RunState.VERIFIED else both[::-1]


def key(environment: Environment) -> str:
    """The key of the concern that a target was moved after the rollback."""
    return f"late:{environment.value}"


def watch_targets(parts: RollbackParts, now: datetime) -> int:
    """Read the targets that are due; returns how many runs were looked after."""
    with parts.store.read() as tx:
        due = list(_due(tx, now))
        stale = [c for c in tx.inventory.concerns() if c.kind == "late" and _superseded(tx, parts, c)]
    seen = [_read(parts, *each) for each in due]
    if not seen and not stale:
        return 0
    with parts.store.write() as tx:
        for each in seen:
            tx.plumbing.put_value(_mark(each.run), now.isoformat())
            _settle(tx, parts, each, now)
        for concern in stale:
            why = "another version was put there since"
            clear_concern(tx, parts.judging, concern.asset_id, concern.key, why, now)
    return len(seen)


def _due(tx: Transaction, now: datetime) -> Iterator[tuple[Run, Plan, dict[int, str]]]:
    """(run, plan, the value that the run left at each step's target)."""
    newest: dict[str, Run] = {}
    for run in tx.rollbacks.runs(limit=MANY):  # newest first
        newest.setdefault(run.target, run)
    for run in newest.values():
        if run.state not in (RunState.VERIFIED, RunState.UNDONE) or run.ended_at is None:
            continue
        asset, _, environment = run.target.rpartition("/")
        moved = any(c.key == f"late:{environment}" for c in tx.inventory.concerns(asset))
        if not moved and now - run.ended_at > WATCHED:
            continue
        last = tx.plumbing.get_value(_mark(run))
        before = (datetime.fromisoformat(last) - run.ended_at).total_seconds() if last else 0.0
        passed = (now - run.ended_at).total_seconds()
        if any(before < at <= passed for at in FIRST_S) or passed - before >= EVERY_S:
            found = tx.rollbacks.plan(run.plan_hash)
            drill = found is not None and found[0].purpose is Purpose.DRILL
            if found is not None and not drill and not _promoted_since(tx, found[0], run.ended_at):
                left = _left(tx, run, found[0])
                if left:
                    yield run, found[0], left


def _left(tx: Transaction, run: Run, plan: Plan) -> dict[int, str]:
    """Of one that was undone only what it put back, or found as it had been: the rest was somebody else's before."""
    if run.state is RunState.VERIFIED:
        return {number: step.desired for number, step in enumerate(plan.steps)}
    back = {r.index for r in tx.rollbacks.steps(run.id) if r.seen_after == plan.steps[r.index].expected}
    return {number: step.expected for number, step in enumerate(plan.steps) if number in back}


def _mark(run: Run) -> str:
    return f"watched:{run.id}"


def _promoted_since(tx: Transaction, plan: Plan, ended: datetime) -> bool:
    """Somebody promoted another version here on purpose, through the gate, after the rollback."""
    return any(
        p.environment is plan.environment and p.at > ended and p.version != plan.to_version and p.decision_id
        for p in tx.estate.promotions(plan.asset_id)
    )


def _superseded(tx: Transaction, parts: RollbackParts, concern: Concern) -> bool:
    """The run whose target was moved is no longer the last word there."""
    target = f"{concern.asset_id}/{concern.environment.value}" if concern.environment else ""
    run = next(iter(tx.rollbacks.runs(target=target, limit=1)), None)
    if run is None or run.ended_at is None:
        return run is None
    found = tx.rollbacks.plan(run.plan_hash)
    return found is not None and _promoted_since(tx, found[0], run.ended_at)


def _read(parts: RollbackParts, run: Run, plan: Plan, left: dict[int, str]) -> Seen:
    moved, readable, former = [], True, len(left) == len(plan.steps)
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
    return Seen(run, plan, tuple(moved), readable, former)


def _settle(tx: Transaction, parts: RollbackParts, seen: Seen, now: datetime) -> None:
    run, plan = seen.run, seen.plan
    name = key(plan.environment)
    here, other = seen.left
    if not seen.moved:
        if seen.readable:
            why = f"every target has {here} again"
            if clear_concern(tx, parts.judging, plan.asset_id, name, why, now):
                _serves(tx, parts, plan, here, now)
        return
    what = (
        f"{plan.asset_id} in {plan.environment.value} was moved after its rollback to {plan.to_version} was "
        f"{run.state.value} (run {run.id}): {'; '.join(seen.moved)}"
    )
    if any(c.key == name and c.what == clean(what, 600) for c in tx.inventory.concerns(plan.asset_id)):
        return
    concern = Concern(
        asset_id=plan.asset_id,
        key=name,
        what=clean(what, 600),
        todo="Find out who writes there and stop it, then roll back again: "
        f"pulse-tui rollback plan {plan.asset_id} --env {plan.environment.value}",
        source=SYSTEM,
        severity=Severity.CRITICAL,
        since=now,
        environment=plan.environment,
    )
    raise_concern(tx, parts.judging, concern, now)
    if seen.former:
        _serves(tx, parts, plan, other, now)


def _serves(tx: Transaction, parts: RollbackParts, plan: Plan, version: str, now: datetime) -> None:
    """The targets were read: what they have is what serves, so that the next rollback starts from it."""
    before = tx.estate.deployment(plan.asset_id, plan.environment)
    if before is None or before.version == version:
        return
    share = before.traffic if before.traffic != 100.0 else None
    settled = place(tx, parts.judging, plan.asset_id, plan.environment, version, OWN_ACTIONS, now, share, since=now)
    report(tx, parts.judging, settled.changes, "its target was read", now)
    parts.judging.reassess(tx, parts.judging, now, [plan.asset_id])
