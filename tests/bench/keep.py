"""Backup, prune and compaction while others write: how long each takes, and how long a writer waits at most."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from pulse_tui.domain.pruned import Kept
from pulse_tui.rounds.work import PRUNE_MOST_S
from pulse_tui.services.pruning import Done, Pace, prune
from pulse_tui.settings.retention import RetentionShape
from pulse_tui.storage.compacting import spare, vacuum_file
from pulse_tui.storage.copies import copy, describe
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW

ROWS = int(os.environ.get("PULSE_BENCH_ROWS", "200000"))
_DAY_US = 86_400 * 10**6
_COLUMNS = (
    "seq, id, source, signal_type, severity, confidence, recommended_action, occurred_at, observed_at, title, links,"
    " evidence, fingerprint, raw"
)


def fill_server(store: SqlStore, rows: int) -> None:
    """Signals of the last 400 days, the eldest first, made by the server itself."""
    first = int(NOW.timestamp() * 1e6) - 400 * _DAY_US
    step = 400 * _DAY_US // rows
    made = (
        f"INSERT INTO signals ({_COLUMNS}) SELECT n, 's-' || n, 'probe', 'latency_breach', 'low', 1.0, 'note',"
        f" {first} + n * {step}, {first} + n * {step}, 'a title of some length that stands for others', '[]', '{{}}',"
        f" 'f-' || mod(n, 5000), decode(repeat('ab', 300), 'hex') FROM generate_series(1, {rows}::bigint) AS n"
    )
    with store._writer.begin() as connection:
        connection.exec_driver_sql(made)
        connection.exec_driver_sql("ANALYZE signals")


def fill_file(path: Path, rows: int) -> None:
    """The same in an SQLite file."""
    first = int(NOW.timestamp() * 1e6) - 400 * _DAY_US
    step = 400 * _DAY_US // rows
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=OFF")
        raw.executemany(
            f"INSERT INTO signals ({_COLUMNS}) VALUES (?, ?, 'probe', 'latency_breach', 'low', 1.0, 'note', ?, ?,"
            " 'a title of some length that stands for others', '[]', '{}', ?, ?)",
            (
                (n, f"s-{n}", first + n * step, first + n * step, f"f-{n % 5_000}", b"\xab" * 300)
                for n in range(1, rows + 1)
            ),
        )
        raw.commit()


@contextmanager
def writing(store: SqlStore) -> Iterator[list[float]]:
    """Another thread with a store of its own that commits without a pause; how long each took, in seconds."""
    waits, over = list[float](), threading.Event()

    def write() -> None:
        n = 0
        while not over.is_set():
            began = time.monotonic()
            with store.write() as tx:
                tx.plumbing.put_value(f"hammer-{n % 100}", str(n))
            waits.append(time.monotonic() - began)
            n += 1
            time.sleep(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def pruned(store: SqlStore) -> Done:
    """Everything that is due of the signals."""
    pace = Pace(time.monotonic, time.sleep, PRUNE_MOST_S[store.is_sqlite])
    return prune(store, RetentionShape(), Kept.SIGNALS, "bench", lambda: NOW, pace)


def _measured(name: str, what: Callable[[], object], other: SqlStore) -> None:
    cpu, began = time.process_time(), time.monotonic()
    with writing(other) as waits:
        done = what()
    took, spent = time.monotonic() - began, time.process_time() - cpu
    ordered = sorted(waits)
    p99 = ordered[int(len(ordered) * 0.99)] if ordered else 0.0
    more = f"; {done.rows:,} rows, longest transaction {done.longest_s * 1e3:.0f} ms" if isinstance(done, Done) else ""
    print(
        f"{name}: {took:.1f} s ({spent:.1f} s of processor){more}; {len(waits):,} writes beside it,"
        f" p99 {p99 * 1e3:.0f} ms, longest {max(waits, default=0.0) * 1e3:.0f} ms"
    )


def main() -> None:
    """Prints; goals: no writer waits for more than 50 ms on SQLite, 200 ms on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pulse.db"
        url = sqlite_file(path)
        fill_file(path, ROWS)
        with closing(SqlStore(url, Path(folder))) as store, closing(SqlStore(url, Path(folder))) as other:
            print(f"SQLite, {ROWS:,} signals, {path.stat().st_size / 2**20:.0f} MB (load {os.getloadavg()[0]:.1f})")
            _measured("nothing", lambda: time.sleep(2), other)
            target = Path(folder) / "copy.bak"

            def back_up() -> None:
                copy(path, target, store.url)
                describe(target, "bench", "0", NOW)

            _measured("backup, read back", back_up, other)
            _measured("prune", lambda: pruned(store), other)
        found = spare(path)
        began = time.monotonic()
        after = vacuum_file(path)
        print(f"compact: {time.monotonic() - began:.1f} s, {found.size / 2**20:.0f} -> {after / 2**20:.0f} MB")
    name = postgres().create()
    with (
        closing(SqlStore(postgres().named(name), Path())) as store,
        closing(SqlStore(store_url(name), Path())) as other,
    ):
        fill_server(store, ROWS)
        print(f"PostgreSQL, {ROWS:,} signals (load {os.getloadavg()[0]:.1f})")
        _measured("nothing", lambda: time.sleep(2), other)
        _measured("prune", lambda: pruned(store), other)
        with store._engine.connect() as connection:
            left = connection.execute(sa.text("SELECT count(*) FROM signals")).scalar()
        print(f"{left:,} signals left")
    postgres().drop(name)


def store_url(name: str) -> str:
    """Of a database of the test server."""
    return postgres().named(name)
