"""What is asked about messages."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OnEach, OpenPage


class OpenLetters(OpenPage):
    """Open the list of messages that did not arrive."""


class OpenLetter(OpenPage):
    """Open one message."""

    key: str


class ReplayLetters(Ask):
    """Send every dead message again."""

    opens = False


class OnLetters(OnEach):
    """``replay`` sends dead messages again, ``drop`` says that nobody needs them any more."""

    at_once = frozenset(("replay",))
