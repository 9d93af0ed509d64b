"""What is asked about advisories."""

from __future__ import annotations

from dataclasses import dataclass

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class OpenAdvisory(Ask):
    """Open the advisory's page."""

    advisory_id: str
