"""What the tower can ask for about incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pulse_tui.domain.views.incidents import IncidentRow, IncidentStory


class IncidentDesk(Protocol):
    """Incidents: lists, pages, and what operators decide of them. Each can be taken back while it was the last."""

    def incidents(self, *, every: bool = False) -> tuple[IncidentRow, ...]:
        """Those that are open, the most urgent first; ``every``: those that ended in the last 30 days too."""
        ...

    def incident_story(self, name: str) -> IncidentStory:
        """By id, by its name elsewhere, or by an alert of it. Raises NotFound."""
        ...

    def confirm_cause(self, name: str, cause: str, why: str = "") -> str:
        """``cause``: a number of the ranking, or a signal's id. Raises NotFound."""
        ...

    def split_incident(self, name: str, alert_id: str, why: str = "") -> str:
        """The alert gets an incident of its own. Raises NotFound, Refused for the only one."""
        ...

    def merge_incident(self, name: str, into: str, why: str = "") -> str:
        """Its alerts belong to the other one from now on. Raises NotFound, Refused."""
        ...

    def undo_incident(self, name: str) -> str:
        """Take the last act on it back. Raises Refused when there is none."""
        ...

    def state_onset(self, name: str, at: datetime, why: str = "") -> str:
        """When it began. Raises WrongUse for a moment to come."""
        ...

    def state_impact(self, name: str, impact: str, at: datetime | None = None, why: str = "") -> str:
        """``none`` or ``customers``, and since when. Raises WrongUse."""
        ...

    def resolve_incident(self, name: str, why: str, helped: str = "") -> str:
        """It ended; its open alerts stay open. Raises Refused."""
        ...
