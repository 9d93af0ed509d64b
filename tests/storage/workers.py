"""What other processes do to a database in the tests: ``python -m tests.storage.workers DEED URL NUMBER``."""

from __future__ import annotations

import sqlite3
import sys
import time
from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.errors import PulseError
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, release, run_of, signal


def releases(store: SqlStore, worker: int, count: int) -> list[int]:
    """Add ``count`` releases to one asset; the iterations they got."""
    out = []
    for i in range(count):
        with store.write() as tx:
            out.append(tx.estate.add_release(release(f"{worker}.{i}")).iteration)
            tx.log.append(NOW, f"w{worker}", "release.added", "support-bot")
    return out


def events(store: SqlStore, worker: int, count: int) -> list[int]:
    """Version events on one asset, of every kind in turn; the iterations they got."""
    out = []
    for i in range(count):
        with store.write() as tx:
            if i % 3 == 0:
                out.append(tx.estate.add_release(release(f"{worker}.{i}", branch=f"line-{worker}")).iteration)
            elif i % 3 == 1:
                number = tx.estate.next_iteration("support-bot")
                tx.evals.add(run_of(f"run-{worker}-{i}", f"{worker}.{i - 1}", 0.9), number)
                out.append(number)
            else:
                out.append(tx.estate.next_iteration("support-bot"))
                version = f"{worker}.{i - 2}"
                tx.estate.record_promotion(
                    "support-bot", version, CANARY, by=f"w{worker}", at=NOW, decision_id=None, why="race"
                )
    return out


def claims(store: SqlStore, worker: int, count: int) -> list[int]:
    """Fight for one lease; the epochs that were won by taking it from another."""
    out: list[int] = []
    for i in range(count):
        with store.write() as tx:
            epoch = tx.plumbing.claim("fight", f"w{worker}", NOW + timedelta(seconds=i), 0.5)
        if epoch is not None and epoch not in out:
            out.append(epoch)
    return out


def main(deed: str, url: str, number: int) -> None:
    """One deed, its result as a line."""
    if deed == "hold-lock":
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        sys.stdin.read()
        connection.close()
        return
    try:
        store = SqlStore(url, Path.cwd())
    except PulseError as error:
        print(error)
        return
    if deed == "open":
        print(store.schema)
    elif deed == "signal":
        with store.write() as tx:
            tx.signals.add([(signal(number), b"")])
        print("written")
    elif deed == "releases":
        print(*releases(store, number, 25))
    elif deed.startswith("events-"):
        print(*events(store, number, int(deed.removeprefix("events-"))))
    elif deed == "sleep":
        time.sleep(number)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
