"""What is recorded of drills: whether the playbook that serves a deployment was rehearsed as it is now, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.rollback import Check, Drill
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.settings.shapes import PlaybookShape

NAME = "drilled"
"""The name of the check, on every page."""
_LOOKED_AT = 200
_DAY = timedelta(days=1)


def book(parts: RollbackParts, asset_id: str, environment: Environment) -> PlaybookShape | None:
    """The playbook that rolls the asset back there; None when there is none."""
    return next((p for p in parts.playbooks if p.serves(asset_id, environment)), None)


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
    of = f" --trigger {trigger}" if trigger else ""
    return f"pulse-tui rollback drill {asset_id} --env {environment.value}{of}"


def _look(
    tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, now: datetime, trigger: str
) -> tuple[Check, Drill | None]:
    def no(detail: str) -> tuple[Check, Drill | None]:
        return Check(name=NAME, ok=False, blocking=False, detail=detail), None

    playbook = book(parts, asset_id, environment)
    if playbook is None:
        return no(f"no playbook serves {asset_id} in {environment.value}: there is nothing to drill")
    todo = drill_command(asset_id, environment, trigger)
    for step in playbook.steps:
        if step.kind not in parts.steps:
            return no(f"the step kind {step.kind} of playbook {playbook.id} is not installed")
    rows = [d for d in tx.rollbacks.drills(asset_id, _LOOKED_AT) if d.playbook == playbook.id]
    same = [d for d in rows if d.playbook_digest == playbook.digest]
    if not same:
        if rows:
            changed = f"playbook {playbook.id} changed since its last drill on {rows[0].at:%Y-%m-%d}"
            return no(f"{changed}: {todo}")
        return no(f"no drill of playbook {playbook.id} is recorded: {todo}")
    if past := next((d for d in same if not tx.log.vouches(f"drills/{d.run_id}", subject(d.run_id))), None):
        return no(f"the drill of run {past.run_id} is not as the audit log recorded it: pulse-tui audit verify")
    if not same[0].ok:
        return no(f"the last drill, on {_day(same[0], now)}, failed: {same[0].detail}")
    last = next((d for d in same if d.ok and trigger in ("", d.trigger)), None)
    if last is None:
        return no(f"no drill of playbook {playbook.id} for the trigger {trigger} is recorded: {todo}")
    if now - last.at > timedelta(seconds=parts.approvals.drill_within):
        within = timedelta(seconds=parts.approvals.drill_within) / _DAY
        return no(f"the drill is overdue: the last one was on {_day(last, now)}, one counts for {within:g} d: {todo}")
    of = f" for {last.trigger}" if last.trigger else ""
    detail = (
        f"drilled on {_day(last, now)}{of}: {last.from_version} to {last.to_version} and back in {last.seconds:.1f} s"
    )
    return Check(name=NAME, ok=True, blocking=False, detail=detail), last


def _day(drill: Drill, now: datetime) -> str:
    """``2026-11-18 (11 d ago)``."""
    return f"{drill.at:%Y-%m-%d} ({(now - drill.at) // _DAY} d ago)"
