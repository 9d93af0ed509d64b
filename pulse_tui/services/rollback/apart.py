"""Whether the targets that a playbook moves on the replica are nobody else's.

Names are compared before a drill begins; two names may be one target all the same, so what serves is read while it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.rollback import Plan, PlanStep, Purpose
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.steps import fill, step_options
from pulse_tui.settings.shapes import PlaybookShape

PATIENCE_S = 5.0
"""How long a target that is only watched may take to answer."""
BUDGET = timedelta(seconds=15)
"""All that is watched is read within this, or the rest of it is not."""
_SERVES = tuple(sorted((e for e in Environment if e is not Environment.REPLICA), key=lambda e: e.rank))
"""Production first."""


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


def of_steps(parts: RollbackParts, steps: Iterable[PlanStep]) -> list[Target]:
    """The targets of a plan's steps. Raises as :func:`step_options` does."""
    return [Target(s.target, s.kind, step_options(parts, s.kind, s.params), s.timeout_s) for s in steps]


def same_target(
    parts: RollbackParts, playbook: PlaybookShape, asset_id: str, targets: Sequence[Target] | None = None
) -> list[str]:
    """The replica's targets that something that serves has as well, in words; none: they are apart.

    They are compared with those of every other environment of the asset, deployed or not, and with those of every
    deployment of the estate, by every playbook that moves them. ``targets`` are those of the plan; None: as the playbook
    is filled in now. Raises as :func:`step_options` does.
    """
    taken: dict[tuple[str, str], str] = {}
    assets = {asset_id, *(s.asset for s in playbook.steps if s.asset)}
    for other, asset, where in _elsewhere(parts, sorted(assets)):
        try:
            there = targets_of(parts, other, asset, where)
        except PulseError:  # a playbook that cannot be filled in moves nothing there
            continue
        for target in there:
            for mark in _marks(parts, target):
                taken.setdefault(mark, f"{asset} in {where.value}")
    out = []
    replica = targets if targets is not None else targets_of(parts, playbook, asset_id, Environment.REPLICA)
    for target in replica:
        whose = next((taken[mark] for mark in _marks(parts, target) if mark in taken), "")
        if whose:
            out.append(f"{target.name} is the target of {whose} too")
    return list(dict.fromkeys(out))


def _elsewhere(parts: RollbackParts, assets: Iterable[str]) -> Iterator[tuple[PlaybookShape, str, Environment]]:
    with parts.store.read() as tx:
        there = [(d.asset_id, d.environment) for d in tx.estate.load().deployments]
    own = [(asset_id, e) for e in _SERVES for asset_id in assets]
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


class Elsewhere:
    """What serves elsewhere by the playbook of a drill. For a plan that is no drill nothing is read."""

    def __init__(self, parts: RollbackParts, plan: Plan) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._plan = plan
        self._targets: list[Target] = []
        self._before: dict[str, str] | None = None

    def moved(self) -> str:
        """What has another value than at the first call, in words; empty: nothing has, as far as it can be read."""
        if self._plan.purpose is not Purpose.DRILL:
            return ""
        if self._before is None:
            self._targets = list(_beside(self._parts, self._plan))
            self._before = self._read()
            return ""
        now = self._read()
        for name, value in self._before.items():
            if name in now and now[name] != value:
                had = f"{name}, which is not the replica's, had {value or 'nothing'} and has {now[name] or 'nothing'}"
                return f"{had}: the replica may not be apart from it"
        return ""

    def _read(self) -> dict[str, str]:
        """The values that could be read; silence says nothing, and who was silent is not waited for again: the run has a
        lease to keep.
        """
        found, until = dict[str, str](), self._parts.clock() + BUDGET
        for target in self._targets:
            if self._parts.clock() > until:
                break
            context = self._parts.outside.stepping(min(target.timeout_s, PATIENCE_S))
            try:
                found[target.name] = self._parts.steps[target.kind].read(target.options, context)
            except PulseError:
                continue
            except Exception:  # noqa: S112  a bug of an installed step kind says nothing either
                continue
        self._targets = [t for t in self._targets if t.name in found]
        return found


def _beside(parts: RollbackParts, plan: Plan) -> Iterator[Target]:
    playbook = next((b for b in parts.playbooks if b.id == plan.playbook), None)
    with parts.store.read() as tx:
        there = [e for e in _SERVES if tx.estate.deployment(plan.asset_id, e) is not None]
    for environment in there:
        if playbook is not None and environment in playbook.environments:
            with suppress(PulseError):
                yield from targets_of(parts, playbook, plan.asset_id, environment)
