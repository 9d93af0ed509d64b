"""Small catalogues in the shapes of their sources."""

from __future__ import annotations

import json
from typing import Any

from pulse_tui.domain.catalogue import CatalogueEvent
from pulse_tui.enrich.vendors.catalogues.diff import diff
from pulse_tui.enrich.vendors.catalogues.reading import Read, read

MODEL: dict[str, Any] = {
    "name": "Model",
    "release_date": "2026-01-01",
    "attachment": False,
    "reasoning": True,
    "cost": {"input": 1, "output": 2},
    "limit": {"context": 1000, "output": 100},
    "modalities": {"input": ["text", "image"], "output": ["text"]},
}
PRICED: dict[str, Any] = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": 1e-06,
    "max_input_tokens": 1000,
}


def models_dev(**models: object) -> bytes:
    """One provider ``lab`` with these models."""
    return json.dumps({"lab": {"id": "lab", "models": models}}).encode()


def with_(**fields: object) -> dict[str, Any]:
    """The model, some fields other; a field that is ``...`` is left out."""
    return {k: v for k, v in {**MODEL, **fields}.items() if v is not ...}


def priced(**fields: object) -> dict[str, Any]:
    """The entry of a price file, some fields other."""
    return {k: v for k, v in {**PRICED, **fields}.items() if v is not ...}


def prices(**entries: object) -> bytes:
    """A price file with these entries."""
    return json.dumps(entries).encode()


def compared(old: bytes, new: bytes) -> list[CatalogueEvent]:
    """The events between two documents."""
    before, after = read("old", old), read("new", new)
    return list(diff(before.catalogue, after.catalogue, before.unread | after.unread))


def named(events: list[CatalogueEvent]) -> list[tuple[str, str]]:
    """(type, model) of each."""
    return [(event.type.value, event.model) for event in events]


def refusals(data: bytes) -> dict[str, str]:
    """What was refused of a document, by key."""
    found: Read = read("file", data)
    return {r.key: r.why for r in found.refused}
