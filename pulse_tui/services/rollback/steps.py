"""The steps of a playbook, filled in for an asset and its releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from pulse_tui.domain.errors import ConfigError, NotFound, Problem
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import PlanStep
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.settings.shapes import PlaybookShape, StepShape


def planned(
    parts: RollbackParts,
    playbook: PlaybookShape,
    here: Release,
    target: Release,
    environment: Environment,
    together: Mapping[str, tuple[Release, Release]] = MappingProxyType({}),
) -> Iterator[PlanStep]:
    """Every step with the value that its target holds now and the one it is to hold. Raises as :func:`step_options` does.

    ``together`` are (what serves, what is to) of the other assets that move; a step of one that stays is left out.
    """
    for shape in playbook.steps:
        asset_id = shape.asset if shape.asset is not None else here.asset_id
        before, after = (here, target) if asset_id == here.asset_id else together.get(asset_id, (None, None))
        if before is None or after is None:
            continue
        params = fill(shape.options, {"asset": asset_id, "environment": environment.value})
        options = step_options(parts, shape.kind, params, shape)
        kind = parts.steps[shape.kind]
        yield PlanStep(
            kind=shape.kind,
            target=kind.target(options),
            params=params,
            expected=kind.value_of(options, before),
            desired=kind.value_of(options, after),
            timeout_s=shape.timeout,
            asset_id=asset_id if asset_id != here.asset_id else None,
        )


def step_options(parts: RollbackParts, kind: str, params: dict[str, Any], shape: StepShape | None = None) -> Any:
    """A step's typed options. Raises NotFound for a kind that is not installed, ConfigError for invalid options."""
    module = parts.steps.get(kind)
    if module is None:
        raise NotFound(f"step kind {kind!r} is not installed", todo="Install the package that brings it")
    try:
        return msgspec.convert(params, module.Options)
    except msgspec.ValidationError as error:
        raise ConfigError([Problem(shape.mark if shape else f"step {kind}", str(error))]) from None


def fill(value: Any, names: dict[str, str]) -> Any:
    """``{asset}`` and ``{environment}`` in every text; other braces are left for the step."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, dict):
        return {k: fill(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, names) for v in value]
    return value
