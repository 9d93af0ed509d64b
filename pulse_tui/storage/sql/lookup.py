"""Finding rows by many ids, or by the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from pulse_tui.storage.sql.codec import to_json

_CHUNK = 5_000
"""Ids a statement: SQLite allows 32,766 parameters (older ones fewer), PostgreSQL 65,535."""
SHORTEST_PREFIX = 4


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The distinct values in lists that fit a statement."""
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def among(connection: sa.Connection, sql: str, *lists: Iterable[str] | Iterable[int]) -> list[Any]:
    """Rows of ``sql``, whose ``{among}`` each stand for "is one of" the next list. Nothing is asked for an empty list.

    One parameter a list: a list of each batch's length would be a statement of its own each time.
    """
    every = [list(values) for values in lists]
    if not all(every):
        return []
    if connection.dialect.name == "postgresql":
        return fetched(connection, sql.replace("{among}", "= ANY(%s)"), tuple(every))
    asked = sql.replace("{among}", "IN (SELECT value FROM json_each(?))")
    return fetched(connection, asked, tuple(to_json(values) for values in every))


def fetched(connection: sa.Connection, sql: str, given: tuple[Any, ...] = ()) -> list[Any]:
    """All rows as the driver's own tuples: of thousands, SQLAlchemy's rows cost more than the reading."""
    result = connection.exec_driver_sql(sql, given)
    assert result.cursor is not None, "a statement that returns rows"
    rows = list(result.cursor.fetchall())
    result.close()
    return rows


def present(connection: sa.Connection, column: sa.Column[str], values: Iterable[str]) -> set[str]:
    """Those of ``values`` that the column holds."""
    sql = f"SELECT {column.name} FROM {column.table.name} WHERE {column.name} {{among}}"  # noqa: S608  names of our own
    return {row[0] for row in among(connection, sql, values)}


def named(
    connection: sa.Connection, table: sa.Table, column: sa.Column[str], name: str, shortest: int = SHORTEST_PREFIX
) -> sa.RowMapping | None:
    """The row of this id, else the only one whose id begins with ``name``; None when there is none or more than one.

    The whole id is tried first, then what stands between it and the last text that begins so: both in the order of the
    index. (PostgreSQL orders an index by its own language, where that is no range: there a beginning reads the table.)
    """
    row = connection.execute(sa.select(table).where(column == name)).mappings().first()
    if row is not None or len(name) < shortest:
        return row
    if connection.dialect.name == "sqlite":
        begins: Any = sa.and_(column >= name, column < f"{name}\U0010ffff")
    else:
        begins = column.startswith(name, autoescape=True)
    rows = connection.execute(sa.select(table).where(begins).limit(2)).mappings().all()
    return rows[0] if len(rows) == 1 else None
