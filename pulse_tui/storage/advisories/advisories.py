"""Advisories with an index of the names they touch, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.groups import group_names
from pulse_tui.enrich.lookups import keys_named, package_key
from pulse_tui.ports.storing.advisories import Taken
from pulse_tui.storage.advisories.identity import connected
from pulse_tui.storage.advisories.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.plain import asked, text
from pulse_tui.storage.sql.upsert import insert_many, replace_many, upsert

_ADVISORY = Codec(Advisory, skip=("group",))
_FINDING = Codec(Finding, skip=("environment",))
_COLUMNS = (*_ADVISORY.names, "name")
_STANDING = f"SELECT {', '.join(_COLUMNS)} FROM advisories WHERE id {{among}}"  # noqa: S608  names of our own
_NAMES = "SELECT id, name FROM advisories WHERE id {among}"
_CALLED = f"SELECT {', '.join(_COLUMNS)} FROM advisories WHERE name {{among}} ORDER BY id"  # noqa: S608
_INDEXED = "SELECT advisory_id, kind, name FROM advisory_names WHERE advisory_id {among}"
_FINDINGS = (*_FINDING.names, "environment")
_OF_RECORDS = f"SELECT {', '.join(_FINDINGS)} FROM findings WHERE advisory_id {{among}}"  # noqa: S608
_OF_ASSETS = f"SELECT {', '.join(_FINDINGS)} FROM findings WHERE asset_id {{among}}"  # noqa: S608
_REACHING = """SELECT DISTINCT a.name FROM advisories a JOIN findings f ON f.advisory_id = a.id WHERE a.name {among}"""
_SET = """
UPDATE findings SET priority = :priority WHERE asset_id = :asset AND priority <> :priority AND advisory_id IN (
   SELECT g.id FROM advisory_names n JOIN advisories a ON a.id = n.advisory_id JOIN advisories g ON g.name = a.name
   WHERE n.kind = 'alias' AND n.name = :name)
"""
_OF_IDS = """
SELECT n.name, MIN(a.name) FROM advisory_names n JOIN advisories a ON a.id = n.advisory_id
WHERE n.kind = 'alias' AND n.name {among} GROUP BY n.name"""
_CALLED_NAMES = "SELECT DISTINCT name FROM advisories WHERE name {among}"
_MOVE_SETTLED = """
UPDATE settled_fixes SET advisory = :name WHERE advisory = :was
   AND NOT EXISTS (
      SELECT 1 FROM settled_fixes o
      WHERE o.advisory = :name AND o.ecosystem = settled_fixes.ecosystem AND o.package = settled_fixes.package)
"""
_CONTENT = tuple(n for n in _ADVISORY.names if n != "source")
_CHUNK = 500


def _advisory(row: Mapping[Any, Any]) -> Advisory:
    item = _ADVISORY.item(row)
    return item if item.name == row["name"] else msgspec.structs.replace(item, group=row["name"])


def _named(item: Advisory, name: str) -> Advisory:
    bare = msgspec.structs.replace(item, group="") if item.group else item
    return bare if bare.name == name else msgspec.structs.replace(bare, group=name)


class AdvisoryTables:
    """Implements :class:`pulse_tui.ports.Advisories`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def take(self, advisories: Iterable[Advisory], horizon: datetime | None = None) -> Taken:
        items = list(advisories)
        rows = {row["id"]: row for row in self._rows(_STANDING, {item.id for item in items})}
        until = to_us(horizon) if horizon is not None else None
        coming: dict[str, tuple[Advisory, dict[str, Any]]] = {}
        outdated = []
        for item in items:
            row = _ADVISORY.row(item)
            known = coming[item.id][1] if item.id in coming else rows.get(item.id)
            if known is not None and all(row[n] == known[n] for n in _CONTENT):
                continue
            if known is not None and _later(known, row, until):
                outdated.append(item.id)
                continue
            coming[item.id] = item, row
        before = {i: rows[i] for i in coming if i in rows}
        # Two that differ may have come back to what stands.
        for i in [i for i, row in before.items() if all(coming[i][1][n] == row[n] for n in _CONTENT)]:
            del coming[i], before[i]
        names, renamed = self._identify([item for item, _ in coming.values()], before)
        insert_many(
            self._c, t.advisories, [{**row, "name": names[i]} for i, (_, row) in coming.items() if i not in before]
        )
        replace_many(self._c, t.advisories, [{**coming[i][1], "name": names[i]} for i in before])
        changed = [_named(item, names[i]) for i, (item, _) in coming.items()]
        return Taken(changed, {i: _advisory(row) for i, row in before.items()}, renamed, outdated)

    def put(self, advisories: Iterable[Advisory]) -> list[Advisory]:
        return self.take(advisories).changed

    def regroup(self) -> dict[str, tuple[str, str]]:
        aliases = sa.select(t.advisory_names.c.advisory_id, t.advisory_names.c.name)
        records: dict[str, set[str]] = {}
        for record, ident in self._c.execute(aliases.where(t.advisory_names.c.kind == "alias")):
            records.setdefault(record, set()).add(ident)
        return self._rename(group_names(records))

    def _identify(
        self, items: Sequence[Advisory], before: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
        """Write the names that these records are found by, and the groups that change by it."""
        if not items:
            return {}, {}
        standing: dict[str, set[tuple[str, str]]] = {item.id: set() for item in items}
        for record, kind, name in among(self._c, _INDEXED, before):
            standing[record].add((kind, name))
        gone, came = [], []
        ids = set[str]()
        for item in items:
            wanted = {("alias", i) for i in (item.id, *item.aliases)}
            wanted |= {key for a in item.affected for key in keys_named(a.ecosystem, a.name)}
            known = standing[item.id]
            gone += [{"r": item.id, "k": kind, "n": name} for kind, name in known - wanted]
            came += [{"advisory_id": item.id, "kind": kind, "name": name} for kind, name in sorted(wanted - known)]
            ids |= {name for kind, name in wanted | known if kind == "alias"}
        if gone:
            c = t.advisory_names.c
            one = sa.and_(c.advisory_id == sa.bindparam("r"), c.kind == sa.bindparam("k"), c.name == sa.bindparam("n"))
            self._c.execute(sa.delete(t.advisory_names).where(one), gone)
        insert_many(self._c, t.advisory_names, came)
        names = group_names(connected(self._c, ids))
        return names, self._rename(names)

    def _rename(self, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Give each stored record the name of its group; returns (before, after) of those that had another."""
        known = among(self._c, _NAMES, names)
        renamed = {record: (name, names[record]) for record, name in known if names[record] != name}
        if renamed:
            change = sa.update(t.advisories).where(t.advisories.c.id == sa.bindparam("r"))
            named = change.values(name=sa.bindparam("n"))
            self._c.execute(named, [{"r": record, "n": after} for record, (_, after) in renamed.items()])
            # What an operator settled of a name that is gone holds under the new one.
            gone = dict(renamed.values())
            standing = {row[0] for row in among(self._c, _CALLED_NAMES, gone)}
            moves = [{"was": before, "name": after} for before, after in gone.items() if before not in standing]
            if moves:
                self._c.execute(text(_MOVE_SETTLED), moves)
        return renamed

    def _rows(self, sql: str, values: Iterable[str], columns: Sequence[str] = _COLUMNS) -> Iterator[dict[str, Any]]:
        for row in among(self._c, sql, values):
            yield dict(zip(columns, row, strict=True))

    def get(self, name: str) -> Advisory | None:
        query = (
            sa.select(t.advisories)
            .join(t.advisory_names, t.advisory_names.c.advisory_id == t.advisories.c.id)
            .where(t.advisory_names.c.kind == "alias", t.advisory_names.c.name == name)
            .order_by(t.advisories.c.id != name, t.advisories.c.id)
        )
        row = self._c.execute(query).mappings().first()
        return _advisory(row) if row else None

    def called(self, name: str) -> list[Advisory]:
        return self.groups([name]).get(name, [])

    def records(self, ids: Iterable[str]) -> dict[str, Advisory]:
        return {row["id"]: _advisory(row) for row in self._rows(_STANDING, set(ids))}

    def named(self, ids: Iterable[str]) -> dict[str, str]:
        return {row["ident"]: row["name"] for row in self._rows(_OF_IDS, set(ids), ("ident", "name"))}

    def groups(self, names: Iterable[str]) -> dict[str, list[Advisory]]:
        found: dict[str, list[Advisory]] = {}
        for row in self._rows(_CALLED, set(names)):
            found.setdefault(row["name"], []).append(_advisory(row))
        return found

    def reaching(self, names: Iterable[str]) -> set[str]:
        return {row[0] for row in among(self._c, _REACHING, set(names))}

    def lapsed(self, now: datetime) -> list[Advisory]:
        a = t.advisories.c
        query = sa.select(t.advisories).where(a.withdrawn_at <= to_us(now), a.withdrawn.is_(False)).order_by(a.id)
        return [_advisory(row) for row in self._c.execute(query).mappings()]

    def touching(self, packages: Iterable[tuple[str, str]]) -> list[Advisory]:
        wanted = sorted({package_key(*p) for p in packages})
        found: dict[str, Advisory] = {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            query = (
                sa.select(t.advisories)
                .join(t.advisory_names, t.advisory_names.c.advisory_id == t.advisories.c.id)
                .where(sa.tuple_(t.advisory_names.c.kind, t.advisory_names.c.name).in_(chunk))
            )
            for row in self._c.execute(query).mappings():
                found.setdefault(row["id"], _advisory(row))
        return list(found.values())

    def counts(self) -> dict[str, int]:
        rows = asked(self._c, "SELECT source, COUNT(*) FROM advisories GROUP BY source")
        return {source: int(count) for source, count in rows}

    def put_findings(self, findings: Iterable[Finding]) -> None:
        upsert(self._c, t.findings, [_finding_row(f) for f in findings])

    def swap_findings(self, before: Iterable[Finding], after: Iterable[Finding]) -> None:
        was = {_place(f): f for f in before}
        now = {_place(f): f for f in after}
        gone = [dict(zip(_PLACE, place, strict=True)) for place in was.keys() - now.keys()]
        if gone:
            one = sa.and_(*(t.findings.c[name[1:]] == sa.bindparam(name) for name in _PLACE))
            self._c.execute(sa.delete(t.findings).where(one), gone)
        insert_many(self._c, t.findings, [_finding_row(f) for place, f in now.items() if place not in was])
        replace_many(self._c, t.findings, [_finding_row(f) for place, f in now.items() if was.get(place, f) != f])

    def findings(self, advisory_id: str | None = None, asset_id: str | None = None) -> list[Finding]:
        query = sa.select(t.findings).order_by(*t.findings.primary_key.columns)
        if advisory_id is not None:
            query = query.where(t.findings.c.advisory_id == advisory_id)
        if asset_id is not None:
            query = query.where(t.findings.c.asset_id == asset_id)
        return [_finding(r) for r in self._c.execute(query).mappings()]

    def findings_of(self, advisory_ids: Iterable[str] = (), asset_ids: Iterable[str] = ()) -> list[Finding]:
        found = [
            *self._rows(_OF_RECORDS, set(advisory_ids), _FINDINGS),
            *self._rows(_OF_ASSETS, set(asset_ids), _FINDINGS),
        ]
        items = {_place(f): f for f in map(_finding, found)}
        return [items[place] for place in sorted(items)]

    def set_priority(self, name: str, asset_id: str, environment: Environment | None, priority: Priority) -> None:
        place = environment.value if environment is not None else None
        given = {"name": name, "asset": asset_id, "place": place, "priority": priority.value}
        self._c.execute(text(f"{_SET} AND environment = :place" if place is not None else _SET), given)


_PLACE = ("_advisory_id", "_asset_id", "_component", "_environment")
"""The key of a finding, as parameters that no column is named like."""


def _place(f: Finding) -> tuple[str, str, str, str]:
    return f.advisory_id, f.asset_id, f.component, f.environment.value if f.environment else ""


def _finding_row(f: Finding) -> dict[str, Any]:
    return {**_FINDING.row(f), "environment": f.environment.value if f.environment else ""}


def _finding(row: Mapping[Any, Any]) -> Finding:
    return _FINDING.item(row, environment=Environment(row["environment"]) if row["environment"] else None)


def _later(known: Mapping[str, Any], row: Mapping[str, Any], horizon: int | None) -> bool:
    """Whether ``known`` is the newer of two different records with one id: it stays.

    A time after the ``horizon`` is a mistake, and would win for ever. Of one time the later of one source counts, and of
    two sources always the same, or each round of each would write.
    """
    ours, theirs = (-1 if horizon is not None and r["modified"] > horizon else r["modified"] for r in (known, row))
    return bool(ours > theirs or (ours == theirs and known["source"] < row["source"]))
