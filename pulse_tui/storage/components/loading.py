"""Whether components are loaded when their assets run, by who says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from pulse_tui.domain.moments import to_us
from pulse_tui.storage.components import tables as t
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.upsert import insert_many

_OF = "SELECT asset_id, component_id, source, loaded FROM loading WHERE asset_id {among}"


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

    def of(self, asset_ids: Iterable[str]) -> dict[tuple[str, str], dict[str, bool]]:
        found: dict[tuple[str, str], dict[str, bool]] = {}
        for asset_id, component_id, source, loaded in among(self._c, _OF, dict.fromkeys(asset_ids)):
            found.setdefault((asset_id, component_id), {})[source] = bool(loaded)
        return found
