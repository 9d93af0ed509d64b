"""Bills as one tree of rows, and changes as one sentence. Pure; a cycle or a repeated component is cut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pulse_tui.domain.bill import DependencyChange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.views.registry import TreeRow
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.ports import Edge

ASSET = "asset:"
"""How the id of a component that is another asset begins."""
SHOWN = 8
"""Changes that a headline spells out."""

Key = tuple[str, str]
"""(component id, version)."""


class Moved(NamedTuple):
    """A component from its first version to its last, whatever came between."""

    component_id: str
    name: str
    before: str | None
    after: str | None
    alias: bool
    """A hosted model's alias, which moved under its callers."""

    def words(self) -> str:
        """``vllm 0.9.0 -> 0.9.1``, ``+ ray 2.9``, ``- nltk 3.8.1``, ``gpt-4.1 alias moved``."""
        if self.alias:
            return f"{self.name} alias moved"
        if self.before is None:
            return f"+ {self.name} {self.after or ''}".rstrip()
        if self.after is None:
            return f"- {self.name} {self.before}".rstrip()
        return f"{self.name} {self.before or '?'} -> {self.after or '?'}"

    def steps(self) -> str:
        """``0.9.0 -> 0.9.1``, ``new``, ``gone``."""
        if self.before is None:
            return "new"
        return "gone" if self.after is None else f"{self.before or '?'} -> {self.after or '?'}"


def asset_of(component: Component) -> str | None:
    """The asset that the component is; None when it is not an asset of the estate."""
    return component.id.removeprefix(ASSET) if component.kind is ComponentKind.ASSET else None


def fold(changes: Iterable[DependencyChange]) -> list[Moved]:
    """Changes, oldest first, as first -> last of each component; one that returned to its first version is left out.

    A component may be there in several versions at once: a change continues the one whose last version is
    its first. A move that two documents report is listed once.
    """
    chains: dict[tuple[str, bool], list[list[str | None]]] = {}
    names: dict[tuple[str, bool], str] = {}
    for change in changes:
        about = (change.component_id, change.asset_id is None and change.kind is ComponentKind.HOSTED_MODEL)
        names[about] = change.name
        known = chains.setdefault(about, [])
        chain = next((c for c in known if c[1] == change.before), None)
        if chain is not None:
            chain[1] = change.after
        elif [change.before, change.after] not in known:
            known.append([change.before, change.after])
    return [
        Moved(about[0], names[about], before, after, about[1])
        for about, known in chains.items()
        for before, after in known
        if before != after
    ]


def headline(subject: str, moved: Sequence[Moved]) -> str:
    """``since 3.8.1 was approved (6d): vllm 0.9.0 -> 0.9.1, gpt-4.1 alias moved``."""
    words = list(dict.fromkeys(m.words() for m in moved))
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return f"{subject}: {', '.join(words[:SHOWN]) or 'no dependency changed'}{more}"


def flatten(
    asset_id: str,
    edges: Sequence[Edge],
    nested: Mapping[str, Sequence[Edge]],
    note: Callable[[Component], str],
    version: Callable[[Component], str],
    runs: Collection[Environment] = (),
) -> Iterator[TreeRow]:
    """The tree of ``edges``, depth first, each component unfolded once; ``asset_id`` itself is not unfolded in it.

    ``nested`` has the edges of assets that are components here; ``note`` and ``version`` give what is shown
    beside a component, ``runs`` where the asset is deployed. Siblings keep the order of the bill.
    """
    graphs = {None: _children(edges)} | {asset: _children(own) for asset, own in nested.items()}
    unfolded: set[tuple[str | None, Key]] = set()
    stack: list[tuple[int, str | None, _Use]] = [(0, None, use) for use in reversed(_below(graphs, None, None))]
    while stack:
        depth, owner, use = stack.pop()
        component = use.component
        below = _below(graphs, owner, component)
        inner = asset_of(component)
        # Within an asset's own bill a component is that asset's; the asset itself is the same everywhere.
        place = (None if inner is not None else owner, (component.id, component.version or ""))
        again = (place in unfolded and bool(below)) or inner == asset_id
        yield TreeRow(
            depth=depth,
            name=component.name,
            version=version(component),
            kind=component.kind.value,
            provider=component.id,
            source=", ".join(use.origins),
            note=note(component),
            again=again,
            where=use.where(runs) if owner is None else (),
        )
        if not again and below:
            unfolded.add(place)
            stack.extend((depth + 1, below_owner, u) for below_owner, u in reversed(_owned(graphs, owner, component)))


class _Use:
    """A component under a parent, with the documents that list it."""

    __slots__ = ("_environments", "_everywhere", "component", "origins")

    def __init__(self, edge: Edge) -> None:
        self.component = edge.child
        self.origins = [edge.origin]
        self._everywhere = not edge.environments
        self._environments = set(edge.environments)

    def where(self, runs: Collection[Environment]) -> tuple[str, ...]:
        """Its environments, production first, when they are not all those where the asset runs."""
        if self._everywhere or self._environments.issuperset(runs):
            return ()
        return tuple(e.value for e in sorted(self._environments, key=lambda e: e.rank))

    def also(self, edge: Edge) -> None:
        if edge.origin not in self.origins:
            self.origins.append(edge.origin)
        self._everywhere = self._everywhere or not edge.environments
        self._environments.update(edge.environments)


_Graph = dict[Key | None, dict[Key, _Use]]


def _key(component: Component) -> Key:
    return component.id, component.version or ""


def _children(edges: Iterable[Edge]) -> _Graph:
    graph: _Graph = {}
    for edge in edges:
        below = graph.setdefault(_key(edge.parent) if edge.parent is not None else None, {})
        use = below.get(_key(edge.child))
        if use is None:
            below[_key(edge.child)] = _Use(edge)
        else:
            use.also(edge)
    return graph


def _below(graphs: Mapping[str | None, _Graph], owner: str | None, component: Component | None) -> list[_Use]:
    return [use for _, use in _owned(graphs, owner, component)]


def _owned(
    graphs: Mapping[str | None, _Graph], owner: str | None, component: Component | None
) -> list[tuple[str | None, _Use]]:
    """The children of a component, each with the asset whose bill lists it."""
    own = graphs[owner].get(_key(component) if component is not None else None, {}).values()
    out: list[tuple[str | None, _Use]] = [(owner, use) for use in own]
    inner = asset_of(component) if component is not None else None
    if inner is not None and inner in graphs:
        out += [(inner, use) for use in graphs[inner].get(None, {}).values()]
    return out
