"""Finding rows by many ids, or by the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

_CHUNK = 5_000
"""Ids a statement: SQLite allows 32,766 parameters (older ones fewer), PostgreSQL 65,535."""
SHORTEST_PREFIX = 4


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The distinct values in lists that fit a statement."""
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def present(connection: sa.Connection, column: sa.Column[str], values: Iterable[str]) -> set[str]:
    """Those of ``values`` that the column holds."""
    found: set[str] = set()
    for chunk in chunks(values):
        found.update(connection.execute(sa.select(column).where(column.in_(chunk))).scalars())
    return found


def named(
    connection: sa.Connection, table: sa.Table, column: sa.Column[str], name: str, shortest: int = SHORTEST_PREFIX
) -> sa.RowMapping | None:
    """The row of this id, else the only one whose id begins with ``name``; None when there is none or more than one.

    The whole id is tried first: it has an index, the beginning of one reads the table.
    """
    row = connection.execute(sa.select(table).where(column == name)).mappings().first()
    if row is not None or len(name) < shortest:
        return row
    like: Any = column.startswith(name, autoescape=True)
    rows = connection.execute(sa.select(table).where(like).limit(2)).mappings().all()
    return rows[0] if len(rows) == 1 else None
