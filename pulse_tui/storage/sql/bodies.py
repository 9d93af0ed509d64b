"""Tables whose rows are one value as JSON, beside the columns that are searched by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any, Generic, TypeVar

import msgspec

from pulse_tui.domain.moments import to_us
from pulse_tui.storage.sql.codec import to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked
from pulse_tui.storage.sql.upsert import insert_many, upsert

S = TypeVar("S", bound=msgspec.Struct)


class Bodies(Generic[S]):
    """One such table. Its other columns have the names of the value's fields. Made once: a transaction has no time for it."""

    def __init__(self, tables: ModuleType, name: str, shape: type[S], key: str = "id", *, kept: int = 0) -> None:
        """``name`` is the table's, and that of its variable in ``tables``; ``key`` the column that it is found by. Every call
        names the connection in whose transaction it works. ``kept``: of so many texts the value is kept, where the same are
        read again and again.
        """
        self._tables, self._name, self._key = tables, name, key
        decode: Callable[[str], S] = msgspec.json.Decoder(shape).decode
        self._decode = lru_cache(kept)(decode) if kept else decode

    @cached_property
    def _table(self) -> sa.Table:
        table: sa.Table = getattr(self._tables, self._name)
        assert table.name == self._name
        return table

    @cached_property
    def _names(self) -> list[str]:
        return [c.name for c in self._table.columns if c.name not in ("body", "seq")]

    def put(self, connection: sa.Connection, item: S) -> bool:
        """Insert it, or take the place of the one with its key. False when nothing is different."""
        return upsert(connection, self._table, [self._row(item)]) > 0

    def add(self, connection: sa.Connection, items: Sequence[S]) -> None:
        """Append."""
        insert_many(connection, self._table, [self._row(item) for item in items])

    def get(self, connection: sa.Connection, key: str) -> S | None:
        """By its key."""
        return next(iter(self.asked(connection, f"WHERE {self._key} = :key", {"key": key})), None)

    def where(
        self, connection: sa.Connection, *clauses: Any, order: Sequence[Any] = (), limit: int | None = None
    ) -> list[S]:
        """Those that fit, in this order."""
        query = sa.select(self._table.c.body).where(*clauses).order_by(*order).limit(limit)
        return [self._decode(body) for body in connection.scalars(query)]

    def asked(self, connection: sa.Connection, rest: str = "", params: Mapping[str, Any] | None = None) -> list[S]:
        """Those of ``SELECT body FROM`` the table with this ``rest`` of a statement, in plain SQL."""
        rows = asked(connection, f"SELECT body FROM {self._name} {rest}", params)  # noqa: S608  names of our own
        return [self._decode(row[0]) for row in rows]

    def _row(self, item: S) -> dict[str, Any]:
        return {**{name: _plain(getattr(item, name)) for name in self._names}, "body": to_json(item)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_us(value)
    return value.value if isinstance(value, Enum) else value
