"""What is asked about alerts."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OnEach, OpenPage


class OpenAlert(OpenPage):
    """Open the alert's page."""

    alert_id: str


class NextAlert(Ask):
    """Open the next (1) or previous (-1) alert of the pane instead of the one that is open."""

    by: int


class Acknowledge(Ask):
    """The operator works on the alert."""

    opens = False

    alert_id: str


class OfAlert(Ask):
    """About one alert; ``title`` stands in the form that asks for the reason."""

    alert_id: str
    title: str


class Silence(OfAlert):
    """Silence the alert for some hours; a form asks how long and why."""


class SilenceLike(Ask):
    """Silence everything of one kind on an asset; a form asks, with what it would hit."""

    asset: str
    signal_type: str


class OnAlerts(OnEach):
    """``acknowledge``, ``silence``, ``waive``, ``resolve``, ``unmute``, ``verdict`` with its word; ``take_back`` of an alert, a silence or a hold."""

    at_once = frozenset(("acknowledge",))

    word: str = ""


class Resolve(OfAlert):
    """Close the alert by hand; a form asks why."""


class OpenMuted(OpenPage):
    """Open the list of what is muted, waived or held."""


class ReviewHold(OfAlert):
    """Let releases pass a freeze for some days (``alert_id`` is the freeze's); a form asks how many and why."""


class Unmute(OfAlert):
    """Take an acknowledgement, a silence or a waiver back; a form asks why."""


class Waive(OfAlert):
    """Record an exception; a form asks for how many days and why."""


class GiveVerdict(OfAlert):
    """What the alert was worth; an empty ``verdict``: a small choice asks."""

    verdict: str = ""
