"""Which source claims what, concerns, endpoints, workflows and rollback pointers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pulse_tui.domain.claim import Claim
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Endpoint, Workflow
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.words import Environment
from pulse_tui.storage.registry.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked, where
from pulse_tui.storage.sql.upsert import put_difference, upsert

_CLAIM = Codec(Claim)
_CONCERN = Codec(Concern)
_ENDPOINT = Codec(Endpoint)
_WORKFLOW = Codec(Workflow)
_POINTER = Codec(PointerCheck)


class InventoryTables:
    """Implements :class:`pulse_tui.ports.Inventory`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def claims(self, subject: str, field: str | None = None) -> list[Claim]:
        c = t.claims.c
        query = sa.select(t.claims).where(c.subject == subject).order_by(c.field, c.source)
        if field is not None:
            query = query.where(c.field == field)
        return [_CLAIM.item(r) for r in self._c.execute(query).mappings()]

    def claims_by(self, source: str) -> list[Claim]:
        query = sa.select(t.claims).where(t.claims.c.source == source).order_by(t.claims.c.subject, t.claims.c.field)
        return [_CLAIM.item(r) for r in self._c.execute(query).mappings()]

    def subjects(self, *, besides: str) -> set[str]:
        query = sa.select(t.claims.c.subject).where(t.claims.c.source != besides).distinct()
        return set(self._c.execute(query).scalars())

    def put_claims(self, claims: Iterable[Claim]) -> int:
        return put_difference(self._c, t.claims, [_CLAIM.row(c) for c in claims], "subject", aside=("since",))

    def drop_claims(self, subject: str, source: str, fields: Iterable[str] | None = None) -> int:
        c = t.claims.c
        gone = sa.delete(t.claims).where(c.subject == subject, c.source == source)
        if fields is not None:
            gone = gone.where(c.field.in_(list(fields)))
        return self._c.execute(gone).rowcount

    def concerns(self, asset_id: str | None = None) -> list[Concern]:
        wanted = where(["asset_id = :asset"] * (asset_id is not None))
        sql = f"SELECT {_CONCERN.columns} FROM concerns {wanted} ORDER BY asset_id, key"  # noqa: S608  names of our own
        return list(_CONCERN.items(asked(self._c, sql, {"asset": asset_id})))

    def put_concern(self, concern: Concern) -> bool:
        standing = self._concern(concern.asset_id, concern.key)
        if standing is not None:
            concern = msgspec.structs.replace(concern, since=standing.since)
        return upsert(self._c, t.concerns, [_CONCERN.row(concern)]) > 0

    def drop_concern(self, asset_id: str, key: str) -> Concern | None:
        standing = self._concern(asset_id, key)
        if standing is not None:
            self._c.execute(sa.delete(t.concerns).where(_concern_key(asset_id, key)))
        return standing

    def endpoints(self, asset_id: str | None = None) -> list[Endpoint]:
        wanted = where(["asset_id = :asset"] * (asset_id is not None))
        sql = f"SELECT {_ENDPOINT.columns} FROM endpoints {wanted} ORDER BY id, environment, source"  # noqa: S608
        return list(_ENDPOINT.items(asked(self._c, sql, {"asset": asset_id})))

    def put_endpoints(self, endpoints: Sequence[Endpoint], source: str = "estate") -> int:
        rows = [{**_ENDPOINT.row(e), "source": source} for e in endpoints]
        return self._replace(t.endpoints, rows, t.endpoints.c.source == source)

    def workflows(self) -> list[Workflow]:
        rows = asked(self._c, f"SELECT {_WORKFLOW.columns} FROM workflows ORDER BY id")  # noqa: S608  names of our own
        return list(_WORKFLOW.items(rows))

    def put_workflows(self, workflows: Sequence[Workflow]) -> int:
        return self._replace(t.workflows, [_WORKFLOW.row(w) for w in workflows], sa.true())

    def pointers(self, asset_id: str | None = None) -> list[PointerCheck]:
        query = sa.select(t.pointers).order_by(t.pointers.c.asset_id, t.pointers.c.environment)
        if asset_id is not None:
            query = query.where(t.pointers.c.asset_id == asset_id)
        return [_POINTER.item(r) for r in self._c.execute(query).mappings()]

    def pointers_to_unusable(self) -> set[tuple[str, Environment]]:
        p, r = t.pointers.c, t.releases.c
        same = (r.asset_id == p.asset_id) & (r.version == p.version)
        query = sa.select(p.asset_id, p.environment).join_from(t.pointers, t.releases, same)
        found = self._c.execute(query.where(r.state.in_((ReleaseState.QUARANTINED, ReleaseState.RETIRED))))
        return {(asset, Environment(place)) for asset, place in found}

    def put_pointer(self, check: PointerCheck) -> None:
        upsert(self._c, t.pointers, [{**_POINTER.row(check), "valid": check.valid}])

    def _concern(self, asset_id: str, key: str) -> Concern | None:
        row = self._c.execute(sa.select(t.concerns).where(_concern_key(asset_id, key))).mappings().first()
        return _CONCERN.item(row) if row else None

    def _replace(self, table: sa.Table, rows: Sequence[dict[str, Any]], mine: sa.ColumnElement[bool]) -> int:
        """These rows are all there is of ``mine``; how many were written or removed."""
        columns = list(table.primary_key.columns)
        kept = {tuple(row[c.name] for c in columns) for row in rows}
        gone = [row for row in self._c.execute(sa.select(*columns).where(mine)) if tuple(row) not in kept]
        for row in gone:
            key = sa.and_(*(c == value for c, value in zip(columns, row, strict=True)))
            self._c.execute(sa.delete(table).where(key))
        return len(gone) + put_difference(self._c, table, rows, "id")


def _concern_key(asset_id: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.concerns.c.asset_id == asset_id, t.concerns.c.key == key)
