"""The tables of this wing, made when one of them is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.storage.sql.later import Later

if TYPE_CHECKING:
    from pulse_tui.storage.alerts import tables as t
else:
    t = Later("pulse_tui.storage.alerts.tables", beside="pulse_tui.storage.tables")

__all__ = ["t"]
