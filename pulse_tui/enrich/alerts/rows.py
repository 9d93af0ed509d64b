"""Incidents as rows: as they are now, by the alerts that they have."""

from __future__ import annotations

from pulse_tui.domain.incident import CauseVerdict, Incident, Tally
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.views.incidents import IncidentRow


def incident_row(incident: Incident, tally: Tally | None) -> IncidentRow:
    """Its urgency is that of its open alerts, whatever it was; a cause is named only where the evidence names one."""
    chosen = next((c for c in incident.causes if c.signal_id == incident.cause), None)
    if chosen is None and incident.causes and incident.verdict is CauseVerdict.NAMED:
        chosen = incident.causes[0]
    priority = tally.priority if tally is not None and tally.priority is not None else incident.priority
    return IncidentRow(
        id=incident.id,
        state=incident.state.value,
        priority=priority.value,
        title=incident.title,
        asset=incident.asset_id or "",
        environment=incident.environment.short if incident.environment else "",
        owner=incident.owner or "",
        opened_us=to_us(incident.opened_at),
        last_us=to_us(incident.last_at),
        alerts=tally.alerts if tally is not None else 0,
        open=tally.open if tally is not None else 0,
        verdict=incident.verdict.value,
        cause=chosen.title if chosen is not None else "",
        external=incident.external,
        onset_us=to_us(incident.onset_at) if incident.onset_at is not None else None,
        impact=incident.impact,
        resolved_us=to_us(incident.resolved_at) if incident.resolved_at is not None else None,
    )


def urgency(row: IncidentRow) -> tuple[bool, int, int, str]:
    """Sort key: what is open first, the most urgent of it on top; what ended behind it, the newest first."""
    ranks = {"P1": 0, "P2": 1, "unknown": 2, "P3": 3, "P4": 4}
    is_open = row.state == "open"
    return not is_open, ranks.get(row.priority, 5) if is_open else 0, -row.last_us, row.id
