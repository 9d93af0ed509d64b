"""Runs that are under way or stopped, and plans that wait, as the tower shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.rollback import Rules
from pulse_tui.domain.views.rollback import PlanRow, RunRow
from pulse_tui.storage.board.trends import Execute

# What ended short of its aim stands as long as its concern does: services/rollback/unfinished.py says when that ends.
_RUNS = """
SELECT r.id, r.plan_hash, r.target, r.state, r.detail, r.started_at, r.ended_at, r.started_by, r.holder,
       CASE WHEN l.expires_at > :now AND l.holder = r.holder THEN 1 ELSE 0 END
FROM runs r LEFT JOIN leases l ON l.name = 'target:' || r.target
WHERE r.active_key IS NOT NULL
   OR (r.state IN ('halted', 'undone')
       AND EXISTS (SELECT 1 FROM concerns c
                   WHERE c.key = 'run:' || c.environment AND c.asset_id || '/' || c.environment = r.target)
       AND NOT EXISTS (SELECT 1 FROM runs n WHERE n.target = r.target AND n.started_at > r.started_at))
ORDER BY r.started_at DESC, r.id
"""
_PLANS = "SELECT hash, state, body FROM plans WHERE state IN ('proposed', 'approved') ORDER BY seq DESC LIMIT :limit"
_VOTES = """
SELECT a.plan_hash, a.principal FROM approvals a JOIN plans p ON p.hash = a.plan_hash
WHERE p.state IN ('proposed', 'approved') AND a.yes AND a.expires_at > :now ORDER BY a.at, a.principal
"""
SHOWN = 100
"""Plans that are looked through for those that wait: the newest."""


class _Made(NamedTuple):
    """A plan, and what it was made under."""

    row: PlanRow
    under: Rules


class Rollbacks(NamedTuple):
    """What the board shows of rollbacks."""

    runs: tuple[RunRow, ...]
    plans: tuple[PlanRow, ...]

    def marks(self) -> Iterator[tuple[str, str, str, str]]:
        """(asset, environment, mark, why) of each deployment, the most urgent last."""
        for plan in self.plans:
            yield plan.asset, plan.environment, "waiting", plan.headline
        for run in reversed(self.runs):
            yield run.asset, run.environment, "stopped" if run.stopped else "running", run.headline


def read_rollbacks(
    execute: Execute, now: datetime, dead: Callable[[str], bool], rules: Callable[[], Rules | None]
) -> Rollbacks:
    """As they are now: what expired or lost its process since the last look is found by the clock.

    ``rules`` are those of today, asked for only where a plan waits (None: not known here).
    """
    now_us = to_us(now)
    runs = sorted((_run(row, dead) for row in execute(_RUNS, {"now": now_us})), key=lambda r: not r.stopped)
    plans = execute(_PLANS, {"limit": SHOWN})
    votes: dict[str, list[str]] = {}
    for plan, principal in execute(_VOTES, {"now": now_us}) if plans else ():
        votes.setdefault(plan, []).append(principal)
    made = (_plan(name, state, bytes(body), tuple(votes.get(name, ()))) for name, state, body in plans)
    waiting = [p for p in made if p is not None and p.row.expires_us > now_us]
    return Rollbacks(tuple(runs), tuple(_waiting(waiting, rules() if waiting else None)))


def _waiting(plans: Sequence[_Made], today: Rules | None) -> Iterator[PlanRow]:
    """Newest first. A void one is shown until a newer plan stands in its stead."""
    planned: set[tuple[str, str]] = set()
    for row, under in plans:
        void = "; ".join(today.changed(under)) if today is not None else ""
        if not void or (row.asset, row.environment) not in planned:
            yield row._replace(void=void) if void else row
        planned.add((row.asset, row.environment))


def _run(row: Sequence[Any], dead: Callable[[str], bool]) -> RunRow:
    ident, plan, target, state, detail, started, ended, by, holder, held = row
    asset, _, environment = target.rpartition("/")
    word = "abandoned" if state == "running" and (not held or dead(holder)) else state
    return RunRow(ident, plan, asset, environment, word, detail or "", int(ended or started), by, holder)


@lru_cache(4 * SHOWN)
def _plan(plan: str, state: str, body: bytes, votes: tuple[str, ...]) -> _Made | None:
    """None for a plan whose stored bytes are damaged: whoever opens it is told."""
    try:
        said = json.loads(body)
        made, ends = (datetime.fromisoformat(said[name]) for name in ("created_at", "expires_at"))
        asset, environment = said["asset_id"], said["environment"]
        under = Rules(said["policy_digest"], said["playbook_digest"], said["operators_digest"])
        row = PlanRow(
            plan, asset, environment, said["from_version"], said["to_version"], state, votes,
            int(said["approvals_needed"]), to_us(made), to_us(ends), said["proposed_by"],
        )  # fmt: skip
        return _Made(row, under)
    except (ValueError, KeyError, TypeError):
        return None
