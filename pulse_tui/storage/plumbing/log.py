"""The audit chain. Appends happen in the action's own transaction, one writer at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, StoredLine, Walked, link, walk
from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.storage.plumbing.later import t
from pulse_tui.storage.sql import append_only
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked, one, where
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.sql.upsert import insert_many, upsert

_ENTRY = Codec(AuditEntry)
_SEAL = "audit.newest"
_AT_ONCE = 10_000
"""Lines that are read at a time: no more of a long log is in memory."""
_LINES = f"SELECT {', '.join(_ENTRY.names)} FROM audit {{}} ORDER BY seq LIMIT {_AT_ONCE}"  # noqa: S608
_FIRST, _NEXT = _LINES.format(""), _LINES.format("WHERE seq > :after")
_LAST = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"


class AuditTable:
    """Implements :class:`pulse_tui.ports.Log`."""

    def __init__(self, connection: sa.Connection, protected: Protected, origin: str = "") -> None:
        """All work happens in the connection's transaction; ``origin`` stands in every line."""
        self._c = connection
        self._protected = protected
        self._origin = origin
        self._newest: AuditEntry | None = None
        # The last line is written at the end: it carries the digests of the records that the transaction wrote.
        self._open: AuditEntry | None = None
        self._lines: list[AuditEntry] = []
        """Whole lines before it: a storm has hundreds, which are written together."""

    def append(
        self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str] | None = None
    ) -> int:
        self._close()
        last = self._last()
        self._open = AuditEntry(
            seq=last.seq + 1,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=dict(detail or {}),
            previous=last.hash,
            hash="",
            origin=self._origin,
        )
        return self._open.seq

    def _flush(self) -> None:
        if self._open is None and not self._lines:
            return
        self._close()
        insert_many(self._c, t.audit, [_ENTRY.row(line) for line in self._lines])
        self._lines.clear()

    def _close(self) -> None:
        """The open line is whole now, and is written with those before it."""
        if self._open is not None:
            entry = self._open
            if records := self._protected.take():
                entry = msgspec.structs.replace(entry, records=records)
            entry = msgspec.structs.replace(entry, hash=link(entry))
            self._lines.append(entry)
            self._newest, self._open = entry, None

    def seal(self) -> None:
        """Once a transaction: record what it wrote, and remember the newest line beside the log, so that a log whose end
        is cut off contradicts it.
        """
        if self._protected.written and self._open is None:
            # The store has no clock: such a line is as old as the one before it.
            last = self._c.execute(sa.select(t.audit.c.at).order_by(t.audit.c.seq.desc()).limit(1)).scalar()
            self.append(from_us(last or 0), "pulse-tui", "records.written", ", ".join(self._protected.written))
        self._flush()
        if self._newest is not None:
            upsert(self._c, t.values, [{"key": _SEAL, "value": f"{self._newest.seq}:{self._newest.hash}"}])

    def sealed(self) -> Anchor | None:
        value = one(self._c, "SELECT value FROM settings_values WHERE key = :key", {"key": _SEAL})
        if value is None:
            return None
        seq, _, digest = value.partition(":")
        return Anchor(int(seq) if seq.isdecimal() else 0, digest)

    def head(self) -> Anchor:
        self._flush()
        return self._last()

    def _last(self) -> Anchor:
        if self._newest is not None:
            return Anchor(self._newest.seq, self._newest.hash)
        last = asked(self._c, _LAST)
        return Anchor(*last[0]) if last else Anchor(0, GENESIS)

    def entries(self, *, subject: str | None = None, limit: int | None = None) -> list[AuditEntry]:
        self._flush()
        wanted = ["subject = :subject"] * (subject is not None)
        order = "seq" if limit is None else "seq DESC LIMIT :limit"
        sql = f"SELECT {_ENTRY.columns} FROM audit {where(wanted)} ORDER BY {order}"  # noqa: S608  names of our own
        found = _entries(asked(self._c, sql, {"subject": subject, "limit": limit}))
        return found if limit is None else found[::-1]

    def page(
        self,
        limit: int,
        before: int | None = None,
        *,
        actions: Collection[str] = (),
        actor: str | None = None,
        since: datetime | None = None,
    ) -> list[AuditEntry]:
        self._flush()
        c = t.audit.c
        query = sa.select(*(c[name] for name in _ENTRY.names)).order_by(c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(c.seq < before)
        if actions:
            whole = [a for a in actions if not a.endswith(".")]
            begun = [c.action.startswith(a, autoescape=True) for a in actions if a.endswith(".")]
            query = query.where(sa.or_(c.action.in_(whole), *begun))
        if actor is not None:
            query = query.where(c.actor == actor)
        if since is not None:
            query = query.where(c.at >= to_us(since))
        cursor = self._c.execute(query).cursor
        assert cursor is not None, "it selects"
        return _entries(cursor.fetchall())

    def contradiction(self, record: str, since: str) -> str:
        self._flush()
        first = self._c.execute(sa.select(t.audit.c.seq).where(t.audit.c.hash == since)).scalar()
        if first is None and since != GENESIS:
            return f"{record} names a line of the audit log that is not there"
        walked = self.walk(Anchor(first or 0, since))
        if walked.broken is not None:
            return f"the audit log is broken at line {walked.broken[0]}: {walked.broken[1]}"
        _, recorded = walked.recorded.get(record, (0, None))
        now = dict(self._protected.digests([(record.partition("/")[0], record.partition("/")[2])]))
        if recorded is None:
            return f"{record} is in no line of the audit log since it was made"
        return "" if now.get(record) == recorded else f"{record} is not as the audit log recorded it"

    def vouches(self, record: str, subject: str) -> bool:
        recorded = [e for e in self.entries(subject=subject) if record in e.records and link(e) == e.hash]
        now = dict(self._protected.digests([(record.partition("/")[0], record.partition("/")[2])]))
        return bool(recorded) and recorded[-1].records[record] == now.get(record)

    def walk(self, since: Anchor | None = None, asked: Collection[str] = ()) -> Walked:
        self._flush()
        return walk(self._stored(since.seq if since and since.seq else None), since, asked)

    def _stored(self, after: Any) -> Iterator[StoredLine]:
        while True:
            try:
                rows = asked(self._c, _FIRST) if after is None else asked(self._c, _NEXT, {"after": after})
            except (sa.exc.DBAPIError, sqlite3.Error) as error:  # text that is none
                raise StorageError(f"the audit log cannot be read after line {after or 0}: {error}") from None
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1][0]

    def stored(self, first: int, last: int) -> Iterator[StoredLine]:
        self._flush()
        return takewhile(lambda line: line[0] <= last, self._stored(first - 1))

    def recorded_text(self, record: str) -> bytes:
        self._flush()
        table, _, key = record.partition("/")
        return self._protected.text(table, key)

    def weakened(self) -> list[str]:
        return append_only.weakened(self._c)

    def protect(self) -> None:
        for statement in append_only.create(self._c.dialect.name):
            self._c.exec_driver_sql(statement)

    def records(self) -> dict[str, str]:
        self._flush()
        return dict(self._protected.every())


def _entries(rows: Sequence[Sequence[Any]]) -> list[AuditEntry]:
    out: list[AuditEntry] = []
    for row in rows:
        try:
            out.extend(_ENTRY.items([row]))
        except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
            raise StorageError(
                f"line {row[_ENTRY.names.index('seq')]} of the audit log cannot be read: {error}",
                todo="It was changed outside this program: restore the database from a backup, and read why",
            ) from None
    return out
