"""What the guard rails of automatic rollbacks are asked about, found in the records: before a plan is taken up, and once
more in the transaction that claims its targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.guard import Copy, Limits, Past, Target, Wanted, refusals
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Member, Plan, Purpose, RunState
from pulse_tui.domain.words import Environment
from pulse_tui.policy.automatic import RollbackSection
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.fitness import faults
from pulse_tui.services.registry.held import naming
from pulse_tui.services.registry.known_good import last_stays
from pulse_tui.services.rollback.drill import drilled
from pulse_tui.services.rollback.unfinished import in_the_way

_MANY = 10_000
"""Runs that are looked through for those of the window."""


def objections(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> list[str]:
    """Why the plan must not be carried out by itself; empty when it may."""
    limits, before = _limits(parts), list(past(tx, now - _limits(parts).per))
    out = []
    for moved in plan.moves:
        out += refusals(_wanted(tx, parts, plan, moved, now), before, limits, now)
    return list(dict.fromkeys(out))


def withdrawn(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> list[str]:
    """Why nobody asks for the plan any more: checks take time, and meanwhile its alert may end or a person may take it up."""
    alert = tx.judgements.alert(plan.alert_id) if plan.alert_id is not None else None
    if alert is None:
        return ["it answers no alert that is on record"]
    if (alert.asset_id, alert.environment, alert.rule_id) != (plan.asset_id, plan.environment, plan.trigger):
        return [f"alert {alert.id} is about something else"]
    if not alert.open:
        return [f"alert {alert.id} is resolved"]
    why = [stale(parts, alert, now), held_back(tx, parts, alert, now)]
    return [each for each in why if each]


def stale(parts: RollbackParts, alert: Alert, now: datetime) -> str:
    """That nobody reported the alert lately; empty when somebody did."""
    fresh = timedelta(seconds=float(parts.judging.policy.automatic.section.fresh))
    if now - alert.last_at > fresh:
        return f"it was reported last at {iso(alert.last_at)}: nobody knows whether it is still so"
    return ""


def held_back(tx: Transaction, parts: RollbackParts, alert: Alert, now: datetime) -> str:
    """What an operator decided that holds its answer back while it lasts; empty when nothing does.

    Who acknowledged another failure of the same deployment that could be answered works on that deployment, too.
    """
    if alert.waived and alert.suppressed_until is not None and alert.suppressed_until > now:
        return f"waived by {alert.suppressed_by} until {iso(alert.suppressed_until)}"
    rules = parts.judging.policy.automatic.rules
    for other in (alert, *tx.judgements.alerts(list(OPEN), 1_000, alert.asset_id)):
        here = other.environment is alert.environment and other.rule_id in rules
        if here and other.acknowledged_until is not None and other.acknowledged_until > now:
            which = "acknowledged" if other.id == alert.id else f"alert {other.id} is acknowledged"
            return f"{which} by {other.acknowledged_by} until {iso(other.acknowledged_until)}: a person decides"
    return ""


def past(tx: Transaction, since: datetime) -> Iterator[Past]:
    """Every rollback that was begun since, by hand or by itself, however it ended; drills are none."""
    for run in tx.rollbacks.runs(limit=_MANY):
        if run.started_at <= since:
            continue
        found = tx.rollbacks.plan(run.plan_hash)
        if found is None or found[0].purpose is not Purpose.ROLLBACK:
            continue
        plan = found[0]
        for moved in plan.moves:
            left, put = Copy(moved.from_version, moved.from_digest), Copy(moved.to_version, moved.to_digest)
            by_itself = plan.authorisation is not None
            yield Past(moved.asset_id, plan.environment, left, put, run.started_at, by_itself, run.id)


def _limits(parts: RollbackParts) -> Limits:
    section: RollbackSection = parts.judging.policy.automatic.section
    return Limits(section.at_most, section.at_most_everywhere, timedelta(seconds=float(section.per)))


def _wanted(tx: Transaction, parts: RollbackParts, plan: Plan, moved: Member, now: datetime) -> Wanted:
    leaves = Copy(moved.from_version, moved.from_digest)
    release = tx.estate.release(moved.asset_id, moved.to_version)
    target = _target(tx, parts, plan, moved, release, now)
    return Wanted(moved.asset_id, plan.environment, leaves, target, _busy(tx, parts, plan, now))


def _target(
    tx: Transaction, parts: RollbackParts, plan: Plan, moved: Member, release: Release | None, now: datetime
) -> Target:
    copy = Copy(moved.to_version, moved.to_digest)
    if release is None:
        return Target(copy, missing=f"{moved.to_version} is no longer in the registry")
    missing = ""
    if release.digest != moved.to_digest:
        missing = f"{release.version} has the digest {release.digest or 'none'} now, in the plan {moved.to_digest}"
    elif any(c.version == release.version and c.kind == "deleted" for c in tx.inventory.concerns(moved.asset_id)):
        missing = f"{release.version} was deleted in its source"
    # What moves together is drilled together, under the plan's own asset.
    rehearsed = drilled(tx, parts, plan.asset_id, plan.environment, now, plan.trigger or "")
    return Target(
        copy,
        missing=missing,
        disabled="" if release.usable else f"{release.version} is {release.state.value}",
        undrilled="" if rehearsed.ok else rehearsed.detail,
        unproven=_unproven(tx, release, plan.environment),
        sick=tuple(faults(tx, parts.judging, release, plan.environment)),
        held=tuple(f"{h.id} ({h.why})" for h in naming(tx, release.asset_id, release.version)),
    )


def _unproven(tx: Transaction, release: Release, environment: Environment) -> str:
    """It was healthy here last, or serves healthily in production."""
    for where in dict.fromkeys((environment, Environment.PRODUCTION)):
        stay = next((s for s in last_stays(tx, release.asset_id, where) if s.version == release.version), None)
        if stay is not None and not stay.healthy:
            return f"{release.version} was NOT healthy in {where.value}"
        serves = where is environment or stay is None or stay.until is None
        if stay is not None and serves:
            return ""
    return f"{release.version} has no record of being healthy in {environment.value}"


def _busy(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> str:
    """The run that is active on a target, or whose last run there stopped half-way."""
    if other := in_the_way(tx, parts.outside, plan.targets, now):
        return other
    for target in plan.targets:
        last = next(iter(tx.rollbacks.runs(target=target, limit=1)), None)
        if last is not None and last.state is RunState.HALTED:
            return f"run {last.id} on {target} stopped half-way: an operator brings it to an end first"
    return ""
