"""Which models of a catalogue, or of a list of ends, are in use, and how exactly that is known. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from pulse_tui.domain.estate import Component
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.enrich.vendors.platforms import place, platform


class Match(IntEnum):
    """How exactly, the most exact first."""

    EXACT = 0
    """The same id on the same platform."""
    SNAPSHOT = 1
    """The same pinned state there under another id: a region's, a deployment's."""
    FAMILY = 2
    """They agree in the model, not in its pinned state: one of the two names none."""


class Use(NamedTuple):
    """A component in use, and how an entry is about it."""

    component: Component
    match: Match


class Uses:
    """Hosted models in use, found by platform and id. An exact entry of a catalogue takes the place of those that only agree."""

    def __init__(self, components: Iterable[Component]) -> None:
        """Those whose id names a platform: ``platform/exact-id``."""
        self._by_platform = defaultdict[str, list[tuple[Component, str]]](list)
        for component in {c.id: c for c in components}.values():
            if (where := place(component.id)) is not None:
                self._by_platform[where[0]].append((component, where[1]))

    def about(self, of: str, id_: str) -> list[Use]:
        """The components that an entry of this platform and id is about."""
        found = []
        for component, mine in self._by_platform.get(platform(of), ()):
            match = matching(mine, id_)
            if match is not None:
                found.append(Use(component, match))
        return found

    def best(self, entries: Mapping[str, tuple[str, str]]) -> dict[str, list[Use]]:
        """For each key of ``entries`` (platform, id) whom it is about. Where a component has an exact entry, only that one is."""
        found = {key: uses for key, (of, id_) in entries.items() if (uses := self.about(of, id_))}
        nearest: dict[str, Match] = {}
        for uses in found.values():
            for component, match in uses:
                nearest[component.id] = min(match, nearest.get(component.id, match))
        kept = {key: [u for u in uses if u.match is nearest[u.component.id]] for key, uses in found.items()}
        return {key: uses for key, uses in kept.items() if uses}


def matching(one: str, other: str) -> Match | None:
    """How exactly two ids of one platform mean the same model; None: they do not, or it is not known."""
    if one.lower() == other.lower():
        return Match.EXACT
    mine, theirs = _identity(one), _identity(other)
    if mine is None or theirs is None or mine[:2] != theirs[:2]:
        return None
    if mine[2] == theirs[2]:
        return Match.SNAPSHOT
    return Match.FAMILY if None in (mine[2], theirs[2]) else None


def ends_with(component: str, entry: str) -> bool:
    """Whether the end of ``entry``, which agrees in the family, may be that of ``component``: what a name without pinned state
    announces is about every state; the end of one state is not that of the name, but for labs whose names have only one."""
    mine, theirs = _identity(component), _identity(entry)
    return mine is not None and theirs is not None and (theirs[2] is None or theirs[0] in _ONE_STATE)


_ONE_STATE = frozenset({"anthropic"})


@lru_cache(16_384)
def _identity(id_: str) -> tuple[str, str, str | None] | None:
    """(lab, model without its pinned state, that state); None where the lab is not known."""
    model = canonical(id_)
    if model.lab is None:
        return None
    base = model.model.lower()
    if model.snapshot is not None:
        base = base.removesuffix(f"-{model.snapshot.lower()}")
    return model.lab, base, model.snapshot
