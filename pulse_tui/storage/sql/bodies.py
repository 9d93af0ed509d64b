"""Tables whose rows are one value as JSON, beside the columns that are searched by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from pulse_tui.domain.moments import to_us
from pulse_tui.storage.sql.codec import to_json
from pulse_tui.storage.sql.lookup import Question
from pulse_tui.storage.sql.upsert import insert_many, upsert

S = TypeVar("S", bound=msgspec.Struct)


class Bodies(Generic[S]):
    """One such table. Its other columns have the names of the value's fields. Made once: a transaction has no time for it."""

    def __init__(self, table: sa.Table, shape: type[S], *, kept: int = 0) -> None:
        """Every call names the connection in whose transaction it works. ``kept``: of so many texts the value is kept, where the
        same are read again and again."""
        self._table = table
        decode: Callable[[str], S] = msgspec.json.Decoder(shape).decode
        self._decode = lru_cache(kept)(decode) if kept else decode
        self._names = [c.name for c in table.columns if c.name not in ("body", "seq")]
        key = next(iter(table.primary_key.columns))
        self._by_key = self.asked(key == sa.bindparam("key"))

    def put(self, connection: sa.Connection, item: S) -> bool:
        """Insert it, or take the place of the one with its key. False when nothing is different."""
        return upsert(connection, self._table, [self._row(item)]) > 0

    def add(self, connection: sa.Connection, items: Sequence[S]) -> None:
        """Append."""
        insert_many(connection, self._table, [self._row(item) for item in items])

    def get(self, connection: sa.Connection, key: str) -> S | None:
        """By primary key."""
        return next(iter(self.answer(connection, self._by_key, key=key)), None)

    def asked(self, *clauses: Any, order: Sequence[Any] = (), limit: Any = None) -> Question:
        """What is asked often, for :meth:`answer`."""
        return Question(sa.select(self._table.c.body).where(*clauses).order_by(*order).limit(limit))

    def answer(self, connection: sa.Connection, question: Question, **given: Any) -> list[S]:
        """Those that fit, in the order of the question."""
        return [self._decode(body) for (body,) in question.rows(connection, **given)]

    def where(
        self, connection: sa.Connection, *clauses: Any, order: Sequence[Any] = (), limit: int | None = None
    ) -> list[S]:
        """Those that fit, in this order."""
        query = sa.select(self._table.c.body).where(*clauses).order_by(*order).limit(limit)
        return [self._decode(body) for body in connection.scalars(query)]

    def _row(self, item: S) -> dict[str, Any]:
        return {**{name: _plain(getattr(item, name)) for name in self._names}, "body": to_json(item)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_us(value)
    return value.value if isinstance(value, Enum) else value
