"""The registry pane's read model on a large estate: ``python -m tests.bench board [sqlite|postgresql]``.

2,000 assets x 4 environments, 50,000 releases, a checked pointer a deployment, 300 open alerts, 100 concerns,
200 workflows. A refresh is what the tower does once it noticed that somebody wrote: the change mark, the board, the
comparison with the one that is shown, and the registry pane (worst first, 120 x 36) with its rows and lines.
"""

from __future__ import annotations

import asyncio
import gc
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
from textual.app import App, ComposeResult

from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.storage.board.panes import quick_board
from pulse_tui.storage.registry import tables as t
from pulse_tui.storage.store import SqlStore
from pulse_tui.tui.registry.pane import RegistryPane
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import alert, deployment, hold

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


class Panes(App[None]):
    """The registry pane alone."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = RegistryPane()

    def compose(self) -> ComposeResult:
        yield self.registry


def told(what: str, times: list[float], remark: str = "") -> None:
    """Print the middle and the 95th percentile of some times in ms."""
    times = sorted(times)
    p95 = times[int(len(times) * 0.95)]
    print(f"{what:<52}p50 {statistics.median(times):6.1f} ms  p95 {p95:6.1f} ms{remark}", flush=True)


def timed(what: str, act: Callable[[int], object], before: Callable[[int], object] = lambda _: None) -> None:
    """Print what some rounds took, and the processor's share of the middle."""
    times, busy = [], []
    act(-1)
    for i in range(ROUNDS):
        before(i)
        began, cpu = time.perf_counter(), time.thread_time()
        act(i)
        times.append((time.perf_counter() - began) * 1e3)
        busy.append((time.thread_time() - cpu) * 1e3)
    told(what, times, f"  (CPU {statistics.median(busy):.1f} ms)")


async def refreshes(kind: str, store: SqlStore, names: list[str], change: Callable[[int], object]) -> None:
    """From a change noticed to the rows of the pane updated; and the share of it that holds the loop.

    ``kind`` is what is printed.
    """
    app = Panes()
    whole: list[float] = []
    drawing: list[float] = []
    async with app.run_test(size=(120, 36)) as pilot:
        shown: Board | None = None
        mark: object = None

        async def refresh() -> None:
            nonlocal shown, mark
            while await asyncio.to_thread(store.change_mark) == mark:  # PostgreSQL's word takes a moment
                await asyncio.sleep(0.001)
            began = time.perf_counter()
            now = datetime.now(UTC)
            seen, board = await asyncio.to_thread(lambda: (store.change_mark(), store.board("bench", names[0], now)))
            mark, read = seen, time.perf_counter()
            if board != shown:
                shown = board
                app.registry.show_board(board, to_us(now))
            ended = time.perf_counter()
            whole.append((ended - began) * 1e3)
            drawing.append((ended - read) * 1e3)

        await refresh()
        print(
            f"{f'first board and pane, {kind}':<52}    {whole[0]:6.1f} ms, of which {drawing[0]:.1f} ms hold the loop"
        )
        whole.clear()
        drawing.clear()
        gc.freeze()  # as the tower does after its first frame
        for i in range(ROUNDS):
            await asyncio.to_thread(change, i)
            await refresh()
            await pilot.pause()
    told(f"refresh after a change, {kind}", whole)
    told(f"  of which hold the loop, {kind}", drawing)


def measure(store: SqlStore, path: Path | None) -> None:
    """All figures of one database."""
    began = time.perf_counter()
    names, now, kind = fill(store), datetime.now(UTC), store.url.get_backend_name()
    print(f"{f'the estate is filled in, {kind}':<52}    {time.perf_counter() - began:6.1f} s")

    def deploy(i: int) -> None:
        with store.write() as tx:
            tx.estate.deploy(deployment(f"3.0.{i % 5}", Environment.CANARY, asset_id=names[i % ASSETS], since=now))

    def freeze(i: int) -> None:
        with store.write() as tx:
            if i % 2:
                tx.judgements.lift_hold(f"all-{i - 1}", "bench", now)
            else:
                tx.judgements.put_hold(hold(f"all-{i}", kind=HoldKind.FREEZE, asset_id=None))

    def read(_: int) -> None:
        store._kept = None
        store.board("bench", None, now)

    asyncio.run(refreshes(f"{kind}, one row", store, names, deploy))
    timed(f"board read whole, {kind}", read)
    asyncio.run(refreshes(f"{kind}, the whole estate", store, names, freeze))
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
