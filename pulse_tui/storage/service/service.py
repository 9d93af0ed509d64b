"""Pictures of the board, the towers and agents that share the database, what was pruned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.member import Member
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.storage.service import tables as t
from pulse_tui.storage.sql.bodies import Bodies

_MEMBERS = Bodies(t.members, Member)
_PRUNED = Bodies(t.pruned, Pruned)


class FrameTable:
    """Implements :class:`pulse_tui.ports.storing.service.Frames`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def add(self, frame: Frame) -> None:
        row = {"at": to_us(frame.at), "whole": frame.whole, "format": frame.format, "body": frame.body}
        self._c.execute(sa.insert(t.frames), [row])

    def last(self) -> Frame | None:
        return next(self._some(sa.select(t.frames).order_by(t.frames.c.seq.desc()).limit(1)), None)

    def since_whole(self, at: datetime) -> list[Frame]:
        f = t.frames.c
        first = sa.select(sa.func.max(f.seq)).where(f.whole, f.at <= to_us(at)).scalar_subquery()
        return list(self._some(sa.select(t.frames).where(f.seq >= first, f.at <= to_us(at)).order_by(f.seq)))

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        f = t.frames.c
        query = sa.select(f.at).where(f.at >= to_us(since), f.at <= to_us(until)).order_by(f.seq)
        return [from_us(at) for at in self._c.scalars(query)]

    def span(self) -> tuple[datetime, datetime] | None:
        first, last = self._c.execute(sa.select(sa.func.min(t.frames.c.at), sa.func.max(t.frames.c.at))).one()
        return None if first is None else (from_us(first), from_us(last))

    def _some(self, query: sa.Select[tuple[object]]) -> Iterator[Frame]:
        for row in self._c.execute(query).mappings():
            yield Frame(
                at=from_us(row["at"]), whole=row["whole"], body=row["body"], format=row["format"], seq=row["seq"]
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


class PrunedTable:
    """Implements :class:`pulse_tui.ports.storing.service.Prunings`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, pruned: Pruned) -> None:
        _PRUNED.put(self._c, pruned)

    def all(self) -> dict[Kept, Pruned]:
        return {found.kind: found for found in _PRUNED.where(self._c)}
