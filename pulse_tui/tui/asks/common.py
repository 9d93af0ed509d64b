"""What every screen asks for, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class OpenMessages(Ask):
    """Open the log of messages."""


@dataclass(eq=False)
class OpenPalette(Ask):
    """Open the command palette."""


@dataclass(eq=False)
class OpenHelp(Ask):
    """Open the page that explains these keys."""

    keys: Sequence[Binding]


@dataclass(eq=False)
class Copy(Ask):
    """Put text on the operator's clipboard."""

    text: str


@dataclass(eq=False)
class Say(Ask):
    """A sentence for the operator."""

    text: str
    bad: bool = False
    """Something did not work."""
