"""An event as a record, in the words of its source: what it calls a field, and of litellm's groups only what changed."""

from __future__ import annotations

from typing import Any

from pulse_tui.domain.catalogue import CatalogueEvent, EventType

_NAMED = {EventType.DEPRECATION_DATE_CHANGED: "deprecation_date", EventType.MODE_CHANGED: "mode"}


def line(event: CatalogueEvent, shape: str) -> dict[str, Any]:
    """``type``, ``model``, and ``old`` and ``new`` where something changed; with litellm's shape also ``provider``."""
    found: dict[str, Any] = {"model": event.model, "type": event.type.value}
    if shape == "litellm":
        found["provider"] = event.platform or None
    if event.type is EventType.MODEL_REMOVED:
        return found
    if event.type is EventType.MODEL_ADDED:
        return found if shape == "litellm" else {**found, "new": event.new}
    old, new = event.old, event.new
    if shape == "litellm":
        old, new = _sides(event)
    return {**found, "old": old, "new": new}


def _sides(event: CatalogueEvent) -> tuple[dict[str, Any], dict[str, Any]]:
    name = _NAMED.get(event.type)
    if name is not None:
        return {name: event.old}, {name: event.new}
    old, new = event.old or {}, event.new or {}
    moved = [n for n in dict.fromkeys((*old, *new)) if old.get(n) != new.get(n)]
    return {n: old.get(n) for n in moved}, {n: new.get(n) for n in moved}
