"""What is recorded of drills: whether the playbook that serves a deployment was rehearsed as it is now, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.rollback import Check, Drill, Plan, Purpose, Run, RunState
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback.votes import AHEAD
from pulse_tui.services.signals.concerns import clear_concern, raise_concern
from pulse_tui.settings.shapes import PlaybookShape

NAME = "drilled"
"""The name of the check, on every page."""
KIND = "drill"
"""The kind of the concern that the last drill of a rollback failed."""
_LOOKED_AT = 200
_DAY = timedelta(days=1)


def book(parts: RollbackParts, asset_id: str, environment: Environment) -> PlaybookShape | None:
    """The playbook that rolls the asset back there; None when there is none."""
    return next((p for p in parts.playbooks if p.serves(asset_id, environment)), None)


def leader(parts: RollbackParts, asset_id: str, environment: Environment) -> str:
    """The asset whose playbook moves it: its own, else the one that a combination moves it together with."""
    if book(parts, asset_id, environment) is None:
        for other in parts.playbooks:
            together = any(step.asset == asset_id for step in other.steps)
            if together and other.assets and other.serves(other.assets[0], environment):
                return other.assets[0]
    return asset_id


def subject(run_id: str) -> str:
    """What the audit log's line of a drill is about."""
    return f"drill/{run_id}"


def record(tx: Transaction, drill: Drill) -> None:
    """Keep how a drill ended, with its line of the audit log."""
    action = "drill.passed" if drill.ok else "drill.failed"
    detail = {
        "run": drill.run_id,
        "asset": drill.asset_id,
        "playbook": f"{drill.playbook} @ {drill.playbook_digest[:12]}",
        "from": drill.from_version,
        "to": drill.to_version,
        "detail": drill.detail,
    }
    if drill.trigger:
        detail["trigger"] = drill.trigger
    # The line first: it is the open one then, and carries the digest of the row.
    tx.log.append(drill.at, drill.by, action, subject(drill.run_id), detail)
    tx.rollbacks.add_drill(drill)


def drilled(
    tx: Transaction,
    parts: RollbackParts,
    asset_id: str,
    environment: Environment,
    now: datetime,
    trigger: str = "",
) -> Check:
    """Whether the playbook that rolls the asset back there was rehearsed as it is now, lately, and what the last drill found.

    With ``trigger`` only a drill of that rule counts. It blocks nothing by itself: policy decides that.
    """
    return _look(tx, parts, asset_id, environment, now, trigger)[0]


def counting(
    tx: Transaction,
    parts: RollbackParts,
    asset_id: str,
    environment: Environment,
    now: datetime,
    trigger: str = "",
) -> Drill | None:
    """The drill on which :func:`drilled` rests; None when none counts."""
    return _look(tx, parts, asset_id, environment, now, trigger)[1]


def drill_command(asset_id: str, environment: Environment, trigger: str = "") -> str:
    """The command that holds one."""
    command = f"pulse-tui rollback drill {asset_id} --env {environment.value}"
    return f"{command} --trigger {trigger}" if trigger else command


def by_schedule(plan: Plan) -> bool:
    """A drill that the schedule in its playbook asked for: it moves the replica alone, and waits for no votes."""
    replica = plan.purpose is Purpose.DRILL and plan.environment is Environment.REPLICA
    return replica and plan.proposed_by == SYSTEM


def for_environment(tx: Transaction, parts: RollbackParts, asset_id: str, playbook: str) -> Environment:
    """The environment whose rollback a drill rehearses: the weightiest that the playbook serves, production first."""
    served = [
        e for e in sorted(Environment, key=lambda e: e.rank)
        if (found := book(parts, asset_id, e)) is not None and found.id == playbook
    ]  # fmt: skip
    there = [e for e in served if tx.estate.deployment(asset_id, e) is not None]
    return next(iter(there or served), Environment.PRODUCTION)


def key(environment: Environment) -> str:
    """The key of the concern that the last drill of a rollback there failed."""
    return f"{KIND}:{environment.value}"


def rehearsed(tx: Transaction, parts: RollbackParts, plan: Plan, run: Run, now: datetime) -> None:
    """Record how a drill ended, in the transaction that ends its run.

    One that stopped half-way has failed; that an operator brings its run to an end later makes no passed drill of it.
    """
    earlier = next((d for d in tx.rollbacks.drills(plan.asset_id, _LOOKED_AT) if d.run_id == run.id), None)
    if earlier is not None:
        return
    ok = run.state is RunState.VERIFIED
    lines = tx.rollbacks.journal(run.id)
    playbook = next((p for p in parts.playbooks if p.id == plan.playbook), None)
    same = plan.playbook_digest == parts.playbooks_digest
    record(
        tx,
        Drill(
            run_id=run.id,
            asset_id=plan.asset_id,
            playbook=plan.playbook,
            # One that changed while the run lay there is not what was rehearsed.
            playbook_digest=playbook.digest if playbook is not None and same else "",
            trigger=plan.trigger or "",
            from_version=plan.from_version,
            to_version=plan.to_version,
            at=now,
            ok=ok,
            detail=clean(run.detail, 600),
            seconds=(lines[-1][0] - lines[0][0]).total_seconds() if lines else 0.0,
            by=run.started_by,
        ),
    )
    environment = for_environment(tx, parts, plan.asset_id, plan.playbook)
    if ok:
        clear_concern(tx, parts.judging, plan.asset_id, key(environment), f"the drill of run {run.id} passed", now)
    else:
        failed(tx, parts, plan.asset_id, environment, f"failed (run {run.id}): {run.detail}", now)


def failed(
    tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, why: str, now: datetime
) -> None:
    """The owner is notified: nobody knows that the rollback works. The next drill that passes ends it."""
    serving = tx.estate.deployment(asset_id, environment)
    critical = serving is not None and serving.production_critical
    concern = Concern(
        asset_id=asset_id,
        key=key(environment),
        what=clean(f"the drill of the rollback of {asset_id} in {environment.value} {why}", 600),
        todo=f"Find out why, then hold another one: {drill_command(asset_id, environment)}",
        source=SYSTEM,
        severity=Severity.HIGH if critical else Severity.MEDIUM,
        since=now,
        environment=environment,
    )
    raise_concern(tx, parts.judging, concern, now)


def _look(
    tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, now: datetime, trigger: str
) -> tuple[Check, Drill | None]:
    def no(detail: str) -> tuple[Check, Drill | None]:
        return Check(name=NAME, ok=False, blocking=False, detail=detail), None

    asset_id = leader(parts, asset_id, environment)  # what moves together is drilled together
    playbook = book(parts, asset_id, environment)
    if playbook is None:
        return no(f"no playbook serves {asset_id} in {environment.value}: there is nothing to drill")
    todo = drill_command(asset_id, environment, trigger)
    for step in playbook.steps:
        if step.kind not in parts.steps:
            return no(f"the step kind {step.kind} of playbook {playbook.id} is not installed")
    rows = [d for d in tx.rollbacks.drills(asset_id, _LOOKED_AT) if d.playbook == playbook.id]
    same = [d for d in rows if d.playbook_digest == playbook.digest]
    if any(d.at > now + AHEAD for d in same):  # a clock was set back: only the log knows their order
        same.sort(key=lambda d: _number(tx, d), reverse=True)
    if not same:
        if rows:
            changed = f"playbook {playbook.id} changed since its last drill on {rows[0].at:%Y-%m-%d}"
            return no(f"{changed}: {todo}")
        return no(f"no drill of playbook {playbook.id} is recorded: {todo}")
    newest, last = same[0], next((d for d in same if d.ok and trigger in ("", d.trigger)), None)
    for row in dict.fromkeys([newest, last or newest]):  # what the answer rests on
        if not tx.log.vouches(f"drills/{row.run_id}", subject(row.run_id)):
            return no(f"the drill of run {row.run_id} is not as the audit log recorded it: pulse-tui audit verify")
    if not newest.ok:
        return no(f"the last drill, on {_day(newest, now)}, failed: {newest.detail}")
    if last is None:
        return no(f"no drill of playbook {playbook.id} for the trigger {trigger} is recorded: {todo}")
    if last.at > now + AHEAD:
        return no(f"the last drill is dated {last.at:%Y-%m-%d %H:%M}, which is in the future: {todo}")
    if now - last.at > timedelta(seconds=parts.approvals.drill_within):
        within = timedelta(seconds=parts.approvals.drill_within) / _DAY
        return no(f"the drill is overdue: the last one was on {_day(last, now)}, one counts for {within:g} d: {todo}")
    of = f" for {last.trigger}" if last.trigger else ""
    detail = (
        f"drilled on {_day(last, now)}{of}: {last.from_version} to {last.to_version} and back in {last.seconds:.1f} s"
    )
    return Check(name=NAME, ok=True, blocking=False, detail=detail), last


def _number(tx: Transaction, drill: Drill) -> int:
    """The line of the audit log that recorded how it ended."""
    return max((e.seq for e in tx.log.entries(subject=subject(drill.run_id))), default=0)


def _day(drill: Drill, now: datetime) -> str:
    """``2026-11-18 (11 d ago)``."""
    return f"{drill.at:%Y-%m-%d} ({(now - drill.at) // _DAY} d ago)"
