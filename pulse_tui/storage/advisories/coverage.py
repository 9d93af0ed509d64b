"""What each source of advisories answered for, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.enrich.lookups import covered_key, ecosystem_key, package_key
from pulse_tui.ports.storing.advisories import Covered, Covering
from pulse_tui.storage.advisories.later import t
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.plain import asked
from pulse_tui.storage.sql.upsert import put_difference

_COLUMNS = "v.source, v.ecosystem, v.package, v.at, v.read_at, v.records"
_OF = f"""SELECT {_COLUMNS} FROM coverage v WHERE v.ecosystem {{among}} AND (v.package = '' OR v.package {{among}})
          ORDER BY v.source, v.ecosystem, v.package"""  # noqa: S608  names of our own

_ASKED = "SELECT DISTINCT v.ecosystem FROM coverage v WHERE v.ecosystem {among} AND v.package <> ''"

_SINGLE = "CASE WHEN package = '' THEN 0 ELSE 1 END"
_SUMMARY = f"""SELECT source, ecosystem, SUM({_SINGLE}) AS single, MAX(at), MAX(read_at), MAX(records)
               FROM coverage GROUP BY source, ecosystem, {_SINGLE} ORDER BY source, ecosystem, single"""  # noqa: S608  names of our own


class CoverageTable:
    """Implements :class:`pulse_tui.ports.Coverages`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, item: Coverage, now: datetime) -> None:
        keys = {(covered_key(e), "") for e in item.ecosystems} | {package_key(*p) for p in item.packages}
        times = {"at": to_us(item.at), "read_at": to_us(now), "records": item.records}
        rows = [{"source": item.source, "ecosystem": e, "package": p, **times} for e, p in sorted(keys)]
        c = t.coverage.c
        if not item.whole:
            put_difference(self._c, t.coverage, rows, "source")
            return
        known = self._c.execute(sa.select(c.ecosystem, c.package).where(c.source == item.source))
        if gone := [{"e": e, "p": p} for e, p in known if (e, p) not in keys]:
            one = sa.and_(c.ecosystem == sa.bindparam("e"), c.package == sa.bindparam("p"), c.source == item.source)
            self._c.execute(sa.delete(t.coverage).where(one), gone)
        put_difference(self._c, t.coverage, rows, "source", aside=tuple(times))
        # All that it answered for, it answered for now: one statement, whatever the number of packages.
        self._c.execute(sa.update(t.coverage).where(c.source == item.source).values(times))

    def touch(self, source: str, now: datetime) -> None:
        c = t.coverage.c
        row = sa.update(t.coverage).where(c.source == source, c.package == "")
        self._c.execute(row.values(read_at=to_us(now)))

    def of(self, packages: Iterable[tuple[str, str]]) -> list[Covering]:
        named = set(packages)
        wanted = {package_key(*p) for p in named}
        ecosystems = {e for e, _ in wanted} | {covered_key(e) for e, _ in named}
        rows = among(self._c, _OF, sorted(ecosystems), sorted({p for _, p in wanted}))
        moments = {us: from_us(us) for row in rows for us in row[3:5]}  # a source answers for thousands at once
        return [
            Covering(source, ecosystem, package, moments[at], moments[read], records)
            for source, ecosystem, package, at, read, records in rows
            if not package or (ecosystem, package) in wanted
        ]

    def asked(self, ecosystems: Iterable[str]) -> set[str]:
        return {row[0] for row in among(self._c, _ASKED, sorted({ecosystem_key(e) for e in ecosystems}))}

    def summary(self) -> list[Covered]:
        return [
            Covered(s, e, int(n), from_us(at), from_us(read), count)
            for s, e, n, at, read, count in asked(self._c, _SUMMARY)
        ]

    def drop(self, source: str) -> None:
        self._c.execute(sa.delete(t.coverage).where(t.coverage.c.source == source))
