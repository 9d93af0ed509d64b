"""The audit chain. Appends happen in the action's own transaction, one writer at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from pulse_tui.domain.audit import GENESIS, AuditEntry, link
from pulse_tui.storage.plumbing import tables as t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.upsert import insert_many, upsert

_ENTRY = Codec(AuditEntry)
_SEAL = "audit.newest"


class AuditTable:
    """Implements :class:`pulse_tui.ports.Log`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self._newest: AuditEntry | None = None

    def append(
        self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str] | None = None
    ) -> AuditEntry:
        last = self._c.execute(sa.select(t.audit.c.seq, t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        content = dict(detail or {})
        digest = link(previous, seq, at, actor, action, subject, content)
        entry = AuditEntry(
            seq=seq, at=at, actor=actor, action=action, subject=subject, detail=content, previous=previous, hash=digest
        )
        insert_many(self._c, t.audit, [_ENTRY.row(entry)])
        self._newest = entry
        return entry

    def seal(self) -> None:
        """Remember the newest line beside the log, once a transaction: a log whose end is cut off contradicts it."""
        if self._newest is not None:
            upsert(self._c, t.values, [{"key": _SEAL, "value": f"{self._newest.seq}:{self._newest.hash}"}])

    def sealed(self) -> tuple[int, str] | None:
        """(number, hash) of the line that was written last, as remembered beside the log."""
        value = self._c.execute(sa.select(t.values.c.value).where(t.values.c.key == _SEAL)).scalar()
        if value is None:
            return None
        seq, _, digest = value.partition(":")
        return int(seq), digest

    def head(self) -> str:
        query = sa.select(t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)
        return self._c.execute(query).scalar() or GENESIS

    def entries(self, *, subject: str | None = None, limit: int | None = None) -> list[AuditEntry]:
        query = sa.select(t.audit)
        if subject is not None:
            query = query.where(t.audit.c.subject == subject)
        if limit is None:
            query = query.order_by(t.audit.c.seq)
            return [_ENTRY.item(r) for r in self._c.execute(query).mappings()]
        query = query.order_by(t.audit.c.seq.desc()).limit(limit)
        return [_ENTRY.item(r) for r in self._c.execute(query).mappings()][::-1]
