"""The steps of a playbook, filled in for an asset and its releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from pulse_tui.domain.errors import ConfigError, NotFound, Problem, PulseError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Plan, PlanStep, Purpose
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
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


def back(out: Sequence[PlanStep]) -> Iterator[PlanStep]:
    """The same steps the other way, the last one first."""
    for step in reversed(out):
        yield msgspec.structs.replace(step, expected=step.desired, desired=step.expected)


def not_as_planned(tx: Transaction, parts: RollbackParts, plan: Plan) -> str:
    """Why a plan that nobody votes on is not what its playbook makes of its releases; empty when it is.

    Where operators vote, their signatures bind the steps. Where none does, a row in the database must not be enough.
    """
    playbook = next((p for p in parts.playbooks if p.id == plan.playbook), None)
    if playbook is None:
        return f"there is no playbook {plan.playbook}"
    pairs = {
        m.asset_id: (tx.estate.release(m.asset_id, m.from_version), tx.estate.release(m.asset_id, m.to_version))
        for m in plan.moves
    }
    known = {name: (here, there) for name, (here, there) in pairs.items() if here is not None and there is not None}
    if len(known) < len(pairs):
        return "the registry does not know all of its releases"
    try:
        steps = tuple(planned(parts, playbook, *known[plan.asset_id], plan.environment, known))
    except PulseError as error:
        return str(error)
    if plan.purpose is Purpose.DRILL:
        steps = (*steps, *back(steps))
    # As they are hashed: a list of the configuration and the same list read from the database are one.
    made = msgspec.structs.replace(plan, steps=steps, on_failure="undo" if plan.members else playbook.on_failure)
    return "" if made.hash == plan.hash else f"its steps are not those that playbook {playbook.id} makes"


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
