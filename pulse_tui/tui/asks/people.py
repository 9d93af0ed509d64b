"""What is asked about people: the handover of a shift, and reviews as work."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OnEach, OpenPage


class OpenHandover(OpenPage):
    """Open what the next shift must know; ``since`` as ``8h``, empty: a shift."""

    since: str = ""


class HandOver(Ask):
    """The shift is handed over; a form asks to whom."""


class OpenReviews(OpenPage):
    """Open the list of reviews."""


class OnReviews(OnEach):
    """``take``: the operator works on them. ``finish``: they are done, a form asks what was found."""

    at_once = frozenset(("take",))
