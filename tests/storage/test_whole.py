"""A damaged page, a database that was cut, a disk that is full: each is named, nothing is made worse, reading goes on."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage import whole
from pulse_tui.storage.store import SqlStore
from pulse_tui.storage.whole import quick_check
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, signal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with something in it, closed."""
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    with store.write() as tx:
        tx.signals.add([(signal(n), b"x" * 3_000) for n in range(40)])
    store.close()
    return tmp_path / "pulse.db"


def opened(path: Path, *, read_only: bool = False) -> SqlStore:
    return SqlStore(f"sqlite:///{path}", path.parent, read_only=read_only)


@contextmanager
def no_room(size: int = 0) -> Iterator[None]:
    """No file of this process may grow beyond ``size``, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def damage(path: Path) -> None:
    """Another page than the first is overwritten, one of many: nobody reads them all in a day."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 // 2 * 4096)
        file.write(b"\xff" * 4096)


def test_a_damaged_page_is_found_and_no_backup_is_made_of_it(path: Path) -> None:
    store = opened(path)
    first = store.backup(NOW)
    damage(path)
    assert store.schema  # most of it can be read as ever
    checked = store.check(5.0)
    assert checked is not None
    assert checked.complete
    assert checked.problem
    with pytest.raises(StorageError, match=rf"is damaged .*pulse-tui db restore .*{first.name}"):
        store.backup(NOW)
    store.close()
    assert [p.name for p in path.parent.glob("*.bak")] == [first.name]
    first.replace(path)
    with closing(opened(path)) as again:
        whole = again.check(5.0)
        assert whole is not None
        assert (whole.problem, whole.complete) == ("", True)


def test_the_check_of_a_large_file_ends_in_time_and_says_that_it_was_not_whole(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "large.db")) as raw:
        raw.execute("CREATE TABLE t (a)")
        raw.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(60_000)))
        raw.commit()
    assert quick_check(tmp_path / "large.db").complete
    assert not quick_check(tmp_path / "large.db", 0.0).complete


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kept", [True, False], ids=["a backup", "no backup"])
def test_a_database_that_was_cut_to_nothing_is_not_replaced_by_a_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool, kept: bool
) -> None:
    monkeypatch.setattr(whole, "MAKING_S", 0.05)
    if kept:
        shutil.copy(path, path.with_name("pulse.db.0012.20261129T000000.bak"))
    log = path.with_name("pulse.db-wal")
    log.write_bytes(b"what was not copied back yet")
    path.write_bytes(b"")
    words = r"db restore .*pulse\.db\.0012\.20261129T000000\.bak" if kept else "no backup lies beside it"
    with pytest.raises(StorageError, match=rf"is empty \(0 bytes\): what was in it is gone.*{words}"):
        opened(path, read_only=read_only)
    assert path.stat().st_size == 0
    assert log.exists()


def test_a_database_that_another_process_is_making_is_waited_for(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "made" / "pulse.db"
    made.parent.mkdir()
    made.touch()
    threading.Timer(0.1, path.replace, (made,)).start()  # whole at once: what SQLite writes itself, it locks
    with closing(opened(made)) as store, store.read() as tx:
        assert tx.signals.count() == 40


def test_a_backup_that_finds_no_room_is_named_and_leaves_nothing(path: Path) -> None:
    store = opened(path)
    with no_room(path.stat().st_size // 2), pytest.raises(StorageError, match=r"full disk.*Free space"):
        store.backup(NOW)
    store.close()
    assert list(path.parent.glob("*.bak")) == []


def test_a_database_on_a_full_disk_is_read_by_whoever_comes_next(path: Path) -> None:
    with no_room():
        with pytest.raises(StorageError, match=r"full disk.*pulse-tui --read-only"):
            opened(path)
        with closing(opened(path, read_only=True)) as store:
            with store.read() as tx:
                assert tx.signals.count() == 40
            assert store.board("x", None, NOW).registry == ()
            assert store.change_mark() == store.change_mark()


def test_a_first_start_on_a_full_disk_leaves_no_empty_file_that_the_next_one_would_refuse(tmp_path: Path) -> None:
    with no_room(), pytest.raises(StorageError, match="full disk"):
        opened(tmp_path / "new.db")
    opened(tmp_path / "new.db").close()
