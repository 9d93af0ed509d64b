"""Open alerts that rest on what a vendor published."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.ports import Transaction

MOST = 100_000


def standing(
    tx: Transaction, kind: SignalType | None = None, *, source: str | None = None, asset_id: str | None = None
) -> Iterator[tuple[Alert, Signal, NoteEvidence]]:
    """Each with the signal it shows now, of that type, source and asset where they are given."""
    for alert in tx.judgements.alerts(list(OPEN), MOST, asset_id=asset_id):
        signal = tx.signals.get(alert.signal_id)
        if signal is None or kind not in (None, signal.signal_type) or source not in (None, signal.source):
            continue
        if isinstance(signal.evidence, NoteEvidence):
            yield alert, signal, signal.evidence
