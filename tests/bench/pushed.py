"""``python -m tests.bench pushed [SECONDS]``: an agent in a process of its own, eight senders over loopback.

Accepted is judged too: both happen in the transaction that the answer waits for. Two in a hundred records fire a rule.
"""

from __future__ import annotations

import itertools
import random
import signal as signals
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.signal import encode
from tests.bench.ingest import one
from tests.fakes.databases import postgres
from tests.fakes.pushing_agent import TOKENS, Line, body_of, configure, memory_mb, processor_s, ready, start, wire
from tests.servers.ports import free_port

ASSETS = 300
PROCESSES, CONNECTIONS, LINES = 4, 24, 500


@cache
def _records() -> Callable[[int], dict[str, Any]]:
    chance, numbers = random.Random(7), itertools.count()
    now = datetime.now(UTC).isoformat()

    def make(sender: int) -> dict[str, Any]:
        number = next(numbers)
        plain: dict[str, Any] = msgspec.json.decode(encode(one(number, chance)))
        del plain["source"]
        return {**plain, "id": f"{sender}-{number}-{chance.random()}", "occurred_at": now, "observed_at": now}

    return make


def _made(count: int, batch: int) -> list[list[bytes]]:
    """Requests of each sender, made before anything is measured."""
    make = _records()
    return [
        [wire(s, body_of(*(make(s) for _ in range(batch)))) for _ in range(max(1, count // batch // len(TOKENS)))]
        for s in range(len(TOKENS))
    ]


def flat_out(port: int, pid: int, batch: int, connections: int, count: int) -> str:
    """As many as are accepted: each sender on some connections, the next request as soon as the last is answered."""
    requests = _made(count, batch)
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def run(own: list[bytes]) -> None:
        line, found = Line(port), Counter[int]()
        for request in own:
            found[line.send(request)[0]] += 1
        line.close()
        with lock:
            statuses.update(found)

    threads = [
        threading.Thread(target=run, args=(own[n::connections],)) for own in requests for n in range(connections)
    ]
    before, begun = processor_s(pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - begun, processor_s(pid) - before
    accepted = statuses[202] * batch
    others = {s: n for s, n in statuses.items() if s != 202}
    return (
        f"{accepted / wall:,.0f} accepted and judged/s ({accepted:,} in {wall:.1f} s, agent {cpu / accepted * 1e6:,.0f} us "
        f"of processor each; 8 senders x {connections} connections, {batch} a request; other answers {others or 'none'})"
    )


def paced(port: int, pid: int, rate: float, seconds: float) -> str:
    """So many single records a second, each at its moment whatever became of the last."""
    count = int(rate * seconds)
    flat = [r for row in zip(*_made(count, 1), strict=True) for r in row]
    took: list[float] = []
    statuses: Counter[int] = Counter()
    workers = 24
    begin = time.perf_counter() + 0.2

    def run(worker: int) -> None:
        line = Line(port)
        for n in range(worker, len(flat), workers):
            due = begin + n / rate
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            status, _ = line.send(flat[n])
            took.append(time.perf_counter() - due)
            statuses[status] += 1
        line.close()

    threads = [threading.Thread(target=run, args=(w,)) for w in range(workers)]
    before = processor_s(pid)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = processor_s(pid) - before
    took.sort()
    return (
        f"p50 {took[len(took) // 2] * 1e3:.1f} ms, p99 {took[int(len(took) * 0.99)] * 1e3:.1f} ms, max {took[-1] * 1e3:.0f} ms "
        f"at {rate:g}/s for {seconds:g} s ({dict(statuses)}; agent {cpu / count * 1e6:,.0f} us of processor each)"
    )


class _Offered(NamedTuple):
    """What one process of senders saw."""

    statuses: Counter[int]
    ids: list[str]
    """What was answered as accepted."""
    unnamed: int
    """Answers that say "later" and not when."""
    waits: list[float]
    """Seconds from when a request was due to its answer."""


def _offer(port: int, process: int, rate: float, seconds: float) -> _Offered:
    """A process of its own that offers lines in requests of :data:`LINES`, each at its moment whatever became of the last."""
    make, count = _records(), int(rate * seconds / LINES)
    requests = [
        wire(
            process, b"\n".join(msgspec.json.encode(make(100 + process)) for _ in range(LINES)), "application/x-ndjson"
        )
        for _ in range(count)
    ]
    seen = _Offered(Counter(), [], 0, [])
    unnamed = list[int]()
    begin = time.perf_counter() + 0.5

    def run(worker: int) -> None:
        line = Line(port)
        for n in range(worker, count, CONNECTIONS):
            due = begin + n * LINES / rate
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            status, head, body = line.sent(requests[n])
            if b"connection: close" in head:  # of a long request that was refused the rest is not read
                line.close()
                line = Line(port)
            seen.waits.append(time.perf_counter() - due)
            seen.statuses[status] += 1
            if status == 202:
                seen.ids.extend(msgspec.json.decode(body)["ids"])
            elif b"retry-after: " not in head:
                unnamed.append(n)
        line.close()

    threads = [threading.Thread(target=run, args=(w,)) for w in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen._replace(unnamed=len(unnamed))


def flood(port: int, pid: int, base: Path, rate: float, seconds: float) -> str:
    """More than can be judged, by four processes: who is accepted is stored, the others are asked to come later."""
    before = memory_mb(pid, "VmRSS")
    with get_context("spawn").Pool(PROCESSES) as pool:
        shares = [(port, n, rate / PROCESSES, seconds) for n in range(PROCESSES)]
        begun = time.perf_counter()
        found = pool.starmap(_offer, shares)
        wall = time.perf_counter() - begun
    ids = [i for one in found for i in one.ids]
    with closing(sqlite3.connect(base / "pulse.db")) as database:
        named = database.execute("SELECT id FROM signals WHERE id LIKE 's_:10_-%'")
        stored = {row[0] for row in named}
    statuses = sum((one.statuses for one in found), Counter[int]())
    waits = sorted(w for one in found for w in one.waits)
    return (
        f"{rate:,.0f}/s offered for {seconds:g} s in lines of {LINES} by {PROCESSES} processes: answers {dict(statuses)}, "
        f"{sum(one.unnamed for one in found)} without Retry-After, the slowest after {waits[-1]:.1f} s; {len(ids):,} accepted "
        f"({len(ids) / wall:,.0f}/s), {len(set(ids) - stored)} of them not stored, {len(stored - set(ids))} stored and not "
        f"accepted; memory {before:.0f} MB before, {memory_mb(pid):.0f} at most, {memory_mb(pid, 'VmRSS'):.0f} after"
    )


def _measured(database: str, name: str, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port, base = free_port(), Path(folder)
        configure(base, port, ASSETS, database=database)
        process = start(base)
        try:
            ready(port, process)
            pid = process.pid
            print(f"{name}, requests of 50:   ", flat_out(port, pid, 50, 1, int(2_000 * seconds)), flush=True)
            print(f"{name}, one a request:    ", flat_out(port, pid, 1, 4, int(1_000 * seconds)), flush=True)
            print(f"{name}, single records:   ", paced(port, pid, 500.0, seconds), flush=True)
            if database.startswith("sqlite"):
                print(f"{name}, a flood:          ", flood(port, pid, base, 10_000.0, seconds), flush=True)
        finally:
            process.send_signal(signals.SIGTERM)
            process.wait(30)


def main(seconds: float = 10.0) -> None:
    """Three lines for each database, and of SQLite what becomes of ten thousand records a second."""
    _measured("sqlite:///pulse.db", "SQLite", seconds)
    name = postgres().create()
    try:
        _measured(postgres().named(name), "PostgreSQL", seconds)
    finally:
        postgres().drop(name)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
