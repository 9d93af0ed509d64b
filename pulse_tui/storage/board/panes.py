"""The read model of the panes, in plain SQL that both databases understand.

The statements run through a small callable, so that the tower's first screen can read an SQLite
file with the standard library alone: SQLAlchemy is imported after that screen stands.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.views.panes import (
    AdvisoryRow,
    AlertRow,
    Board,
    Header,
    SourceRow,
)
from pulse_tui.domain.words import Priority
from pulse_tui.storage.board.deployments import PRIORITY_RANK, HoldRow, Registry, read_registry
from pulse_tui.storage.board.touched import Touched
from pulse_tui.storage.board.trends import Execute, read_trends
from pulse_tui.storage.board.workflows import Workflows, read_workflows
from pulse_tui.storage.version import HEAD

MAX_ROWS = 2_000

_ALERTS = """
SELECT id, priority, state, title, owner, asset_id, environment, first_at, count, rule_id, deadline, version
FROM alerts WHERE open_key IS NOT NULL
ORDER BY CASE priority WHEN 'P1' THEN 0 WHEN 'P2' THEN 1 WHEN 'unknown' THEN 2 WHEN 'P3' THEN 3 WHEN 'P4' THEN 4
         ELSE 5 END, first_at DESC, id LIMIT :limit
"""
_HOLDS = "SELECT kind, asset_id, version, environment, why FROM holds WHERE open_key IS NOT NULL ORDER BY seq"
_ADVISORIES = """
SELECT f.advisory_id, a.name, f.component, COUNT(*), SUM(CASE WHEN f.environment = 'production' THEN 1 ELSE 0 END),
       MIN(CASE f.priority WHEN 'P1' THEN 0 WHEN 'P2' THEN 1 WHEN 'unknown' THEN 2 WHEN 'P3' THEN 3 WHEN 'P4' THEN 4
           ELSE 5 END) AS rank,
       MAX(CASE WHEN f.audit = 'matched' THEN 1 ELSE 0 END), a.title, MAX(f.component_id)
FROM findings f JOIN advisories a ON a.id = f.advisory_id
WHERE f.audit <> 'clean'
GROUP BY f.advisory_id, a.name, f.component, a.title
ORDER BY rank, a.name LIMIT :limit
"""
_SOURCES = "SELECT id, kind, every_s, last_good_at, failures, reason FROM sources ORDER BY id"
_COUNTS = """
SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'dead'),
       (SELECT COUNT(*) FROM decisions WHERE outcome = 'indeterminate' AND at > :since)
"""
_RANKS = [Priority.P1, Priority.P2, Priority.UNKNOWN, Priority.P3, Priority.P4, Priority.NOTE]
_RECENT_INDETERMINATE = timedelta(days=1)


_RISKY = frozenset({"FAIL", "risk", "quarantined", "doubt", "unknown"})
RowT = TypeVar("RowT")


class Kept(NamedTuple):
    """A board with what the next one is made from. Nothing of it ever changes, so any thread may read on from it."""

    board: Board
    registry: Registry
    workflows: Workflows


def read_board(execute: Execute, estate: str, asset: str | None, now: datetime) -> Board:
    """Everything the panes draw. ``asset`` chooses whose trends (None: the first row's)."""
    return read_kept(execute, estate, asset, now).board


def read_kept(
    execute: Execute,
    estate: str,
    asset: str | None,
    now: datetime,
    touched: Touched | None = None,
    before: Kept | None = None,
) -> Kept:
    """As :func:`read_board`. What is as it was ``before`` is not read again, and its rows are the same objects.

    ``before`` must have been at hand before this transaction began: it must not know more than that.
    """
    now_us = to_us(now)
    urgent = [_alert(row, now_us) for row in execute(_ALERTS, {"limit": MAX_ROWS})]
    urgent.sort(key=lambda a: (PRIORITY_RANK[a.priority], -a.since_us))
    alerts = _same(urgent, before.board.alerts if before else ())
    standing = [HoldRow(*row) for row in execute(_HOLDS, {})]
    registry = read_registry(execute, alerts, standing, touched, before.registry if before else None)
    sources = tuple(_source(row, now_us) for row in execute(_SOURCES, {}))
    ((dead, indeterminate),) = execute(_COUNTS, {"since": now_us - _RECENT_INDETERMINATE // timedelta(microseconds=1)})
    chosen = asset if asset is not None else (registry.rows[0].asset if registry.rows else None)
    workflows = read_workflows(execute, registry.places, before.workflows if before else None)
    advisories = [_advisory(row) for row in execute(_ADVISORIES, {"limit": MAX_ROWS})]
    board = Board(
        header=_header(estate, registry.counts, alerts, standing, sources, int(indeterminate), int(dead)),
        registry=registry.rows,
        advisories=_same(advisories, before.board.advisories if before else ()),
        alerts=alerts,
        trends=read_trends(execute, chosen) if chosen is not None else (),
        sources=sources,
        revision=0,
        workflows=workflows.rows,
    )
    return Kept(board, registry, workflows)


def _same(rows: Sequence[RowT], before: Sequence[RowT]) -> tuple[RowT, ...]:
    """The rows, those that stood there before as the objects that they were."""
    known = {row: row for row in before}
    return tuple([known.get(row, row) for row in rows])


def _alert(row: Sequence[Any], now_us: int) -> AlertRow:
    ident, priority, state, title, owner, asset, environment, since, count, rule, deadline, version = row
    overdue = deadline is not None and deadline < now_us and state == "firing"
    return AlertRow(
        ident,
        priority,
        state,
        title,
        owner or "",
        asset or "",
        environment or "",
        int(since),
        int(count),
        rule,
        overdue,
        version or "",
    )


def _advisory(row: Sequence[Any]) -> AdvisoryRow:
    ident, name, component, hits, production, rank, matched, title, provider = row
    priority = _RANKS[int(rank)]
    state = ("note" if priority is Priority.NOTE else "open") if matched else "not audited"
    return AdvisoryRow(
        ident, name, priority.value, component, int(hits), int(production or 0), state, title, provider or ""
    )


def _source(row: Sequence[Any], now_us: int) -> SourceRow:
    ident, kind, every, good, failures, reason = row
    if failures:
        health = "failing"
    elif good is None:
        health = "never"
    else:
        health = "late" if now_us - good > 3 * every * 1_000_000 else "good"
    return SourceRow(ident, kind, health, reason, good)


def _header(
    estate: str,
    places: Mapping[tuple[str, str], int],
    alerts: Sequence[AlertRow],
    holds: Sequence[HoldRow],
    sources: Sequence[SourceRow],
    indeterminate: int,
    dead: int,
) -> Header:
    serving: Counter[str] = Counter()
    for (environment, _), count in places.items():
        serving[environment] += count
    risky = sum(count for (e, state), count in places.items() if e == "production" and state in _RISKY)
    live = [a.priority for a in alerts if a.state != "suppressed"]
    return Header(
        estate=estate,
        production_ok=serving["production"] - risky,
        production_risk=risky,
        canary=serving["canary"],
        shadow=serving["shadow"],
        p1=live.count("P1"),
        p2=live.count("P2"),
        p4=sum(p in ("P3", "P4", "unknown") for p in live),
        frozen=tuple(sorted({h.asset or "everything" for h in holds if h.kind == "freeze"})),
        sources_good=sum(s.health == "good" for s in sources),
        sources_total=len(sources),
        indeterminate=indeterminate,
        dead_letters=dead,
    )


def quick_board(path: Path, estate: str, now: datetime) -> Board | None:
    """The board of an SQLite file read with the standard library; None when it must be opened properly.

    Reads only, and never makes a file: a missing, foreign, older, newer or locked one is left to
    the storage that can explain it.
    """
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=0.5)
    except sqlite3.Error:
        return None
    try:
        if connection.execute("SELECT version_num FROM alembic_version").fetchone() != (HEAD,):
            return None
        return read_board(lambda sql, params: connection.execute(sql, dict(params)).fetchall(), estate, None, now)
    except sqlite3.Error:
        return None
    finally:
        connection.close()
