"""What a bill comes to: its edges without doubles, their order, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pulse_tui.domain.bill import ROOT, Bill, DependencyChange
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.storage.components.components import Key, key_of

ASSET = 0
"""The parent's number of what hangs on the asset itself."""


class Words(NamedTuple):
    """How a component is called."""

    kind: ComponentKind
    name: str


def pairs(bill: Bill) -> list[tuple[Key | None, Key]]:
    """The bill's edges as (parent, child) keys, parent None for the asset; every component is under the asset.

    A component that stands twice counts once, one that contains itself does not, and of a ring that nothing
    leads to the first one hangs on the asset. Raises Refused when an edge names no component.
    """
    keys = [key_of(c) for c in bill.components]
    edges: dict[tuple[Key | None, Key], None] = {}
    for parent, child in bill.edges:
        if not ROOT <= parent < len(keys) or not 0 <= child < len(keys):
            raise Refused(
                f"bill {bill.origin} of {bill.asset_id}: edge ({parent}, {child}) names none of its "
                f"{len(keys)} components"
            )
        above = None if parent == ROOT else keys[parent]
        if above != keys[child]:
            edges[above, keys[child]] = None
    below: dict[Key | None, list[Key]] = {}
    for above, key in edges:
        below.setdefault(above, []).append(key)
    led_to = {key for _, key in edges}
    reached: set[Key] = set()
    loose = [key for key in keys if key not in led_to]
    for key in (*below.get(None, ()), *loose, *keys):
        if key not in reached:
            edges[None, key] = None
            _reach(key, below, reached)
    return list(edges)


def _reach(key: Key, below: Mapping[Key | None, list[Key]], reached: set[Key]) -> None:
    waiting = [key]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += below.get(key, ())


def difference(bill: Bill, before: Mapping[Key, Words], after: Iterable[Component]) -> list[DependencyChange]:
    """What changed a component: one version for another is one change, else each that went and each that came."""
    now = {key_of(c): Words(c.kind, c.name) for c in after}
    gone: dict[str, list[str]] = {}
    came: dict[str, list[str]] = {}
    for (ident, version), side in ((k, gone if k in before else came) for k in before.keys() ^ now.keys()):
        side.setdefault(ident, []).append(version)
    single = _single(before) & _single(now)
    out = []
    for ident in gone.keys() | came.keys():
        steps: list[tuple[str | None, str | None]]
        if ident in single:
            steps = [(gone[ident][0], came[ident][0])]
        else:
            steps = [(v, None) for v in sorted(gone.get(ident, ()))] + [(None, v) for v in sorted(came.get(ident, ()))]
        for old, new in steps:
            words = now[ident, new] if new is not None else before[ident, old or ""]
            out.append(
                DependencyChange(
                    asset_id=bill.asset_id,
                    component_id=ident,
                    kind=words.kind,
                    name=words.name,
                    before=old,
                    after=new,
                    at=bill.at,
                    source=bill.source,
                )
            )
    # A stable sort: of one component what went stays before what came.
    return sorted(out, key=lambda c: (c.name, c.component_id))


def _single(versions: Iterable[Key]) -> set[str]:
    once: set[str] = set()
    more: set[str] = set()
    for ident, _ in versions:
        (more if ident in once else once).add(ident)
    return once - more


def parents_first(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The place of each number when parents come before children; within a ring, as it is entered from above."""
    below: dict[int, list[int]] = {}
    for parent, child in edges:
        below.setdefault(parent, []).append(child)
    left: list[int] = []
    seen = {ASSET}
    stack = [(ASSET, iter(below.get(ASSET, ())))]
    while stack:
        number, children = stack[-1]
        for child in children:
            if child not in seen:
                seen.add(child)
                stack.append((child, iter(below.get(child, ()))))
                break
        else:
            left.append(number)
            stack.pop()
    return {number: place for place, number in enumerate(reversed(left))}
