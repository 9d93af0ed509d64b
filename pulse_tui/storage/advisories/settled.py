"""Settled fixes, by alias group and package."""

from __future__ import annotations

from collections.abc import Iterable

from pulse_tui.domain.settled import SettledFix
from pulse_tui.storage.advisories.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked
from pulse_tui.storage.sql.upsert import upsert

_FIX = Codec(SettledFix)
_EVERY = f"SELECT {_FIX.columns} FROM settled_fixes ORDER BY advisory, ecosystem, package"  # noqa: S608  names of our own


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
        for fix in _FIX.items(asked(self._c, _EVERY)):
            if fix.advisory in wanted:
                found.setdefault(fix.advisory, []).append(fix)
        return found
