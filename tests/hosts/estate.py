"""A PostgreSQL that many hosts share: agents and towers as processes, a server that counts who reads, a receiver that counts what arrives.

A process gets a host of its own by a namespace for host names where this machine allows that; where it does not, all of them
are processes of one host. A clock of its own it gets from faketime.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import House
from tests.fakes import nouns
from tests.fakes.databases import postgres
from tests.fakes.pooler import pgbouncer
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.sink import Sink, sink

ASSETS = 30
_FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>notes</title><link>http://x.test/</link>
<item><title>Maintenance window</title><guid>1</guid><link>http://x.test/1</link>
<pubDate>Mon, 01 Jun 2026 10:00:00 GMT</pubDate><description>Nothing of ours.</description></item></channel></rss>"""
_CONFIG = """\
name: many-hosts
database: "{database}"
estate:
  assets:
{assets}
sources:
{sources}
routes:
{routes}
policy:
  storm: 10000
  rules:
    - id: slow
      owner: ml-support
      review: 2027-06-01
      on: [latency_breach]
      priority: P3
      actions: [notify]
      all: ["signal.confidence > 0.0"]
      tests: [{{name: any, facts: {{signal.confidence: 0.9}}, expect: fired}}]
"""


@functools.cache
def hosts_of_their_own() -> bool:
    """Whether a process can be given another host name here."""
    line = ["unshare", "--uts", "hostname", "host-x"]
    return (
        shutil.which("unshare") is not None and subprocess.run(line, capture_output=True, check=False).returncode == 0
    )


class Read(NamedTuple):
    """One request for a source."""

    source: str
    at: float


class Hosts:
    """The database, the configuration that every host has, and what runs."""

    def __init__(
        self, folder: Path, database: str, server: Loopback, receiver: Sink, sources: int, every: float, routes: int
    ) -> None:
        self.folder, self.database, self.every, self.receiver = folder, database, every, receiver
        self.config = folder / "config"
        self.config.mkdir()
        self.reads = list[Read]()
        self._running = list[Process]()
        self._lock = threading.Lock()
        self.sources = [f"feed-{n}" for n in range(sources)]
        for source in self.sources:
            server.on("GET", f"/{source}", functools.partial(self._read, source))
        listed = [
            f'  - {{id: {s}, kind: feed, vendor: openai, every: {every:g}s, url: "{server.url}/{s}"}}'
            for s in self.sources
        ]
        assets = [
            f"    - {{id: asset-{n}, asset_type: service, owner_team: ml-support, tier: internal}}"
            for n in range(ASSETS)
        ]
        self.text = _CONFIG.format(
            database=database,
            assets="\n".join(assets),
            sources="\n".join(listed),
            routes="\n".join(f'  - {{id: hook-{n}, kind: notify, url: "{receiver.url}"}}' for n in range(routes)),
        )
        (self.config / "pulse.yaml").write_text(self.text)

    def _read(self, source: str, _request: Request) -> Reply:
        with self._lock:
            self.reads.append(Read(source, time.monotonic()))
        return Reply(body=_FEED, headers={"Content-Type": "application/rss+xml"})

    def agent(self, name: str, *, ahead: str = "", config: Path | None = None) -> Process:
        """An agent on a host of this name, whose clock is ``ahead`` (``+60s``)."""
        line = ["faketime", "-f", ahead] if ahead else []
        line += [sys.executable, "-m", "pulse_tui", "agent", "--config", str(config or self.config)]
        return self.start(name, line)

    def start(self, name: str, line: Sequence[str]) -> Process:
        """A process on a host of this name."""
        if hosts_of_their_own() and not self.database.startswith("sqlite"):
            inner = 'hostname "$0" && exec "$@"'
            line = ["unshare", "--uts", "sh", "-c", inner, name, *line]
        process = Process(name, line, self.folder / f"{name}.log")
        self._running.append(process)
        return process

    def house(self) -> House:
        """The same configuration in this process; whoever asks closes it."""
        return House(self.config / "pulse.yaml")

    def breaches(self, first: int, count: int) -> None:
        """So many conditions of their own are reported: each opens an alert with a message."""
        house = self.house()
        try:
            breaches(house, first, count)
        finally:
            house.close()

    def sent(self, seconds: float = 200.0) -> set[str]:
        """The messages that were sent, once nothing waits any more: at most as long as a killed agent has its route."""
        house = self.house()
        end = time.monotonic() + seconds
        try:
            while True:
                with house.store.read() as tx:
                    found = tx.plumbing.deliveries(10_000)
                if not any(d.state is DeliveryState.QUEUED for d in found):
                    return {d.key for d in found if d.state is DeliveryState.SENT}
                assert time.monotonic() < end, "messages wait, and nobody sends them"
                time.sleep(0.1)
        finally:
            house.close()

    def wait_read(self, times: int, since: float, seconds: float = 120.0, but: Collection[str] = ()) -> None:
        """Until every source was read so often since a moment, but these."""
        end = time.monotonic() + seconds
        while any(len(each) < times - 1 for source, each in self.gaps(since).items() if source not in but):
            assert time.monotonic() < end, f"nobody reads some source; {self.held('')} are being read"
            time.sleep(0.05)

    def held(self, name: str) -> set[str]:
        """The sources whose round a host of this name has begun and not ended: another one begins it when the lease ends."""
        house = self.house()
        try:
            with house.store.read() as tx:
                leases = {s: tx.plumbing.lease(f"source:{s}") for s in self.sources}
            return {s for s, one in leases.items() if one and one[0].startswith(name) and one[1] > house.clock()}
        finally:
            house.close()

    def gaps(self, since: float) -> dict[str, list[float]]:
        """Seconds between two reads of each source, of those that came after a moment."""
        with self._lock:
            reads = [r for r in self.reads if r.at >= since]
        found: dict[str, list[float]] = {s: [] for s in self.sources}
        last: dict[str, float] = {}
        for read in reads:
            if read.source in last:
                found[read.source].append(read.at - last[read.source])
            last[read.source] = read.at
        return found

    def close(self) -> None:
        """End what still runs."""
        for process in self._running:
            process.end()


def breaches(house: House, first: int, count: int) -> None:
    """Signals about conditions of their own, taken in at once."""
    now = house.judging.clock()
    signals = [
        nouns.signal(
            n,
            SignalType.LATENCY_BREACH,
            asset_id=f"asset-{n % ASSETS}",
            environment=Environment.CANARY,
            current_version="1.0",
            evidence=nouns.evidence(SignalType.LATENCY_BREACH, value=1_310.0),
            occurred_at=now,
            observed_at=now,
            fingerprint=f"breach-{n}",
        )
        for n in range(first, first + count)
    ]
    ingest(signals, [], house.judging, now)


class Process:
    """One agent or tower."""

    def __init__(self, name: str, line: Sequence[str], log: Path) -> None:
        self.name, self._log = name, log
        with log.open("ab") as out:
            environment = {**os.environ, "PULSE_OPERATOR": "ana"}
            self._process = subprocess.Popen(line, stdout=out, stderr=out, env=environment, start_new_session=True)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def said(self) -> str:
        """All that it printed."""
        return self._log.read_text()

    def wait_for(self, words: str, seconds: float = 120.0) -> Self:
        """Until it printed them."""
        end = time.monotonic() + seconds
        while words not in self.said:
            assert time.monotonic() < end, f"{self.name} did not print {words!r}: {self.said[-2_000:]}"
            assert self._process.poll() is None, f"{self.name} ended: {self.said[-2_000:]}"
            time.sleep(0.05)
        return self

    def signal(self, number: signal.Signals) -> None:
        """To it and whatever it started."""
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        self._process.wait(60)

    def end(self) -> None:
        """However it is."""
        if self._process.poll() is None:
            self.kill()


@contextmanager
def one_host(folder: Path, *, sources: int, every: float) -> Iterator[Hosts]:
    """The same on an SQLite file: every process is one of this host."""
    with Loopback() as loopback, sink(folder / "taken") as receiver:
        made = Hosts(folder, f"sqlite:///{folder / 'pulse.db'}", loopback, receiver, sources, every, 1)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def hosts(folder: Path, *, sources: int, every: float, routes: int = 1, pooled: bool = False) -> Iterator[Hosts]:
    """Everything but the agents; ``pooled``: the database is behind PgBouncer."""
    server = postgres()
    name = server.create()
    try:
        with ExitStack() as stack, Loopback() as loopback, sink(folder / "taken") as receiver:
            url = stack.enter_context(pgbouncer(server.named(name))) if pooled else server.named(name)
            made = Hosts(folder, url, loopback, receiver, sources, every, routes)
            try:
                yield made
            finally:
                made.close()
    finally:
        server.drop(name)
