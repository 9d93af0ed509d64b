"""What is asked about sources."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenSources(OpenPage):
    """Open the page of all sources."""


class OpenSource(OpenPage):
    """Open the page of one source."""

    source: str


class Collect(Ask):
    """Collect from one source, or from all."""

    opens = False

    source: str | None = None
    """None: all of them."""
