"""What an operator reads when the database cannot be used; and that nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage import engine as engines
from pulse_tui.storage import fresh
from pulse_tui.storage.board.panes import quick_board
from pulse_tui.storage.engine import connect, normalize
from pulse_tui.storage.migrate import backup, upgrade
from pulse_tui.storage.sql import append_only
from pulse_tui.storage.store import SqlStore
from pulse_tui.storage.tables import metadata
from pulse_tui.storage.version import HEAD, KNOWN
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, signal
from tests.fakes.tampering import tamper
from tests.storage.test_races import ROOT, elsewhere, said


def test_an_empty_database_gets_the_schema(empty_url: str, tmp_path: Path) -> None:
    store = SqlStore(empty_url, tmp_path)
    assert store.schema == HEAD
    assert store.board("x", None, NOW).registry == ()
    store.close()
    again = SqlStore(empty_url, tmp_path)
    assert again.schema == HEAD
    again.close()
    assert list(tmp_path.glob("*.bak")) == []


def test_the_migrations_make_exactly_the_tables_of_the_code(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_new_database_is_made_at_once_as_the_migrations_would_leave_it(tmp_path: Path, empty_url: str) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    fresh.make(engine)
    fresh.make(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
        assert append_only.weakened(connection) == []
    engine.dispose()


def test_the_head_is_among_the_known_and_the_files_are_all_known() -> None:
    folder = ROOT / "pulse_tui" / "storage" / "migrations" / "versions"
    assert {p.name[:4] for p in folder.glob("0*.py")} == KNOWN
    assert max(KNOWN) == HEAD


def test_a_newer_schema_is_refused(url: str, store: SqlStore, tmp_path: Path) -> None:
    tamper(store, sa.text("UPDATE alembic_version SET version_num = '9999'"))
    tamper(store, sa.text("UPDATE settings_values SET value = '9999' WHERE key = 'schema.oldest'"))
    with pytest.raises(StorageError, match=r"newer pulse_tui \(schema 9999.*Upgrade pulse_tui"):
        SqlStore(url, tmp_path)


def test_a_password_is_never_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        SqlStore("postgresql://ana:hunter2@127.0.0.1:1/x", tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is no database URL"),
        ("mysql://x/y", "mysql is not supported"),
        ("sqlite://", "in-memory SQLite keeps nothing"),
        ("sqlite:///:memory:", "in-memory SQLite keeps nothing"),
    ],
)
def test_a_url_that_cannot_be_used_is_said(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=words):
        SqlStore(url, tmp_path)


def test_a_relative_file_lies_under_the_configurations_folder(tmp_path: Path) -> None:
    SqlStore("sqlite:///deep/er/pulse.db", tmp_path).close()
    assert (tmp_path / "deep" / "er" / "pulse.db").is_file()


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "a#b.db", "%41.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    store = SqlStore(str(sa.URL.create("sqlite", database=str(path))), tmp_path)
    store.change_mark()
    mark = store.change_mark()
    with store.write() as tx:
        tx.signals.add([(signal(1), b"")])
    assert store.change_mark() != mark
    store.close()
    assert quick_board(path, "x", NOW) is not None
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".db"] == [name]


def test_a_store_may_be_closed_while_another_thread_asks_what_changed(tmp_path: Path) -> None:
    for _ in range(30):
        store = SqlStore("sqlite:///pulse.db", tmp_path)
        asked = threading.Event()

        def ask(store: SqlStore = store, asked: threading.Event = asked) -> None:
            with suppress(sqlite3.ProgrammingError, StorageError):  # closed under it: all that may happen
                while True:
                    store.change_mark()
                    asked.set()

        asking = threading.Thread(target=ask)
        asking.start()
        assert asked.wait(60)
        store.close()
        asking.join(60)
        assert not asking.is_alive()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 200)
    with pytest.raises(StorageError, match="is not a database file"):
        SqlStore(f"sqlite:///{path}", tmp_path)
    assert path.read_text() == "dear diary, " * 200
    assert quick_board(path, "x", NOW) is None


def test_a_locked_file_is_said_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_MS", 150)  # the wait, not the behaviour
    url = sqlite_file(tmp_path / "pulse.db")
    store = SqlStore(url, tmp_path)
    other = elsewhere("hold-lock", url)
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    with pytest.raises(StorageError, match=r"pulse\.db is locked by another process"), store.write() as tx:
        tx.signals.add([(signal(1), b"")])
    store.board("x", None, NOW)  # reading goes on
    said(other)
    with store.write() as tx:
        assert tx.signals.add([(signal(1), b"")]) == [signal(1)]
    store.close()


def test_a_hanging_writer_on_postgresql_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fakes.databases import postgres

    monkeypatch.setattr(engines, "BUSY_MS", 150)
    name = postgres().create()
    store = SqlStore(postgres().named(name), tmp_path)
    other = SqlStore(postgres().named(name), tmp_path)
    with store.write() as first:
        first.plumbing.put_value("a", "1")
        with pytest.raises(StorageError, match="is locked by another process"), other.write():
            pass
    with store.read() as tx:
        assert tx.plumbing.get_value("a") == "1"
    other.close()
    store.close()
    postgres().drop(name)


_AS_NOBODY = """
import os, sys
from pathlib import Path
from typing import Any
from pulse_tui.domain.errors import StorageError
from pulse_tui.storage.store import SqlStore
import pulse_tui.storage.migrate, sqlalchemy.dialects.sqlite.pysqlite, uuid
from tests.fakes.nouns import NOW, signal
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
read_only = sys.argv[2] == "ro"
try:
    store = SqlStore(sys.argv[1], Path("/"), read_only=read_only)
    print("rows", len(store.board("x", None, NOW).alerts))
    with store.write() as tx:
        tx.signals.add([(signal(1), b"")])
    print("written")
except StorageError as error:
    print(error)
"""


@pytest.mark.parametrize("mode", ["rw", "ro"])
def test_a_read_only_file_can_be_read_and_a_write_is_said(tmp_path: Path, mode: str) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    path = folder / "pulse.db"
    url = sqlite_file(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    scratch = Path(tempfile.gettempdir())
    for parent in [*tmp_path.parents][:4]:
        if parent.is_relative_to(scratch) and parent != scratch:
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    path.chmod(0o444)
    folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, url, mode], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[0] == "rows 0", done.stdout + done.stderr
    assert "is read-only" in done.stdout.splitlines()[1]


def test_reading_only_makes_no_file_and_asks_for_a_schema(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        SqlStore("sqlite:///pulse.db", tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect(tmp_path / "pulse.db")) as raw:
        raw.execute("CREATE TABLE other (a)")
    with pytest.raises(StorageError, match="has an older schema, or none"):
        SqlStore("sqlite:///pulse.db", tmp_path, read_only=True)


def test_a_network_file_system_is_told_from_the_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    real = os.path.realpath(tmp_path)
    mounts.write_text(
        f"proc /proc proc rw 0 0\n/dev/a / ext4 rw 0 0\nbox:/x {real} nfs4 rw 0 0\n/dev/b {real}/local\\040disk xfs rw 0 0\n"
    )
    assert engines.file_system(tmp_path / "pulse.db", mounts) == "nfs4"
    assert engines.file_system(tmp_path / "local disk" / "pulse.db", mounts) == "xfs"
    assert engines.file_system(Path(f"{real}-other/pulse.db"), mounts) == "ext4"
    assert engines.file_system(tmp_path, tmp_path / "missing") == ""


def test_a_database_on_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "file_system", lambda _path: "nfs4")  # no network file system can be mounted here
    with pytest.raises(StorageError, match=r"network file system \(nfs4\).*PostgreSQL"):
        SqlStore("sqlite:///pulse.db", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_taken_before_an_upgrade(tmp_path: Path) -> None:
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    with store.write() as tx:
        tx.signals.add([(signal(1), b"")])
    engine = engines.connect(store.url)
    copy = upgrade(engine)
    assert copy is not None
    assert copy.name.startswith(f"pulse.db.{HEAD}.")
    again = SqlStore(f"sqlite:///{copy}", tmp_path)
    with again.read() as tx:
        assert tx.signals.count() == 1
    again.close()
    assert backup(engine, HEAD, NOW).name == f"pulse.db.{HEAD}.20261123T031000.bak"
    engine.dispose()
    store.close()


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


@pytest.fixture
def generous() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("generous")
def test_a_database_its_side_files_and_copies_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = SqlStore("sqlite:///state/pulse.db", tmp_path)
    with store.write() as tx:
        tx.signals.add([(signal("a"), b"{}")])
        made = {p.name: mode(p) for p in (tmp_path / "state").iterdir()}
    copy = store.backup(NOW)
    store.close()
    assert made == {"pulse.db": "600", "pulse.db-wal": "600", "pulse.db-shm": "600"}
    assert (mode(copy), mode(tmp_path / "state")) == ("600", "700")


@pytest.mark.usefixtures("generous")
@pytest.mark.parametrize(("before", "after"), [("644", "600"), ("666", "660"), ("664", "660"), ("660", "660")])
def test_a_database_that_everybody_could_read_is_closed_and_a_shared_one_stays_shared(
    tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "pulse.db"
    SqlStore("sqlite:///pulse.db", tmp_path).close()
    path.chmod(int(before, 8))
    store = SqlStore("sqlite:///pulse.db", tmp_path)
    with store.write() as tx:
        tx.signals.add([(signal("a"), b"{}")])
        assert {mode(p) for p in tmp_path.iterdir()} == {after}
    store.close()


def test_threads_that_ask_what_changed_at_once_have_one_connection_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    connect, together = sqlite3.connect, threading.Barrier(4)

    def slow(*arguments: Any, **more: Any) -> Any:
        made.append(arguments)
        time.sleep(0.05)
        return connect(*arguments, **more)

    store = SqlStore("sqlite:///pulse.db", tmp_path)
    monkeypatch.setattr(sqlite3, "connect", slow)

    def ask() -> None:
        together.wait(60)
        store.change_mark()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    store.close()
    assert len(made) == 1
