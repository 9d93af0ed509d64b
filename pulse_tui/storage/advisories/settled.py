"""Settled fixes, by alias group and package."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from pulse_tui.domain.settled import SettledFix
from pulse_tui.storage.advisories import tables as t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.upsert import upsert

_FIX = Codec(SettledFix)


class SettledTable:
    """Implements :class:`pulse_tui.ports.Settled`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, fix: SettledFix) -> bool:
        return upsert(self._c, t.settled_fixes, [_FIX.row(fix)]) > 0

    def drop(self, fix: SettledFix) -> bool:
        c = t.settled_fixes.c
        same = (c.advisory == fix.advisory, c.ecosystem == fix.ecosystem, c.package == fix.package)
        return self._c.execute(sa.delete(t.settled_fixes).where(*same)).rowcount > 0

    def of(self, advisories: Iterable[str]) -> dict[str, list[SettledFix]]:
        # Few are ever settled: all are read, whatever is asked for.
        wanted = set(advisories)
        found: dict[str, list[SettledFix]] = {}
        order = (t.settled_fixes.c.advisory, t.settled_fixes.c.ecosystem, t.settled_fixes.c.package)
        for row in self._c.execute(sa.select(t.settled_fixes).order_by(*order)).mappings():
            if row["advisory"] in wanted:
                found.setdefault(row["advisory"], []).append(_FIX.item(row))
        return found
