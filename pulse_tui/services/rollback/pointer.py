"""The rollback pointer: the rollback target of a deployment and whether it is still available, checked on schedule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.registry.known_good import RollbackTarget, rollback_target
from pulse_tui.services.rollback.certificate import RECORDED, Move, asked, recorded
from pulse_tui.services.rollback.drill import book, leader
from pulse_tui.services.rollback.steps import fill
from pulse_tui.services.rollback.votes import AHEAD
from pulse_tui.services.signals.concerns import clear_concern, raise_concern

EVERY_S = 3_600.0
"""How often each pointer is checked again."""
ROUND = 50
"""Pointers a call of :func:`revalidate`, at most."""
BUDGET = timedelta(seconds=2)
"""A call begins no further check after this long: pages wait behind it."""
PATIENCE_S = 5.0
"""A check of a target waits no longer than this."""


class Looked(NamedTuple):
    """The rollback target, and what is recorded of it."""

    back: RollbackTarget
    checks: tuple[Check, ...]


def key(environment: Environment) -> str:
    """The key of the concern that the pointer there no longer works."""
    return f"way-back:{environment.value}"


def records(tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, serving: str) -> Looked:
    """The pointer of ``serving`` there, checked by the database alone."""
    back = rollback_target(tx, asset_id, environment, serving)
    if back.release is None:
        return Looked(back, tuple(Check(name="release", ok=False, detail=why) for why in back.tried))
    return Looked(back, tuple(recorded(tx, parts, Move(back.release, environment, serving))))


def check_pointer(parts: RollbackParts, asset_id: str, environment: Environment, *, deep: bool) -> PointerCheck:
    """Check a deployment's pointer; ``deep`` also asks the targets of its playbook for the artifact (network).

    Without ``deep`` the last answers of the targets about the same pointer are repeated, with their age.
    Raises NotFound when nothing serves there.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        deployment = tx.estate.deployment(asset_id, environment)
        if deployment is None:
            raise NotFound(
                f"{asset_id} is not deployed in {environment.value}", todo="see what runs where: pulse-tui status"
            )
        looked = records(tx, parts, asset_id, environment, deployment.version)
        kept = last(tx, asset_id, environment, deployment.version, looked)
    target = looked.back.release
    checks = list(looked.checks)
    if target is not None:
        checks += _artifact(parts, target, environment) if deep else kept
    return PointerCheck(
        asset_id=asset_id,
        environment=environment,
        serving=deployment.version,
        version=target.version if target else None,
        at=now,
        checks=tuple(checks),
    )


def last(tx: Transaction, asset_id: str, environment: Environment, serving: str, looked: Looked) -> list[Check]:
    """The last answers of the targets about the same pointer."""
    target = looked.back.release
    if target is None:
        return []
    for check in tx.inventory.pointers(asset_id):
        if (check.environment, check.serving, check.version) == (environment, serving, target.version):
            seen = f" (checked {iso(check.at)})"
            return [
                Check(name=c.name, ok=c.ok, detail=c.detail + seen, blocking=c.blocking)
                for c in check.checks
                if c.name not in RECORDED
            ]
    return [Check(name="artifact", ok=False, blocking=False, detail="no target has been checked yet")]


def revalidate(parts: RollbackParts, now: datetime, every_s: float = EVERY_S) -> int:
    """Check the pointers that were checked longest ago, a few a call; returns how many.

    What was quarantined or retired since is no target any more: such a pointer is checked at once.
    One that no longer works becomes a concern with its signal; one that works again ends it.
    """
    with parts.store.read() as tx:
        before = {(c.asset_id, c.environment): c for c in tx.inventory.pointers()}
        fallen = tx.inventory.pointers_to_unusable()
        due = [
            (seen.at if seen is not None and seen.serving == d.version else datetime.min.replace(tzinfo=now.tzinfo), d)
            for d in tx.estate.load().deployments
            if (seen := before.get((d.asset_id, d.environment))) is None
            or seen.serving != d.version
            or (d.asset_id, d.environment) in fallen
            or not -AHEAD <= now - seen.at < timedelta(seconds=every_s)  # much later than now: the clock was set back
        ]
    due.sort(key=lambda item: (item[0], item[1].environment.rank, item[1].asset_id))
    began, done = parts.clock(), list[PointerCheck]()
    for _, deployment in due[:ROUND]:
        if done and parts.clock() - began > BUDGET:
            break
        try:
            done.append(check_pointer(parts, deployment.asset_id, deployment.environment, deep=True))
        except NotFound:  # it was removed meanwhile
            continue
    if done:
        with parts.store.write() as tx:
            for check in done:
                tx.inventory.put_pointer(check)
                _tell(tx, parts, check, before.get((check.asset_id, check.environment)), now)
    return len(done)


def _tell(
    tx: Transaction, parts: RollbackParts, check: PointerCheck, before: PointerCheck | None, now: datetime
) -> None:
    name = key(check.environment)
    if check.valid:
        clear_concern(tx, parts.judging, check.asset_id, name, f"{check.version} is a rollback target again", now)
        return
    # An asset on its first release has no rollback target: that is not reported, nor that one which was rolled back
    # to its target has none behind it. A pointer that fails is, and one that was lost.
    stands = any(c.key == name for c in tx.inventory.concerns(check.asset_id))
    lost = before is not None and before.valid and before.version != check.serving
    if stands or check.version is not None or lost:
        where = f"{check.asset_id} in {check.environment.value}"
        concern = Concern(
            asset_id=check.asset_id,
            key=name,
            what=clean(f"the rollback target of {where} ({check.version or 'none'}) failed its check: {check.reason}"),
            todo="Restore the artifact, or name another rollback target: rollback_to of the release",
            source=SYSTEM,
            severity=Severity.HIGH if check.environment is Environment.PRODUCTION else Severity.MEDIUM,
            since=now,
            environment=check.environment,
        )
        raise_concern(tx, parts.judging, concern, now)


def _artifact(parts: RollbackParts, target: Release, environment: Environment) -> list[Check]:
    """The answers of the playbook's targets about the artifact. No answer is shown as unknown and does not block."""
    leads = leader(parts, target.asset_id, environment)
    playbook = book(parts, leads, environment)
    if playbook is None:
        detail = f"no target can be checked: no playbook serves {target.asset_id} in {environment.value}"
        return [Check(name="artifact", ok=False, blocking=False, detail=detail)]
    out: list[Check] = []
    for shape in playbook.steps:
        if (shape.asset or leads) != target.asset_id:
            continue  # another asset of a combination has a pointer of its own
        params = fill(shape.options, {"asset": target.asset_id, "environment": environment.value})
        out.extend(asked(parts, target, shape.kind, params, min(shape.timeout, PATIENCE_S), blocking=False))
    return out
