"""The open incidents of the board, and to which of them each alert belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pulse_tui.domain.incident import Incident, Tally
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.incidents import IncidentRow
from pulse_tui.domain.words import Priority
from pulse_tui.enrich.alerts.rows import incident_row, urgency
from pulse_tui.storage.board.trends import Execute

_OPEN = "SELECT body FROM incidents WHERE state = 'open' ORDER BY opened_at DESC LIMIT :limit"
_MEMBERS = """SELECT m.alert_id, m.incident_id FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id
              WHERE a.open_key IS NOT NULL"""
MAX_INCIDENTS = 500
_DECODE = msgspec.json.Decoder(Incident).decode


class Grouped(NamedTuple):
    """The incidents that are open, the most urgent first, and the alerts with theirs."""

    incidents: tuple[IncidentRow, ...]
    alerts: tuple[AlertRow, ...]


def read_incidents(execute: Execute, alerts: Sequence[AlertRow]) -> Grouped:
    """The alerts name their incident; nothing else of them changes."""
    found = [_DECODE(row[0]) for row in execute(_OPEN, {"limit": MAX_INCIDENTS})]
    if not found:
        return Grouped((), tuple(alerts))
    of = {row[0]: row[1] for row in execute(_MEMBERS, {})}
    standing = {incident.id for incident in found}
    counts, urgent = Counter(of.values()), dict[str, Priority]()
    for row in alerts:
        ident = of.get(row.id)
        if ident is not None:
            mine = Priority(row.priority)
            urgent[ident] = min(urgent.get(ident, mine), mine, key=lambda p: p.rank)
    rows = [incident_row(i, Tally(max(i.alerts, counts[i.id]), counts[i.id], urgent.get(i.id))) for i in found]
    named = [row._replace(incident=of[row.id]) if of.get(row.id) in standing else row for row in alerts]
    return Grouped(tuple(sorted(rows, key=urgency)), tuple(named))
