"""When a model ends on a platform, over all that state it; what sources say otherwise is kept, and shown. Pure.

A date belongs to (platform, exact id). "Not sooner than" is a floor, no date. What is no longer listed has not ended by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.domain.estate import Component
from pulse_tui.domain.lifecycle import Lifecycle, Stage, Stated, StoredLifecycle
from pulse_tui.enrich.vendors.inuse import Match, Use, Uses, ends_with
from pulse_tui.enrich.vendors.platforms import platform

SOON_DAYS = 180
"""Ends within so many days are listed when a source is read for the first time."""
_STAGES = {
    "deprecated": Stage.DEPRECATED,
    "deprecating": Stage.DEPRECATED,
    "legacy": Stage.LEGACY,
    "archived": Stage.DEPRECATED,
    "retired": Stage.RETIRED,
    "shutdown": Stage.RETIRED,
    "sunset": Stage.DEPRECATED,
    "preview": Stage.PREVIEW,
    "alpha": Stage.PREVIEW,
    "beta": Stage.PREVIEW,
    "experimental": Stage.PREVIEW,
    "active": Stage.ACTIVE,
    "stable": Stage.ACTIVE,
    "generally-available": Stage.ACTIVE,
    "ga": Stage.ACTIVE,
}
ENDING = frozenset({Stage.DEPRECATED, Stage.RETIRED})
"""An end is announced, or there."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a model on one platform, as far as it is known."""

    platform: str
    model: str
    """The exact id there."""
    date: datetime | None = None
    """The earliest that is stated; None: nobody states one."""
    month_only: bool = False
    floor: datetime | None = None
    """Not sooner than; None: nobody states one."""
    stage: Stage = Stage.UNKNOWN
    successor: str | None = None
    said: tuple[Stated, ...] = ()
    """Who states what, by source."""
    disagree: bool = False
    """Their dates differ, or one lies before another's floor, or some call it ended and others active."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Who states the date."""
        return tuple(s.source for s in self.said if s.ends_at == self.date and not s.floor and self.date is not None)

    def days(self, now: datetime) -> int | None:
        """Days left by the calendar, negative after it; None without a date."""
        return None if self.date is None else (self.date.date() - now.date()).days


def standing(items: Sequence[StoredLifecycle]) -> Ending | None:
    """The end of one model on one platform from all statements about it; None where there is none.

    What a source no longer lists counts only where no other source says anything.
    """
    if not items:
        return None
    first = items[0].item
    believed = [s for s in items if s.listed] or list(items)
    dated = [s.item for s in believed if s.item.ends_at is not None and not s.item.floor]
    floors = [s.item.ends_at for s in believed if s.item.floor and s.item.ends_at is not None]
    nearest = min(dated, key=lambda i: (i.ends_at or _NEVER, i.month_only), default=None)
    stages = {s.item.stage for s in believed}
    return Ending(
        platform=platform(first.platform),
        model=first.model,
        date=nearest.ends_at if nearest is not None else None,
        month_only=nearest.month_only if nearest is not None else False,
        floor=min(floors, default=None),
        stage=next((stage for stage in _GRAVEST if stage in stages), Stage.UNKNOWN),
        successor=next((s.item.successor for s in believed if s.item.successor), None),
        said=tuple(sorted((_said(s) for s in items), key=lambda s: s.source)),
        disagree=_disagree(dated, floors, stages),
    )


_NEVER = datetime.max.replace(tzinfo=UTC)
_GRAVEST = (Stage.RETIRED, Stage.DEPRECATED, Stage.LEGACY, Stage.PREVIEW, Stage.ACTIVE)


def _said(stored: StoredLifecycle) -> Stated:
    item = stored.item
    return Stated(
        source=item.source,
        ends_at=item.ends_at,
        floor=item.floor,
        month_only=item.month_only,
        stage=item.stage,
        listed=stored.listed,
    )


def _disagree(dated: Sequence[Lifecycle], floors: Sequence[datetime], stages: set[Stage]) -> bool:
    dates = {i.ends_at for i in dated if not i.month_only and i.ends_at is not None}
    months = {(i.ends_at.year, i.ends_at.month) for i in dated if i.ends_at is not None}
    early = any(d < f for d in (i.ends_at for i in dated if i.ends_at is not None) for f in floors)
    return len(dates) > 1 or len(months) > 1 or early or (Stage.RETIRED in stages and Stage.ACTIVE in stages)


def endings(components: Iterable[Component], lifecycles: Iterable[StoredLifecycle]) -> dict[str, Ending]:
    """By component id the end of each hosted model that any source states something of, on its own platform."""
    components = list(components)
    uses = Uses(components)
    by_component: dict[str, dict[Match, list[StoredLifecycle]]] = {}
    for stored in lifecycles:
        for component, match in ended_by(uses, stored.item):
            by_component.setdefault(component.id, {}).setdefault(match, []).append(stored)
    found = {}
    for component in components:
        levels = by_component.get(component.id, {})
        # The date of another id is another date: it stands for this one only where nobody states this one's.
        items = next((levels[match] for match in Match if match in levels), [])
        if (ending := standing(items)) is not None:
            found[component.id] = ending
    return found


def ended_by(uses: Uses, item: Lifecycle) -> list[Use]:
    """Whom the end of this model is about."""
    about = uses.about(item.platform, item.model)
    return [u for u in about if u.match is not Match.FAMILY or ends_with(u.component.id.partition("/")[2], item.model)]


def nearest(own: Iterable[Ending]) -> Ending | None:
    """Of the platforms that an asset uses, where it ends first; None where no date is known."""
    return min((e for e in own if e.date is not None), key=lambda e: e.date or _NEVER, default=None)


def lifecycle_of(model: CatalogueModel, source: str) -> Lifecycle | None:
    """What an entry of a catalogue states of the end of its model; None where it states nothing."""
    ends, month_only = ends_on(model.ends)
    stage = stage_of(model.status)
    if ends is None and stage in (Stage.UNKNOWN, Stage.ACTIVE, Stage.PREVIEW):
        return None
    return Lifecycle(
        source=source,
        platform=platform(model.platform),
        model=model.id,
        stage=stage,
        ends_at=ends,
        month_only=month_only,
        successor=model.successor,
    )


def stage_of(status: str | None) -> Stage:
    """The stage that a catalogue's word for it means."""
    return _STAGES.get((status or "").lower(), Stage.UNKNOWN)


def ends_on(text: str | None) -> tuple[datetime | None, bool]:
    """(the day at midnight UTC, whether only its month is given) of a date as ISO 8601; (None, False) for any other text."""
    try:
        if text is None:
            return None, False
        if len(text) == 7:
            return datetime.fromisoformat(f"{text}-01").replace(tzinfo=UTC), True
        found = datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None, False
    return (found, False) if 1970 <= found.year < 2200 else (None, False)
