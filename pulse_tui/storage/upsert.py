"""Insert-or-update in both dialects' own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

# Without it SQLAlchemy says -1 of every INSERT on PostgreSQL: "nothing was written", for an advisory that is new.
_COUNTED: Mapping[str, Any] = {"preserve_rowcount": True}


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert ``rows``, or change those whose primary key is there and whose values differ.

    Returns the number of rows written: unchanged rows cost no write.
    """
    if not rows:
        return 0
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = [c.name for c in table.primary_key.columns]
    columns = [c for c in rows[0] if c not in key]
    written = 0
    statement = insert(table).execution_options(**_COUNTED)
    if columns:
        differs = sa.or_(*(table.c[c].is_distinct_from(statement.excluded[c]) for c in columns))
        statement = statement.on_conflict_do_update(
            index_elements=key, set_={c: statement.excluded[c] for c in columns}, where=differs
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    for row in rows:
        written += max(0, connection.execute(statement, dict(row)).rowcount)
    return written


def insert_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert one row; False when a unique value of it is there already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing().execution_options(**_COUNTED)
    return connection.execute(statement, dict(row)).rowcount == 1
