"""What changed between two catalogues of one shape: at most one event of a type for each model.

Fields are compared by what they mean: ``null`` is absent, absent is not zero, 1 is 1.0, and modalities are a set. An
entry that could not be read on one side is compared with nothing: it was neither added nor removed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pulse_tui.domain.catalogue import Catalogue, CatalogueEvent, CatalogueModel, EventType

METADATA = ("name", "release_date", "knowledge")


def diff(old: Catalogue, new: Catalogue, unread: Collection[str] = ()) -> tuple[CatalogueEvent, ...]:
    """The events in the order of types and keys. ``unread``: keys that were refused in either."""
    before, after = ({m.key: m for m in c.models} for c in (old, new))
    found = [
        *_appeared(before, after, unread),
        *_gone(before, after, unread),
        *(event for key in before.keys() & after.keys() for event in _changed(before[key], after[key])),
    ]
    return tuple(sorted(found, key=lambda e: (e.type, e.model)))


def _appeared(
    before: Mapping[str, CatalogueModel], after: Mapping[str, CatalogueModel], unread: Collection[str]
) -> Iterator[CatalogueEvent]:
    for key in after.keys() - before.keys():
        if not unread_among(key, unread):
            model = after[key]
            new = {"release_date": model.released, "status": model.status}
            yield CatalogueEvent(type=EventType.MODEL_ADDED, model=key, platform=model.platform, new=new)


def _gone(
    before: Mapping[str, CatalogueModel], after: Mapping[str, CatalogueModel], unread: Collection[str]
) -> Iterator[CatalogueEvent]:
    for key in before.keys() - after.keys():
        if not unread_among(key, unread):
            yield CatalogueEvent(type=EventType.MODEL_REMOVED, model=key, platform=before[key].platform)


def unread_among(key: str, unread: Collection[str]) -> bool:
    """Whether it, or its whole provider (``openai/``), could not be read."""
    return key in unread or f"{key.partition('/')[0]}/" in unread


def _changed(old: CatalogueModel, new: CatalogueModel) -> Iterator[CatalogueEvent]:
    for kind, of in _COMPARED.items():
        before, after = of(old), of(new)
        if before != after:
            written = _WRITTEN.get(kind, of)
            yield CatalogueEvent(
                type=kind, model=new.key, platform=new.platform, old=written(old) or None, new=written(new) or None
            )


def _capability(model: CatalogueModel) -> Any:
    modalities = model.capability.get("modalities") or {}
    return (
        frozenset(model.capability.get("flags") or ()),
        {name: frozenset(values) for name, values in modalities.items() if values},
    )


_COMPARED: dict[EventType, Callable[[CatalogueModel], Any]] = {
    EventType.PRICE_CHANGED: lambda m: m.price,
    EventType.LIMIT_CHANGED: lambda m: m.limit,
    EventType.RATE_LIMIT_CHANGED: lambda m: m.rate_limit,
    EventType.STATUS_CHANGED: lambda m: m.status,
    EventType.MODE_CHANGED: lambda m: m.mode,
    EventType.DEPRECATION_DATE_CHANGED: lambda m: m.ends,
    EventType.CAPABILITY_CHANGED: _capability,
    EventType.METADATA_CHANGED: lambda m: [m.metadata.get(name) for name in METADATA],
    EventType.TARGET_CHANGED: lambda m: m.target,
}
_WRITTEN: dict[EventType, Callable[[CatalogueModel], Any]] = {
    EventType.CAPABILITY_CHANGED: lambda m: [m.capability.get("flags") or [], m.capability.get("modalities")],
}
"""What an event shows where it is not what is compared."""
