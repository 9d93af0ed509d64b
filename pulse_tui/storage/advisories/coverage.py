"""What each source of advisories answered for, and when."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.enrich.lookups import ecosystem_key, package_key
from pulse_tui.ports.storing.advisories import Covering
from pulse_tui.storage.advisories import tables as t
from pulse_tui.storage.sql.upsert import put_difference


class CoverageTable:
    """Implements :class:`pulse_tui.ports.Coverages`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, item: Coverage) -> None:
        keys = {(ecosystem_key(e), "") for e in item.ecosystems} | {package_key(*p) for p in item.packages}
        at = to_us(item.at)
        rows = [
            {"source": item.source, "ecosystem": e, "package": p, "at": at, "records": item.records}
            for e, p in sorted(keys)
        ]
        put_difference(self._c, t.coverage, rows, "source")

    def of(self, packages: Iterable[tuple[str, str]]) -> list[Covering]:
        wanted = {package_key(*p) for p in packages}
        found = [row for row in self.all() if not row.package or (row.ecosystem, row.package) in wanted]
        ecosystems = {e for e, _ in wanted}
        return [row for row in found if row.ecosystem in ecosystems]

    def all(self) -> list[Covering]:
        c = t.coverage.c
        query = sa.select(c.source, c.ecosystem, c.package, c.at, c.records).order_by(c.source, c.ecosystem, c.package)
        return [Covering(s, e, p, from_us(at), n) for s, e, p, at, n in self._c.execute(query)]

    def drop(self, source: str) -> None:
        self._c.execute(sa.delete(t.coverage).where(t.coverage.c.source == source))
