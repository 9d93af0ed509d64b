"""``python -m tests.bench.advisory_loads [sqlite|postgresql]``: whole databases of advisories through the one way in.

A year of the NVD (40,000 records, in pages of 2,000 as the API gives them), a day of changes, the same year again,
7,000 OSV records, one new record against a million stored components; and what a tower that reads the board meanwhile waits.
The estate is that of ``ingest``: 300 assets, to which products are added that some records name.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from pulse_tui.collectors import nvd, osv
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind, Severity
from pulse_tui.services.advisories.records import take_advisories
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.storage.components import tables as parts_of
from pulse_tui.storage.sql.upsert import insert_many
from pulse_tui.storage.store import SqlStore
from tests.bench.ingest import fill
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW
from tests.fakes.nvd_year import YEAR, page, pages, record

OSV, COMPONENTS, DAY = 7_000, 1_000_000, 150


class Writes:
    """Rows that statements of the store changed, and how long its transactions held the lock of writers."""

    def __init__(self, store: SqlStore) -> None:
        self.rows = 0
        self.held: list[tuple[float, float]] = []
        """(seconds, of which the processor worked)."""
        sa.event.listen(store._engine, "after_cursor_execute", self._count)
        write = store.write

        @contextmanager
        def timed(*args: Any, **more: Any) -> Iterator[Any]:
            with write(*args, **more) as tx:
                begun, cpu = time.perf_counter(), time.process_time()
                yield tx
            self.held.append((time.perf_counter() - begun, time.process_time() - cpu))

        store.write = timed  # type: ignore[method-assign]

    def longest(self) -> str:
        """The longest transaction, in words."""
        seconds, cpu = max(self.held, key=lambda held: held[1])
        return f"longest transaction {cpu * 1e3:.0f} ms CPU ({seconds * 1e3:.0f} ms) of {len(self.held)}"

    def _count(self, *args: Any) -> None:
        if not args[2].lstrip().upper().startswith(("SELECT", "WITH", "BEGIN", "SET")):
            self.rows += max(args[1].rowcount, 0)


def parsed(kind: Any, name: str, data: bytes, parts: JudgeParts) -> Sequence[Observation]:
    """The records of a file, as the worker reads them."""
    done = kind.parse(name, data, kind.Options(), parts.outside.collecting("bench", NOW))
    assert not done.rejected, done.rejected[0]
    return tuple(done.observations)


def taken(kind: Any, files: Iterator[tuple[str, bytes]], parts: JudgeParts) -> tuple[Tally, str]:
    """Parse and ingest each; the seconds without those of making the data."""
    total, seconds, worked = Tally(), 0.0, 0.0
    for name, data in files:
        begun, cpu = time.perf_counter(), time.process_time()
        total = total.plus(ingest(parsed(kind, name, data, parts), [], parts, parts.clock()))
        seconds += time.perf_counter() - begun
        worked += time.process_time() - cpu
    return total, f"{seconds:.2f} s ({worked:.2f} s CPU)"


def year() -> Iterator[tuple[str, bytes]]:
    """Its pages."""
    return ((f"nvd-{i}.json", data) for i, data in enumerate(pages()))


def day(at: datetime) -> bytes:
    """What changed in a day: some of the old ones, some new."""
    changed = [record(n * 261 % YEAR, at) for n in range(DAY // 2)] + [record(YEAR + n, at) for n in range(DAY // 2)]
    return msgspec.json.encode(page(changed, 0, DAY))


def products() -> Iterator[Component]:
    """Declared products that some records of the year name."""
    seen = set[str]()
    for observation in _year_start():
        for affected in observation.affected[:1]:
            vendor_product = affected.name
            if vendor_product not in seen and len(seen) < 200:
                seen.add(vendor_product)
                vendor, _, product = vendor_product.partition(":")
                name = f"cpe:2.3:a:{vendor}:{product}:3.2:*:*:*:*:*:*:*"
                yield Component(
                    id=f"product:{product}", kind=ComponentKind.PACKAGE, name=product, version="3.2", known_as=(name,)
                )


def _year_start() -> list[Advisory]:

    made = msgspec.json.encode(page([record(n) for n in range(300)], 0, 300))
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        store = SqlStore(sqlite_file(base / "p.db"), base)
        found = [o for o in parsed(nvd, "p.json", made, judging(store, base, Clock())) if isinstance(o, Advisory)]
        store.close()
    return found


def osv_records() -> Iterator[tuple[str, bytes]]:
    """As JSON Lines: of packages that the estate has and others, with aliases of each other."""
    lines = [
        {
            "id": f"GHSA-{n:04}",
            "modified": "2026-11-20T00:00:00Z",
            "aliases": [f"CVE-2025-{1_000 + n // 2}"],
            "summary": "improper validation of input",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": f"p{n}"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": f"{n % 5}.{n % 30}"}]}],
                    "versions": [f"{n % 5}.{i}" for i in range(n % 30)],
                }
            ],
            "references": [{"type": "WEB", "url": f"https://example.test/{n}"}],
        }
        for n in range(OSV)
    ]
    yield "osv.jsonl", b"\n".join(msgspec.json.encode(line) for line in lines)


def many_components(store: SqlStore) -> None:
    """A million, of which 400 are of packages that a record will name; straight into the tables."""
    with store._engine.begin() as connection:
        for start in range(0, COMPONENTS, 50_000):
            numbers = range(start, start + 50_000)
            rows: list[dict[str, Any]] = [
                {"id": f"pkg:npm/m{n}", "version": "1.0", "kind": "package", "name": f"m{n}", "ecosystem": "npm"}
                | {"known_as": "[]", "platform": "[]", "package": f"npm/m{n}", "source": None, "num": 10_000_000 + n}
                for n in numbers
            ]
            insert_many(connection, parts_of.components, rows)
            edges = [
                {"bill": 1, "parent": 0, "child": 10_000_000 + n, "environments": "[]"} for n in numbers if n % 250 == 0
            ]
            insert_many(connection, parts_of.dependencies, edges)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")  # as a server does by itself after a while


def one_of_a_million(parts: JudgeParts) -> tuple[float, float]:
    """Median milliseconds of one new record: the look-up of who uses it, and all of taking it."""
    looks, takes = [], []
    with parts.store.read() as tx:
        estate = tx.estate.load()
    for n in range(60):
        name = f"m{n * 250}" if n % 2 else f"m{n * 251 + 1}"
        new = Advisory(
            id=f"GHSA-new-{n}", source="bench", modified=NOW, title="t", severity=Severity.HIGH,
            affected=(Affected("npm", name, (), (VersionRange(fixed="2"),)),),
        )  # fmt: skip
        with parts.store.write() as tx:
            begun = time.perf_counter()
            tx.dependencies.using(packages=[("npm", name)])
            looks.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            take_advisories([new], tx, estate, NOW)
            takes.append(time.perf_counter() - begun)
    return statistics.median(looks) * 1e3, statistics.median(takes) * 1e3


def _watch(url: str, folder: str, stop: Event, out: Any) -> None:
    """A tower's refresh, as often as somebody wrote: the time of each read of the board."""
    store, spent, board = SqlStore(url, Path(folder)), list[float](), None
    mark = store.change_mark()
    board = store.board("bench", None, datetime.now(UTC))
    while not stop.is_set():
        begun = time.perf_counter()
        if (new := store.change_mark()) != mark:
            mark = new
            board = store.board("bench", None, datetime.now(UTC))
            spent.append(time.perf_counter() - begun)
        time.sleep(0.02)
    store.close()
    out.put((len(spent), max(spent, default=0.0), statistics.median(spent) if spent else 0.0, board is not None))


def rss() -> float:
    """Megabytes this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(url: str, base: Path) -> None:
    """One database."""
    store = SqlStore(url, base)
    fill(store)
    clock = Clock()
    parts = judging(store, base, clock)
    declared = Bill(source="bench", asset_id="asset-0", document="products", at=NOW, components=tuple(products()))
    with store.write() as tx:
        tx.dependencies.put_bill(declared)
    writes = Writes(store)
    context = multiprocessing.get_context("spawn")
    stop, out = context.Event(), context.Queue()
    watcher = context.Process(target=_watch, args=(url, str(base), stop, out))
    watcher.start()
    tally, seconds = taken(nvd, year(), parts)
    stop.set()
    boards, slowest, usual, _ = out.get()
    watcher.join()
    print(
        f"  a year of NVD: {tally.new:,} records in {seconds}, {tally.signals} signals, {tally.alerts} alerts; "
        f"{writes.longest()}; {rss():.0f} MB"
    )
    print(
        f"  boards read by another process meanwhile: {boards}, median {usual * 1e3:.0f} ms, slowest {slowest * 1e3:.0f} ms"
    )
    writes.rows = 0
    clock.pass_(hours=1)
    tally, seconds = taken(nvd, year(), parts)
    print(f"  the same again: {seconds}, {tally.new} new, {writes.rows} rows written")
    clock.pass_(days=1)
    tally, seconds = taken(nvd, iter([("day.json", day(NOW + timedelta(days=1)))]), parts)
    print(f"  a day's increment: {tally.new} of {DAY} records in {seconds}")
    writes.held.clear()
    tally, seconds = taken(osv, osv_records(), parts)
    print(f"  OSV: {tally.new:,} records in {seconds}, {tally.alerts} alerts; {writes.longest()}")
    writes.rows = 0
    tally, seconds = taken(osv, osv_records(), parts)
    print(f"  the same again: {seconds}, {tally.new} new, {writes.rows} rows written")
    many_components(store)
    look, take = one_of_a_million(parts)
    print(
        f"  one new record against {COMPONENTS:,} components: who uses it {look:.2f} ms, taken {take:.2f} ms; {rss():.0f} MB"
    )
    store.close()


def main(*databases: str) -> None:
    """A paragraph for each database."""
    for name in databases or ("sqlite", "postgresql"):
        print(f"{name}:", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder)
            run(sqlite_file(base / "pulse.db") if name == "sqlite" else postgres().named(postgres().create()), base)


if __name__ == "__main__":
    main(*sys.argv[1:])
