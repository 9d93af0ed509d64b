"""A disk that is really full: what can be read is read, what is refused says why, and it goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.room import PLENTY, Room
from pulse_tui.storage import room as rooms
from pulse_tui.storage.copies import copy
from pulse_tui.storage.engine import normalize
from pulse_tui.storage.room import room
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, signal

MB = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", folder], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("a file system can only be mounted by root, and not in every container")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def fill(folder: Path) -> Path:
    """Until not a byte more is taken."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


_DIES = """
import os, sys
from pathlib import Path
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import signal
store = SqlStore(sys.argv[1], Path("/"))
for n in range(20):
    with store.write() as tx:
        tx.signals.add([(signal(n), b"x" * 3_000)])
os._exit(9)
"""


def left_with_a_log(folder: Path) -> str:
    """The database of a process that was killed: what it wrote last is in its log alone, and its ``-shm`` is lost."""
    url = sqlite_file(folder / "pulse.db")
    subprocess.run([sys.executable, "-c", _DIES, url], check=False)
    (folder / "pulse.db-shm").unlink()
    assert (folder / "pulse.db-wal").stat().st_size > 0
    return url


def test_a_database_with_a_log_is_read_on_a_full_disk(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = left_with_a_log(disk)
    filler = fill(disk)
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(rooms, "_ELSEWHERE", ())
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    with pytest.raises(StorageError, match=r"full disk.*until then everything can be read"):
        SqlStore(url, disk)
    with closing(SqlStore(url, disk, read_only=True)) as store:
        with store.read() as tx:
            assert tx.signals.count() == 20
        assert store.board("x", None, NOW).header.disk.startswith("disk 100 % full")
        assert store.full
        assert store.change_mark() == store.change_mark()
        with pytest.raises(StorageError), store.write() as tx:
            tx.plumbing.put_value("a", "1")
        assert [p.stat().st_mode & 0o777 for p in aside.iterdir()] == [0o700]
    assert list(aside.iterdir()) == []
    filler.unlink()
    with closing(SqlStore(url, disk)) as store, store.read() as tx:
        assert tx.signals.count() == 20


def test_a_disk_that_only_cannot_be_written_is_not_full(disk: Path) -> None:
    url = left_with_a_log(disk)
    if subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True, check=False).returncode:
        pytest.skip("not every container lets a file system be mounted again")
    with closing(SqlStore(url, disk, read_only=True)) as store:
        with store.read() as tx:
            assert tx.signals.count() == 20
        assert not store.full


def test_where_there_is_room_nowhere_that_is_what_is_said(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = left_with_a_log(disk)
    fill(disk)
    monkeypatch.setattr(rooms, "_ELSEWHERE", ())
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    with pytest.raises(StorageError, match=r"its disk is full, and .* MB for a copy are free nowhere else"):
        SqlStore(url, disk, read_only=True)


def test_who_has_it_open_reads_on_and_writes_again_when_there_is_room(disk: Path) -> None:
    url = sqlite_file(disk / "pulse.db")
    with closing(SqlStore(url, disk)) as store:
        with store.write() as tx:
            tx.signals.add([(signal(0), b"x")])
        filler = fill(disk)
        stored = 1
        with pytest.raises(StorageError, match=r"the disk is full|a full disk"):  # noqa: PT012  the log may have some room
            for n in range(1, 500):
                with store.write() as tx:
                    tx.signals.add([(signal(n), b"x" * 3_000)])
                stored += 1
        with store.read() as tx:
            assert tx.signals.count() == stored
        assert store.board("x", None, NOW).header.disk
        with closing(SqlStore(url, disk, read_only=True)) as other, other.read() as tx:
            assert tx.signals.count() == stored
        filler.unlink()
        with store.write() as tx:
            tx.signals.add([(signal(1_000), b"x")])
        assert store.board("x", None, NOW).header.disk == ""
    with closing(sqlite3.connect(disk / "pulse.db")) as raw:
        assert raw.execute("PRAGMA quick_check").fetchone() == ("ok",)
        assert raw.execute("SELECT count(*) FROM signals").fetchone() == (stored + 1,)


def test_a_backup_to_a_full_disk_leaves_nothing(disk: Path, tmp_path: Path) -> None:
    url = sqlite_file(tmp_path / "pulse.db")
    filler = fill(disk)
    with pytest.raises(StorageError, match=r"the disk is full|No space|full disk"):
        copy(tmp_path / "pulse.db", disk / "pulse.bak", normalize(url, tmp_path))
    assert list(disk.iterdir()) == [filler]


def test_how_full_a_disk_is_counts_what_this_account_may_write(disk: Path) -> None:
    found = room(disk)
    assert found is not None
    assert not found.scarce
    (disk / "most").write_bytes(b"x" * int(7.5 * MB))
    found = room(disk / "pulse.db")  # of a file that is not there yet, its folder's
    assert found is not None
    assert found.scarce
    assert found.words() == "disk 93 % full, 0 MB free"


def test_a_large_disk_with_plenty_of_room_is_not_called_full_and_inodes_count_too() -> None:
    assert not Room(free=PLENTY, used=0.95).scarce
    assert Room(free=PLENTY - 1, used=0.95).scarce
    assert Room(free=PLENTY, used=0.1, nodes_used=0.97).words() == "disk has 97 % of its inodes in use"
    assert Room(free=1, used=0.89).words() == ""
