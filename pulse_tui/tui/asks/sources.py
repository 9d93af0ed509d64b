"""What is asked about sources."""

from __future__ import annotations

from dataclasses import dataclass

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class OpenSources(Ask):
    """Open the page of all sources."""


@dataclass(eq=False)
class Collect(Ask):
    """Collect from one source, or from all."""

    source: str | None = None
    """None: all of them."""
