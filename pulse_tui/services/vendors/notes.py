"""A vendor note comes in or is edited: whom it concerns, and which open incident or deprecation it goes on with."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.incidents import same_incident
from pulse_tui.enrich.vendors.mentions import packages
from pulse_tui.enrich.vendors.notes import classify, note_signals, resolved
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made


def take_note(item: Note, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store the note and say what it means for each asset whose models or packages it names."""
    reading = classify(item)
    if not tx.advisories.put_note(item, reading):
        return Made([], [], known=True)
    uses = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL], components=packages(item))
    estate = msgspec.structs.replace(estate, dependencies=uses)
    signals, over = note_signals(item, reading, estate, now), resolved(item, reading, estate)
    if Label.INCIDENT in reading.labels:
        standing = _standing(item, tx)
        signals = [_goes_on(s, standing) for s in signals]
        over = list(dict.fromkeys([*over, *standing.values()])) if over else []
    return Made([_dated(s, tx) for s in signals], over)


def _standing(note: Note, tx: Transaction) -> dict[str | None, str]:
    """The open incidents that the note goes on with: the signal's fingerprint by asset."""
    found = dict[str | None, str]()
    for alert in tx.judgements.alerts(list(OPEN), 100_000):
        signal = tx.signals.get(alert.signal_id)
        if signal is None or signal.signal_type is not SignalType.INCIDENT or signal.source != note.source:
            continue
        evidence = signal.evidence
        if isinstance(evidence, NoteEvidence) and same_incident(note, signal.title, evidence.note, signal.occurred_at):
            found[alert.asset_id] = alert.signal_fingerprint
    return found


def _goes_on(signal: Signal, standing: dict[str | None, str]) -> Signal:
    known = standing.get(signal.asset_id) if signal.signal_type is SignalType.INCIDENT else None
    return signal if known is None else msgspec.structs.replace(signal, fingerprint=known)


def _dated(signal: Signal, tx: Transaction) -> Signal:
    """A reminder that repeats no date takes none away: the announced one stands."""
    evidence = signal.evidence
    if signal.signal_type is not SignalType.DEPRECATION or not isinstance(evidence, NoteEvidence):
        return signal
    if evidence.effective_at is not None:
        return signal
    for alert in tx.judgements.open_alerts_about(signal.fingerprint):
        before = tx.signals.get(alert.signal_id)
        announced = before.evidence.effective_at if before and isinstance(before.evidence, NoteEvidence) else None
        if announced is not None:
            return msgspec.structs.replace(signal, evidence=msgspec.structs.replace(evidence, effective_at=announced))
    return signal
