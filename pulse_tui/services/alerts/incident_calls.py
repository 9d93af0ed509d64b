"""The calls of the desk about incidents."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.views.incidents import IncidentRow, IncidentStory
from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts.incidents import operate
from pulse_tui.services.alerts.incidents.story import incident_story, rows
from pulse_tui.services.calls import Calls
from pulse_tui.services.parts import JudgeParts


class IncidentCalls(Calls):
    """Implements :class:`pulse_tui.ports.incidents.IncidentDesk`. Calls block."""

    def incidents(self, *, every: bool = False) -> tuple[IncidentRow, ...]:
        with self._store.read() as tx:
            return tuple(rows(tx, self._parts.clock(), every=every))

    def incident_story(self, name: str) -> IncidentStory:
        with self._store.read() as tx:
            return incident_story(tx, self._parts.judging, name, self._parts.clock())

    def confirm_cause(self, name: str, cause: str, why: str = "") -> str:
        parts = self._of(name)
        return operate.confirm(parts, name, cause, self.operator, why, parts.clock())

    def split_incident(self, name: str, alert_id: str, why: str = "") -> str:
        parts = self._of(name)
        return operate.split(parts, name, alert_id, self.operator, why, parts.clock())

    def merge_incident(self, name: str, into: str, why: str = "") -> str:
        self._of(into)
        parts = self._of(name)
        return operate.merge(parts, name, into, self.operator, why, parts.clock())

    def undo_incident(self, name: str) -> str:
        parts = self._of(name)
        return operate.undo(parts, name, self.operator, parts.clock())

    def state_onset(self, name: str, at: datetime, why: str = "") -> str:
        parts = self._of(name)
        return operate.state_onset(parts, name, at, self.operator, why, parts.clock())

    def state_impact(self, name: str, impact: str, at: datetime | None = None, why: str = "") -> str:
        parts = self._of(name)
        return operate.state_impact(parts, name, impact, at, self.operator, why, parts.clock())

    def resolve_incident(self, name: str, why: str, helped: str = "") -> str:
        parts = self._of(name)
        return operate.resolve(parts, name, self.operator, why, helped, parts.clock())

    def _of(self, name: str) -> JudgeParts:
        """Who acts on an incident is an operator who may act where it stands; where that is not known, in production."""
        with self._store.read() as tx:
            incident = operate.find(tx, name)
        return self.acting("incident", incident.id, incident.environment or Environment.PRODUCTION).judging
