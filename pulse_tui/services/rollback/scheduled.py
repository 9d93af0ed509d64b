"""The drills that the schedules of playbooks ask for: each is held once, by whichever process is first.

A schedule counts from when it was first seen; what was missed since its last drill is caught up once. A drill waits while
a P1 is open on its asset or a run moves it, and while another drill goes on anywhere. A freeze does not hold it back: it
puts nothing into service, and a rollback is not forbidden by a freeze either.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import NotFound, PulseError, Refused
from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import Purpose, Run, RunState
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback.drill import KIND, book, by_schedule, failed, for_environment
from pulse_tui.services.rollback.execute import resume
from pulse_tui.services.rollback.rehearse import drill
from pulse_tui.services.rollback.unfinished import abandoned
from pulse_tui.services.signals.concerns import clear_concern
from pulse_tui.settings.shapes import PlaybookShape

LEASE = "drills"
LEASE_S = 600.0
"""Longer than the checks before a drill take; the drill itself is seen by its run."""


class Due(NamedTuple):
    """A drill that should be held."""

    playbook: str
    asset_id: str
    environment: Environment


class Ended(NamedTuple):
    """A drill that was held or refused: a sentence, and whether it passed."""

    sentence: str
    ok: bool


def notice(parts: RollbackParts, now: datetime) -> None:
    """Record new and changed schedules: times before them are not caught up."""
    with parts.store.read() as tx:
        new = [b for b in parts.playbooks if b.drill is not None and _seen(tx, b) is None]
    if new:
        with parts.store.write() as tx:
            for playbook in new:
                tx.plumbing.put_value(_key(playbook), f"{iso(now)} {playbook.drill}")


def due(tx: Transaction, parts: RollbackParts, now: datetime) -> list[Due]:
    """The drills whose time has come, one for each asset of a playbook, those that wait included."""
    found = []
    deployments = tx.estate.load().deployments
    replicas = {d.asset_id for d in deployments if d.environment is Environment.REPLICA}
    for playbook in parts.playbooks:
        seen = _seen(tx, playbook)
        if playbook.drill is None or seen is None:
            continue
        serves = {d.asset_id for d in deployments if playbook.serves(d.asset_id, d.environment)}
        # A playbook for every asset is drilled where there is a replica; one that names its assets, on each of them.
        for asset_id in sorted(serves if playbook.assets else serves & replicas):
            environment = for_environment(tx, parts, asset_id, playbook.id)
            first = book(parts, asset_id, environment)
            if first is None or first.id != playbook.id:
                continue  # another playbook rolls it back
            last = tx.plumbing.get_value(_last_key(playbook.id, asset_id))
            after = max(seen, datetime.fromisoformat(last)) if last else seen
            fire = parts.outside.cron(playbook.drill, after)
            if fire is not None and fire <= now:
                found.append(Due(playbook.id, asset_id, environment))
    return found


def waits(tx: Transaction, parts: RollbackParts, asset_id: str, now: datetime) -> str:
    """Why a drill of the asset does not begin now; empty: it may."""
    for alert in tx.judgements.alerts(list(OPEN), 100_000, asset_id):
        if alert.priority is Priority.P1 and not alert.waived:
            return f"P1 {alert.title} is open ({alert.id})"
    for run in tx.rollbacks.runs(active_only=True):
        mine = next((t for t in tx.rollbacks.targets(run.id) if t.rpartition("/")[0] == asset_id), None)
        if mine is not None:
            return f"run {run.id} owns {mine}"
        if _is_drill(tx, run) and run.state is RunState.RUNNING and not abandoned(tx, parts.outside, run, now):
            return f"another drill is held (run {run.id} of {run.target})"
    return ""


def hold_due(parts: RollbackParts, holder: str) -> Ended | None:
    """Hold one drill that is due; None when none is, or none may begin, or another process holds one.

    One that the program began and whose process is gone is brought to its end first: nobody else waits for it.
    """
    now = parts.clock()
    notice(parts, now)
    with parts.store.read() as tx:
        cut_off = _cut_off(tx, parts, now)
    if cut_off is not None:
        return _go_on(parts, cut_off, holder)
    with parts.store.read() as tx:
        if not any(not waits(tx, parts, d.asset_id, now) for d in due(tx, parts, now)):
            return None
    with parts.store.write() as tx:
        if tx.plumbing.claim(LEASE, holder, now, LEASE_S, parts.outside.dead) is None:
            return None
        one = next((d for d in due(tx, parts, now) if not waits(tx, parts, d.asset_id, now)), None)
        if one is not None:  # held or not, its time is used up: a drill that fails is not repeated until it passes
            tx.plumbing.put_value(_last_key(one.playbook, one.asset_id), iso(now))
    try:
        return _hold(parts, one, holder) if one is not None else None
    finally:
        with parts.store.write() as tx:
            tx.plumbing.release(LEASE, holder)


def end_stale(parts: RollbackParts, now: datetime) -> int:
    """End what stands about drills of what no longer serves, or of what nothing rolls back any more; how many."""
    with parts.store.read() as tx:
        stale = [(c, why) for c in tx.inventory.concerns() if c.kind == KIND and (why := _gone(tx, parts, c))]
    if stale:
        with parts.store.write() as tx:
            for concern, why in stale:
                clear_concern(tx, parts.judging, concern.asset_id, concern.key, why, now)
    return len(stale)


def _gone(tx: Transaction, parts: RollbackParts, concern: Concern) -> str:
    if concern.environment is None or tx.estate.deployment(concern.asset_id, concern.environment) is None:
        return "nothing of it serves there any more"
    return "" if book(parts, concern.asset_id, concern.environment) is not None else "no playbook rolls it back there"


def _hold(parts: RollbackParts, one: Due, holder: str) -> Ended:
    of = f"the drill of the rollback of {one.asset_id} in {one.environment.value}"
    try:
        held = drill(parts, one.asset_id, one.environment, SYSTEM, holder)
    except (Refused, NotFound) as error:
        _refused(parts, one, error)
        return Ended(f"{of} could not be held: {error}", ok=False)
    run = held.run
    if run is None or run.state is not RunState.VERIFIED:
        return Ended(f"{of} failed: {run.detail if run is not None else 'it waits'}", ok=False)
    return Ended(f"{of} passed (run {run.id})", ok=True)


def _cut_off(tx: Transaction, parts: RollbackParts, now: datetime) -> Run | None:
    """A drill that a schedule began and that nobody carries out any more. One that stopped as unknown needs a person."""
    for run in tx.rollbacks.runs(active_only=True):
        found = tx.rollbacks.plan(run.plan_hash)
        if found is not None and by_schedule(found[0]) and abandoned(tx, parts.outside, run, now):
            return run
    return None


def _go_on(parts: RollbackParts, run: Run, holder: str) -> Ended | None:
    of = f"the drill of run {run.id} on {run.target}, whose process was gone,"
    try:
        done = resume(parts, run.id, SYSTEM, holder)
    except Refused:  # another process was first, or it cannot be taken over: the run stands as abandoned
        return None
    return Ended(f"{of} was brought to its end: {done.state.value}", ok=done.state is RunState.VERIFIED)


def _refused(parts: RollbackParts, one: Due, error: PulseError) -> None:
    now = parts.clock()
    with parts.store.write() as tx:
        subject = f"{one.asset_id}/{Environment.REPLICA.value}"
        detail = {"playbook": one.playbook, "environment": one.environment.value, "why": str(error)[:600]}
        tx.log.append(now, SYSTEM, "drill.refused", subject, detail)
        failed(tx, parts, one.asset_id, one.environment, f"could not be held: {error}", now)


def _is_drill(tx: Transaction, run: Run) -> bool:
    found = tx.rollbacks.plan(run.plan_hash)
    return found is not None and found[0].purpose is Purpose.DRILL


def _key(playbook: PlaybookShape) -> str:
    return f"drill.schedule:{playbook.id}"


def _last_key(playbook: str, asset_id: str) -> str:
    return f"drill.last:{playbook}:{asset_id}"


def _seen(tx: Transaction, playbook: PlaybookShape) -> datetime | None:
    since, _, expression = (tx.plumbing.get_value(_key(playbook)) or "").partition(" ")
    return datetime.fromisoformat(since) if since and expression == playbook.drill else None
