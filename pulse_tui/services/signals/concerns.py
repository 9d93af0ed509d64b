"""Concerns: a standing problem of an asset, reported once as a signal when it begins, cleared when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

_SUGGESTED = {Severity.CRITICAL: Recommended.BLOCK, Severity.HIGH: Recommended.BLOCK, Severity.LOW: Recommended.NOTE}

_CHANGES = {
    "digest": Change.DIGEST_CHANGED,
    "run": Change.ROLLBACK,
    "late": Change.ROLLBACK,
    "drill": Change.ROLLBACK,
    "past-gate": Change.PROMOTION,
    "break-glass": Change.ROLLBACK,
    "by-itself": Change.ROLLBACK,
}
"""By the beginning of a concern's key: what policy reads its signal as."""


class Changes(NamedTuple):
    """Signals of concerns that began, and fingerprints of those that ended."""

    signals: list[Signal]
    cleared: list[str]

    def add(self, other: Changes) -> None:
        """Add the other's."""
        self.signals.extend(other.signals)
        self.cleared.extend(other.cleared)


def condition(asset_id: str, key: str) -> str:
    """The fingerprint of a concern, for its alerts."""
    return fingerprint("concern", asset_id, key)


def stand(
    tx: Transaction,
    asset_id: str,
    wanted: Iterable[Concern],
    now: datetime,
    *,
    source: str,
    keys: tuple[str, ...],
    own_signals: Mapping[str, Signal] = MappingProxyType({}),
) -> Changes:
    """Make ``wanted`` the concerns that ``source`` has about the asset under the given beginnings of keys.

    ``own_signals`` gives the signal of a concern, by its key, where the general one has too little detail.
    """
    changes = Changes([], [])
    by_key = {c.key: c for c in wanted}
    standing = {c.key: c for c in tx.inventory.concerns(asset_id) if c.source == source and c.key.startswith(keys)}
    for key, concern in by_key.items():
        before = standing.get(key)
        changed = tx.inventory.put_concern(concern) if before is None or _differs(before, concern) else False
        if changed and (before is None or before.what != concern.what):
            changes.signals.append(own_signals.get(key) or _signal(concern, now))
    for key in standing.keys() - by_key.keys():
        if tx.inventory.drop_concern(asset_id, key) is not None:
            changes.cleared.append(condition(asset_id, key))
    return changes


def _differs(before: Concern, concern: Concern) -> bool:
    """Another thing to do about the same thing is no news, and is kept."""
    return (before.what, before.todo) != (concern.what, concern.todo)


def raise_concern(tx: Transaction, parts: JudgeParts, concern: Concern, now: datetime) -> bool:
    """Open a concern, and ingest its signal when it is new. Returns whether it is."""
    if not tx.inventory.put_concern(concern):
        return False
    absorb([_signal(concern, now)], tx, parts, now)
    return True


def report(tx: Transaction, parts: JudgeParts, changes: Changes, why: str, now: datetime) -> None:
    """Ingest the signals of what began, and resolve the alerts of what ended (``why``), outside of a batch."""
    absorb(changes.signals, tx, parts, now)
    for over in changes.cleared:
        Responder(tx, parts, now).clear(over, why)


def clear_concern(tx: Transaction, parts: JudgeParts, asset_id: str, key: str, why: str, now: datetime) -> bool:
    """The concern no longer holds; its alerts are resolved. Returns whether it was open."""
    if tx.inventory.drop_concern(asset_id, key) is None:
        return False
    Responder(tx, parts, now).clear(condition(asset_id, key), why)
    return True


def _signal(concern: Concern, now: datetime) -> Signal:
    return observed(
        SignalType.VERSION_EVENT,
        source=concern.source,
        event=("concern", concern.asset_id, concern.key, concern.what, now.isoformat()),
        fingerprint=condition(concern.asset_id, concern.key),
        change=_CHANGES.get(concern.kind, Change.CONFIG_CHANGE),
        asset_id=concern.asset_id,
        environment=concern.environment,
        current_version=concern.version,
        severity=concern.severity,
        recommended=_SUGGESTED.get(concern.severity, Recommended.REVIEW),
        now=now,
        title=concern.what,
        summary=concern.todo,
        evidence=VersionEvidence(changed=[concern.kind]),
    )
