"""An SQLite file that is only read, by the standard library alone: what a command that reads needs of a store."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulse_tui.storage.engine import BUSY_MS, make_private, refuse_network, settle
from pulse_tui.storage.sql.plain import PlainConnection
from pulse_tui.storage.version import HEAD


class PlainFile:
    """Connections to it, as many as are used at the same time."""

    def __init__(self, path: Path) -> None:
        """See :func:`opened`."""
        self._path = path
        self._free: list[sqlite3.Connection] = []
        self._closed = False

    def connect(self) -> sqlite3.Connection:
        """A connection that nobody else has. Raises sqlite3.Error."""
        make_private(self._path)
        raw = sqlite3.connect(str(self._path), timeout=BUSY_MS / 1000, check_same_thread=False)
        try:
            settle(raw, self._path)
            raw.execute("PRAGMA query_only=ON")
        except BaseException:
            raw.close()
            raise
        return raw

    @contextmanager
    def reading(self) -> Iterator[PlainConnection]:
        """A view of one moment. Raises sqlite3.Error."""
        raw = self._taken()
        try:
            raw.execute("BEGIN")
            yield PlainConnection(raw)
        finally:
            with contextlib.suppress(sqlite3.Error):
                raw.rollback()
            self.free(raw)

    def free(self, raw: sqlite3.Connection) -> None:
        """Somebody else may have it now."""
        self._free.append(raw)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Close what nobody uses; the rest goes when it comes back."""
        self._closed = True
        with contextlib.suppress(IndexError):
            while True:
                self._free.pop().close()

    def _taken(self) -> sqlite3.Connection:
        try:
            return self._free.pop()
        except IndexError:
            return self.connect()


def opened(path: Path) -> PlainFile | None:
    """None of a file that is missing, cannot be read as it is, or has another schema: whoever opens it properly explains that.

    Raises StorageError when it lies on a network file system.
    """
    if not path.is_file():
        return None
    refuse_network(path)
    file = PlainFile(path)
    try:
        raw = file.connect()
        try:
            version = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            file.free(raw)
    except sqlite3.Error:
        version = None
    if version == (HEAD,):
        return file
    file.close()
    return None
