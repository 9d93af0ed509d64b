"""What a vendor's signal means for its asset: endpoints, segments, its numbers beside ours, and what other sources state. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.estate import Endpoint
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.lifecycle import Stated
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.enrich.vendors.limits import Compared, against_limits, against_prices, fields, limits, prices

_NUMBERS = frozenset({SignalType.PRICING_CHANGE, SignalType.RATE_LIMIT_CHANGE})
_MOST = 20
"""Endpoints, segments and sentences that are named."""
AGREED, DISPUTED = 0.1, 0.2
"""How much surer an end is that two sources state alike, and how much less sure one that they state otherwise."""
_SUREST = 0.98


class Around(NamedTuple):
    """What is known of the asset and of the models that the signal names."""

    endpoints: Sequence[Endpoint] = ()
    usages: Mapping[str, Usage] = {}
    """By component id."""
    stated: Sequence[Stated] = ()
    """Of an announced end: what all sources state, this one among them."""
    measured: str = ""
    """What the asset was measured to cost last, in words."""
    also: Sequence[str] = ()
    """Sources that report the same incident."""


def touched(signal: Signal, around: Around) -> Signal:
    """The signal with all that. One without an asset, or with other evidence, as it is."""
    evidence = signal.evidence
    if signal.asset_id is None or not isinstance(evidence, NoteEvidence):
        return signal
    here = sorted(around.endpoints, key=lambda e: (e.environment.rank, not e.production_critical, e.id))
    here = [e for e in here if e.environment is not Environment.REPLICA]
    changes: dict[str, Any] = {
        "endpoints": list(dict.fromkeys(_named(e) for e in here))[:_MOST],
        "segments": list(dict.fromkeys(s for e in here for s in e.segments))[:_MOST],
    }
    severity, confidence = signal.severity, signal.confidence
    if signal.signal_type in _NUMBERS and evidence.elsewhere is None:  # the numbers of another platform are no measure
        found = _compared(signal, evidence, around.usages)
        lines = [*evidence.compared, *found.lines]
        if signal.signal_type is SignalType.PRICING_CHANGE and around.measured:
            lines.append(around.measured)
        changes |= {"compared": lines[:_MOST], "peak_share": found.share}
        if found.share is not None and found.share > 1.0:
            severity = max(severity, Severity.HIGH, key=lambda s: s.rank)
    if signal.signal_type is SignalType.INCIDENT and around.also:
        confidence = round(max(confidence, min(_SUREST, confidence + AGREED)), 2)
        changes["says"] = [
            f"{', '.join(around.also)} {'reports' if len(around.also) == 1 else 'report'} an incident too"
        ]
    if signal.signal_type is SignalType.DEPRECATION and around.stated:
        end = ends(around.stated)
        confidence = _sure(confidence, end)
        dated = {"effective_at": end.at, "floor": end.floor} if end.at is not None else {}
        changes |= {**dated, "says": list(end.says)[:_MOST]}
    return msgspec.structs.replace(
        signal, severity=severity, confidence=confidence, evidence=msgspec.structs.replace(evidence, **changes)
    )


def _named(endpoint: Endpoint) -> str:
    marks = [endpoint.environment.value] + (["production-critical"] if endpoint.production_critical else [])
    return f"{endpoint.id} ({', '.join(marks)})"


def _compared(signal: Signal, evidence: NoteEvidence, usages: Mapping[str, Usage]) -> Compared:
    """Against the one model of the note; of several it is not known which its numbers are of."""
    used = [usages[c] for c in evidence.components if c in usages]
    usage = used[0] if len(used) == 1 else None
    text = f"{signal.title}\n{signal.summary or ''}"
    if signal.signal_type is SignalType.PRICING_CHANGE:
        return against_prices(fields(evidence.now, evidence.was) or prices(text), usage)
    return against_limits(fields(evidence.now, evidence.was) or limits(text), usage)


class End(NamedTuple):
    """The end of a model from everything that is stated of it."""

    at: datetime | None
    floor: bool
    agree: int
    """How many sources state this date."""
    differ: bool
    says: tuple[str, ...]


def ends(stated: Sequence[Stated]) -> End:
    """The nearest date; a "not sooner than" is one only where nobody states a date. What is no longer listed states nothing."""
    listed = [s for s in stated if s.listed and s.ends_at is not None]
    dated = [s for s in listed if not s.floor]
    first = min(dated or listed, key=_order, default=None)
    if first is None:
        return End(None, False, 0, False, ())
    same = [s for s in dated if _same(s, first)]
    others = [s for s in dated if not _same(s, first)]
    late = [s for s in listed if s.floor and dated and _order(s) > _order(first)]
    says = list[str]()
    if others or late:
        words = ", ".join(f"{s.source} states {s.when}" for s in sorted([*same, *others, *late], key=_order))
        says.append(f"{words}: they differ, the nearest counts")
    elif len({s.source for s in same}) > 1:
        says.append(f"{' and '.join(dict.fromkeys(s.source for s in same))} state the same: {first.when}")
    says += [f"{s.source} no longer lists it: that is no retirement" for s in stated if not s.listed]
    return End(first.ends_at, not dated, len({s.source for s in same}), bool(others or late), tuple(says))


def _order(one: Stated) -> float:
    return one.ends_at.timestamp() if one.ends_at is not None else float("inf")


def _same(one: Stated, other: Stated) -> bool:
    if one.ends_at is None or other.ends_at is None:
        return one.ends_at is other.ends_at
    if one.month_only or other.month_only:
        return (one.ends_at.year, one.ends_at.month) == (other.ends_at.year, other.ends_at.month)
    return one.ends_at.date() == other.ends_at.date()


def _sure(confidence: float, end: End) -> float:
    if end.differ:
        return round(max(0.1, confidence - DISPUTED), 2)
    return round(max(confidence, min(_SUREST, confidence + AGREED)), 2) if end.agree > 1 else confidence
