"""``pulse-tui schema``: the contracts as JSON Schema."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulse_tui.settings.describe import Shape


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Which contract."""
    parser.add_argument("contract", choices=sorted(_SCHEMAS))
    parser.epilog = (
        "signal    what every source emits; also what `pulse-tui ingest signals` takes\n"
        "facts     the variables that a policy sees\n"
        "config    the YAML of the configuration, with the options of every kind\n"
        "policy    the policy section\n"
        "playbook  one playbook with its steps\n"
        "An editor with the YAML language server completes a file that begins with\n"
        "# yaml-language-server: $schema=FILE"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Print it."""
    print(json.dumps(_SCHEMAS[options.contract](), indent=2, sort_keys=True))
    return 0


def _signal() -> dict[str, Any]:
    from pulse_tui.domain.signal import json_schema  # noqa: PLC0415

    return json_schema()


def _facts() -> dict[str, Any]:
    from pulse_tui.enrich.variables import facts_schema  # noqa: PLC0415

    return facts_schema()


def _policy() -> dict[str, Any]:
    from pulse_tui.enrich.variables import VARIABLES  # noqa: PLC0415
    from pulse_tui.kinds import Kinds  # noqa: PLC0415
    from pulse_tui.policy.schema import policy_schema  # noqa: PLC0415

    return policy_schema(action_kinds=list(Kinds("actions")), variables=VARIABLES)


def _config() -> dict[str, Any]:
    from pulse_tui.kinds import FAMILIES  # noqa: PLC0415
    from pulse_tui.settings.schema import config_schema  # noqa: PLC0415

    return config_schema({family: _shapes(family) for family in FAMILIES}, _policy())


def _playbook() -> dict[str, Any]:
    from pulse_tui.settings.schema import playbook_schema  # noqa: PLC0415

    return playbook_schema(_shapes("steps"))


def _shapes(family: str) -> Mapping[str, Shape]:
    from pulse_tui.kinds import Kinds  # noqa: PLC0415

    return {kind: module.Options for kind, module in Kinds(family).items()}


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "signal": _signal,
    "facts": _facts,
    "config": _config,
    "policy": _policy,
    "playbook": _playbook,
}
