"""Lineage as a graph: a part written ``asset@version`` is a release of the estate, anything else is a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pulse_tui.domain.release import Lineage

Node = tuple[str, str]
"""(asset, version)."""


def references(lineage: Lineage) -> Iterator[tuple[str, Node]]:
    """(part, (asset, version)) for each part that names a release."""
    for part in lineage.__struct_fields__:
        asset, at, version = (getattr(lineage, part) or "").rpartition("@")
        if at and asset and version and part != "eval_run":
            yield part, (asset, version)


def cycle(start: Node, made_of: Callable[[Node], list[Node]], limit: int = 10_000) -> list[Node]:
    """The shortest way from ``start`` back to itself, both ends included; empty when there is none.

    ``made_of`` gives what a release was made from. At most ``limit`` releases are looked at.
    """
    before: dict[Node, Node] = {}
    queue = [start]
    for node in queue:
        if len(before) > limit:
            break
        for parent in made_of(node):
            if parent == start:
                way = [start, node]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if parent not in before:
                before[parent] = node
                queue.append(parent)
    return []
