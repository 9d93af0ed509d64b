"""An SQLite file as the standard library reads it, for who only reads and is soon gone: no SQLAlchemy is imported for it.

What is asked in plain SQL (:func:`asked`) goes to the driver. A statement of SQLAlchemy's runs in the same transaction all the
same, only that it is imported then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final

from pulse_tui.storage.sql.later import sa


class _Dialect:
    name: Final = "sqlite"


class PlainConnection:
    """Takes a :class:`sqlalchemy.Connection`'s place over a connection of the driver's, in the transaction that is begun on it."""

    dialect = _Dialect()

    def __init__(self, raw: sqlite3.Connection) -> None:
        """Whoever opened it ends the transaction."""
        self.raw = raw

    @cached_property
    def _whole(self) -> sa.Connection:
        engine = sa.create_engine("sqlite://", creator=lambda: _Lent(self.raw), poolclass=sa.StaticPool)
        return engine.connect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


class _Lent:
    """The driver's connection in SQLAlchemy's hands: it may not end what it did not begin."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def rollback(self) -> None:
        pass

    commit = close = rollback

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


@lru_cache(256)
def text(sql: str) -> sa.TextClause:
    """Kept: a board asks two dozen statements, and each would be taken apart again every time."""
    return sa.text(sql)


def driver(connection: sa.Connection) -> sqlite3.Connection | None:
    """SQLite's own connection, in the transaction of ``connection``: a statement through it costs 6 us, one through
    SQLAlchemy 30 to 120, and an alert takes a dozen. None for any other database, and while somebody listens to the statements.
    """
    plain: object = connection
    if isinstance(plain, PlainConnection):
        return plain.raw
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


def asked(connection: sa.Connection, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """All rows of a statement that both databases understand, its parameters written ``:name``."""
    given = params or {}
    raw = driver(connection)
    if raw is not None:
        try:
            return raw.execute(sql, dict(given)).fetchall()
        except sqlite3.Error as error:
            raise as_ever(sql, given, error) from error
    cursor = connection.execute(text(sql), dict(given)).cursor
    assert cursor is not None, "a statement that returns rows"
    return cursor.fetchall()  # the driver's own tuples: 8,000 rows as SQLAlchemy's cost 10 ms more


def one(connection: sa.Connection, sql: str, params: Mapping[str, Any] | None = None) -> Any:
    """The first value of the first row; None when there is no row."""
    rows = asked(connection, sql, params)
    return rows[0][0] if rows else None


def where(conditions: Sequence[str]) -> str:
    """``WHERE a AND b``; empty where nothing is asked for."""
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
