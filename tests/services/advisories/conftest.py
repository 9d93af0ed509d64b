from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.services.parts import JudgeParts
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging
from tests.services.estates import fill


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[JudgeParts]:
    """The estate of the service tests, on each database."""
    server = postgres() if request.param == "postgresql" else None
    name = server.create() if server is not None else ""
    store = SqlStore(server.named(name) if server is not None else sqlite_file(tmp_path / "pulse.db"), tmp_path)
    fill(store)
    yield judging(store, tmp_path, clock)
    store.close()
    if server is not None:
        server.drop(name)
