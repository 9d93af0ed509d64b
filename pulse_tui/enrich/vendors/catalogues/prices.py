"""Prices of every shape in one unit and under one name: US dollars a million tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PER_TOKEN = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "prompt": "input",
    "completion": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write",
    "internal_reasoning": "reasoning",
}
"""Of litellm and OpenRouter, which state them a token."""


def per_million(price: Mapping[str, Any] | None) -> dict[str, float]:
    """``{"input": 3.0, "output": 12.0}``; what is priced otherwise (a request, an image) keeps its name and amount."""
    found = {}
    for name, amount in (price or {}).items():
        scale = 1e6 if name in PER_TOKEN else 1.0
        found[PER_TOKEN.get(name, name)] = round(float(amount) * scale, 9)
    return found


def dearer(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether any price rose that both state."""
    before, after = per_million(old), per_million(new)
    return any(after[name] > before[name] for name in before.keys() & after.keys())
