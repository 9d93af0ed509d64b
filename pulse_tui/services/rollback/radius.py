"""The blast radius of a plan: whom and what a move reaches that goes wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.rollback import Plan
from pulse_tui.ports import Transaction


class BlastRadius(NamedTuple):
    """Its parts, each in words that name what is reached."""

    assets: tuple[str, ...]
    """``support-bot (customer-facing, public)``: what moves."""
    environment: str
    traffic: tuple[str, ...]
    """``12 % of canary``."""
    endpoints: tuple[str, ...]
    segments: tuple[str, ...]
    owners: tuple[str, ...]
    stages: tuple[str, ...]
    """``answer of support``: the stages whose asset moves, or is made of one that does."""
    made_of_it: tuple[str, ...]
    """Other assets that are made of one that moves."""

    def lines(self) -> tuple[tuple[str, str], ...]:
        """(what is reached, which); what is not reached has no line."""
        parts = (
            ("Assets", self.assets), ("Traffic", self.traffic), ("Endpoints", self.endpoints),
            ("Customer segments", self.segments), ("Owners", self.owners), ("Workflow stages", self.stages),
            ("Made of it", self.made_of_it),
        )  # fmt: skip
        return tuple((label, ", ".join(found)) for label, found in parts if found)


def blast_radius(tx: Transaction, plan: Plan) -> BlastRadius:
    """As the estate stands now."""
    where = plan.environment
    moved = [m.asset_id for m in plan.moves]
    assets = {a: tx.estate.asset(a) for a in moved}
    users = sorted({user for user, _ in tx.dependencies.made_of(moved)} - set(moved))
    reached = [*moved, *users]
    endpoints = [e for a in reached for e in tx.inventory.endpoints(a) if e.environment is where]
    workflows = tx.inventory.workflows()
    stages = [(s, w) for w in workflows for s in w.stages if s.asset_id in reached]
    teams = [a.owner_team for name in reached if (a := assets.get(name) or tx.estate.asset(name)) is not None]
    teams += [team for e in endpoints if (team := e.owner_team)] + [t for _, w in stages if (t := w.owner_team)]
    return BlastRadius(
        assets=tuple(
            f"{name} ({asset.tier.value}, {asset.exposure.value})" if asset is not None else name
            for name, asset in assets.items()
        ),
        environment=where.value,
        traffic=tuple(
            f"{here.traffic:g} % of {where.value}" + (f" ({a})" if len(moved) > 1 else "")
            for a in moved
            if (here := tx.estate.deployment(a, where)) is not None
        ),
        endpoints=_once(f"{e.id} (production-critical)" if e.production_critical else e.id for e in endpoints),
        segments=_once(s for e in endpoints for s in e.segments),
        owners=_once(teams),
        stages=_once(f"{s.name} of {w.id}" for s, w in stages),
        made_of_it=tuple(users),
    )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
