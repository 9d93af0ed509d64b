"""``python -m tests.bench feeds [PACKAGES]``: reading feeds, and judging what they answered for.

A file of EPSS with 300,000 scores in gzip, a KEV catalogue of 1,400 lines; an API of OSV on loopback with as many packages as
are given (30,000) and 2,000 records, its first round and one with nothing new; what pane and ledger cost with each of these
packages asked for by itself.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pulse_tui.collectors import epss, kev, osv
from pulse_tui.domain.source import Collected, Cursor, SourceStatus
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from pulse_tui.web import Web
from tests.collectors.contexts import context
from tests.collectors.test_kev import catalogue, line
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW
from tests.servers.loopback import Loopback
from tests.servers.osv_api import OsvApi, record
from tests.services.estates import fill

T = TypeVar("T")
SCORES, KNOWN, PACKAGES, RECORDS = 300_000, 1_400, 30_000, 2_000


def main() -> None:
    """Print the numbers."""
    chance = random.Random(1)
    rows = "".join(
        f"CVE-{2000 + n % 26}-{10_000 + n},{chance.random():.5f},{chance.random():.5f}\n" for n in range(SCORES)
    )
    head = "#model_version:v2026.06.15,score_date:2026-11-22T12:00:22Z\ncve,epss,percentile\n"
    packed = gzip.compress((head + rows).encode())
    _timed(f"EPSS, {SCORES:,} scores in {len(packed) / 1e6:.1f} MB of gzip", lambda: _epss(packed))
    tracemalloc.start()
    _epss(packed)
    print(f"  at most {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB while it is read")
    tracemalloc.stop()
    listed = catalogue(*(line(f"CVE-2026-{n:05}") for n in range(KNOWN)))
    _timed(f"KEV, {KNOWN:,} lines", lambda: kev.parse("kev.json", listed, kev.Options(), context()))
    _osv(int(sys.argv[2]) if len(sys.argv) > 2 else PACKAGES)


def _epss(data: bytes) -> Collected:
    return epss.parse("epss.csv.gz", data, epss.Options(), context())


def _osv(many: int) -> None:
    names = [f"package-{n}" for n in range(many)]
    with Loopback() as server, tempfile.TemporaryDirectory() as folder:
        api = OsvApi(server, *(record(f"A-{n}", names[n]) for n in range(min(many, RECORDS))))
        del api
        packages = tuple(("PyPI", name) for name in names)
        options = osv.Options(api_url=server.url)
        web = Web(clock=lambda: NOW)

        def collected(cursor: Cursor) -> Collected:
            return osv.collect(options, context(http=web, cursor=cursor)._replace(packages=lambda: packages))

        first = _timed(f"OSV's API, {many:,} packages and {RECORDS:,} records", lambda: collected(Cursor()))
        _timed("  the same with nothing new", lambda: collected(first.cursor))
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        fill(store)
        parts = judging(store, Path(folder), Clock())
        with store.write() as tx:
            tx.dependencies.put_bill(bill(*(package(name) for name in names)))
            tx.plumbing.put_source(SourceStatus(id="src", kind="osv", every_s=3_600.0, last_good_at=NOW))
        covered = first.observations[-1:]
        _timed("  its coverage stored", lambda: ingest(covered, [], parts, NOW))
        _timed("  the same an hour later", lambda: ingest(covered, [], parts, NOW))
        _timed("pane", lambda: store.board("acme", None, NOW))
        found = _timed("ledger", lambda: ledger(store, NOW))
        print(f"  {found.clean:,} clean, {found.not_audited:,} not audited")
        store.close()


def _timed(what: str, call: Callable[[], T]) -> T:
    begun = time.perf_counter()
    result = call()
    print(f"{what}: {time.perf_counter() - begun:.2f} s")
    return result
