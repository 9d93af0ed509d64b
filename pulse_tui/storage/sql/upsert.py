"""Insert-or-update in both dialects, and many rows at once. Statements are built once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pulse_tui.storage.sql.lookup import among

# Without it SQLAlchemy reports -1 rows for every INSERT on PostgreSQL, as if nothing was written, also for an advisory that is new.
_COUNTED: Mapping[str, Any] = {"preserve_rowcount": True}


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert ``rows``, or change those whose primary key is there and whose values differ.

    Returns the number of rows written: unchanged rows cost no write.
    """
    if not rows:
        return 0
    statement = _upsert(connection.dialect.name, table, tuple(rows[0]))
    return sum(max(0, connection.execute(statement, dict(row)).rowcount) for row in rows)


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
    return connection.execute(_insert_new(connection.dialect.name, table), dict(row)).rowcount == 1


def insert_many(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, keep: bool = False
) -> None:
    """Append rows that all have the same columns; ``keep``: a row whose unique value is there already stays as it is.

    The rows go to the driver as they are, which costs half of what SQLAlchemy's own way does: values are numbers,
    texts and bytes already.
    """
    if not rows:
        return
    sql, order = _insert(connection.dialect, table, tuple(rows[0]), keep)
    pick = itemgetter(*order) if order is not None else None
    every: Any = rows if pick is None else [pick(row) for row in rows]
    connection.exec_driver_sql(sql, every)


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _dialect(name: str) -> Any:
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
def _insert(
    dialect: sa.Dialect, table: sa.Table, names: tuple[str, ...], keep: bool
) -> tuple[str, tuple[str, ...] | None]:
    """The statement, and the order of its parameters where they have no names."""
    statement = _dialect(dialect.name)(table)
    statement = statement.on_conflict_do_nothing() if keep else statement
    compiled = statement.inline().compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup) if compiled.positiontup else None
