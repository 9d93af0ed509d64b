"""Seen before: past incidents that resemble one, with what helped then."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.incident import Incident, IncidentState
from pulse_tui.ports import Transaction

_LOOKED = 500
"""Past incidents that are looked through, the newest first."""
MOST = 5


class Seen(NamedTuple):
    """A past incident, and by what it resembles the present one."""

    incident: Incident
    why: str


def seen_before(tx: Transaction, incident: Incident) -> list[Seen]:
    """Ended incidents of the same rule on the same asset, or of the same confirmed cause; the newest first, those whose cause
    or help is known before others."""
    same = {(f.rule_id, f.asset_id) for f in incident.footings}
    causes = _confirmed(incident) or {(c.kind, c.component) for c in incident.causes[:1] if c.component}
    found = []
    for other in tx.incidents.all([IncidentState.RESOLVED], limit=_LOOKED):
        if other.id == incident.id or other.opened_at > incident.opened_at:
            continue
        why = []
        rules = sorted({f.rule_id for f in other.footings if (f.rule_id, f.asset_id) in same and f.rule_id})
        if rules:
            why.append(f"{', '.join(rules)} on the same asset")
        if shared := causes & _confirmed(other):
            kind, component = min(shared)
            why.append(f"its confirmed cause was the same: {kind} of {component}")
        if why:
            found.append(Seen(other, "; ".join(why)))
    found.sort(key=lambda s: not (s.incident.helped or s.incident.cause))
    return found[:MOST]


def _confirmed(incident: Incident) -> set[tuple[str, str]]:
    return {(c.kind, c.component) for c in incident.causes if c.signal_id == incident.cause and c.component}
