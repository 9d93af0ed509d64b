"""``python -m tests.bench delivery``: from a signal to a webhook, on SQLite with a sync for every transaction.

The receiver is a process of its own on loopback. What is measured is the product's path: ingest, the policy that ships, the
outbox, the lane of the route, one keep-alive connection for each message under way, and the transaction that records it.
"""

from __future__ import annotations

import copy
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.actions import notify
from pulse_tui.domain.signal import Signal, encode
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.ports import Route
from pulse_tui.process import holder_name, is_dead
from pulse_tui.rounds.lanes import Lanes
from pulse_tui.services.alerts.deliver import due_routes, empty
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from pulse_tui.web import Web
from pulse_tui.wiring import now, outside
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import asset, deployment, evidence, release, signal
from tests.servers.sink import sink

MANY = 5_000
SINGLE = 120
FEW = 10
BATCH = 100


@contextmanager
def tower(base: Path, url: str, assets: int) -> Iterator[JudgeParts]:
    """An estate whose every asset has its own alerts, with one route, and the lanes that wake when a message is stored."""
    path = base / "pulse.db"
    new = not path.exists()
    store = SqlStore(sqlite_file(path) if new else f"sqlite:///{path}", base, dead=is_dead)
    if new:
        _fill(store, assets)
    web = Web(clock=now)
    route = Route(id="hook", kind="notify", options=notify.Options(url=url))
    world = outside(web, base, now)._replace(dead=is_dead)
    parts = judging(store, base, now, routes=[route], outside=world)  # type: ignore[arg-type]
    # Alerts that come together would be one incident and one message, and a storm of one rule one message: here each is sent.
    policy: Any = copy.copy(parts.policy)
    policy.storm = MANY * 2
    parts = parts._replace(policy=policy, correlate=lambda _tx, _parts, _alert, _event, _now: None)
    try:
        yield parts
    finally:
        web.close()
        store.close()


def _fill(store: SqlStore, assets: int) -> None:
    with store.write() as tx:
        tx.estate.put_assets(asset(f"asset-{i}") for i in range(assets))
        for i in range(assets):
            tx.estate.add_release(release("1.0", f"asset-{i}"))
            tx.estate.deploy(deployment("1.0", Environment.CANARY, asset_id=f"asset-{i}"))


def awake(parts: JudgeParts) -> Lanes:
    """As the rounds of an agent do it: a route's lane begins as soon as a message to it is on disk."""
    lanes = Lanes()

    def work(route: str) -> list[str]:
        empty(route, parts, holder_name())
        return []

    def begin(routes: frozenset[str]) -> None:
        for route in routes:
            lanes.begin(route, partial(work, route))

    store: Any = parts.store
    store.on_queued = begin
    return lanes


def breach(number: int, at: datetime, assets: int = MANY) -> Signal:
    """A condition of its own."""
    return signal(
        number,
        SignalType.LATENCY_BREACH,
        asset_id=f"asset-{number % assets}",
        environment=Environment.CANARY,
        current_version="1.0",
        evidence=evidence(SignalType.LATENCY_BREACH, value=1_310.0),
        occurred_at=at,
        observed_at=at,
        fingerprint=f"breach-{number}",
    )


def latency() -> str:
    """One signal after the other: from the call that takes it in to the webhook's arrival, the commit included."""
    waits, stored = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "log") as receiver:
        base = Path(folder)
        with tower(base, receiver.url, SINGLE) as parts:
            lanes = awake(parts)
            for number in range(SINGLE):
                begun = time.time()
                ingest([breach(number, now(), SINGLE)], [], parts, now())
                committed = time.time()
                arrived = receiver.wait(number + 1, 5)
                waits.append((arrived[-1].at - begun) * 1e3)
                stored.append((committed - begun) * 1e3)
                lanes.wait(5)
    return f"accept -> webhook: {_shares(waits)}; until the commit {_shares(stored)}"


def _shares(found: list[float]) -> str:
    """Without the first ones, in which things are imported and compiled."""
    ranked = sorted(found[20:])
    at = {share: ranked[min(len(ranked) * share // 100, len(ranked) - 1)] for share in (95, 99)}
    return f"p50 {statistics.median(ranked):.1f} ms, p95 {at[95]:.1f} ms, p99 {at[99]:.1f} ms ({len(ranked)})"


def burst() -> str:
    """All at once: alerts are opened while the first messages leave."""
    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "log") as receiver:
        base = Path(folder)
        with tower(base, receiver.url, MANY) as parts:
            signals = [breach(number, now() - timedelta(seconds=1)) for number in range(MANY)]
            lanes = awake(parts)
            begun = time.time()
            tally = ingest(signals, [], parts, now())
            opened = time.time()
            taken = receiver.wait(MANY, 60)
            lanes.wait(30)
            last = max(t.at for t in taken)
            left = due_routes(parts)
    keys = {t.key for t in taken}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{tally.alerts:,} alerts -> {len(keys):,} webhooks: {last - begun:.1f} s from the first signal to the last arrival "
        f"(alerts opened after {opened - begun:.1f} s), {len(taken) - len(keys)} repeats, {len(left)} routes left; peak RSS {rss:.0f} MiB"
    )


def backlog() -> str:
    """The receiver comes up again with so many messages waiting."""
    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "log") as receiver:
        base = Path(folder)
        with tower(base, receiver.url, FEW) as parts:
            ingest([breach(0, now(), FEW)], [], parts, now())
            with parts.store.write() as tx:
                (one,) = tx.plumbing.deliveries()
                for number in range(MANY):
                    tx.plumbing.enqueue(msgspec.structs.replace(one, key=f"notify-{number:016x}"))
            begun, before = time.time(), time.process_time()
            sent = empty("hook", parts, "bench").sent
            wall, cpu = time.time() - begun, time.process_time() - before
            keys = {t.key for t in receiver.wait(MANY, 5)}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{sent.sent:,} waiting messages -> {len(keys):,} webhooks: {wall:.1f} s ({cpu:.1f} s CPU), "
        f"{sent.sent / wall:,.0f} a second; peak RSS {rss:.0f} MiB"
    )


def durable(count: int = 40_000) -> str:
    """Signals stored, and recognised when they come again, each batch with its sync."""
    at = now()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        store = SqlStore(sqlite_file(base / "pulse.db"), base)
        pairs = [(s, encode(s)) for s in (breach(number, at) for number in range(count))]
        walls = []
        for _ in range(2):
            begun = time.perf_counter()
            for first in range(0, count, BATCH):
                with store.write() as tx:
                    tx.signals.add(pairs[first : first + BATCH])
            walls.append(time.perf_counter() - begun)
        store.close()
    return (
        f"durable ingest in batches of {BATCH}: {count / walls[0]:,.0f} new signals/s, "
        f"{count / walls[1]:,.0f} known ones/s recognised"
    )


def main() -> None:
    """A line each."""
    for measure in (durable, backlog, latency, burst):
        print(measure(), flush=True)


if __name__ == "__main__":
    main()
