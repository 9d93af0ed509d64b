"""A backup takes the place of an SQLite file: only when nobody has that open, at once, and nothing is destroyed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from pulse_tui.domain.errors import Refused, StorageError
from pulse_tui.storage.engine import SIDE_FILES, make_private
from pulse_tui.storage.store import SqlStore

STAGED = ".restoring"
_NEEDS = "Stop every tower, agent and command on this database, then restore again"
_SPARE = 16 * 2**20
"""Bytes that must be free beside the copy: what is written into it before it takes its place."""


def users(path: Path) -> list[str]:
    """Processes that have the file or a side file open, as far as this account may see them: ``pulse-tui agent (pid 7)``."""
    wanted = set()
    for end in ("", *SIDE_FILES):
        with contextlib.suppress(OSError):
            there = path.with_name(path.name + end).stat()
            wanted.add((there.st_dev, there.st_ino))
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and _has(process, wanted):
            found.append(f"{_called(process)} (pid {process.name})")
    return sorted(found)


def _has(process: Path, wanted: set[tuple[int, int]]) -> bool:
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                there = link.stat()
                if (there.st_dev, there.st_ino) in wanted:
                    return True
    return False


def _called(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "a process"
    given = [w.decode(errors="replace") for w in words if w]
    return " ".join([Path(given[0]).name, *given[1:4]] if given else ["a process"])


def refuse_open(path: Path) -> None:
    """Raises Refused while somebody has it open."""
    if there := users(path):
        raise Refused(f"database {path} is open", there[:5], todo=_NEEDS)


def stage(backup: Path, path: Path) -> Path:
    """A copy of the backup beside the database, for its owner alone. Raises StorageError when there is no room for it."""
    staged = path.with_name(path.name + STAGED)
    size = backup.stat().st_size
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = os.statvfs(path.parent)
        free = there.f_bavail * there.f_frsize
        if free < size + _SPARE:
            raise StorageError(
                f"{path.parent} has {free // 2**20:,} MB free, and the backup needs {(size + _SPARE) // 2**20:,} MB",
                todo="Free space: nothing was changed",
            )
        unstage(path)
        make_private(staged)
        shutil.copyfile(backup, staged)
        with staged.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        unstage(path)
        raise StorageError(
            f"{staged} cannot be written: {error.strerror}", todo="Free space: nothing was changed"
        ) from None
    return staged


def unstage(path: Path) -> None:
    """Whatever is left of a restore that did not come to its end."""
    for file in path.parent.glob(f"{path.name}{STAGED}*"):
        with contextlib.suppress(OSError):
            file.unlink()


@contextmanager
def alone(path: Path) -> Iterator[int | None]:
    """Nobody else reads or writes the file meanwhile; its log is folded into it, so that it is one file. Yields the number of
    the last line of its audit log, as far as that can be read.

    Raises Refused when somebody has it open. A file that SQLite cannot read is nobody's: there is nothing to wait for.
    """
    refuse_open(path)
    if not path.is_file() or path.stat().st_size == 0:
        yield None
        return
    last: int | None = None
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        try:
            folded = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete"
            if folded:
                connection.execute("BEGIN EXCLUSIVE")
                last = connection.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Refused(f"database {path} is open: somebody holds its lock", todo=_NEEDS) from None
        except sqlite3.DatabaseError:
            pass  # damaged: it is kept with its side files as it is
        yield last
    finally:
        connection.close()


def swap(staged: Path, path: Path, kept: Path) -> None:
    """The staged file takes the place of the database, which is kept under another name with whatever belongs to it.

    At every moment there is a whole file under the name of the database. Raises StorageError when it cannot be done.
    """
    try:
        if path.exists():
            for end in SIDE_FILES:
                beside = path.with_name(path.name + end)
                if beside.exists():
                    beside.replace(kept.with_name(kept.name + end))
            try:
                os.link(path, kept)
            except OSError:  # a file system without links
                path.replace(kept)
        staged.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError(
            f"database {path} could not be replaced: {error.strerror}", todo=f"{staged} is the new one"
        ) from None


def opened(path: Path, *, read_only: bool = False, origin: str = "") -> SqlStore:
    """The store of one file. Raises StorageError as a store does."""
    whole = path.absolute()
    url = sa.URL.create("sqlite", database=str(whole)).render_as_string()
    return SqlStore(url, whole.parent, read_only=read_only, origin=origin)
