"""How much of the estate can be rolled back, and how long rollbacks took: from what is recorded, no target is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from pulse_tui.domain.moments import iso
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.rollback import Check, Purpose, RunState
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.certificate import RECORDED
from pulse_tui.services.rollback.drill import book, drilled, leader

LOOKED_BACK = timedelta(days=90)
MANY = 1_000
"""The newest runs that are looked through."""


class Ready(NamedTuple):
    """A deployment: whether the certificate of its rollback target is whole, and what it lacks."""

    asset: str
    environment: str
    version: str
    target: str | None
    """The rollback target; None: there is none, or it was not checked since this version serves."""
    lacks: tuple[str, ...]
    drilled: Check

    @property
    def whole(self) -> bool:
        """Nothing that blocks failed, the artifact was found, and the rollback was drilled."""
        return not self.lacks


class Capacity(NamedTuple):
    """Of an environment: how many deployments have a rollback target whose certificate is whole."""

    environment: str
    deployments: int
    whole: int
    lacking: tuple[tuple[str, str], ...]
    """(asset, the first thing that its certificate lacks)."""


class Took(NamedTuple):
    """A verified rollback: how long it took, in seconds."""

    asset: str
    environment: str
    run: str
    at: str
    seconds: float
    since: str
    """What the time is counted from: ``alert`` when it answered one, else ``plan``."""


class Measures(NamedTuple):
    """The rollback capacity of each environment, and the time to roll back of each asset, newest first."""

    capacity: tuple[Capacity, ...]
    took: tuple[Took, ...]


def measures(parts: RollbackParts) -> Measures:
    """As it is recorded now; the runs are those of the last 90 days."""
    rows = ready(parts)
    with parts.store.read() as tx:
        times = _took(tx, parts)
    return Measures(
        tuple(
            Capacity(
                e.value,
                len(there),
                sum(r.whole for r in there),
                tuple((r.asset, r.lacks[0]) for r in there if not r.whole),
            )
            for e in sorted(Environment, key=lambda e: e.rank)
            if (there := [r for r in rows if r.environment == e.value])
        ),
        tuple(times),
    )


def ready(parts: RollbackParts, environment: Environment | None = None) -> list[Ready]:
    """Every deployment (there), production first; the replica of drills serves nobody and is left out."""
    now = parts.clock()
    with parts.store.read() as tx:
        pointers = {(p.asset_id, p.environment): p for p in tx.inventory.pointers()}
        found = []
        for d in tx.estate.load().deployments:
            if d.environment is Environment.REPLICA or environment not in (None, d.environment):
                continue
            check = pointers.get((d.asset_id, d.environment))
            check = check if check is not None and check.serving == d.version else None
            rehearsed = drilled(tx, parts, d.asset_id, d.environment, now)
            lacks = list(_lacks(check))
            if book(parts, leader(parts, d.asset_id, d.environment), d.environment) is None:
                lacks.append("no playbook serves it there")
            elif not rehearsed.ok:
                lacks.append(rehearsed.detail)
            target = check.version if check is not None else None
            found.append(Ready(d.asset_id, d.environment.value, d.version, target, tuple(lacks), rehearsed))
    return sorted(found, key=lambda r: (Environment(r.environment).rank, r.asset))


def _lacks(check: PointerCheck | None) -> list[str]:
    if check is None:
        return ["its rollback target has not been checked since this version serves"]
    if check.version is None:
        return ["there is no rollback target"]
    # A target that did not answer is shown by a line that does not block: unknown is not whole.
    asked = [c for c in check.checks if c.name not in RECORDED]
    unknown = [c for c in asked if c.name == "artifact" and not c.ok and not c.blocking]
    return [f"{c.name}: {c.detail}" for c in check.checks if c.blocking and not c.ok] + [
        f"{c.name}: {c.detail}" for c in unknown
    ]


def _took(tx: Transaction, parts: RollbackParts) -> list[Took]:
    since = parts.clock() - LOOKED_BACK
    found = []
    for run in tx.rollbacks.runs(limit=MANY):
        if run.state is not RunState.VERIFIED or run.ended_at is None or run.ended_at < since:
            continue
        plan = tx.rollbacks.plan(run.plan_hash)
        if plan is None or plan[0].purpose is not Purpose.ROLLBACK or plan[0].undoes is not None:
            continue
        alert = tx.judgements.alert(plan[0].alert_id) if plan[0].alert_id else None
        began = alert.first_at if alert is not None else plan[0].created_at
        word = "alert" if alert is not None else "plan"
        for member in plan[0].moves:
            seconds = (run.ended_at - began).total_seconds()
            environment = plan[0].environment.value
            found.append(Took(member.asset_id, environment, run.id, iso(run.ended_at), seconds, word))
    return found
