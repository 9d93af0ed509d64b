"""What is asked about advisories."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask


class OpenAdvisory(Ask):
    """Open the advisory's page."""

    advisory_id: str
