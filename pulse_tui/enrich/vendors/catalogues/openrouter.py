"""The shape of OpenRouter's ``/api/v1/models``. Prices are US dollars a token, written as texts; a negative one means "it depends"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogues.fields import Entry, number, part, record, text, texts
from pulse_tui.enrich.vendors.catalogues.model_list import once

PLATFORM = "openrouter"
PRICES = ("prompt", "completion", "input_cache_read", "input_cache_write", "request", "image", "internal_reasoning")
FLAGS = ("reasoning", "structured_outputs", "tools")
"""Of ``supported_parameters``: what a caller builds on."""


def fits(document: Any) -> bool:
    """A list of objects that have ``pricing`` and an ``architecture`` or a slug."""
    data = document.get("data") if isinstance(document, dict) else None
    return isinstance(data, list) and any(
        isinstance(v, dict) and "pricing" in v and ("architecture" in v or "canonical_slug" in v) for v in data
    )


def entries(document: Mapping[str, Any], _platform: str) -> Iterator[Entry]:
    """Every entry; one without an id is named by its place."""
    yield from once(document["data"], "", PLATFORM, lambda fields: fields.get("id"))


def model(entry: Entry) -> CatalogueModel:
    """One entry. Raises Wrong."""
    fields = record(entry.fields, "the entry")
    shape, top = part(fields, "architecture"), part(fields, "top_provider")
    modalities = {way: texts(shape, f"{way}_modalities") for way in ("input", "output")}
    limit = {"context": fields.get("context_length"), "output": top.get("max_completion_tokens")}
    supported = texts(fields, "supported_parameters") or []
    alias = part(fields, "alias_target")
    target = text(alias, "slug") or text(fields, "canonical_slug")
    return CatalogueModel(
        key=entry.key,
        platform=PLATFORM,
        id=entry.id,
        name=text(fields, "name") or "",
        price=_prices(part(fields, "pricing")),
        limit={name: number(value, name) for name, value in limit.items() if value is not None},
        ends=text(fields, "expiration_date"),
        capability={
            "flags": [flag for flag in FLAGS if flag in supported],
            "modalities": {way: values for way, values in modalities.items() if values is not None},
        },
        metadata={"name": text(fields, "name"), "knowledge": text(fields, "knowledge_cutoff")},
        target=target if target != entry.id else None,
    )


def _prices(pricing: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name in PRICES:
        value = pricing.get(name)
        if value is not None:
            found[name] = number(value, name)
    return found
