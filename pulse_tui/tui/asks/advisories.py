"""What is asked about advisories."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OnEach, OpenPage


class OpenAdvisory(OpenPage):
    """Open the advisory's page."""

    advisory_id: str


class OpenLedger(OpenPage):
    """Open what is matched, clean and not audited, and how new each feed is."""


class OpenRadius(OpenPage):
    """Open everything that a vulnerability can hurt."""

    advisory_id: str


class OpenWaivers(OpenPage):
    """Open the waivers, those that ended too."""


class EndWaiver(Ask):
    """End a waiver before its review; a form asks why."""

    waiver_id: str
    title: str


class WaiveAdvisories(OnEach):
    """Accept the risk of each in every asset that it reaches; a form asks who answers for it, for how long and why.

    ``detail`` of a target is the component of its row.
    """


class WaiveAdvisory(Ask):
    """Waive a vulnerability for a component of an asset; a form asks for what VEX asks for."""

    advisory_id: str
    reached: tuple[tuple[str, str], ...]
    """(asset, component) to choose from, the most urgent first."""
