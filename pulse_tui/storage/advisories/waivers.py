"""Waivers of vulnerabilities."""

from __future__ import annotations

from collections.abc import Collection

from pulse_tui.domain.waiver import Waiver
from pulse_tui.storage.advisories.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked, where
from pulse_tui.storage.sql.upsert import upsert

_WAIVER = Codec(Waiver)
_CHUNK = 500


class WaiverTable:
    """Implements :class:`pulse_tui.ports.Waivers`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, waiver: Waiver) -> bool:
        return upsert(self._c, t.waivers, [_WAIVER.row(waiver)]) > 0

    def get(self, ident: str) -> Waiver | None:
        row = self._c.execute(sa.select(t.waivers).where(t.waivers.c.id == ident)).mappings().first()
        return _WAIVER.item(row) if row else None

    def some(self) -> bool:
        return self._c.execute(sa.select(sa.literal(1)).select_from(t.waivers).limit(1)).first() is not None

    def all(self, advisory: str | None = None, *, standing: bool = False) -> list[Waiver]:
        wanted = ["advisory = :advisory"] * (advisory is not None) + ["ended_at IS NULL"] * standing
        sql = f"SELECT {_WAIVER.columns} FROM waivers {where(wanted)} ORDER BY placed_at, id"  # noqa: S608  names of our own
        return list(_WAIVER.items(asked(self._c, sql, {"advisory": advisory})))

    def named(self, advisories: Collection[str], *, standing: bool = False) -> list[Waiver]:
        names = sorted(advisories)
        found: list[Waiver] = []
        for start in range(0, len(names), _CHUNK):
            query = sa.select(t.waivers).where(t.waivers.c.advisory.in_(names[start : start + _CHUNK]))
            if standing:
                query = query.where(t.waivers.c.ended_at.is_(None))
            found += [_WAIVER.item(row) for row in self._c.execute(query).mappings()]
        return sorted(found, key=lambda w: (w.placed_at, w.id))
