"""The tower's calls of what is learnt: a part of the desk."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts import feedback
from pulse_tui.services.parts import RollbackParts


class LearningCalls:
    """Implements :class:`pulse_tui.ports.learning.LearningDesk`. Calls block."""

    operator: str
    _parts: RollbackParts

    def acting(self, what: str, subject: str, environment: Environment | None = None) -> RollbackParts:
        """As of the desk."""
        raise NotImplementedError

    def give_verdict(self, alert_id: str, verdict: str, why: str = "") -> str:
        word = feedback.usefulness(verdict)
        parts = self.acting("alert.verdict", alert_id)
        return feedback.give(parts.store, alert_id, word, self.operator, why, parts.clock())

    def add_missed(
        self, what: str, onset: datetime, asset_id: str = "", environment: str = "", incident_id: str = ""
    ) -> str:
        parts = self.acting("missed.add", asset_id or "the estate")
        where = Environment(environment) if environment else None
        return feedback.add_missed(
            parts.store, what, onset, self.operator, parts.clock(), asset_id=asset_id, environment=where,
            incident_id=incident_id,
        )  # fmt: skip
