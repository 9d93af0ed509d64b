"""``python -m tests.bench explain [COUNT]``: what ``explain`` takes with a million signals stored, each with its decisions."""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.conditions.explained import meant
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from tests.bench.ingest import fill, one
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging, rollback
from tests.fakes.nouns import later
from tests.fakes.target import Places

SEED, ASKED = 1_000, 300
_MULTIPLY = """
INSERT INTO {table} ({columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
SELECT {values} FROM {table} t, n
"""


def multiply(path: Path, times: int) -> None:
    """The signals and decisions that are there, so many times more under other ids."""
    fresh = {
        "signals": {"id": "t.id || '-' || n.i", "fingerprint": "t.fingerprint || '-' || n.i"},
        "decisions": {"id": "substr(t.id, 1, 8) || printf('%04x', n.i) || substr(t.id, 9)", "signal_id": "t.signal_id || '-' || n.i", "fingerprint": "t.fingerprint || '-' || n.i"},
    }  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('signals', 'decisions') AND sql <> ''"
        indexes = connection.execute(sql).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, changed in fresh.items():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
            values = ", ".join(changed.get(name, f't."{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            sql = _MULTIPLY.format(table=table, columns=columns, values=values, times=times)
            connection.execute(sql)
        for _, made in indexes:
            connection.execute(made)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def main() -> None:
    """By the id of a decision, a signal and an alert, and by the beginning of one."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        fill(store)
        parts = judging(store, Path(folder), Clock())
        ingest([one(number, chance) for number in range(SEED)], [], parts, later(days=30))
        plans = rollback(parts, Places(Path(folder) / "target.json"), Clock())
        store.close()
        start = time.perf_counter()
        multiply(Path(folder) / "pulse.db", count // SEED - 1)
        with store.read() as tx:
            stored = tx.signals.count()
            alerts = [alert.id for alert in tx.judgements.alerts(limit=ASKED)]
        with store._engine.connect() as connection:
            newest = connection.exec_driver_sql("SELECT max(seq) FROM decisions").scalar() or 0
            sample = [chance.randrange(1, newest + 1) for _ in range(ASKED)]
            sql = f"SELECT id, signal_id FROM decisions WHERE seq IN ({', '.join(map(str, sample))})"
            rows = connection.exec_driver_sql(sql).all()
        size = sum(f.stat().st_size for f in Path(folder).glob("pulse.db*"))
        print(
            f"{stored:,} signals and {newest:,} decisions, {size / 2**30:.1f} GiB, made in {time.perf_counter() - start:.0f} s"
        )

        def told(name: str) -> None:
            with store.read() as tx:
                found = meant(tx, name)
            assert found is not None, name
            assert [judged.lines("") for judged in found.decisions]

        def page(name: str) -> None:
            with store.read() as tx:
                found = meant(tx, name)
            assert found is not None
            assert found.alert is not None
            alert_story(plans, found.alert.id)

        _time("a decision by its id", [row[0] for row in rows], told)
        _time("a decision by the first 12 digits of it", [row[0][:12] for row in rows], told)
        _time("a signal by its id", [row[1] for row in rows], told)
        _time("an alert's page", alerts, page)
        _time(
            "an id of nothing",
            [f"{chance.getrandbits(48):012x}" for _ in range(ASKED)],
            lambda name: _nothing(store, name),
        )
        store.close()


def _nothing(store: SqlStore, name: str) -> None:
    with store.read() as tx:
        assert meant(tx, name) is None


def _time(what: str, names: Sequence[str], call: Callable[[str], None]) -> None:
    call(names[0])  # the first one compiles the statements
    took, cpu = [], time.process_time()
    for number in range(ASKED):
        start = time.perf_counter()
        call(names[number % len(names)])
        took.append((time.perf_counter() - start) * 1e3)
    cpu = (time.process_time() - cpu) / ASKED * 1e3
    took.sort()
    print(
        f"{what}: p50 {took[len(took) // 2]:.1f} ms, p95 {took[int(len(took) * 0.95)]:.1f} ms, worst {took[-1]:.1f} ms, processor {cpu:.1f} ms"
    )


if __name__ == "__main__":
    sys.argv.insert(1, "explain")
    main()
