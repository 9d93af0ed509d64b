"""The one schema that all wings add their tables to, and its kinds of columns.

Times are integer microseconds since the epoch, nested values are JSON text.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def serial() -> sa.Column[int]:
    """A sequence number; SQLite hands out row ids only for INTEGER."""
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("seq", kind, primary_key=True, autoincrement=True)


def text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    """Text, an id or JSON."""
    return sa.Column(name, sa.Text, nullable=null, primary_key=key)


def time(name: str, *, null: bool = False) -> sa.Column[int]:
    """A moment."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def texts(name: str) -> sa.Column[str]:
    """A list of texts, as JSON."""
    return sa.Column(name, sa.Text, nullable=False, server_default="[]")
