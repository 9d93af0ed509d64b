"""Somebody who owns the database and changes it past the program: the triggers are dropped, and made again afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from pulse_tui.storage.sql import append_only
from pulse_tui.storage.store import SqlStore


@contextmanager
def unguarded(execute: Callable[[str], object], dialect: str = "sqlite") -> Iterator[None]:
    """No trigger guards the log, the votes and the journal in here."""
    for statement in append_only.drop(dialect):
        execute(statement)
    yield
    for statement in append_only.create(dialect):
        execute(statement)


def tamper(store: SqlStore, *statements: sa.Executable) -> None:
    """Change rows behind the store's back, all or none."""
    engine = sa.create_engine(store.url)
    with engine.begin() as connection, unguarded(connection.exec_driver_sql, engine.dialect.name):
        for statement in statements:
            connection.execute(statement)
    engine.dispose()
