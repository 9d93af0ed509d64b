"""Room on the disk that holds an SQLite file: how much is left, and how to read the file where there is none."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.room import Room

if TYPE_CHECKING:
    import tempfile

_ELSEWHERE = ("/dev/shm", "/var/tmp", "/run")  # noqa: S108  a folder of our own is made in it
_TRIES = 5
_SPARE = 8 * 2**20


def room(path: Path) -> Room | None:
    """Of the file system that holds the file or folder; None where that cannot be asked."""
    try:
        there = os.statvfs(path if path.exists() else path.parent)
    except OSError:
        return None
    # What is reserved for root is used, to everybody else; an account's quota is not seen here.
    of_all = there.f_blocks - there.f_bfree + there.f_bavail
    nodes = there.f_files - there.f_ffree + there.f_favail
    return Room(
        free=there.f_bavail * there.f_frsize,
        used=1.0 - there.f_bavail / of_all if of_all > 0 else 0.0,
        nodes_used=1.0 - there.f_favail / nodes if nodes > 0 else 0.0,
    )


def read_aside(path: Path, log: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder on another disk, or in memory, with the file as its log makes it: nothing can be put beside the file itself.

    Nobody has it open, or it could be opened: whoever begins to write meanwhile makes us copy once more. Raises
    StorageError when there is room nowhere.
    """
    import tempfile  # noqa: PLC0415  nearly always there is room

    need = path.stat().st_size + log.stat().st_size + _SPARE
    for parent in dict.fromkeys((tempfile.gettempdir(), *_ELSEWHERE)):
        with contextlib.suppress(OSError, sqlite3.Error):
            there = os.statvfs(parent)
            if there.f_bavail * there.f_frsize < 2 * need:
                continue
            folder = tempfile.TemporaryDirectory(prefix="pulse-read-", dir=parent)
            if _copied(path, log, Path(folder.name)):
                return folder
            folder.cleanup()
    raise StorageError(
        f"database {path} cannot be read: its disk is full, and {need // 2**20:,} MB for a copy are free nowhere else",
        todo="Free space on either disk ($TMPDIR names another folder for the copy)",
    )


def _copied(path: Path, log: Path, folder: Path) -> bool:
    for _ in range(_TRIES):
        before = _stamp(path, log)
        shutil.copyfile(path, folder / path.name)
        shutil.copyfile(log, folder / log.name)
        if _stamp(path, log) == before:
            with closing(sqlite3.connect(folder / path.name, isolation_level=None)) as made:
                made.execute("PRAGMA journal_mode=DELETE")  # the log is folded in: it is read alone from now on
            return True
    return False


def _stamp(*files: Path) -> list[tuple[int, int]]:
    return [(there.st_mtime_ns, there.st_size) for there in (file.stat() for file in files)]
