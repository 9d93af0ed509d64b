"""Pictures of the board, the towers and agents that share the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pulse_tui.domain.frame import NEWS, Frame, Weight
from pulse_tui.domain.member import Member
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.storage.service.later import t
from pulse_tui.storage.sql.bodies import Bodies
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked

_FRAME = ("at", "whole", "body", "format", "seq")
_END = f"SELECT {', '.join(_FRAME)} FROM frames ORDER BY seq"  # noqa: S608  names of our own
_MEMBERS = Bodies(t, "members", Member)


class FrameTable:
    """Implements :class:`pulse_tui.ports.storing.service.Frames`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def add(self, frame: Frame) -> None:
        row = {"at": to_us(frame.at), "whole": frame.whole, "format": frame.format, "body": frame.body}
        self._c.execute(sa.insert(t.frames), [row])

    def span(self) -> tuple[Frame, Frame] | None:
        ends = [asked(self._c, f"{_END} {order} LIMIT 1") for order in ("ASC", "DESC")]
        first, last = ([_frame(dict(zip(_FRAME, row, strict=True))) for row in rows] for rows in ends)
        return (first[0], last[0]) if first else None

    def at(self, moment: datetime) -> Frame | None:
        there = sa.select(t.frames).where(t.frames.c.at <= to_us(moment))
        return self._one(there.order_by(t.frames.c.at.desc(), t.frames.c.seq.desc()))

    def chain(self, seq: int) -> list[Frame]:
        first = sa.select(sa.func.max(t.frames.c.seq)).where(t.frames.c.whole, t.frames.c.seq <= seq).scalar_subquery()
        query = sa.select(t.frames).where(t.frames.c.seq >= first, t.frames.c.seq <= seq).order_by(t.frames.c.seq)
        return [_frame(row) for row in self._c.execute(query).mappings()]

    def beside(self, seq: int, *, after: bool, news: bool = True) -> Frame | None:
        there = sa.select(t.frames).where(t.frames.c.seq > seq if after else t.frames.c.seq < seq)
        if news:
            there = there.where(sa.func.substr(t.frames.c.body, 1, 1) == NEWS)
        return self._one(there.order_by(t.frames.c.seq if after else t.frames.c.seq.desc()))

    def weight(self) -> Weight:
        counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(t.frames.c.body)), 0))
        frames, size = self._c.execute(counted.select_from(t.frames)).one()
        return Weight(frames=int(frames), bytes=int(size))

    def prune(self, before: datetime, most: int = 500) -> int:
        whole = (
            sa.select(sa.func.max(t.frames.c.seq))
            .where(t.frames.c.whole, t.frames.c.at <= to_us(before))
            .scalar_subquery()
        )
        oldest = sa.select(t.frames.c.seq).where(t.frames.c.seq < whole).order_by(t.frames.c.seq).limit(most).subquery()
        return self._c.execute(sa.delete(t.frames).where(t.frames.c.seq.in_(sa.select(oldest.c.seq)))).rowcount

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
        return _MEMBERS.asked(self._c, "ORDER BY id")

    def drop(self, ident: str) -> None:
        self._c.execute(sa.delete(t.members).where(t.members.c.id == ident))
