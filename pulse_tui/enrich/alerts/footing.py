"""What an alert stands on, read out of its signal and of what its asset uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.evidence import (
    AdvisoryEvidence,
    MetricEvidence,
    NoteEvidence,
    ServiceEvidence,
    ShiftEvidence,
    SuiteEvidence,
)
from pulse_tui.domain.incident import FOOTINGS, Footing
from pulse_tui.domain.signal import Signal

SUITE = "suite:"
"""How the name of a suite begins among those of components."""
MOST_USED = 40
"""Hosted models and endpoints that are kept of one alert, and assets before it."""


def names_of(signal: Signal) -> tuple[str, ...]:
    """Ids of the components that a signal names, models as vendors write them among them."""
    evidence = signal.evidence
    if isinstance(evidence, AdvisoryEvidence | ShiftEvidence):
        return (evidence.component,)
    if isinstance(evidence, MetricEvidence | SuiteEvidence):
        return (f"{SUITE}{evidence.suite}",)
    if isinstance(evidence, NoteEvidence):
        return tuple(dict.fromkeys((*evidence.components, *evidence.models)))[:MOST_USED]
    return ()


def platforms_of(signal: Signal) -> tuple[str, ...]:
    """Vendors and platforms that a signal names."""
    evidence = signal.evidence
    if isinstance(evidence, NoteEvidence):
        return tuple(dict.fromkeys(p.lower() for p in (evidence.platform, evidence.vendor) if p))
    return ()


def began(signal: Signal) -> datetime:
    """When what the signal reports began, as far as its evidence says: a window that is over its objective began with it."""
    evidence = signal.evidence
    if isinstance(evidence, ShiftEvidence) and evidence.since is not None:
        return min(evidence.since, signal.occurred_at)
    if isinstance(evidence, ServiceEvidence) and evidence.window_s is not None and 0 < evidence.window_s <= 86_400:
        return signal.occurred_at - timedelta(seconds=evidence.window_s)
    return signal.occurred_at


def footing(alert: Alert, signal: Signal, uses: Sequence[str] = (), upstream: Sequence[str] = ()) -> Footing:
    """What the alert stands on; ``uses``: what its asset uses, ``upstream``: what it depends on, the nearest first."""
    return Footing(
        kind=signal.signal_type,
        at=began(signal),
        seen_at=signal.occurred_at,
        last_at=max(signal.occurred_at, alert.last_at),
        asset_id=alert.asset_id or signal.asset_id,
        environment=alert.environment or signal.environment,
        version=signal.current_version,
        rule_id=alert.rule_id,
        source=signal.source,
        signal_id=signal.id,
        names=names_of(signal),
        uses=tuple(dict.fromkeys(uses))[:MOST_USED],
        platforms=platforms_of(signal),
        upstream=tuple(dict.fromkeys(upstream))[:MOST_USED],
    )


def with_footing(footings: tuple[Footing, ...], new: Footing) -> tuple[Footing, ...]:
    """The same with one more; one of its kind on the same place is brought up to date instead."""
    out = list(footings)
    for i, old in enumerate(out):
        if _same(old, new):
            out[i] = _later(old, new)
            return tuple(out)
    return tuple([*out, new][:FOOTINGS])


def _same(a: Footing, b: Footing) -> bool:
    return (a.kind, a.asset_id, a.environment, a.names, a.platforms) == (
        b.kind,
        b.asset_id,
        b.environment,
        b.names,
        b.platforms,
    )


def _later(old: Footing, new: Footing) -> Footing:
    return msgspec.structs.replace(
        new,
        at=min(old.at, new.at),
        seen_at=min(old.seen_at, new.seen_at),
        signal_id=old.signal_id,
        last_at=max(old.last_at, new.last_at),
    )
