"""The announced end of a model in use, or a change of it, as a signal. Pure.

An end is one condition, whoever states it: a note, a list or a catalogue (:func:`pulse_tui.enrich.vendors.notes.condition`
names it for all).
"""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Asset
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.lifecycle import Lifecycle, Stage
from pulse_tui.domain.note import Label
from pulse_tui.domain.signal import Signal, observed
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.enrich.vendors import notes
from pulse_tui.enrich.vendors.catalogues.signals import spoken_of
from pulse_tui.enrich.vendors.inuse import Match, Use
from pulse_tui.enrich.vendors.lifecycles import ENDING, Ending

_SURE = {Match.EXACT: 0.8, Match.SNAPSHOT: 0.6, Match.FAMILY: 0.4}
"""Lists and catalogues are kept by people; another that states the same makes it surer."""


def announces(item: Lifecycle) -> bool:
    """Whether it states an end: a date that is no floor, or a stage from which there is no way but out."""
    return (item.ends_at is not None and not item.floor) or item.stage in ENDING


def condition(use: Use, asset: Asset) -> str:
    """The condition of this end: that of a note which announces it."""
    vendor = use.component.id.partition("/")[0]
    return notes.condition(SignalType.DEPRECATION, vendor, "", [use.component], asset)


def ending_signal(
    before: Lifecycle | None, after: Lifecycle, use: Use, asset: Asset, whole: Ending | None, now: datetime
) -> Signal:
    """That ``after`` is stated where ``before`` was; ``whole`` is everything that is stated of it now."""
    component, place = use.component, use.component.id.partition("/")[0]
    dated = whole is not None and whole.date is not None  # the nearest that anybody states
    was, stands = _when(before), _when(after)
    moved = f"; before: {was}" if was is not None and was != stands else ""
    return observed(
        SignalType.DEPRECATION,
        source=after.source,
        event=("ending", after.platform, after.model, stands, after.stage, component.id, asset.id, now.isoformat()),
        fingerprint=condition(use, asset),
        asset_id=asset.id,
        asset=asset,
        severity=Severity.MEDIUM,
        confidence=_SURE[use.match],
        recommended=Recommended.RETEST,
        now=now,
        title=f"{component.id} {stands}{moved}",
        summary=spoken_of(use, f"{after.platform}/{after.model}"),
        links=[after.link],
        evidence=NoteEvidence(
            note=after.note or f"ends:{after.platform}/{after.model}",
            vendor=place,
            labels=[Label.DEPRECATION.value],
            models=[component.name],
            effective_at=whole.date if whole is not None and dated else after.ends_at,
            floor=after.floor and not dated,
            change="edited" if before is not None else None,
            was=was,
            now=stands,
            platform=place,
            components=[component.id],
            by_family=use.match is Match.FAMILY,
            successor=after.successor,
            says=[] if whole is None else [f"{s.source}: {s.when}" for s in whole.said],
        ),
    )


def _when(item: Lifecycle | None) -> str | None:
    """``ends on 2026-10-14``; None for nothing."""
    if item is None or not announces(item):
        return None
    if item.ends_at is None:
        return "is retired" if item.stage is Stage.RETIRED else "is deprecated; no date is given"
    day = f"in {item.ends_at:%Y-%m}" if item.month_only else f"on {item.ends_at:%Y-%m-%d}"
    if item.floor:
        return f"is deprecated and ends not before {item.ends_at:%Y-%m-%d}"
    return f"ends {day}"
