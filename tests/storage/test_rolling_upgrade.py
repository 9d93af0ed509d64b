"""Two versions side by side: a database that the next version migrated, while processes of this one work on it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage import migrate
from pulse_tui.storage.store import SqlStore
from pulse_tui.storage.version import HEAD, OLDEST
from tests.fakes.databases import postgres
from tests.fakes.nouns import NOW, asset
from tests.fakes.tampering import tamper

NEXT = f"{int(HEAD) + 1:04}"


def migrated(store: SqlStore, oldest: str) -> None:
    """What an additive migration of the next version does, and the oldest version that it lets go on."""
    tamper(
        store,
        sa.text("ALTER TABLE sources ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'"),
        sa.text("CREATE TABLE of_the_next_version (id TEXT PRIMARY KEY)"),
        sa.text(f"UPDATE alembic_version SET version_num = '{NEXT}'"),
        sa.text(f"UPDATE settings_values SET value = '{oldest}' WHERE key = 'schema.oldest'"),
    )


def put(store: SqlStore, name: str) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset(name)])


def test_this_version_goes_on_beside_the_next_one_where_that_allows_it(
    url: str, store: SqlStore, tmp_path: Path
) -> None:
    migrated(store, OLDEST)
    put(store, "written-after")
    assert store.board("estate", None, NOW).header.estate == "estate"
    newcomer = SqlStore(url, tmp_path)
    with newcomer.read() as tx:
        assert tx.estate.asset("written-after") is not None
    put(newcomer, "by-a-newcomer")
    assert newcomer.schema == NEXT
    newcomer.close()


def test_where_the_next_one_does_not_allow_it_nothing_is_written_or_shown_any_more(
    url: str, store: SqlStore, tmp_path: Path
) -> None:
    migrated(store, NEXT)
    words = rf"too old for its database now \(it takes schema {NEXT} and later, this one knows {HEAD}\)"
    with pytest.raises(StorageError, match=words) as caught:
        put(store, "x")
    assert caught.value.todo.startswith("Upgrade pulse_tui on this host")
    with pytest.raises(StorageError, match=words):
        store.board("estate", None, NOW)
    with pytest.raises(StorageError, match="was written by a newer pulse_tui"):
        SqlStore(url, tmp_path)
    with store.read() as tx:
        assert tx.estate.asset("x") is None, "what was refused is not there"


def test_a_newer_database_that_does_not_say_whom_it_allows_is_refused(
    url: str, store: SqlStore, tmp_path: Path
) -> None:
    migrated(store, OLDEST)
    tamper(store, sa.text("DELETE FROM settings_values WHERE key = 'schema.oldest'"))
    with pytest.raises(StorageError, match="was written by a newer pulse_tui"):
        SqlStore(url, tmp_path)


def test_an_upgrade_writes_down_whom_it_allows(empty_url: str, tmp_path: Path) -> None:
    store = SqlStore(empty_url, tmp_path)
    with store.read() as tx:
        assert tx.plumbing.get_value("schema.oldest") == OLDEST
    tamper(store, sa.text("DELETE FROM settings_values WHERE key = 'schema.oldest'"))
    migrate.upgrade(sa.create_engine(store.url))
    with store.read() as tx:
        assert tx.plumbing.get_value("schema.oldest") == OLDEST
    store.close()


def test_whoever_changes_a_table_waits_for_readers_only_briefly_at_a_time_so_that_nobody_waits_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = postgres()
    name = server.create()
    store = SqlStore(server.named(name), tmp_path)
    longest = [0.0]
    try:
        tries = list[float]()

        def change(config: object, _revision: str) -> None:
            tries.append(time.monotonic())
            config.attributes["connection"].exec_driver_sql("ALTER TABLE sources ADD COLUMN colour TEXT")  # type: ignore[attr-defined]

        monkeypatch.setattr("alembic.command.upgrade", change)
        with psycopg.connect(server.named(name)) as reader:
            reader.execute("SELECT count(*) FROM sources")  # and it stays in its transaction
            upgrading = threading.Thread(target=migrate.upgrade, args=(store._engine,))
            upgrading.start()
            while len(tries) < 2:
                began = time.monotonic()
                with store.read() as tx:
                    tx.plumbing.sources()
                longest[0] = max(longest[0], time.monotonic() - began)
                time.sleep(0.02)
        upgrading.join(60)
        assert not upgrading.is_alive()
        assert len(tries) >= 2
        assert longest[0] < 1.0 + 10, "the others read on between two tries"
    finally:
        store.close()
        server.drop(name)
