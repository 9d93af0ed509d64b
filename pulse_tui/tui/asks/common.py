"""What every screen asks for, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from pulse_tui.tui.asks.base import Ask


class OpenMessages(Ask):
    """Open the log of messages."""


class OpenPalette(Ask):
    """Open the command palette."""


class OpenHelp(Ask):
    """Open the page that explains these keys."""

    keys: Sequence[Binding]


class Copy(Ask):
    """Put text on the operator's clipboard."""

    opens = False

    text: str


class Say(Ask):
    """A sentence for the operator."""

    opens = False

    text: str
    bad: bool = False
    """Something did not work."""
