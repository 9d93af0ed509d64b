"""Finding rows by many ids, or by the beginning of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pulse_tui.storage.sql.codec import to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import as_ever, asked, driver

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


def fetched(connection: sa.Connection, sql: str, given: Any = ()) -> list[Any]:
    """All rows as the driver's own tuples: of thousands, SQLAlchemy's rows cost more than the reading."""
    raw = driver(connection)
    if raw is not None:
        try:
            return raw.execute(sql, given).fetchall()
        except sqlite3.Error as error:
            raise as_ever(sql, given, error) from error
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
) -> Mapping[str, Any] | None:
    """The row of this id, else the only one whose id begins with ``name``; None when there is none or more than one.

    The whole id is tried first, then what stands between it and the last text that begins so: both in the order of the
    index. (PostgreSQL orders an index by its own language, where that is no range: there a beginning reads the table.)
    """
    names = [c.name for c in table.columns]
    columns = ", ".join(f'"{each}"' for each in names)
    rows = called(connection, table.name, columns, name, column.name, shortest)
    return dict(zip(names, rows[0], strict=True)) if rows else None


def called(
    connection: sa.Connection, table: str, columns: str, name: str, column: str = "id", shortest: int = SHORTEST_PREFIX
) -> Sequence[Any]:
    """As :func:`named`, as the driver's own tuples: one, or none."""
    sql = f"SELECT {columns} FROM {table} WHERE "  # noqa: S608  names of our own
    rows = asked(connection, f"{sql}{column} = :name", {"name": name})
    if rows or len(name) < shortest:
        return rows
    if connection.dialect.name == "sqlite":
        begins = f"{column} >= :name AND {column} < :last"
    else:
        begins = f"starts_with({column}, :name)"
    rows = asked(connection, f"{sql}{begins} LIMIT 2", {"name": name, "last": f"{name}\U0010ffff"})
    return rows if len(rows) == 1 else ()
