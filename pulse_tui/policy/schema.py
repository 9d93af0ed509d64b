"""JSON Schema of the policy section, so that editors complete the YAML."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from pulse_tui.policy.rules import PolicyFile, Variables
from pulse_tui.settings.schema import duration_schema

SCHEMA_ID = "pulse.policy/1"


def policy_schema(*, action_kinds: Collection[str] = (), variables: Variables | None = None) -> dict[str, Any]:
    """JSON Schema (2020-12); with ``action_kinds`` and ``variables`` it also lists those names."""
    (_,), components = msgspec.json.schema_components(
        [PolicyFile], schema_hook=duration_schema, ref_template="#/$defs/{name}"
    )
    root = components.pop("PolicyFile")
    for environment in components["GateSection"]["properties"].values():
        environment["propertyNames"] = {"$ref": "#/$defs/GateReason"}
    if action_kinds:
        components["Rule"]["properties"]["actions"]["items"] = {"enum": sorted(action_kinds)}
    if variables is not None:
        components["RuleTest"]["properties"]["facts"]["propertyNames"] = {"enum": sorted(variables)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **root,
        "title": SCHEMA_ID,
        "$defs": components,
    }
