"""What is asked about advisories."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask


class OpenAdvisory(Ask):
    """Open the advisory's page."""

    advisory_id: str


class OpenLedger(Ask):
    """Open what is matched, clean and not audited, and how new each feed is."""


class OpenRadius(Ask):
    """Open everything that a vulnerability can hurt."""

    advisory_id: str


class OpenWaivers(Ask):
    """Open the waivers, those that ended too."""


class EndWaiver(Ask):
    """End a waiver before its review; a form asks why."""

    waiver_id: str
    title: str


class WaiveAdvisory(Ask):
    """Waive a vulnerability for a component of an asset; a form asks for what VEX asks for."""

    advisory_id: str
    reached: tuple[tuple[str, str], ...]
    """(asset, component) to choose from, the most urgent first."""
