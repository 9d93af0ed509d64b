"""Pictures of the board, the towers and agents that share the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pulse_tui.domain.frame import NEWS, Frame, Weight
from pulse_tui.domain.member import Member
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.storage.service import tables as t
from pulse_tui.storage.sql.bodies import Bodies

_F = t.frames.c
_MEMBERS = Bodies(t.members, Member)


class FrameTable:
    """Implements :class:`pulse_tui.ports.storing.service.Frames`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def add(self, frame: Frame) -> None:
        row = {"at": to_us(frame.at), "whole": frame.whole, "format": frame.format, "body": frame.body}
        self._c.execute(sa.insert(t.frames), [row])

    def span(self) -> tuple[Frame, Frame] | None:
        first, last = (self._one(sa.select(t.frames).order_by(order)) for order in (_F.seq, _F.seq.desc()))
        return (first, last) if first is not None and last is not None else None

    def at(self, moment: datetime) -> Frame | None:
        there = sa.select(t.frames).where(_F.at <= to_us(moment))
        return self._one(there.order_by(_F.at.desc(), _F.seq.desc()))

    def chain(self, seq: int) -> list[Frame]:
        first = sa.select(sa.func.max(_F.seq)).where(_F.whole, _F.seq <= seq).scalar_subquery()
        query = sa.select(t.frames).where(_F.seq >= first, _F.seq <= seq).order_by(_F.seq)
        return [_frame(row) for row in self._c.execute(query).mappings()]

    def beside(self, seq: int, *, after: bool, news: bool = True) -> Frame | None:
        there = sa.select(t.frames).where(_F.seq > seq if after else _F.seq < seq)
        if news:
            there = there.where(sa.func.substr(_F.body, 1, 1) == NEWS)
        return self._one(there.order_by(_F.seq if after else _F.seq.desc()))

    def weight(self) -> Weight:
        counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(_F.body)), 0))
        frames, size = self._c.execute(counted.select_from(t.frames)).one()
        return Weight(frames=int(frames), bytes=int(size))

    def prune(self, before: datetime, most: int = 500) -> int:
        whole = sa.select(sa.func.max(_F.seq)).where(_F.whole, _F.at <= to_us(before)).scalar_subquery()
        oldest = sa.select(_F.seq).where(_F.seq < whole).order_by(_F.seq).limit(most).subquery()
        return self._c.execute(sa.delete(t.frames).where(_F.seq.in_(sa.select(oldest.c.seq)))).rowcount

    def _one(self, query: sa.Select[Any]) -> Frame | None:
        row = self._c.execute(query.limit(1)).mappings().first()
        return _frame(row) if row is not None else None


def _frame(row: Mapping[Any, Any]) -> Frame:
    return Frame(
        at=from_us(row["at"]),
        whole=bool(row["whole"]),
        body=bytes(row["body"]),
        format=row["format"],
        seq=row["seq"],
    )


class MemberTable:
    """Implements :class:`pulse_tui.ports.storing.service.Members`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, member: Member) -> None:
        _MEMBERS.put(self._c, member)

    def all(self) -> list[Member]:
        return _MEMBERS.where(self._c, order=(t.members.c.id,))

    def drop(self, ident: str) -> None:
        self._c.execute(sa.delete(t.members).where(t.members.c.id == ident))
