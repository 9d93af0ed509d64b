"""Read models of the sources: rows ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple


class SourceRow(NamedTuple):
    """A source as the sources screen shows it."""

    id: str
    kind: str
    health: str
    """A word of :class:`~pulse_tui.domain.health.Health`."""
    reason: str
    last_good_us: int | None
