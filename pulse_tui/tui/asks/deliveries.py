"""What is asked about messages."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenLetters(OpenPage):
    """Open the list of messages that did not arrive."""


class OpenLetter(OpenPage):
    """Open one message."""

    key: str


class ReplayLetter(Ask):
    """Send a dead message again; without a key all of them."""

    opens = False

    key: str = ""


class DropLetter(Ask):
    """Nobody needs it any more; a form asks why."""

    key: str
    title: str
