"""The registry pane's read model on a large estate: ``python -m tests.bench board [sqlite|postgresql]``.

2,000 assets x 4 environments, 50,000 releases, a checked pointer a deployment, 300 open alerts, 100 concerns,
200 workflows. What is printed is the read; what the table makes of it is the tower's benchmark.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.storage import tables as t
from pulse_tui.storage.board import quick_board
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import alert, deployment

ASSETS, RELEASES, ALERTS, CONCERNS, WORKFLOWS = 2_000, 25, 300, 100, 200
ROUNDS = 40


def fill(store: SqlStore) -> list[str]:
    """The estate, straight into the tables; returns the assets' names. Seeded: always the same."""
    chance, now = random.Random(7), to_us(datetime.now(UTC))
    names = [f"asset-{i:04d}" for i in range(ASSETS)]
    versions = [f"3.{i // 5}.{i % 5}" for i in range(RELEASES)]
    places = [(n, e.value, versions[-1 - e.rank]) for n in names for e in Environment]
    checks = json.dumps([{"name": "artifact", "ok": True, "detail": "present with the same digest"}] * 5)
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        t.assets: [
            {"id": n, "asset_type": "service", "owner_team": f"team-{i % 9}", "tier": "internal"}
            | {"exposure": "internal", "data": "{}"}
            for i, n in enumerate(names)
        ],
        t.releases: [
            {"asset_id": n, "version": v, "iteration": i + 1, "digest": f"sha256:{chance.getrandbits(256):064x}"}
            | {"created_at": now, "state": "promoted", "lineage": json.dumps({"prompt_template": f"refund-v{i}"})}
            | {"provenance": json.dumps({"commit": f"{chance.getrandbits(160):040x}", "builder": "ci"})}
            for i, v in enumerate(versions)
            for n in names
        ],
        t.deployments: [
            {"asset_id": n, "environment": e, "version": v, "since": now, "traffic": 100.0, "source": "mlflow"}
            | {"production_critical": False}
            for n, e, v in places
        ],
        t.pointers: [
            {"asset_id": n, "environment": e, "serving": v, "version": versions[0], "at": now, "valid": True}
            | {"checks": checks}
            for n, e, v in places
        ],
        t.concerns: [
            {"asset_id": chance.choice(names), "key": f"k{i}", "what": "two sources disagree", "todo": "look"}
            | {"source": "mlflow", "severity": "medium", "since": now}
            for i in range(CONCERNS)
        ],
        t.workflows: [
            {"id": f"wf-{i:03d}", "stages": json.dumps([{"name": s, "asset_id": chance.choice(names)} for s in "abc"])}
            for i in range(WORKFLOWS)
        ],
    }
    engine = sa.create_engine(store.url)
    with engine.begin() as connection:
        for table, many in rows.items():
            for start in range(0, len(many), 5_000):
                connection.execute(sa.insert(table), many[start : start + 5_000])
    engine.dispose()
    with store.write() as tx:
        for i, priority in zip(range(ALERTS), itertools.cycle(Priority), strict=False):
            place = chance.choice(list(Environment))
            tx.judgements.put_alert(alert(i, asset_id=chance.choice(names), environment=place, priority=priority))
    return names


def timed(what: str, act: Callable[[int], object], before: Callable[[int], object] = lambda _: None) -> None:
    """Print the middle and the 95th percentile of some rounds, in ms, and the processor's share of the middle."""
    times, busy = [], []
    act(-1)
    for i in range(ROUNDS):
        before(i)
        began, cpu = time.perf_counter(), time.thread_time()
        act(i)
        times.append((time.perf_counter() - began) * 1e3)
        busy.append((time.thread_time() - cpu) * 1e3)
    times.sort()
    print(
        f"{what:<44}p50 {statistics.median(times):6.1f} ms  p95 {times[int(ROUNDS * 0.95)]:6.1f} ms  "
        f"(CPU {statistics.median(busy):.1f} ms)",
        flush=True,
    )


def measure(store: SqlStore, path: Path | None) -> None:
    """All figures of one database. A refresh is from a noticed change to the new board, compared with the old."""
    names, now, kind = fill(store), datetime.now(UTC), store.url.get_backend_name()
    shown = [store.board("bench", names[0], now)]

    def change(i: int) -> None:
        with store.write() as tx:
            tx.estate.deploy(deployment(f"3.0.{i % 5}", Environment.CANARY, asset_id=names[i % ASSETS], since=now))

    def refresh(_: int) -> None:
        new = store.board("bench", names[0], now)
        if new != shown[0]:
            shown[0] = new

    timed(f"board, {kind}", lambda _: store.board("bench", None, now))
    timed(f"refresh after one changed row, {kind}", refresh, before=change)
    if path is not None:
        timed("board with the standard library alone", lambda _: quick_board(path, "bench", now))
    timed(f"an asset's history, {kind}", lambda i: store.history(names[i % ASSETS]))
    start = now - timedelta(days=365)
    timed(f"calendar of a year (capped), {kind}", lambda _: store.calendar(start, now))


def main() -> None:
    chosen = [a for a in sys.argv[1:] if a in ("sqlite", "postgresql")] or ["sqlite", "postgresql"]
    with tempfile.TemporaryDirectory() as folder:
        for kind in chosen:
            path = Path(folder) / "pulse.db" if kind == "sqlite" else None
            store = SqlStore(sqlite_file(path) if path else postgres().named(postgres().create()), Path(folder))
            measure(store, path)
            store.close()


if __name__ == "__main__":
    main()
