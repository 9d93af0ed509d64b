"""The tower's calls of what is learnt: a part of the desk."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.views.learning import ActivityRow, Checklist, DecisionRow, LearningReport
from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts import feedback
from pulse_tui.services.calls import Calls
from pulse_tui.services.learning.activity import activity
from pulse_tui.services.learning.decisions import decisions
from pulse_tui.services.learning.launch import checklist
from pulse_tui.services.learning.report import Audience, noise_as_report, report
from pulse_tui.settings.check import nearest


class LearningCalls(Calls):
    """Implements :class:`pulse_tui.ports.learning.LearningDesk`. Calls block."""

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

    def learning_report(self, audience: str, days: int = 90) -> LearningReport:
        if audience == "noise":
            return noise_as_report(self._parts, days)[0]
        names = {a.value: a for a in Audience}
        if audience not in names:
            raise WrongUse(f"there is no audience {audience!r}", todo=nearest(audience, [*names, "noise"]))
        return report(self._parts, names[audience], days)

    def checklist(self) -> Checklist:
        return checklist(self._parts)

    def activity(self, before: int | None = None) -> tuple[ActivityRow, ...]:
        return activity(self._parts.store, before=before)

    def decisions(self) -> tuple[DecisionRow, ...]:
        return decisions(self._parts.store)
