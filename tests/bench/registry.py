"""``python -m tests.bench registry``: an estate of 2,000 assets with a million edges, read as trees; racing writers.

The database is written straight through the tables: what is measured is reading it and racing for iterations.
"""

from __future__ import annotations

import importlib.util
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pulse_tui.domain.estate import Component
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.storage import tables as t
from pulse_tui.storage.components.components import package_of
from pulse_tui.storage.sql.upsert import insert_many
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, package
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW, changed

ASSETS, RELEASES, EDGES = 2_000, 25, 500
PACKAGES, VERSIONS = 4_000, 3
SHARED = 60
"""Components that every asset uses; the first hangs on the asset, the last lies deepest."""
_BATCH = 50
_ROOT = Path(__file__).parents[2]


def name(number: int) -> str:
    """An asset's id."""
    return f"asset-{number:04d}"


def shared(number: int) -> str:
    """The id of a component that every asset uses."""
    return f"pkg:pypi/package-{number:04d}"


def fill(store: SqlStore) -> None:
    """2,000 assets in four environments, 50,000 releases, a million edges. Seeded: always the same."""
    chance = random.Random(7)
    with store.write() as tx:
        connection = tx.dependencies._c
        insert_many(connection, t.components.components, list(_components()))
        insert_many(connection, t.registry.assets, [_asset(i) for i in range(ASSETS)])
        insert_many(connection, t.components.bills, [_bill(i) for i in range(ASSETS)])
        insert_many(
            connection, t.registry.iterations, [{"asset_id": name(i), "value": RELEASES} for i in range(ASSETS)]
        )
    for start in range(0, ASSETS, _BATCH):
        every = range(start, start + _BATCH)
        with store.write() as tx:
            connection = tx.dependencies._c
            insert_many(connection, t.registry.releases, [r for i in every for r in _releases(i)])
            insert_many(connection, t.registry.deployments, [d for i in every for d in _deployments(i)])
            insert_many(connection, t.components.dependencies, [e for i in every for e in _edges(i, chance)])
    if not store.is_sqlite:
        with store.write() as tx:
            count = "SELECT setval(pg_get_serial_sequence('components', 'num'), (SELECT MAX(num) FROM components))"
            tx.dependencies._c.execute(sa.text(count))
            tx.dependencies._c.execute(sa.text("ANALYZE"))


def _components() -> Iterator[dict[str, Any]]:
    for i in range(PACKAGES):
        for minor in range(VERSIONS if i >= SHARED else 1):
            item = package(f"package-{i:04d}", f"1.{minor}.0")
            yield _component(item, i * VERSIONS + minor + 1)
    model = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="openai/gpt-4.1")
    yield _component(model, PACKAGES * VERSIONS + 1)


def _component(item: Component, number: int) -> dict[str, Any]:
    words = {"kind": item.kind.value, "name": item.name, "ecosystem": item.ecosystem, "package": package_of(item)}
    return {"num": number, "id": item.id, "version": item.version or "", **words}


def _asset(i: int) -> dict[str, Any]:
    words = {"asset_type": "service", "owner_team": f"team-{i % 9}", "tier": "internal", "exposure": "internal"}
    return {"id": name(i), **words, "data": "{}", "workflow": None}


def _bill(i: int) -> dict[str, Any]:
    names = {"asset_id": name(i), "origin": "sbom:image.json", "source": "sbom", "document": "image.json"}
    return {**names, "version": None, "subject": None, "digest": None, "at": to_us(NOW), "num": i + 1}


def _releases(i: int) -> Iterator[dict[str, Any]]:
    for minor in range(RELEASES):
        yield {
            "asset_id": name(i), "version": f"1.{minor}.0", "iteration": minor + 1, "digest": f"sha256:{i:04x}{minor:04x}",
            "created_at": to_us(NOW) - (RELEASES - minor) * 86_400_000_000, "state": "promoted", "lineage": "{}",
            "provenance": "{}", "rollback_pointer": f"1.{minor - 1}.0" if minor else None, "registry_version": None,
            "branch": "1.x", "interface": "{}",
        }  # fmt: skip


def _deployments(i: int) -> Iterator[dict[str, Any]]:
    for rank, environment in enumerate(sorted(Environment, key=lambda e: e.rank)):
        yield {
            "asset_id": name(i), "environment": environment.value, "version": f"1.{RELEASES - 1 - (rank == 0)}.0",
            "since": to_us(NOW), "traffic": 100.0, "production_critical": False, "source": "estate",
        }  # fmt: skip


def _edges(i: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """A tree of 500 edges: a fifth hangs on the asset, the rest each under an earlier one; half of them are shared
    with other assets, and the first 60 are in every asset."""
    own = chance.sample(range(SHARED, PACKAGES), EDGES - SHARED)
    numbers = [n * VERSIONS + 1 for n in range(SHARED)] + [n * VERSIONS + chance.randrange(VERSIONS) + 1 for n in own]
    for place, child in enumerate(numbers):
        if place < SHARED:  # a few chains of ten
            parent = 0 if place % 10 == 0 else numbers[place - 1]
        else:
            parent = 0 if chance.random() < 0.2 else numbers[chance.randrange(place)]
        yield {"bill": i + 1, "parent": parent, "child": child, "environments": "[]"}


def timed(what: Callable[[int], object], rounds: int = 40) -> str:
    """p50 and p95 in milliseconds of one call."""
    what(0)
    spans = []
    for i in range(rounds):
        begun = time.perf_counter()
        what(i)
        spans.append((time.perf_counter() - begun) * 1e3)
    return f"p50 {statistics.median(spans):.1f} ms, p95 {statistics.quantiles(spans, n=20)[18]:.1f} ms"


def reading(store: SqlStore) -> dict[str, Callable[[int], object]]:
    """What is asked of a filled store."""

    def tree(i: int) -> object:
        with store.read() as tx:
            return tx.dependencies.edges(name(i * 37 % ASSETS))

    def using(i: int) -> object:
        with store.read() as tx:
            return tx.dependencies.using(components=[shared(i % SHARED)])

    def reverse(component: str) -> Callable[[int], object]:
        def whole(_: int) -> object:
            with store.read() as tx:
                return tx.dependencies.users([component])

        return whole

    def rare(i: int) -> object:
        return reverse(shared(SHARED + i))(0)

    def load(_: int) -> object:
        with store.read() as tx:
            return tx.estate.load()

    asked = {
        "asset tree (storage)": tree,
        "who uses a component of all": using,
        "reverse tree, used directly by all (storage)": reverse(shared(0)),
        "reverse tree, four levels deep in all (storage)": reverse(shared(4)),
        "reverse tree, ten levels deep in all (storage)": reverse(shared(9)),
        "reverse tree of a rare component (storage)": rare,
        "estate without dependencies": load,
    }
    if importlib.util.find_spec("pulse_tui.services.components.tree") is not None:
        from pulse_tui.services.components import tree as trees

        asked["asset tree (service)"] = lambda i: trees.asset_tree(store, name(i * 37 % ASSETS), NOW)
        asked["reverse tree, used directly by all (service)"] = lambda _: trees.dependents(store, shared(0))
        asked["reverse tree, four levels deep in all (service)"] = lambda _: trees.dependents(store, shared(4))
    return asked


def writing(store: SqlStore) -> dict[str, Callable[[int], object]]:
    """Bills of 500 components: the same again, and another with a tenth of it changed."""
    parts = tuple(package(f"package-{i:04d}", "1.0.0") for i in range(500))
    bills = [
        changed(bill(*parts, asset_id="bench"), edges=tuple((i // 5 - 1, i) for i in range(1, 500))),
        changed(
            bill(*(changed(p, version="2") if i % 10 == 0 else p for i, p in enumerate(parts)), asset_id="bench"),
            edges=tuple((i // 5 - 1, i) for i in range(1, 500)),
        ),
    ]

    def put(which: Callable[[int], int]) -> Callable[[int], object]:
        def one(i: int) -> object:
            with store.write() as tx:
                return tx.dependencies.put_bill(bills[which(i)])

        return one

    return {"bill of 500, unchanged": put(lambda _: 0), "bill of 500, a tenth changed": put(lambda i: (i + 1) % 2)}


def race(url: str, store: SqlStore, events: int = 1_000) -> str:
    """8 processes, each with so many version events on one asset."""
    command = [sys.executable, "-m", "tests.storage.workers", f"events-{events}", url]
    begun = time.perf_counter()
    racers = [subprocess.Popen([*command, str(n)], cwd=_ROOT, text=True, stdout=subprocess.PIPE) for n in range(8)]
    said = [racer.communicate()[0] for racer in racers]
    span = time.perf_counter() - begun
    got = sorted(int(n) for line in said for n in line.split() if n.isdigit())
    whole = got == list(range(1, 8 * events + 1))
    return f"{span:.1f} s ({8 * events / span:,.0f}/s), " + (
        f"1..{8 * events} without gap or repeat" if whole else f"NOT WHOLE: {len(got)} numbers"
    )


def _measure(kind: str, url: str, base: Path) -> None:
    store = SqlStore(url, base)
    begun = time.perf_counter()
    fill(store)
    print(f"{kind}: {ASSETS:,} assets, {ASSETS * RELEASES:,} releases, {ASSETS * EDGES:,} edges written in "
          f"{time.perf_counter() - begun:.0f} s")  # fmt: skip
    for what, call in {**reading(store), **writing(store)}.items():
        print(f"  {what}: {timed(call)}", flush=True)
    print(f"  8 writers x 1,000 version events: {race(url, store)}", flush=True)
    store.close()


def main() -> None:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        _measure("SQLite", sqlite_file(base / "pulse.db"), base)
        server = postgres()
        database = server.create()
        _measure("PostgreSQL", server.named(database), base)
        server.drop(database)


if __name__ == "__main__":
    main()
