"""Runs that stopped short of their end: each stands as a concern of its deployment until its own evidence ends it.

What stopped half-way (unknown, halted, its process gone) ends when the run is brought to an end; what failed and was
put back ends when another version serves there, or a later rollback was verified.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.rollback import Member, Plan, Purpose, Run, RunState
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts, Outside, RollbackParts
from pulse_tui.services.rollback.drill import by_schedule
from pulse_tui.services.signals.concerns import clear_concern, raise_concern

ABANDONED = "abandoned"
"""The word for a run that is running by its record, and whose process is gone."""
_KEY = "run:"
_AGENTS_TURN = timedelta(minutes=10)
_WHAT = {
    RunState.UNKNOWN.value: "stopped as unknown",
    RunState.HALTED.value: "halted",
    ABANDONED: "was abandoned (its process is gone)",
    RunState.UNDONE.value: "failed and was undone",
}


def key(environment: Environment) -> str:
    """The key of the concern about the last run there."""
    return f"{_KEY}{environment.value}"


def lease(target: str) -> str:
    """The name of the lease on a run's target."""
    return f"target:{target}"


def leases(targets: Iterable[str]) -> list[str]:
    """The names of the leases of a run, in the order in which everybody takes them."""
    return sorted(map(lease, targets))


def later(tx: Transaction, run: Run) -> Run | None:
    """A run that moved one of its targets after it: its own end is history then."""
    for target in tx.rollbacks.targets(run.id):
        newest = next(iter(tx.rollbacks.runs(target=target, limit=1)), None)
        if newest is not None and newest.started_at > run.started_at:
            return newest
    return None


def abandoned(tx: Transaction, outside: Outside, run: Run, now: datetime) -> bool:
    """Whether nobody carries the run out any more: its lease ran out, or its process is known to be gone."""
    if run.state is not RunState.RUNNING:
        return False
    return not tx.plumbing.holds_lease(lease(run.target), run.holder, run.epoch, now) or outside.dead(run.holder)


def stopped(tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, now: datetime) -> None:
    """A run came to another end than a verified one: let that stand as a concern of all it moves, with its alerts."""
    _raise(tx, parts, plan, run, run.state.value, now)


def ended(tx: Transaction, parts: JudgeParts, plan: Plan, why: str, now: datetime) -> None:
    """A run there was verified: what stood about an earlier one is over."""
    for member in plan.moves:
        clear_concern(tx, parts, member.asset_id, key(plan.environment), why, now)


def check_runs(parts: RollbackParts, now: datetime) -> int:
    """Find the runs whose process is gone, and end what no longer holds; returns how many things changed."""
    with parts.store.read() as tx:
        active = [r for r in tx.rollbacks.runs(active_only=True) if _silent(tx, parts, r, now)]
        over = [c for c in tx.inventory.concerns() if c.key.startswith(_KEY) and _over(tx, c)]
    if not active and not over:
        return 0
    with parts.store.write() as tx:
        for run in active:
            found, again = tx.rollbacks.plan(run.plan_hash), tx.rollbacks.run(run.id)
            if found is None or again is None or not _silent(tx, parts, again, now):
                continue
            word = ABANDONED if again.state is RunState.RUNNING else again.state.value
            tx.plumbing.release_all(
                leases(found[0].targets), run.holder
            )  # its process is gone: nobody need wait for it
            _raise(tx, parts.judging, found[0], again, word, now)
        for concern in over:
            why = f"{concern.version} no longer serves there"
            clear_concern(tx, parts.judging, concern.asset_id, concern.key, why, now)
    return len(active) + len(over)


def in_the_way(tx: Transaction, outside: Outside, targets: tuple[str, ...], now: datetime) -> str | None:
    """The run that owns one of the targets, with what brings it to an end; None when there is none."""
    owned = ((t, r) for t in targets for r in tx.rollbacks.runs(target=t, active_only=True, limit=1))
    target, run = next(owned, ("", None))
    if run is None:
        return None
    if run.state is RunState.RUNNING and not abandoned(tx, outside, run, now):
        return f"run {run.id} is being carried out on {target} by {run.started_by}"
    word = ABANDONED if run.state is RunState.RUNNING else run.state.value
    detail = f" ({run.detail})" if run.detail else ""
    return f"run {run.id} on {target} {_WHAT[word]}{detail}: {_todo(run)}"


def _silent(tx: Transaction, parts: RollbackParts, run: Run, now: datetime) -> bool:
    """Whether it needs a person, and no concern says so yet."""
    asset, _, environment = run.target.rpartition("/")
    named = f"run {run.id}"
    known = [c for c in tx.inventory.concerns(asset) if c.key == f"{_KEY}{environment}" and named in c.what]
    if run.state is RunState.UNKNOWN:
        return not known
    gone = abandoned(tx, parts.outside, run, now) and not _taken_up(tx, run, now)
    return gone and not any(_WHAT[ABANDONED] in c.what for c in known)


def _taken_up(tx: Transaction, run: Run, now: datetime) -> bool:
    """A drill by schedule is brought to its end by the next agent: for a while that is not what somebody must do."""
    found = tx.rollbacks.plan(run.plan_hash) if run.started_by == SYSTEM else None
    return found is not None and by_schedule(found[0]) and now - run.started_at < _AGENTS_TURN


def _over(tx: Transaction, concern: Concern) -> bool:
    """A rollback that failed and was undone is news as long as what should have gone serves."""
    if concern.version is None or concern.environment is None:
        return False
    serving = tx.estate.deployment(concern.asset_id, concern.environment)
    return serving is None or serving.version != concern.version


def _todo(run: Run) -> str:
    return f"continue it: pulse-tui rollback resume {run.id}; or put back what moved: pulse-tui rollback undo {run.id}"


def _raise(tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, word: str, now: datetime) -> None:
    for member in plan.moves:
        _raise_of(tx, parts, plan, member, run, word, now)


def _raise_of(
    tx: Transaction, parts: JudgeParts, plan: Plan, member: Member, run: Run, word: str, now: datetime
) -> None:
    undone = word == RunState.UNDONE.value
    name, where = key(plan.environment), f"{member.asset_id} in {plan.environment.value}"
    detail = f": {run.detail}" if run.detail else ""
    drill = plan.purpose is Purpose.DRILL
    to = "" if plan.purpose.routes else f" to {member.to_version}"
    beside = f" together with {plan.asset_id}" if member.asset_id != plan.asset_id else ""
    what = f"{plan.purpose.value} of {where}{to}{beside} {_WHAT[word]}, run {run.id}{detail}"
    again = f"Find out why it failed, then plan again: {plan.purpose.command(plan.asset_id, plan.environment)}"
    concern = Concern(
        asset_id=member.asset_id,
        key=name,
        what=clean(what, 600),
        todo=again if undone else _todo(run),
        source=SYSTEM,
        # What a drill left half-way serves nobody.
        severity=Severity.MEDIUM if drill else Severity.HIGH if undone else Severity.CRITICAL,
        since=now,
        environment=plan.environment,
        version=member.from_version if undone else None,
    )
    standing = next((c for c in tx.inventory.concerns(member.asset_id) if c.key == name), None)
    if standing is not None and standing.severity is not concern.severity:
        # Half-way and put back are two conditions, each with its own alert.
        clear_concern(tx, parts, member.asset_id, name, f"run {run.id} {_WHAT[word]}", now)
    raise_concern(tx, parts, concern, now)
