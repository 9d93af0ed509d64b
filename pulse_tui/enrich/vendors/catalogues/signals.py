"""What changed in a catalogue, as signals for the assets that use the model. Pure.

A model that is no longer listed is said to be that, and nothing more: it is no retirement. Ends of models are
:mod:`pulse_tui.enrich.vendors.endings`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.catalogue import CatalogueEvent, EventType
from pulse_tui.domain.estate import Asset, Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.enrich.vendors.catalogues.prices import dearer, per_million
from pulse_tui.enrich.vendors.catalogues.words import lost, moved, values
from pulse_tui.enrich.vendors.inuse import Match, Use
from pulse_tui.enrich.vendors.lifecycles import ENDING, stage_of

_SURE = {Match.EXACT: 0.9, Match.SNAPSHOT: 0.7, Match.FAMILY: 0.5}
"""A catalogue is kept by people; of another id it says less."""
OWN_LIST = "model_list"
"""The shape of what a platform says of itself."""


class Change(NamedTuple):
    """What one event, or two of one model together, mean for whoever uses it."""

    kind: SignalType
    about: str
    """The type of event: a condition of its own."""
    what: str
    was: str | None
    now: str | None
    severity: Severity
    recommended: Recommended
    label: Label = Label.OTHER
    guessed: bool = False
    """The catalogue does not say it: it follows from what else changed."""


def signals(
    source: str,
    shape: str,
    events: Iterable[CatalogueEvent],
    uses: Mapping[str, Sequence[Use]],
    users: Mapping[str, Sequence[str]],
    estate: Estate,
    now: datetime,
) -> list[Signal]:
    """For each asset that uses a model of which something changed. ``uses``: whom an entry is about, by its key;
    ``users``: the assets of a component, by its id."""
    by_model = defaultdict[str, dict[EventType, CatalogueEvent]](dict)
    for event in events:
        if event.model in uses:
            by_model[event.model][event.type] = event
    return [
        _signal(source, shape, key, change, use, estate.assets[asset_id], now)
        for key, of in by_model.items()
        for change in changes(of)
        for use in uses[key]
        for asset_id in users.get(use.component.id, ())
        if asset_id in estate.assets
    ]


def over(
    events: Iterable[CatalogueEvent], uses: Mapping[str, Sequence[Use]], users: Mapping[str, Sequence[str]]
) -> list[str]:
    """Conditions that have ended: a model in use that was no longer listed is listed again."""
    back = [e.model for e in events if e.type is EventType.MODEL_ADDED and e.model in uses]
    return [
        condition(SignalType.CATALOGUE_CHANGE, EventType.MODEL_REMOVED, use.component.id, asset_id)
        for key in back
        for use in uses[key]
        for asset_id in users.get(use.component.id, ())
    ]


def changes(of: Mapping[EventType, CatalogueEvent]) -> Iterator[Change]:
    """What the events of one model mean to who uses it. Dates and statuses of an end are not among them, nor what hurts
    nobody: a capability that came, a price or limit that was not stated before."""
    for kind, event in of.items():
        if kind is EventType.PRICE_CHANGED and _known_before(event):
            yield _price(event)
        elif kind is EventType.RATE_LIMIT_CHANGED or (kind is EventType.LIMIT_CHANGED and _known_before(event)):
            yield _limit(event)
        elif kind in _PLAIN and not _harmless(event):
            yield _plain(event)
        elif kind is EventType.MODEL_REMOVED:
            yield _removed()
        elif kind is EventType.TARGET_CHANGED:
            yield _behaviour(event, f"points at another model: {moved(event)}")
    if (shown := _alias_moved(of)) is not None:
        yield _behaviour(shown, f"seems to point at another model: {moved(shown)}", guessed=True)


_PLAIN = {
    EventType.CAPABILITY_CHANGED: "capabilities",
    EventType.MODE_CHANGED: "mode",
    EventType.STATUS_CHANGED: "status",
}


def _known_before(event: CatalogueEvent) -> bool:
    """Whether a number that both sides state is another one."""
    old, new = event.old or {}, event.new or {}
    return any(old[name] != new[name] for name in old.keys() & new.keys())


def _harmless(event: CatalogueEvent) -> bool:
    """Nothing was lost; a status of an end is a matter of the end."""
    if event.type is EventType.STATUS_CHANGED:
        return any(stage_of(side) in ENDING for side in (event.old, event.new))
    return event.type is EventType.CAPABILITY_CHANGED and not lost(event)


def _price(event: CatalogueEvent) -> Change:
    old, new = per_million(event.old), per_million(event.new)
    one = msgspec.structs.replace(event, old=old, new=new)
    up = dearer(event.old, event.new)
    return Change(
        kind=SignalType.PRICING_CHANGE,
        about=event.type,
        what=f"price {moved(one)} (US$ a million tokens)",
        was=values(old),
        now=values(new),
        severity=Severity.MEDIUM if up else Severity.LOW,
        recommended=Recommended.NOTIFY,
        label=Label.PRICING,
    )


def _limit(event: CatalogueEvent) -> Change:
    old, new = event.old or {}, event.new or {}
    less = any(new[name] < old[name] for name in old.keys() & new.keys())
    return Change(
        kind=SignalType.RATE_LIMIT_CHANGE,
        about=event.type,
        what=f"limit {moved(event)}",
        was=values(old),
        now=values(new),
        severity=Severity.MEDIUM if less else Severity.LOW,
        recommended=Recommended.REVIEW if less else Recommended.NOTIFY,
        label=Label.RATE_LIMIT,
    )


def _plain(event: CatalogueEvent) -> Change:
    return Change(
        kind=SignalType.CATALOGUE_CHANGE,
        about=event.type,
        what=f"{_PLAIN[event.type]}: {moved(event)}",
        was=None,
        now=None,
        severity=Severity.LOW,
        recommended=Recommended.REVIEW,
    )


def _removed() -> Change:
    return Change(
        kind=SignalType.CATALOGUE_CHANGE,
        about=EventType.MODEL_REMOVED,
        what="is no longer listed: that is not a retirement",
        was="listed",
        now="not listed",
        severity=Severity.LOW,
        recommended=Recommended.REVIEW,
    )


def _behaviour(event: CatalogueEvent, what: str, *, guessed: bool = False) -> Change:
    return Change(
        kind=SignalType.VENDOR_NOTE,
        about=EventType.TARGET_CHANGED,
        what=what,
        was=values(event.old),
        now=values(event.new),
        severity=Severity.MEDIUM,
        recommended=Recommended.RETEST,
        label=Label.BEHAVIOUR_CHANGE,
        guessed=guessed,
    )


def _alias_moved(of: Mapping[EventType, CatalogueEvent]) -> CatalogueEvent | None:
    """What shows that an alias points elsewhere now, where the catalogue does not say so: another release date or knowledge,
    or price and limits that change together."""
    event = next(iter(of.values()))
    if not event.model.lower().endswith("-latest") or EventType.TARGET_CHANGED in of:
        return None
    if (named := of.get(EventType.METADATA_CHANGED)) is not None and (named.old or [])[1:] != (named.new or [])[1:]:
        return named
    both = EventType.PRICE_CHANGED in of and EventType.LIMIT_CHANGED in of
    return of[EventType.LIMIT_CHANGED] if both else None


def condition(kind: SignalType, about: str, component_id: str, asset_id: str) -> str:
    """One whichever catalogue shows it: what two of them show is one condition."""
    return fingerprint("catalogue", kind, about, component_id, asset_id)


def _signal(source: str, shape: str, key: str, change: Change, use: Use, asset: Asset, now: datetime) -> Signal:
    component = use.component
    sure = _SURE[use.match] * (0.6 if change.guessed else 1.0)
    if shape == OWN_LIST and use.match is Match.EXACT and not change.guessed:
        sure = 1.0
    return observed(
        change.kind,
        source=source,
        event=(
            "catalogue",
            key,
            change.about,
            change.was,
            change.now,
            change.what,
            component.id,
            asset.id,
            now.isoformat(),
        ),
        fingerprint=condition(change.kind, change.about, component.id, asset.id),
        asset_id=asset.id,
        asset=asset,
        severity=change.severity,
        confidence=round(sure, 2),
        recommended=change.recommended,
        now=now,
        title=f"{component.id} {change.what}"
        if change.about == EventType.MODEL_REMOVED
        else f"{component.id}: {change.what}",
        summary=spoken_of(use, key),
        evidence=NoteEvidence(
            note=f"{change.about}:{key}",
            vendor=component.id.partition("/")[0],
            labels=[change.label.value],
            models=[component.name],
            change=change.about,
            was=change.was,
            now=change.now,
            platform=component.id.partition("/")[0],
            components=[component.id],
            by_family=use.match is Match.FAMILY,
        ),
    )


def spoken_of(use: Use, stated: str) -> str | None:
    """A sentence where the entry is not of the very id that is used."""
    if use.match is Match.EXACT:
        return None
    how = (
        "the same pinned state under another id"
        if use.match is Match.SNAPSHOT
        else "the same family, perhaps another state"
    )
    return f"It is stated of {stated}; {use.component.id} is {how}."
