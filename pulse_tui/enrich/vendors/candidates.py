"""What a vendor did that may be behind a regression, ranked; and which regressions may come of what a vendor did. Pure.

Nearness in time is no proof: each candidate says why it is one, and how sure that is on a scale of 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.evidence import NoteEvidence, ShiftEvidence
from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import JUDGED, UNHEALTHY, SignalType

SHORTEST, LONGEST = timedelta(hours=24), timedelta(days=14)
"""How far before a regression is looked at: to the measurement before it, within these bounds."""
AFTER = timedelta(days=7)
"""Regressions so long after what a vendor did may come of it."""
MOST = 5
_LEAST = 0.05
_OWN_RELEASE = 0.4
"""What is left of a candidate where a release of ours moved in the same window."""
REGRESSIONS = UNHEALTHY | JUDGED | {SignalType.COST_CHANGE}
_COST, _SERVICE = (
    frozenset({SignalType.COST_CHANGE}),
    frozenset({SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH}),
)
_KINDS: dict[SignalType, tuple[float, str]] = {
    SignalType.INCIDENT: (0.5, "an incident of its vendor"),
    SignalType.CATALOGUE_CHANGE: (0.3, "its model changed in a catalogue"),
    SignalType.RATE_LIMIT_CHANGE: (0.1, "other rate limits"),
    SignalType.PRICING_CHANGE: (0.05, "other prices"),
    SignalType.DEPRECATION: (0.15, "an announced end of its model"),
    SignalType.VENDOR_NOTE: (0.15, "a note of its vendor"),
}
_LABELS = {"behaviour_change": (0.6, "an announced change of behaviour"), "security": (0.2, "a security note")}
_WEAK = frozenset({"latency", "fingerprint"})


class Candidate(NamedTuple):
    """One of them."""

    at: datetime
    what: str
    why: str
    sure: float
    signal_id: str

    def words(self, now: datetime) -> str:
        """``"default temperature changed", 2d earlier: an announced change of behaviour (0.4)``."""
        return f'"{self.what}", {age(to_us(self.at), to_us(now))} earlier: {self.why} ({self.sure:.1f})'


def candidates(
    regression: Signal, others: Iterable[Signal], *, since: datetime, own_release: datetime | None = None
) -> list[Candidate]:
    """The surest first. ``others`` are signals of the asset; ``since``: the measurement before the regression;
    ``own_release``: when a release of ours last moved there."""
    end = regression.occurred_at
    begin = min(max(since, end - LONGEST), end - SHORTEST)
    moved = own_release is not None and begin < own_release <= end
    found: dict[str, Candidate] = {}
    for other in others:
        at = _when(other, begin, end)
        kind = _kind(other, regression) if at is not None else None
        if at is None or kind is None or other.id == regression.id or other.asset_id != regression.asset_id:
            continue
        weight, why = kind
        sure = weight * other.confidence * _near(end - at, end - begin) * (_OWN_RELEASE if moved else 1.0)
        why += "; a release of ours moved in the same window" if moved else ""
        known = found.get(other.fingerprint)
        if sure >= _LEAST and (known is None or known.sure < sure):
            found[other.fingerprint] = Candidate(at, other.title, why, round(sure, 2), other.id)
    return sorted(found.values(), key=lambda c: (-c.sure, c.at, c.signal_id))[:MOST]


def hurt(change: Signal, others: Iterable[Signal]) -> list[Candidate]:
    """Regressions of the asset that may come of the vendor's signal, the surest first; each condition once."""
    found: dict[str, Candidate] = {}
    for other in sorted(others, key=lambda s: s.occurred_at):
        if other.signal_type not in REGRESSIONS or other.asset_id != change.asset_id or other.fingerprint in found:
            continue
        at = _when(change, other.occurred_at - AFTER, other.occurred_at)
        kind = _kind(change, other) if at is not None else None
        if at is None or kind is None:
            continue
        sure = round(kind[0] * change.confidence * _near(other.occurred_at - at, AFTER), 2)
        if sure >= _LEAST:
            found[other.fingerprint] = Candidate(other.occurred_at, other.title, "measured after it", sure, other.id)
    return sorted(found.values(), key=lambda c: (-c.sure, c.at))[:MOST]


def _when(signal: Signal, begin: datetime, end: datetime) -> datetime | None:
    """When it took effect or was published, within the window; None outside of it."""
    evidence = signal.evidence
    times: Sequence[datetime | None] = (signal.occurred_at,)
    if isinstance(evidence, NoteEvidence):
        times = (evidence.effective_at if not evidence.floor else None, signal.occurred_at)
    elif isinstance(evidence, ShiftEvidence):
        times = (evidence.since, signal.occurred_at)
    return next((t for t in times if t is not None and begin <= t <= end), None)


def _kind(signal: Signal, regression: Signal) -> tuple[float, str] | None:
    """How much it weighs, and why; None for what is no vendor's doing."""
    evidence, hit = signal.evidence, regression.signal_type
    if isinstance(evidence, ShiftEvidence):
        weak = evidence.metric in _WEAK and not (evidence.metric == "latency" and hit in _SERVICE)
        return (0.3 if weak else 0.8), f"its model answers otherwise ({evidence.metric}), without a note"
    if not isinstance(evidence, NoteEvidence) or evidence.ours:
        return None
    weight, why = _KINDS.get(signal.signal_type, (0.15, "a note of its vendor"))
    if signal.signal_type is SignalType.PRICING_CHANGE and hit in _COST:
        weight = 0.6
    if signal.signal_type in (SignalType.RATE_LIMIT_CHANGE, SignalType.INCIDENT) and hit in _SERVICE:
        weight += 0.3
    weight, why = max([(weight, why), *(_LABELS[label] for label in evidence.labels if label in _LABELS)])
    return weight, why + (", by its family" if evidence.by_family else "")


def _near(distance: timedelta, window: timedelta) -> float:
    """1 at once, a half at the far end of the window."""
    return 1.0 - 0.5 * min(1.0, distance / window) if window else 1.0
