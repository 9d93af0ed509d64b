"""Whether the targets that a playbook moves on the replica are nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.steps import fill, step_options
from pulse_tui.settings.shapes import PlaybookShape

_SERVES = tuple(e for e in Environment if e is not Environment.REPLICA)


class Target(NamedTuple):
    """What a step of a playbook would move somewhere."""

    name: str
    kind: str
    options: Any
    timeout_s: float


def targets_of(parts: RollbackParts, playbook: PlaybookShape, asset_id: str, environment: Environment) -> list[Target]:
    """The targets of every step. Raises as :func:`step_options` does."""
    found = []
    for shape in playbook.steps:
        names = {"asset": shape.asset or asset_id, "environment": environment.value}
        options = step_options(parts, shape.kind, fill(shape.options, names), shape)
        found.append(Target(parts.steps[shape.kind].target(options), shape.kind, options, shape.timeout))
    return found


def same_target(parts: RollbackParts, playbook: PlaybookShape, asset_id: str) -> list[str]:
    """The replica's targets that something that serves has as well, in words; none: they are apart.

    They are compared with those of every other environment of the asset, deployed or not, and with those of every
    deployment of the estate, by every playbook that moves them. Raises as :func:`step_options` does.
    """
    taken: dict[tuple[str, str], str] = {}
    for other, asset, where in _elsewhere(parts, asset_id):
        try:
            there = targets_of(parts, other, asset, where)
        except PulseError:  # a playbook that cannot be filled in moves nothing there
            continue
        for target in there:
            for mark in _marks(parts, target):
                taken.setdefault(mark, f"{asset} in {where.value}")
    out = []
    for target in targets_of(parts, playbook, asset_id, Environment.REPLICA):
        whose = next((taken[mark] for mark in _marks(parts, target) if mark in taken), "")
        if whose:
            out.append(f"{target.name} is the target of {whose} too")
    return list(dict.fromkeys(out))


def _elsewhere(parts: RollbackParts, asset_id: str) -> Iterator[tuple[PlaybookShape, str, Environment]]:
    with parts.store.read() as tx:
        there = [(d.asset_id, d.environment) for d in tx.estate.load().deployments]
    own = [(asset_id, e) for e in _SERVES]
    for asset, environment in dict.fromkeys([*own, *there]):
        if environment is Environment.REPLICA:
            continue
        for book in parts.playbooks:
            if book.serves(asset, environment, book.purpose):
                yield book, asset, environment


def _marks(parts: RollbackParts, target: Target) -> Iterator[tuple[str, str]]:
    """What makes two targets one: their names, and where a write goes when the kind says so apart from the name."""
    yield "target", target.name
    sends_to = getattr(parts.steps[target.kind], "sends_to", None)
    if sends_to is not None:
        yield target.kind, sends_to(target.options)
