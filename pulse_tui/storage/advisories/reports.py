"""Scanner reports: the latest of each document."""

from __future__ import annotations

from pulse_tui.domain.report import StoredReport
from pulse_tui.storage.advisories.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.upsert import upsert

_REPORT = Codec(StoredReport)


class ReportTable:
    """Implements :class:`pulse_tui.ports.Reports`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, report: StoredReport) -> bool:
        return upsert(self._c, t.reports, [_REPORT.row(report)]) > 0

    def get(self, asset_id: str, origin: str) -> StoredReport | None:
        query = sa.select(t.reports).where(t.reports.c.asset_id == asset_id, t.reports.c.origin == origin)
        row = self._c.execute(query).mappings().first()
        return _REPORT.item(row) if row else None

    def all(self, asset_id: str | None = None) -> list[StoredReport]:
        query = sa.select(t.reports).order_by(t.reports.c.asset_id, t.reports.c.origin)
        if asset_id is not None:
            query = query.where(t.reports.c.asset_id == asset_id)
        return [_REPORT.item(row) for row in self._c.execute(query).mappings()]

    def drop(self, asset_id: str, origin: str) -> None:
        self._c.execute(sa.delete(t.reports).where(t.reports.c.asset_id == asset_id, t.reports.c.origin == origin))
