"""Small boards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.views.signals import SourceRow

_HEADER = Header("acme-ai", 1, 0, 0, 0, 0, 0, 0, (), 1, 1, 0, 0)


def board(
    *,
    alerts: Sequence[AlertRow] = (),
    sources: Sequence[SourceRow] = (),
    registry: Sequence[RegistryRow] = (),
    **header: Any,
) -> Board:
    """A board of these rows; ``header``: what of the header is another than all zero."""
    return Board(_HEADER._replace(**header), tuple(registry), (), tuple(alerts), (), tuple(sources))


def alert(ident: str, **fields: Any) -> AlertRow:
    """A firing P1."""
    title = fields.pop("title", f"{ident} fires")
    count = fields.pop("count", 1)
    row = AlertRow(ident, "P1", "firing", title, "ml", "support-bot", "production", 7, count, "rule", overdue=False)
    return row._replace(**fields)


def source(ident: str, *, good: int = 1, health: str = "good") -> SourceRow:
    """A source of advisories."""
    return SourceRow(ident, "osv", health, "", good)


def deployment(asset: str, version: str = "1.0.0", **fields: Any) -> RegistryRow:
    """One that serves in production and is ok."""
    return RegistryRow(asset, "production", version, 1, "ok", "", 7, "ml", "internal", 100.0, critical=False)._replace(
        **fields
    )
