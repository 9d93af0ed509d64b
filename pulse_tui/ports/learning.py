"""What the tower can ask of what is learnt: a part of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class LearningDesk(Protocol):
    """Part of :class:`pulse_tui.ports.Desk`."""

    def give_verdict(self, alert_id: str, verdict: str, why: str = "") -> str:
        """``useful``, ``noise``, ``duplicate`` or ``late``; changes no state; returns a sentence. Raises WrongUse, NotFound."""
        ...

    def add_missed(
        self, what: str, onset: datetime, asset_id: str = "", environment: str = "", incident_id: str = ""
    ) -> str:
        """Record something that no alert reported. Raises WrongUse, NotFound."""
        ...
