"""Behind a real PgBouncer in transaction mode: what is written lands, what others write is seen, nobody listens in vain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres
from tests.fakes.nouns import NOW, asset
from tests.fakes.pooler import BINARY, MISSING, pgbouncer

pytestmark = pytest.mark.skipif(BINARY is None, reason=MISSING)


@pytest.fixture
def url() -> Iterator[str]:
    server = postgres()
    name = server.create()
    with pgbouncer(server.named(name)) as pooled:
        yield pooled
    server.drop(name)


def changed(store: SqlStore, mark: object) -> bool:
    end = time.monotonic() + 60
    while store.change_mark() == mark and time.monotonic() < end:
        time.sleep(0.02)
    return store.change_mark() != mark


def test_two_towers_behind_a_pooler_write_read_and_see_each_other(url: str, tmp_path: Path) -> None:
    ours, theirs = SqlStore(url, tmp_path), SqlStore(url, tmp_path)
    try:
        first = ours.change_mark()
        assert changed(ours, first), "it asks, and the first answer counts"
        mark = ours.change_mark()
        for number in range(12):  # more often than psycopg takes to prepare a statement, over more sessions than one
            for store in (ours, theirs):
                with store.write() as tx:
                    tx.estate.put_assets([asset(f"a-{number}-{store is ours}")])
                with store.read() as tx:
                    assert tx.estate.asset(f"a-{number}-{store is ours}") is not None
                store.board("estate", None, NOW)
        assert changed(ours, mark)
    finally:
        ours.close()
        theirs.close()


def test_a_lease_has_one_holder_behind_a_pooler(url: str, tmp_path: Path) -> None:
    stores = [SqlStore(url, tmp_path) for _ in range(3)]
    try:
        epochs = []
        for number, store in enumerate(stores):
            with store.write() as tx:
                epochs.append(tx.plumbing.claim("source:x", f"h{number}", NOW, 60.0))
        assert epochs == [1, None, None]
    finally:
        for store in stores:
            store.close()
