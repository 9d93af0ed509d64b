"""What an event says to a person: only what moved, old before new."""

from __future__ import annotations

from typing import Any

from pulse_tui.domain.catalogue import CatalogueEvent, EventType
from pulse_tui.enrich.vendors.catalogues.diff import METADATA


def moved(event: CatalogueEvent) -> str:
    """``input 0.15 -> 0.3, output 0.6 -> 2.5``; ``now also tool_call``; empty for a model that is no longer listed."""
    if event.type is EventType.MODEL_REMOVED:
        return ""
    if event.type is EventType.MODEL_ADDED:
        released = (event.new or {}).get("release_date")
        return f"released {released}" if released else ""
    if event.type is EventType.CAPABILITY_CHANGED:
        return _capability(event.old, event.new)
    old, new = event.old, event.new
    if event.type is EventType.METADATA_CHANGED:
        old, new = (dict(zip(METADATA, side or (), strict=False)) for side in (old, new))
    if isinstance(old, dict) or isinstance(new, dict):
        return _fields(old or {}, new or {})
    return f"{_value(old)} -> {_value(new)}"


def values(side: Any) -> str | None:
    """One side of a change: ``input 2, output 8``; None where there is nothing."""
    if side is None or side in ({}, []):
        return None
    if isinstance(side, dict):
        return ", ".join(f"{name} {_value(value)}" for name, value in side.items())
    return ", ".join(_value(v) for v in side) if isinstance(side, list) else _value(side)


def _fields(old: dict[str, Any], new: dict[str, Any]) -> str:
    names = [n for n in dict.fromkeys((*old, *new)) if old.get(n) != new.get(n)]
    return ", ".join(f"{n} {_value(old.get(n))} -> {_value(new.get(n))}" for n in names)


def _capability(old: Any, new: Any) -> str:
    before, after = _features(old), _features(new)
    more = [n for n in after if n not in before]
    less = _less(before, after)
    found = [f"now also {', '.join(more)}"] if more else []
    return "; ".join([*found, *([f"no longer {', '.join(less)}"] if less else [])])


def lost(event: CatalogueEvent) -> list[str]:
    """The capabilities that went."""
    return _less(_features(event.old), _features(event.new))


def _less(before: list[str], after: list[str]) -> list[str]:
    return [n for n in before if n not in after]


def _features(side: Any) -> list[str]:
    flags, modalities = side or ((), None)
    return [*flags, *(f"{what} {way}" for way, values in (modalities or {}).items() for what in values or ())]


def _value(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
