from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging, playbook, rollback
from tests.fakes.http import FakeHttp
from tests.fakes.target import Places
from tests.services.estates import fill_new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def judge(store: SqlStore, tmp_path: Path, clock: Clock, http: FakeHttp) -> JudgeParts:
    """An estate with a customer-facing bot in canary and production, and the default policy."""
    fill_new(store)
    return judging(store, tmp_path, clock, http)


@pytest.fixture
def target(tmp_path: Path) -> Places:
    """Three places that hold the bad release."""
    places = Places(tmp_path / "target.json")
    for name in ("alias", "gateway", "cache"):
        places.put(name, "3.8.2")
    return places


@pytest.fixture
def parts(judge: JudgeParts, target: Places, clock: Clock) -> RollbackParts:
    return rollback(judge, target, clock, playbook("alias"))
