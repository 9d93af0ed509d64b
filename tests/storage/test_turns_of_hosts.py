"""Writers of many hosts take turns on PostgreSQL: a queue that gets on is waited for, a writer that hangs is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage import engine
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres

PATIENCE_MS = 1_500


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[SqlStore]]:
    for name in ("_BEGIN", "_HANGS"):
        text: str = getattr(engine, name)
        shorter = text.replace("= 5000", f"= {PATIENCE_MS}").replace("'4500 ms'", f"'{PATIENCE_MS * 9 // 10} ms'")
        assert shorter != text
        monkeypatch.setattr(engine, name, shorter)
    server = postgres()
    database = server.create()
    made = [SqlStore(server.named(database), tmp_path) for _ in range(4)]
    yield made
    for store in made:
        store.close()
    server.drop(database)


def test_behind_writers_that_get_on_everybody_has_a_turn(stores: list[SqlStore]) -> None:
    failed = list[StorageError]()

    def work(store: SqlStore) -> None:
        try:
            with store.write() as tx:
                for n in range(10):
                    time.sleep(0.06)
                    tx.plumbing.put_value(f"k{n}", str(id(store)))
        except StorageError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []


def test_behind_a_writer_that_hangs_the_wait_ends_with_a_sentence(stores: list[SqlStore]) -> None:
    hanging, waiting = stores[:2]
    with hanging.write() as tx:
        tx.plumbing.put_value("a", "b")
        began = time.monotonic()
        with pytest.raises(StorageError, match="is locked by another process"), waiting.write():
            pass
        assert time.monotonic() - began < 10 * PATIENCE_MS / 1e3
    with waiting.write() as tx:
        tx.plumbing.put_value("c", "d")
