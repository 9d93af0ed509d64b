"""Random nights through the whole of it, on both databases: whatever happens, no automatic rollback breaks a guard rail.

The pure rails have ten thousand such nights of their own (``tests/domain/test_guard.py``); here the facts come from the
records and the effects from the targets. The oracle knows what was done to the estate and what the targets hold, no more.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pulse_tui.domain.estate import Asset
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Drill
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.alerts import operate
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import authorise
from pulse_tui.services.rollback.automatic import answer_alerts
from pulse_tui.services.rollback.drill import record
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, rollback
from tests.fakes.nouns import CANARY, NOW, asset, deployment, hold, later, release, signal
from tests.fakes.target import Places

TRIGGER = "latency-breach-canary"
ASSETS = ("bot", "gateway", "ranker", "guard", "search", "voice")
VERSIONS = ("1", "2", "3", "4")
CONTENT = {"1": "a", "2": "b", "3": "c", "4": "b"}
"""4 is 2 under another name."""
BOOK = PlaybookShape(
    id="move",
    assets=(),
    environments=tuple(Environment),
    steps=(StepShape(kind="place", timeout=1.0, options={"name": "{asset}"}, mark="x:1"),),
    on_failure="undo",
    digest="d" * 64,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    name = postgres().create() if request.param == "postgresql" else ""
    opened = SqlStore(postgres().named(name) if name else sqlite_file(tmp_path / "nights.db"), tmp_path)
    yield opened
    opened.close()
    if name:
        postgres().drop(name)


class Moved(NamedTuple):
    """An effect at a target that nobody but the program made."""

    asset: str
    left: str
    put: str
    at: datetime
    wrong: tuple[str, ...]
    """What was true and forbids it."""


class Night:
    """An estate, its targets, and what was done to it."""

    def __init__(self, store: SqlStore, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.clock = Clock(later(days=10 * seed))  # no night is in the window of another
        self.target = Places(folder / f"targets-{seed}.json")
        judge = judging(store, folder, self.clock)
        self.parts: RollbackParts = rollback(judge, self.target, self.clock, BOOK)
        self.names = tuple(f"{name}-{seed}" for name in ASSETS)
        self.number = 0
        self.quarantined: set[tuple[str, str]] = set()
        self.held: set[tuple[str, str]] = set()
        self.undrilled: set[str] = set()
        self.acknowledged: dict[str, datetime] = {}
        self.moved: list[Moved] = []
        self._found()

    def _found(self) -> None:
        with self.parts.store.write() as tx:
            assets: list[Asset] = [asset(name) for name in self.names]
            tx.estate.put_assets(assets)
            for name in self.names:
                for version in VERSIONS:
                    known = release(version, name, state=ReleaseState.PROMOTED, digest=f"sha256:{CONTENT[version]}")
                    tx.estate.add_release(known)
                tx.estate.deploy(deployment("1", CANARY, asset_id=name, since=self.clock() - timedelta(hours=60)))
                tx.estate.deploy(deployment("3", CANARY, asset_id=name, since=self.clock() - timedelta(hours=30)))
                tx.estate.deploy(deployment("2", CANARY, asset_id=name, since=self.clock() - timedelta(hours=1)))
        for name in self.names:
            self.target.put(name, "2")
            self.drill(name, ok=True)
            month = timedelta(days=30)
            given = authorise.propose(self.parts, name, CANARY, TRIGGER, month, by="ana", why="the nights are long")
            authorise.approve(self.parts, given.hash, "ana", "drilled")
        self.clock.pass_(minutes=1)

    def drill(self, name: str, *, ok: bool) -> None:
        self.number += 1
        one = Drill(
            run_id=f"{name}-{self.number}", asset_id=name, playbook="move", playbook_digest=BOOK.digest, trigger=TRIGGER,
            from_version="2", to_version="1", at=self.clock(), ok=ok, detail="", seconds=1.0, by="ana",
        )  # fmt: skip
        with self.parts.store.write() as tx:
            record(tx, one)
        (self.undrilled.discard if ok else self.undrilled.add)(name)

    def serving(self, name: str) -> str:
        return self.target.holds(name)

    def breach(self, name: str) -> None:
        self.number += 1
        now, version = self.clock(), self.serving(name)
        one = signal(
            f"{name}-{self.number}", SignalType.LATENCY_BREACH, asset_id=name, environment=CANARY, current_version=version,
            occurred_at=now, observed_at=now, fingerprint=f"p95-{name}-{self.number}",
        )  # fmt: skip
        ingest([one], [], self.parts.judging, now)

    def step(self) -> None:
        pick, name = self.random, self.random.choice(self.names)
        version = pick.choice(VERSIONS)
        what = pick.random()
        self.clock.pass_(minutes=pick.choice((1, 5, 20, 120)))
        if what < 0.12:
            with self.parts.store.write() as tx:
                tx.estate.set_release_state(name, version, ReleaseState.QUARANTINED)
            self.quarantined.add((name, version))
        elif what < 0.2:
            self.drill(name, ok=pick.random() < 0.6)
        elif what < 0.3:
            with self.parts.store.write() as tx:
                tx.judgements.put_hold(hold(f"h-{name}-{version}", asset_id=name, version=version))
            self.held.add((name, version))
        elif what < 0.45:  # somebody, or a controller, puts another version there
            with self.parts.store.write() as tx:
                tx.estate.deploy(deployment(version, CANARY, asset_id=name, since=self.clock()))
            self.target.put(name, version)
        else:
            self.breach(name)
            if pick.random() < 0.2:
                self.acknowledge(name)
        self.answer()

    def acknowledge(self, name: str) -> None:
        with self.parts.store.read() as tx:
            here = [a for a in tx.judgements.alerts(asset_id=name) if a.rule_id == TRIGGER and a.open]
        for one in here:
            operate.acknowledge(self.parts.judging, one.id, "ben", 900, self.clock())
        self.acknowledged[name] = self.clock() + timedelta(seconds=900)

    def answer(self) -> None:
        before = {name: self.serving(name) for name in self.names}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: answer_alerts(self.parts, f"host:{i}:1"), range(2)))
        for name in self.names:
            left, put = before[name], self.serving(name)
            if left != put:
                self.moved.append(Moved(name, left, put, self.clock(), tuple(self.wrong(name, put))))

    def wrong(self, name: str, put: str) -> Iterator[str]:
        if (name, put) in self.quarantined:
            yield "quarantined"
        if name in self.undrilled:
            yield "undrilled"
        if any((name, v) in self.held for v in VERSIONS if CONTENT[v] == CONTENT[put]):
            yield "held"
        if self.acknowledged.get(name, NOW) > self.clock():
            yield "acknowledged"

    def violations(self) -> list[str]:
        found = [f"{m}: {w}" for m in self.moved for w in m.wrong]
        for i, move in enumerate(self.moved):
            lately = [m for m in self.moved[:i] if move.at - m.at < timedelta(hours=24)]
            here = [m for m in lately if m.asset == move.asset]
            found += [f"{move}: the estate too often"] if len(lately) >= 4 else []
            found += [f"{move}: the asset too often"] if len(here) >= 2 else []
            found += [f"{move}: a circle"] if any(CONTENT[m.left] == CONTENT[move.put] for m in here) else []
            found += [f"{move}: again"] if any(CONTENT[m.left] == CONTENT[move.left] for m in here) else []
        return found


@pytest.mark.parametrize("nights", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_no_random_night_breaks_a_guard_rail(store: SqlStore, tmp_path: Path, nights: int) -> None:
    moved = 0
    for seed in range(nights):
        night = Night(store, tmp_path, seed)
        for _ in range(12):
            night.step()
        assert night.violations() == [], f"seed {seed}"
        moved += len(night.moved)
    assert moved >= nights  # rails that let nothing through would pass otherwise


def test_six_assets_at_once_move_no_more_often_than_the_estate_may(store: SqlStore, tmp_path: Path) -> None:
    night = Night(store, tmp_path, 0)
    for name in night.names:
        night.breach(name)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda i: answer_alerts(night.parts, f"host:{i}:1"), range(3)))
    left = [name for name in night.names if night.serving(name) == "2"]
    assert len(left) == 2
    with store.read() as tx:
        said: list[Any] = [
            e.detail["why"] for a in tx.judgements.alerts() for e in tx.log.entries(subject=a.id)
            if e.action == "rollback.not_automatic"
        ]  # fmt: skip
    assert said == ["4 times within 24 h something was rolled back by itself, 4 at most"] * 2
