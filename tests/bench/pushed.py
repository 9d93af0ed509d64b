"""``python -m tests.bench pushed [SECONDS]``: an agent in a process of its own, eight senders over loopback.

Accepted is judged too: both happen in the transaction that the answer waits for. Two in a hundred records fire a rule.
"""

from __future__ import annotations

import itertools
import random
import signal as signals
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.domain.signal import encode
from tests.bench.ingest import one
from tests.fakes.databases import postgres
from tests.fakes.pushing_agent import TOKENS, Line, body_of, configure, processor_s, ready, start, wire
from tests.servers.ports import free_port

ASSETS = 300


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
        finally:
            process.send_signal(signals.SIGTERM)
            process.wait(30)


def main(seconds: float = 10.0) -> None:
    """Three lines for each database."""
    _measured("sqlite:///pulse.db", "SQLite", seconds)
    name = postgres().create()
    try:
        _measured(postgres().named(name), "PostgreSQL", seconds)
    finally:
        postgres().drop(name)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
