"""What is asked about alerts."""

from __future__ import annotations

from dataclasses import dataclass

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class OpenAlert(Ask):
    """Open the alert's page."""

    alert_id: str


@dataclass(eq=False)
class NextAlert(Ask):
    """Open the next (1) or previous (-1) alert of the pane instead of the one that is open."""

    by: int


@dataclass(eq=False)
class Acknowledge(Ask):
    """Somebody works on the alert."""

    alert_id: str


@dataclass(eq=False)
class OfAlert(Ask):
    """About one alert; ``title`` stands in the form that asks for the reason."""

    alert_id: str
    title: str


@dataclass(eq=False)
class Silence(OfAlert):
    """Silence the alert for some hours; a form asks how long and why."""


@dataclass(eq=False)
class Resolve(OfAlert):
    """Close the alert by hand; a form asks why."""


@dataclass(eq=False)
class Waive(OfAlert):
    """Record an exception; a form asks for how many days and why."""
