"""Finding rows by many ids, or by the beginning of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
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


def driver(connection: sa.Connection) -> sqlite3.Connection | None:
    """SQLite's own connection, in the transaction of ``connection``: a statement through it costs 6 us, one through
    SQLAlchemy 30 to 120, and an alert takes a dozen. None for any other database, and while somebody listens to the statements.
    """
    if connection.dialect.name != "sqlite" or not connection.in_transaction():
        return None
    heard = connection.engine.dispatch
    if heard.before_cursor_execute or heard.after_cursor_execute:
        return None
    raw: Any = connection.connection.driver_connection
    return raw if isinstance(raw, sqlite3.Connection) else None


def as_ever(sql: str, given: Any, error: sqlite3.Error) -> BaseException:
    """The error as SQLAlchemy raises it."""
    return sa.exc.DBAPIError.instance(sql, given, error, sqlite3.Error)


class Question:
    """A query that is asked for many a record: compiled once for each kind of database, answered with the driver's own tuples.

    What is asked for is ``sa.bindparam("name")`` in it; SQLAlchemy's types convert nothing, on the way in or out.
    """

    def __init__(self, query: sa.Select[Any]) -> None:
        """Made once: a transaction has no time for it."""
        self._query = query
        self._compiled: dict[str, tuple[str, Mapping[str, Any], tuple[str, ...] | None]] = {}

    def rows(self, connection: sa.Connection, **given: Any) -> list[Any]:
        """The rows, values in the order of the query."""
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            made = self._query.compile(dialect=dialect)
            order = tuple(made.positiontup) if made.positiontup is not None else None
            found = self._compiled[dialect.name] = str(made), made.params, order
        sql, fixed, order = found
        values = {**fixed, **given}
        return fetched(connection, sql, values if order is None else tuple(values[name] for name in order))


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
