"""What an asset uses and depends on, as far as incidents look at it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.incident import Footing
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.alerts.footing import MOST_USED, footing
from pulse_tui.enrich.tree import ASSET
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.memory import memory_of

DEEP = 4
"""How many removes away an asset still counts as depended on."""


class Around(NamedTuple):
    """What an asset uses (its own and what it depends on uses), and the assets it depends on, the nearest first."""

    uses: tuple[str, ...]
    upstream: tuple[str, ...]


def around(tx: Transaction, asset_id: str | None) -> Around:
    """Of one asset: by its bills, and by the stages before it in its workflows. A cycle ends where it began."""
    if asset_id is None:
        return Around((), ())
    known = memory_of(tx).around
    if asset_id not in known:
        known[asset_id] = _around(tx, asset_id)
    return Around(*known[asset_id])


def _around(tx: Transaction, asset_id: str) -> Around:
    uses: dict[str, None] = {}
    upstream: dict[str, None] = {}
    frontier = [asset_id]
    memory = memory_of(tx)
    if memory.flows is None:
        memory.flows = tx.inventory.workflows()
    for _ in range(DEEP):
        below: dict[str, None] = {}
        for _asset, component in tx.dependencies.leans(frontier):
            if component.startswith(ASSET):
                below.setdefault(component.removeprefix(ASSET))
            else:
                uses.setdefault(component)
        for flow in memory.flows:
            stages = [stage.asset_id for stage in flow.stages]
            for asset in frontier:
                if asset in stages:
                    below |= dict.fromkeys(reversed(stages[: stages.index(asset)]))
        frontier = [a for a in below if a != asset_id and a not in upstream][:MOST_USED]
        upstream |= dict.fromkeys(frontier)
        if not frontier:
            break
    return Around(tuple(uses)[:MOST_USED], tuple(upstream)[:MOST_USED])


def footing_of(tx: Transaction, alert: Alert, signal: Signal) -> Footing:
    """What an alert stands on."""
    found = around(tx, alert.asset_id or signal.asset_id)
    return footing(alert, signal, found.uses, found.upstream)


def used_by_all(tx: Transaction) -> dict[str, set[str]]:
    """Hosted models and endpoints by the asset that uses them, over the whole estate."""
    memory = memory_of(tx)
    if memory.uses is None:
        memory.uses = {}
        for asset, component in tx.dependencies.leans():
            if not component.startswith(ASSET):
                memory.uses.setdefault(asset, set()).add(component)
    return memory.uses


def assets_of(footings: Iterable[Footing]) -> set[str]:
    """The assets of these alerts, and what they depend on."""
    return {a for f in footings for a in (f.asset_id, *f.upstream) if a is not None}
