"""When the models that something is made of are shut down, by lists and catalogues and by what was announced to its owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.lifecycles import endings
from pulse_tui.ports import Transaction


def announced_ends(tx: Transaction, asset_id: str, components: Sequence[Component]) -> dict[str, datetime]:
    """By component id the nearest date; "not sooner than" is none."""
    found: dict[str, datetime] = {}
    for ident, ending in endings(components, tx.vendors.lifecycles()).items():
        if ending.date is not None:
            found[ident] = ending.date
    mine = {c.id for c in components}
    for alert in tx.judgements.alerts(list(OPEN), 10_000, asset_id=asset_id):
        signal = tx.signals.get(alert.signal_id)
        if signal is None or signal.signal_type is not SignalType.DEPRECATION:
            continue
        evidence = signal.evidence
        if not isinstance(evidence, NoteEvidence) or evidence.effective_at is None or evidence.floor:
            continue
        for ident in mine.intersection(evidence.components):
            found[ident] = min(found.get(ident, evidence.effective_at), evidence.effective_at)
    return found
