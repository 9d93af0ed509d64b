"""What is asked about what is learnt, and about who did what."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenActivity(OpenPage):
    """Open everything that anybody did, newest first."""


class OlderActivity(Ask):
    """The next page, below the lines that are there."""

    opens = False


class OpenDecisions(OpenPage):
    """Open what people decided: waivers, lifts, approvals ..."""


class OpenChecklist(OpenPage):
    """Open the launch checklist."""


class OpenReport(OpenPage):
    """Open the report for an audience, or the noise of each rule (``noise``)."""

    audience: str = "platform"


class RecordMissed(Ask):
    """Record what no alert reported; a form asks what and since when."""
