"""Runs that are under way or stopped, and plans that wait, as the tower shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.rollback import Rules, called
from pulse_tui.domain.views.rollback import PlanRow, ReviewRow, RunRow
from pulse_tui.storage.board.trends import Execute

# What ended short of its aim stands as long as its concern does: services/rollback/unfinished.py says when that ends.
_RUNS = """
SELECT r.id, r.plan_hash, r.target, r.state, r.detail, r.started_at, r.ended_at, r.started_by, r.holder,
       CASE WHEN l.expires_at > :now AND l.holder = r.holder THEN 1 ELSE 0 END, p.body
FROM runs r LEFT JOIN plans p ON p.hash = r.plan_hash LEFT JOIN leases l ON l.name = 'target:' || r.target
WHERE r.active_key IS NOT NULL
   OR (r.state IN ('halted', 'undone')
       AND EXISTS (SELECT 1 FROM concerns c
                   WHERE c.key = 'run:' || c.environment AND c.asset_id || '/' || c.environment = r.target)
       AND NOT EXISTS (SELECT 1 FROM run_targets n WHERE n.target = r.target AND n.started_at > r.started_at))
ORDER BY r.started_at DESC, r.id
"""
_PLANS = "SELECT hash, state, body FROM plans WHERE state IN ('proposed', 'approved') ORDER BY seq DESC LIMIT :limit"
_SERVING = "SELECT asset_id, environment, version FROM deployments"
_NEWER = """
SELECT n.hash, n.state, n.body FROM plans n
WHERE n.asset_id = :asset AND n.seq > (SELECT p.seq FROM plans p WHERE p.hash = :hash)
"""
_VOTES = """
SELECT a.plan_hash, a.principal, a.break_glass FROM approvals a JOIN plans p ON p.hash = a.plan_hash
WHERE p.state IN ('proposed', 'approved') AND a.yes AND a.expires_at > :now ORDER BY a.at, a.principal
"""
_GLASS = """
SELECT key, asset_id, environment, what, since FROM concerns
WHERE key LIKE 'break-glass:%' OR key LIKE 'by-itself:%' ORDER BY since, key
"""
SHOWN = 100
"""Plans that are looked through for those that wait: the newest."""


class _Made(NamedTuple):
    """A plan, and what it was made under."""

    row: PlanRow
    under: Rules
    alert: str
    """The id of the alert that it answers; empty when it answers none."""
    moves: tuple[tuple[str, str], ...] = ()
    """(asset, the version that it moves) of each."""


class Rollbacks(NamedTuple):
    """What the board shows of rollbacks."""

    runs: tuple[RunRow, ...]
    plans: tuple[PlanRow, ...]
    glass: tuple[ReviewRow, ...] = ()

    def marks(self) -> Iterator[tuple[str, str, str, str]]:
        """(asset, environment, mark, why) of each deployment, the most urgent last."""
        for plan in self.plans:
            for asset in (*plan.beside, plan.asset):
                yield asset, plan.environment, "waiting", plan.headline
        for run in reversed(self.runs):
            for asset in (*run.beside, run.asset):
                yield asset, run.environment, "stopped" if run.stopped else "running", run.headline


def read_rollbacks(
    execute: Execute,
    now: datetime,
    dead: Callable[[str], bool],
    rules: Callable[[], Rules | None],
    open_alerts: Container[str],
) -> Rollbacks:
    """As they are now: what expired or lost its process since the last look is found by the clock.

    ``rules`` are those of today, asked for only where a plan waits (None: not known here). A plan that expired is
    shown while the alert that it answers is open: that nobody approved it in time is not that nobody need.
    """
    now_us = to_us(now)
    found = execute(_RUNS, {"now": now_us})
    runs = sorted((_run(row, dead) for row in found), key=lambda r: not r.stopped)
    plans = execute(_PLANS, {"limit": SHOWN})
    votes: dict[str, list[str]] = {}
    alone: dict[str, str] = {}
    for plan, principal, break_glass in execute(_VOTES, {"now": now_us}) if plans else ():
        votes.setdefault(plan, []).append(principal)
        if break_glass:
            alone[plan] = principal
    made = (
        _plan(name, state, bytes(body), tuple(votes.get(name, ())), alone.get(name, "")) for name, state, body in plans
    )
    waiting = [p for p in made if p is not None and (p.row.expires_us > now_us or p.alert in open_alerts)]
    owned = {
        (asset, r.environment): r.id
        for r in runs
        if r.state not in ("halted", "undone")
        for asset in (*r.beside, r.asset)
    }
    rows = _waiting(execute, waiting, rules() if waiting else None, now_us)
    return Rollbacks(
        tuple(runs),
        tuple(row._replace(behind=_behind(row, owned)) for row in rows),
        tuple(
            ReviewRow(key.partition(":")[2], a, e or "", what, int(since), key.startswith("by-itself:"))
            for key, a, e, what, since in execute(_GLASS, {})
        ),
    )


def _behind(row: PlanRow, owned: Mapping[tuple[str, str], str]) -> str:
    keys = ((asset, row.environment) for asset in (row.asset, *row.beside))
    return next((owned[key] for key in keys if key in owned), "")


def _waiting(execute: Execute, plans: Sequence[_Made], today: Rules | None, now_us: int) -> Iterator[PlanRow]:
    """Newest first. One that cannot run any more is shown until a newer plan was made in its stead; nobody misses a drill
    that was not held: that none was is shown where one is needed; nor a plan where another version serves by now.
    """
    serving = {(asset, where): version for asset, where, version in execute(_SERVING, {})} if plans else {}
    for row, under, _, moves in plans:
        if any(serving.get((asset, row.environment), version) != version for asset, version in moves):
            continue
        if row.expires_us <= now_us:
            void = f"it expired at {from_us(row.expires_us):%Y-%m-%d %H:%M} UTC"
        else:
            void = "; ".join(today.changed(under)) if today is not None else ""
        if not void:
            yield row
        elif row.purpose != "drill" and not _superseded(execute, row):
            yield row._replace(void=void)


def _superseded(execute: Execute, row: PlanRow) -> bool:
    newer = execute(_NEWER, {"asset": row.asset, "hash": row.hash})
    made = (_plan(name, state, bytes(body), (), "") for name, state, body in newer)
    return any(p is not None and (p.row.environment, p.row.purpose) == (row.environment, row.purpose) for p in made)


def _run(row: Sequence[Any], dead: Callable[[str], bool]) -> RunRow:
    ident, plan, target, state, detail, started, ended, by, holder, held, body = row
    asset, _, environment = target.rpartition("/")
    word = "abandoned" if state == "running" and (not held or dead(holder)) else state
    return RunRow(
        ident, plan, asset, environment, word, detail or "", int(ended or started), by, holder, *_plan_of(body)
    )


def _plan_of(body: Any) -> tuple[str, tuple[str, ...]]:
    """What the plan of a run is for, and what moves beside its own asset; one that is damaged or gone is read as a
    rollback: that is the gravest.
    """
    try:
        said = json.loads(bytes(body or b""))
        return _purpose_of(said), _said_beside(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "rollback", ()


def _said_beside(said: dict[str, Any]) -> tuple[str, ...]:
    return tuple(m["asset_id"] for m in said.get("members", ()))


def _purpose_of(said: dict[str, Any]) -> str:
    return called(str(said.get("purpose", "rollback")), undoes=bool(said.get("undoes")))


@lru_cache(4 * SHOWN)
def _plan(plan: str, state: str, body: bytes, votes: tuple[str, ...], alone: str) -> _Made | None:
    """None for a plan whose stored bytes are damaged: whoever opens it is told."""
    try:
        said = json.loads(body)
        made, ends = (datetime.fromisoformat(said[name]) for name in ("created_at", "expires_at"))
        asset, environment = said["asset_id"], said["environment"]
        under = Rules(said["policy_digest"], said["playbook_digest"], said["operators_digest"])
        needed = int(said["approvals_needed"])
        if state == "approved" and len(votes) < needed and not alone and not said.get("authorisation"):
            state = "proposed"  # approvals expire: it waits for others again
        row = PlanRow(
            plan, asset, environment, said["from_version"], said["to_version"], state, votes,
            needed, to_us(made), to_us(ends), said["proposed_by"], alone=alone,
            beside=_said_beside(said),
            purpose=_purpose_of(said),
        )  # fmt: skip
        moves = ((m["asset_id"], m["from_version"]) for m in (said, *said.get("members", ())))
        return _Made(row, under, said.get("alert_id") or "", tuple(moves))
    except (ValueError, KeyError, TypeError):
        return None
