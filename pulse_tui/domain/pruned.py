"""What was pruned: what is no longer there is said to be pruned, never to have been absent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Kept(StrEnum):
    """The classes of what is kept for a time of its own."""

    SIGNALS = "signals"
    """Raw signals and the decisions' facts that rest on nothing else."""
    ITEMS = "items"
    """Results of single items of benchmark runs."""
    FRAMES = "frames"
    """Pictures of the board."""
    DELIVERIES = "deliveries"
    """Messages that arrived."""
    QUARANTINE = "quarantine"
    DECISIONS = "decisions"
    AUDIT = "audit"


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """How far a class was pruned, the last one counts; the audit log has a line for each time."""

    kind: Kept
    before: datetime
    """Nothing older is certain to be there."""
    at: datetime
    """When it was done."""
    count: int
    """Rows, over all times."""
    by: str

    def words(self) -> str:
        """``what is older than 2026-09-01 was pruned (12,345 signals)``."""
        return f"what is older than {self.before:%Y-%m-%d} was pruned ({self.count:,} {self.kind.value})"
