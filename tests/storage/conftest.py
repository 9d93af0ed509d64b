"""A store on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file

BOTH = ("sqlite", "postgresql")


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of its own."""
    if request.param == "sqlite":
        yield sqlite_file(tmp_path / "pulse.db")
        return
    server = postgres()
    name = server.create()
    yield server.named(name)
    server.drop(name)


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that nobody has written to."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'pulse.db'}"
        return
    server = postgres()
    name = server.create(empty=True)
    yield server.named(name)
    server.drop(name)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[SqlStore]:
    """An opened store."""
    opened = SqlStore(url, tmp_path)
    yield opened
    opened.close()
