"""The shape of models.dev's ``api.json``: providers, each with its models by exact id. Prices: US dollars a million tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogues.fields import (
    Entry,
    Wrong,
    ambiguous,
    flag,
    kind,
    numbers,
    part,
    record,
    text,
    texts,
)

PRICES = ("input", "output", "cache_read", "cache_write")
"""Of ``cost``. Tiers and prices of long contexts stand beside them and are not compared."""
LIMITS = ("context", "input", "output")
FLAGS = ("attachment", "open_weights", "reasoning", "structured_output", "temperature", "tool_call")
METADATA = ("name", "release_date", "knowledge")


def fits(document: Any) -> bool:
    """Objects that have ``models``, themselves an object."""
    return isinstance(document, dict) and any(
        isinstance(v, dict) and isinstance(v.get("models"), dict) for v in document.values()
    )


def entries(document: Mapping[str, Any], _platform: str) -> Iterator[Entry]:
    """Every model of every provider. A provider that is no object, or lists none, is an entry that cannot be read."""
    for provider, value in document.items():
        models = value.get("models") if isinstance(value, dict) else None
        if not isinstance(models, dict) or provider in ambiguous(document) or "models" in ambiguous(value):
            yield Entry(f"{provider}/", provider, "", value, twice=isinstance(models, dict))
            continue
        for id_, fields in models.items():
            yield Entry(f"{provider}/{id_}", provider, id_, fields, twice=id_ in ambiguous(models))


def model(entry: Entry) -> CatalogueModel:
    """One entry. Raises Wrong."""
    if not entry.id:
        raise Wrong(_faulty(entry.fields))
    fields = record(entry.fields, "the entry")
    limit = part(fields, "limit")
    modalities = part(fields, "modalities")
    capability: dict[str, Any] = {"flags": [name for name in FLAGS if flag(fields, name)]}
    if directions := {d: texts(modalities, d) for d in ("input", "output") if modalities.get(d) is not None}:
        capability["modalities"] = directions
    metadata = {name: text(fields, name) for name in METADATA}
    return CatalogueModel(
        key=entry.key,
        platform=entry.platform,
        id=entry.id,
        name=metadata["name"] or "",
        released=metadata["release_date"],
        price=numbers(part(fields, "cost"), PRICES),
        limit=numbers(limit, LIMITS),
        status=text(fields, "status"),
        capability=capability,
        metadata=metadata,
        target=text(fields, "base_model"),
        family=text(fields, "family"),
    )


def _faulty(provider: Any) -> str:
    """Why the models of a provider cannot be read."""
    if not isinstance(provider, dict):
        return f"the provider is {kind(provider)}, not an object"
    return f"models is {kind(provider.get('models'))}, not an object" if "models" in provider else "models is missing"
