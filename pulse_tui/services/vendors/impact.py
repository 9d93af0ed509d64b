"""A vendor's signals are completed with what is known of the assets they concern, whatever source they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from pulse_tui.domain.estate import Component, Endpoint
from pulse_tui.domain.evidence import CostEvidence, NoteEvidence
from pulse_tui.domain.lifecycle import Stated, StoredLifecycle
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.impact import Around, touched
from pulse_tui.enrich.vendors.incidents import SAME
from pulse_tui.enrich.vendors.inuse import Match, Uses
from pulse_tui.enrich.vendors.platforms import elsewhere
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.vendors.standing import standing
from pulse_tui.services.vendors.tasks import follow
from pulse_tui.services.vendors.usages import usages_of

_LOOKED_AT = 300
"""Newest signals of an asset, in which other announcements of the same end are searched for."""


def with_impact(made: Made, tx: Transaction, now: datetime) -> Made:
    """What an observation led to, with its signals completed; what is open because of an end moves with its date."""
    signals = completed(made.signals, tx)
    follow(signals, tx, now)
    steps = (with_impact(step, tx, now) for step in made.steps)
    return made._replace(signals=signals, steps=steps) if made.steps else made._replace(signals=signals)


def completed(signals: Iterable[Signal], tx: Transaction) -> list[Signal]:
    """Each with endpoints, segments, comparisons and what others state; of an asset everything is read once."""
    known = _Known(tx)
    return [touched(s, known.around(s)) if _ours(s) else s for s in signals]


def _ours(signal: Signal) -> bool:
    return signal.asset_id is not None and isinstance(signal.evidence, NoteEvidence)


class _Known:
    """What is read of assets, once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._endpoints: dict[str, Sequence[Endpoint]] = {}
        self._usages: dict[str, Mapping[str, Usage]] = {}

    @cached_property
    def _lifecycles(self) -> list[StoredLifecycle]:
        return self._tx.vendors.lifecycles()

    def around(self, signal: Signal) -> Around:
        asset_id = signal.asset_id or ""
        if asset_id not in self._endpoints:
            self._endpoints[asset_id] = self._tx.inventory.endpoints(asset_id)
            self._usages[asset_id] = usages_of(self._tx, asset_id)
        end = signal.signal_type is SignalType.DEPRECATION
        return Around(
            endpoints=self._endpoints[asset_id],
            usages=self._usages[asset_id],
            stated=tuple(_stated(signal, self._lifecycles, self._tx)) if end else (),
            measured=_measured(signal, self._tx) if signal.signal_type is SignalType.PRICING_CHANGE else "",
            also=_also(signal, self._tx) if signal.signal_type is SignalType.INCIDENT else (),
        )


def _measured(signal: Signal, tx: Transaction) -> str:
    """``measured last, 2026-11-20: cost of qa 1.5 USD``."""
    for other in tx.signals.recent(_LOOKED_AT, signal.asset_id):
        cost = other.evidence
        if isinstance(cost, CostEvidence):
            return f"measured last, {other.occurred_at:%Y-%m-%d}: {cost.metric} {cost.current:g} {cost.currency}"
    return ""


def _also(signal: Signal, tx: Transaction) -> tuple[str, ...]:
    """Other sources with an open incident of the same models that began about then."""
    found = dict[str, None]()
    for _, other, theirs in standing(tx, SignalType.INCIDENT, asset_id=signal.asset_id):
        if other.source == signal.source:
            continue
        near = abs(other.occurred_at - signal.occurred_at) <= SAME
        if near and {*theirs.models} & {*signal.evidence.models}:
            found[other.source] = None
    return tuple(found)


def _stated(signal: Signal, lifecycles: Sequence[StoredLifecycle], tx: Transaction) -> Iterator[Stated]:
    """What this signal states, what lists and catalogues state, and what other pages announced last."""
    evidence = signal.evidence
    own = tx.vendors.note(signal.source, evidence.note) is not None
    if own:
        yield Stated(signal.source, evidence.effective_at, evidence.floor)
    uses = Uses(Component(id=c, kind=ComponentKind.HOSTED_MODEL, name=c) for c in evidence.components)
    for stored in lifecycles:
        item = stored.item
        exact = any(use.match is not Match.FAMILY for use in uses.about(item.platform, item.model))
        if exact and (not own or item.source != signal.source):
            yield Stated(item.source, item.ends_at, item.floor, item.month_only, stored.listed)
    others: dict[str, tuple[datetime, Stated]] = {}
    for other in tx.signals.recent(_LOOKED_AT, signal.asset_id):
        theirs = other.evidence
        if other.fingerprint != signal.fingerprint or other.source == signal.source:
            continue
        stored_note = tx.vendors.note(other.source, theirs.note) if isinstance(theirs, NoteEvidence) else None
        if stored_note is None or any(elsewhere(stored_note.note.vendor, c) for c in evidence.components):
            continue
        reading, at = stored_note.reading, other.occurred_at
        said = Stated(other.source, reading.effective_at, reading.floor, listed=stored_note.listed)
        if reading.effective_at is not None and (other.source not in others or others[other.source][0] < at):
            others[other.source] = at, said
    yield from (statement for _, statement in others.values())
