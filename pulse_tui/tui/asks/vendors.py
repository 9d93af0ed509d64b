"""What is asked about what vendors publish."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OnEach, OpenPage


class OpenNotes(OpenPage):
    """Open the list of notes."""


class OpenReview(OpenPage):
    """Open the notes that a person should look at."""


class OpenCorrections(OpenPage):
    """Open what persons corrected."""


class OpenShutdowns(OpenPage):
    """Open the calendar of the ends of models in use."""


class OpenScorecard(OpenPage):
    """Open the comparison of vendors."""


class OfNote(Ask):
    """About one note."""

    source: str
    key: str


class OpenNote(OfNote, OpenPage):
    """Open the note's page."""


class FindNotes(Ask):
    """Open the note that these words fit, or the list of those that they do."""

    words: str


class CorrectNotes(OnEach):
    """Give them other labels; a form asks which and why. A target is the note's source and key in two lines."""

    labels: tuple[str, ...]
    """Those that it has; of several none."""


class WithdrawCorrection(Ask):
    """Take a correction back; a form asks why."""

    rule_id: str
    title: str
