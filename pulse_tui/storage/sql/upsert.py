"""Insert-or-update in both dialects, and many rows at once. Statements are built once and kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.plain import as_ever, driver

# Without it SQLAlchemy reports -1 rows for every INSERT on PostgreSQL, as if nothing was written, also for an advisory that is new.
_COUNTED: Mapping[str, Any] = {"preserve_rowcount": True}


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert ``rows``, or change those whose primary key is there and whose values differ.

    Returns the number of rows written: unchanged rows cost no write.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    statement = _upsert(connection.dialect.name, table, names)
    return sum(max(0, _written(connection, statement, names, row)) for row in rows)


def put_difference(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    by: str,
    *,
    aside: tuple[str, ...] = (),
) -> int:
    """As :func:`upsert` for thousands of rows: what stands is read once by the values of column ``by``, and only the
    difference is written. Of rows with one key the last counts.

    A row that differs in nothing but the columns ``aside`` is no difference.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    key = itemgetter(*(c.name for c in table.primary_key.columns))
    content = itemgetter(*(n for n in names if n not in aside))
    columns = ", ".join(_quoted(connection, n) for n in names)
    sql = f"SELECT {columns} FROM {table.name} WHERE {_quoted(connection, by)} {{among}}"  # noqa: S608  names of our own
    standing = {}
    for values in among(connection, sql, dict.fromkeys(row[by] for row in rows)):
        row = dict(zip(names, values, strict=True))
        standing[key(row)] = content(row)
    every = {key(row): row for row in rows}
    new = [row for k, row in every.items() if k not in standing]
    changed = [row for k, row in every.items() if k in standing and standing[k] != content(row)]
    insert_many(connection, table, new)
    replace_many(connection, table, changed)
    return len(new) + len(changed)


def replace_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows whose primary key is there over what stands; all have the same columns."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0])), [dict(row) for row in rows])


def insert_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert one row; False when a unique value of it is there already."""
    return _written(connection, _insert_new(connection.dialect.name, table), tuple(row), row) == 1


def insert_many(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, keep: bool = False
) -> None:
    """Append rows that all have the same columns; ``keep``: a row whose unique value is there already stays as it is.

    The rows go to the driver as they are, which costs half of what SQLAlchemy's own way does: values are numbers,
    texts and bytes already.
    """
    if rows:
        names = tuple(rows[0])
        pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        insert_rows(connection, table, names, [pick(row) for row in rows], keep=keep)


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]], *, keep: bool
) -> None:
    """As :func:`insert_many`, of values in the order of ``names``."""
    if not rows:
        return
    sql, order = _compiled(connection.dialect, _insert(connection.dialect.name, table, keep), names)
    every: Any = rows
    if order is None:
        every = [dict(zip(names, row, strict=True)) for row in rows]
    elif order != names:
        pick = itemgetter(*map(names.index, order))
        every = [pick(row) for row in rows]
    raw = driver(connection)
    if raw is None:
        connection.exec_driver_sql(sql, every)
        return
    try:
        raw.executemany(sql, every)
    except sqlite3.Error as error:
        raise as_ever(sql, every, error) from error


def _written(connection: sa.Connection, statement: Any, names: tuple[str, ...], row: Mapping[str, Any]) -> int:
    """How many rows the statement wrote of one."""
    raw = driver(connection)
    if raw is None:
        return connection.execute(statement, dict(row)).rowcount
    sql, order = _compiled(connection.dialect, statement, names)
    given = tuple(row[name] for name in order or ())
    try:
        return raw.execute(sql, given).rowcount
    except sqlite3.Error as error:
        raise as_ever(sql, given, error) from error


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _dialect(name: str) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite  # noqa: PLC0415  who only reads needs none of them

    return postgresql.insert if name == "postgresql" else sqlite.insert


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Any:
    key = [c.name for c in table.primary_key.columns]
    columns = [c for c in names if c not in key]
    statement = _dialect(dialect)(table).execution_options(**_COUNTED)
    if not columns:
        return statement.on_conflict_do_nothing(index_elements=key)
    differs = sa.or_(*(table.c[c].is_distinct_from(statement.excluded[c]) for c in columns))
    changes = {c: statement.excluded[c] for c in columns}
    return statement.on_conflict_do_update(index_elements=key, set_=changes, where=differs)


@lru_cache(maxsize=256)
def _insert_new(dialect: str, table: sa.Table) -> Any:
    return _dialect(dialect)(table).on_conflict_do_nothing().execution_options(**_COUNTED)


@lru_cache(maxsize=256)
def _insert(dialect: str, table: sa.Table, keep: bool) -> Any:
    statement = _dialect(dialect)(table)
    return (statement.on_conflict_do_nothing() if keep else statement).inline()


_DIALECTS: dict[tuple[str, str], sa.Dialect] = {}
"""The first of each database and driver: every engine has its own copy, and all of them word a statement alike."""


def _compiled(dialect: sa.Dialect, statement: Any, names: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
    """The text, and the order of its parameters where they have no names."""
    return _text(_DIALECTS.setdefault((dialect.name, dialect.driver), dialect), statement, names)


@lru_cache(maxsize=512)
def _text(dialect: sa.Dialect, statement: Any, names: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup) if compiled.positiontup else None
