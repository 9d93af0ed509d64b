"""An announced end that its page lists no longer: it has not been taken back, and nobody knows whether it still holds."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.estate import Asset
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Recommended, Severity, SignalType

REMOVED = "removed"


def no_longer_announced(announced: Signal, asset: Asset, now: datetime) -> Signal:
    """A low notice beside the alert of the end, which stands. ``announced`` is a signal of a deprecation's note."""
    evidence = announced.evidence
    if not isinstance(evidence, NoteEvidence):
        raise TypeError(f"{announced.id} is of no note")
    about = ", ".join(evidence.models) or evidence.vendor
    return observed(
        SignalType.VENDOR_NOTE,
        source=announced.source,
        event=("note", REMOVED, evidence.note, asset.id, now.isoformat()),
        fingerprint=fingerprint("note", REMOVED, announced.source, evidence.note, asset.id),
        asset_id=asset.id,
        asset=asset,
        severity=Severity.LOW,
        confidence=announced.confidence,
        recommended=Recommended.REVIEW,
        now=now,
        title=clean(f"the end of {about} is no longer announced: removed from its page on {iso(now)[:10]}", 300),
        summary=announced.title,
        links=list(announced.links),
        evidence=msgspec.structs.replace(evidence, change=REMOVED),
    )
