"""What is asked about people: the handover of a shift, and reviews as work."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenHandover(OpenPage):
    """Open what the next shift must know; ``since`` as ``8h``, empty: a shift."""

    since: str = ""


class HandOver(Ask):
    """The shift is handed over; a form asks to whom."""


class OpenReviews(OpenPage):
    """Open the list of reviews."""


class TakeReview(Ask):
    """The operator works on it."""

    opens = False

    key: str


class FinishReview(Ask):
    """It is done; a form asks what was found."""

    key: str
    title: str
