"""Read models of the sources: rows ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.domain.health import Health


class SourceRow(NamedTuple):
    """A source as the sources screen shows it."""

    id: str
    kind: str
    health: str
    """A word of :class:`~pulse_tui.domain.health.Health`."""
    reason: str
    last_good_us: int | None


def silent(sources: Sequence[SourceRow]) -> list[str]:
    """Those of which nothing is known at present: late, failing or never read."""
    return [s.id for s in sources if s.health not in (Health.GOOD, Health.SUSPECT)]
