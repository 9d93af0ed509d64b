"""Finding rows by many ids, or by the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from pulse_tui.storage.codec import to_json

_CHUNK = 5_000
"""Ids a statement: SQLite allows 32,766 parameters (older ones fewer), PostgreSQL 65,535."""
SHORTEST_PREFIX = 4


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The distinct values in lists that fit a statement."""
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def present(connection: sa.Connection, column: sa.Column[str], values: Iterable[str]) -> set[str]:
    """Those of ``values`` that the column holds. One parameter for all of them: a list of each batch's length
    would be a statement of its own each time."""
    every = list(values)
    if not every:
        return set()
    table, name = column.table.name, column.name
    if connection.dialect.name == "postgresql":
        sql, given = f"SELECT {name} FROM {table} WHERE {name} = ANY(%s)", (every,)  # noqa: S608  names of our own
        return {row[0] for row in connection.exec_driver_sql(sql, given)}
    sql = f"SELECT {name} FROM {table} WHERE {name} IN (SELECT value FROM json_each(?))"  # noqa: S608
    return {row[0] for row in connection.exec_driver_sql(sql, (to_json(every),))}


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
