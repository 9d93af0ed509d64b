"""Incidents of the desk that only remembers."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.incidents import IncidentRow, IncidentStory


class FakeIncidents:
    """Incidents that the tests put there."""

    incident_rows: tuple[IncidentRow, ...] = ()
    incident_stories: tuple[IncidentStory, ...] = ()

    def _did(self, name: str, *args: str) -> None:
        raise NotImplementedError

    def incidents(self, *, every: bool = False) -> tuple[IncidentRow, ...]:
        return self.incident_rows if every else tuple(r for r in self.incident_rows if r.state == "open")

    def incident_story(self, name: str) -> IncidentStory:
        for story in self.incident_stories:
            if name == story.row.id or name in [m.alert for m in story.members]:
                return story
        raise NotFound(f"there is no incident {name!r}")

    def confirm_cause(self, name: str, cause: str, why: str = "") -> str:
        self._did("confirm_cause", name, cause, why)
        return f"confirmed as the cause of {name}: {cause}"

    def split_incident(self, name: str, alert_id: str, why: str = "") -> str:
        self._did("split_incident", name, alert_id, why)
        return f"split off {name}: {alert_id}"

    def merge_incident(self, name: str, into: str, why: str = "") -> str:
        self._did("merge_incident", name, into, why)
        return f"{name} is part of {into} now"

    def undo_incident(self, name: str) -> str:
        self._did("undo_incident", name)
        return f"taken back: {name}"

    def state_onset(self, name: str, at: datetime, why: str = "") -> str:
        self._did("state_onset", name, iso(at), why)
        return f"{name} began at {iso(at)}"

    def state_impact(self, name: str, impact: str, at: datetime | None = None, why: str = "") -> str:
        self._did("state_impact", name, impact, iso(at) if at else "", why)
        return f"{name}: {impact}"

    def resolve_incident(self, name: str, why: str, helped: str = "") -> str:
        self._did("resolve_incident", name, why, helped)
        return f"resolved: {name}"
