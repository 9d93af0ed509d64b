"""``pulse-tui schema``: the contracts as JSON Schema."""

from __future__ import annotations

import argparse
import json
from typing import Any


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Which contract."""
    parser.add_argument("contract", choices=["signal", "facts", "policy"])


def run(options: argparse.Namespace, _name: str) -> int:
    """Print it."""
    print(json.dumps(_schema(options.contract), indent=2, sort_keys=True))
    return 0


def _schema(contract: str) -> dict[str, Any]:
    if contract == "signal":
        from pulse_tui.domain.signal import json_schema  # noqa: PLC0415

        return json_schema()
    if contract == "facts":
        from pulse_tui.enrich.variables import facts_schema  # noqa: PLC0415

        return facts_schema()
    from pulse_tui.policy.schema import policy_schema  # noqa: PLC0415

    return policy_schema()
