"""What is asked about estates."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenEstates(OpenPage):
    """Open the list of the estates that this tower can go to."""


class SwitchEstate(Ask):
    """Close this estate and open that one."""

    opens = False

    name: str
