"""Compaction: an SQLite file is written anew while nobody has it open; PostgreSQL does it beside its users."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import sqlalchemy as sa

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage.engine import connect, translated
from pulse_tui.storage.restoring import alone
from pulse_tui.storage.room import room


class Spare(NamedTuple):
    """Of an SQLite file, in bytes."""

    size: int
    free: int
    """Pages that hold nothing: what comes uses them again."""


def spare(path: Path) -> Spare:
    """What compacting would give back, about. It only reads."""
    url = sa.URL.create("sqlite", database=str(path))
    address = f"file:{quote(str(path))}?mode=ro"
    with translated(url), closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
        page, count, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    return Spare(page * count, page * free)


def vacuum_file(path: Path) -> int:
    """Write it anew; its size then. Raises Refused while somebody has it open, StorageError where there is no room for it.

    A writer would wait for as long as it takes, which is longer than its patience: so nobody must be there.
    """
    found = spare(path)
    there, need = room(path), 2 * (found.size - found.free)
    if there is not None and there.free < need:
        raise StorageError(
            f"database {path} cannot be compacted: {need // 2**20:,} MB are needed meanwhile, {there.free // 2**20:,} MB are free",
            todo="Free space first: nothing was changed",
        )
    with alone(path):
        pass  # nobody is there, and the log is folded in
    url = sa.URL.create("sqlite", database=str(path))
    with translated(url), closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("VACUUM")
    return path.stat().st_size


def vacuum_server(url: sa.URL) -> None:
    """Every table of ours, one after the other. Raises StorageError."""
    engine = connect(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with translated(url), engine.connect() as connection:
            for table in sorted(sa.inspect(connection).get_table_names()):
                connection.exec_driver_sql(f'VACUUM (ANALYZE) "{table}"')
    finally:
        engine.dispose()
