"""What the tower can ask of what is learnt: a part of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pulse_tui.domain.views.learning import ActivityRow, Checklist, DecisionRow, LearningReport


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

    def learning_report(self, audience: str, days: int = 90) -> LearningReport:
        """For platform, security, product or leadership; ``noise``: the noise of each rule. Raises WrongUse."""
        ...

    def checklist(self) -> Checklist:
        """The launch checklist."""
        ...

    def activity(self, before: int | None = None) -> tuple[ActivityRow, ...]:
        """A page of the audit log, newest first: the lines before that number."""
        ...

    def decisions(self) -> tuple[DecisionRow, ...]:
        """What people decided, newest first."""
        ...
