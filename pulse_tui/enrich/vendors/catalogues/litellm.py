"""The shape of litellm's price file: one object a key, where a key is ``provider/id`` or the id alone. Prices are US dollars a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogues.fields import Entry, ambiguous, numbers, record, text

PRICES = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
LIMITS = ("max_input_tokens", "max_output_tokens")
RATES = ("rpm", "tpm")
SAMPLE = "sample_spec"
"""Not a model: it explains the fields in words."""
_MARKS = ("litellm_provider", "mode", "input_cost_per_token", "output_cost_per_token", "max_tokens")


def fits(document: Any) -> bool:
    """Objects that name a provider, a mode or a price of a token."""
    return isinstance(document, dict) and any(
        isinstance(v, dict) and any(m in v for m in _MARKS) for k, v in document.items() if k != SAMPLE
    )


def entries(document: Mapping[str, Any], _platform: str) -> Iterator[Entry]:
    """Every entry but the sample."""
    twice = ambiguous(document)
    for key, fields in document.items():
        if key != SAMPLE:
            provider = fields.get("litellm_provider") if isinstance(fields, dict) else None
            platform = provider if isinstance(provider, str) else ""
            yield Entry(key, platform, _id(key, platform), fields, twice=key in twice)


def model(entry: Entry) -> CatalogueModel:
    """One entry. Raises Wrong."""
    fields = record(entry.fields, "the entry")
    return CatalogueModel(
        key=entry.key,
        platform=text(fields, "litellm_provider") or "",
        id=entry.id,
        price=numbers(fields, PRICES),
        limit=numbers(fields, LIMITS),
        rate_limit=numbers(fields, RATES),
        mode=text(fields, "mode"),
        ends=text(fields, "deprecation_date"),
    )


def _id(key: str, platform: str) -> str:
    """The key without the provider that it begins with: ``azure/gpt-4.1`` of ``azure``, ``vertex_ai/x`` of ``vertex_ai-anthropic_models``."""
    head, slash, rest = key.partition("/")
    return rest if slash and rest and (head == platform or platform.startswith(f"{head}-")) else key
