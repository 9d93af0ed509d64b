"""Whether components are loaded when their assets run, by who says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pulse_tui.domain.moments import to_us
from pulse_tui.storage.components.force import both, in_force
from pulse_tui.storage.components.later import t
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.upsert import insert_many

_OF = "SELECT asset_id, component_id, source, loaded FROM loading WHERE asset_id {among}"
_LISTING = """SELECT b.origin, d.environments, {serves} FROM bills b JOIN dependencies d ON d.bill = b.num
              JOIN components c ON c.num = d.child WHERE NOT b.partial AND b.asset_id {{among}} AND c.id {{among}}"""


class LoadingTable:
    """Implements :class:`pulse_tui.ports.Loadings`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, asset_id: str, source: str, loaded: Mapping[str, bool], at: datetime) -> bool:
        c = t.loading.c
        mine = (c.asset_id == asset_id, c.source == source)
        stood = {row.component_id: bool(row.loaded) for row in self._c.execute(sa.select(t.loading).where(*mine))}
        if stood == dict(loaded):
            return False
        self._c.execute(sa.delete(t.loading).where(*mine))
        rows = [
            {"asset_id": asset_id, "component_id": ident, "source": source, "loaded": answer, "at": to_us(at)}
            for ident, answer in sorted(loaded.items())
        ]
        insert_many(self._c, t.loading, rows)
        return True

    def of(
        self, asset_ids: Iterable[str], component_ids: Iterable[str] | None = None
    ) -> dict[tuple[str, str], dict[str, bool]]:
        found: dict[tuple[str, str], dict[str, bool]] = {}
        sql, lists = _OF, [dict.fromkeys(asset_ids)]
        if component_ids is not None:
            sql, lists = f"{_OF} AND component_id {{among}}", [*lists, dict.fromkeys(component_ids)]
        for asset_id, component_id, source, loaded in among(self._c, sql, *lists):
            found.setdefault((asset_id, component_id), {})[source] = bool(loaded)
        return found

    def listing(self, asset_id: str, component_id: str) -> set[str]:
        rows = among(self._c, in_force(self._c, _LISTING), [asset_id], [component_id])
        return {origin for origin, where, serves in rows if serves is None or both(where, serves) is not None}
