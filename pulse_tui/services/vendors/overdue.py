"""Models that should not be used any more by now."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.ports import Transaction


def overdue_migrations(tx: Transaction, now: datetime, asset_id: str | None = None) -> list[VendorTask]:
    """Models that should not be used any more by now, the longest overdue first."""
    open_ = tx.vendors.tasks(asset_id=asset_id, open_only=True)
    return [t for t in open_ if t.kind is TaskKind.MIGRATION and t.due_at is not None and t.due_at < now]
