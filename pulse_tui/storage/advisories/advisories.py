"""Advisories with an index of the names they touch, findings, vendor notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.note import Note, Reading
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.lookups import keys_named, package_key
from pulse_tui.storage.advisories import tables as t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.upsert import upsert

_ADVISORY = Codec(Advisory, skip=("group",))
_FINDING = Codec(Finding, skip=("environment",))
_NOTE = Codec(Note)
_READING = Codec(Reading)
_CHUNK = 500


def _advisory(row: Mapping[Any, Any]) -> Advisory:
    item = _ADVISORY.item(row)
    return item if item.name == row["name"] else msgspec.structs.replace(item, group=row["name"])


class AdvisoryTables:
    """Implements :class:`pulse_tui.ports.Advisories`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, advisories: Iterable[Advisory]) -> list[Advisory]:
        changed = []
        for advisory in advisories:
            row = {**_ADVISORY.row(advisory), "name": advisory.name}
            if upsert(self._c, t.advisories, [row]) == 0:
                continue
            changed.append(advisory)
            self._c.execute(sa.delete(t.advisory_names).where(t.advisory_names.c.advisory_id == advisory.id))
            names = {(advisory.id, "alias", alias) for alias in (advisory.id, *advisory.aliases)}
            keys = {key for a in advisory.affected for key in keys_named(a.ecosystem, a.name)}
            names |= {(advisory.id, *key) for key in keys}
            self._c.execute(
                sa.insert(t.advisory_names), [{"advisory_id": i, "kind": k, "name": n} for i, k, n in sorted(names)]
            )
        return changed

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
        query = sa.select(t.advisories).where(t.advisories.c.name == name).order_by(t.advisories.c.id)
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

    def covered(self, ecosystems: Iterable[str]) -> set[str]:
        kind = t.advisory_names.c.kind
        one = {e: sa.select(kind).where(kind == e).limit(1) for e in set(ecosystems)}
        return {e for e, query in one.items() if self._c.execute(query).first() is not None}

    def put_findings(self, findings: Iterable[Finding]) -> None:
        rows = [{**_FINDING.row(f), "environment": f.environment.value if f.environment else ""} for f in findings]
        upsert(self._c, t.findings, rows)

    def drop_findings(self, *, advisory_id: str | None = None, asset_id: str | None = None) -> None:
        drop = sa.delete(t.findings)
        if advisory_id is not None:
            drop = drop.where(t.findings.c.advisory_id == advisory_id)
        if asset_id is not None:
            drop = drop.where(t.findings.c.asset_id == asset_id)
        self._c.execute(drop)

    def findings(self, advisory_id: str | None = None, asset_id: str | None = None) -> list[Finding]:
        query = sa.select(t.findings).order_by(t.findings.c.advisory_id, t.findings.c.asset_id)
        if advisory_id is not None:
            query = query.where(t.findings.c.advisory_id == advisory_id)
        if asset_id is not None:
            query = query.where(t.findings.c.asset_id == asset_id)
        return [
            _FINDING.item(r, environment=Environment(r["environment"]) if r["environment"] else None)
            for r in self._c.execute(query).mappings()
        ]

    def set_priority(self, name: str, asset_id: str, environment: Environment | None, priority: Priority) -> None:
        ids = sa.select(t.advisory_names.c.advisory_id).where(
            t.advisory_names.c.kind == "alias", t.advisory_names.c.name == name
        )
        change = sa.update(t.findings).where(t.findings.c.advisory_id.in_(ids), t.findings.c.asset_id == asset_id)
        if environment is not None:
            change = change.where(t.findings.c.environment == environment.value)
        self._c.execute(change.values(priority=priority.value))

    def has_note(self, source: str, key: str) -> bool:
        query = sa.select(sa.literal(1)).where(t.notes.c.source == source, t.notes.c.key == key)
        return self._c.execute(query).first() is not None

    def put_note(self, note: Note, reading: Reading) -> bool:
        return upsert(self._c, t.notes, [{**_NOTE.row(note), **_READING.row(reading)}]) > 0
