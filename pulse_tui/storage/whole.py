"""Whether an SQLite file is whole, and what to do when it is not. Everything here reads only."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pulse_tui.domain.errors import StorageError

MAKING_S = 1.0
"""How long another process may take between making a new file and writing its first page."""
_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds."""


class Checked(NamedTuple):
    """What ``PRAGMA quick_check`` found: every page is read, about 500 MB a second from memory."""

    problem: str
    """The first thing that is damaged; empty when nothing was found."""
    complete: bool
    """Whether it came to its end within the time."""
    seconds: float


def quick_check(path: Path, within_s: float | None = None) -> Checked:
    """Read every page; for ``within_s`` seconds at most, when that is given."""
    began = time.monotonic()
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        if within_s is not None:
            connection.set_progress_handler(lambda: time.monotonic() - began > within_s, _STEPS)
        try:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            return Checked("", complete=False, seconds=time.monotonic() - began)
        except sqlite3.DatabaseError as error:
            said = str(error)
    problem = "" if said == "ok" else " ".join(said.split())
    return Checked(problem, complete=True, seconds=time.monotonic() - began)


def refuse_damaged(path: Path) -> None:
    """Raises StorageError when any page is damaged: a copy of it would only look like a backup."""
    if problem := quick_check(path).problem:
        raise StorageError(f"database {path} is damaged ({problem})", todo=restore(path))


def refuse_cut(path: Path) -> None:
    """Raises StorageError for a file of 0 bytes: to make a new database of it would hide that one was lost."""
    end = time.monotonic() + MAKING_S
    while path.is_file() and path.stat().st_size == 0:
        if time.monotonic() >= end:
            todo = restore(path)
            raise StorageError(
                f"database {path} is empty (0 bytes): what was in it is gone",
                todo=f"{todo}. If there never was one, delete the file",
            )
        time.sleep(0.05)


def restore(path: Path) -> str:
    """How a backup takes its place: by the command, which keeps what is there and knows what is no longer certain then."""
    kept: list[tuple[float, str]] = []
    with contextlib.suppress(OSError):
        for file in path.parent.iterdir():
            if file.name.startswith(f"{path.name}.") and file.suffix == ".bak" and file.stat().st_size:
                kept.append((file.stat().st_mtime, file.name))
    which = path.with_name(max(kept)[1]) if kept else "PATH (no backup lies beside it)"
    return f"Stop every pulse-tui, then pulse-tui db restore {which}"
