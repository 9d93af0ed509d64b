"""Whether a release works with what the other assets serve: what it requires of them, and they of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pulse_tui.domain.release import Release
from pulse_tui.domain.requirement import terms
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.lineage import references
from pulse_tui.ports import Transaction

NAME = "works with"
NOBODY: Mapping[str, Release] = MappingProxyType({})
"""No other asset moves with it."""


class Compared(NamedTuple):
    """What was found: broken requirements, those that cannot be compared, and those that are met."""

    broken: list[str]
    unknown: list[str]
    met: list[str]


def compatibility(
    tx: Transaction, target: Release, environment: Environment, together: Mapping[str, Release] = NOBODY
) -> Iterator[Check]:
    """One line, where there is something to compare; ``together`` are the releases that move with it, by asset."""
    found = Compared([], [], [])
    for asset_id, text in sorted((target.interface.requires or {}).items()):
        _compare(target, _partner(tx, asset_id, environment, together), asset_id, text, found)
    mates = [m for m in _mates(tx, target.asset_id) if m != target.asset_id]
    for asset_id in mates:
        partner = _partner(tx, asset_id, environment, together)
        wanted = (partner.interface.requires or {}).get(target.asset_id) if partner is not None else None
        if partner is not None and wanted is not None:
            _compare(partner, target, target.asset_id, wanted, found)
    for part, (asset_id, version) in references(target.lineage):
        partner = _partner(tx, asset_id, environment, together)
        if partner is not None and partner.version != version:
            words = f"{target.version} was made with {part.replace('_', ' ')} {asset_id} {version}, {partner.version}"
            found.unknown.append(f"{words} {'comes' if asset_id in together else 'serves'}")
    if found.broken:
        yield Check(name=NAME, ok=False, detail="; ".join(found.broken + found.unknown))
    elif found.unknown:
        yield Check(name=NAME, ok=False, blocking=False, detail="; ".join(found.unknown))
    elif found.met:
        yield Check(name=NAME, ok=True, detail="; ".join(found.met))
    elif mates:
        detail = f"not compared: no requirement between {target.asset_id} and {', '.join(mates)} is recorded"
        yield Check(name=NAME, ok=False, blocking=False, detail=detail)


def _compare(release: Release, partner: Release | None, asset_id: str, text: str, found: Compared) -> None:
    """What ``release`` requires of ``partner``, term by term."""
    who = f"{release.asset_id} {release.version} requires {asset_id}"
    if partner is None:
        found.unknown.append(f"{who} {text}: not compared, what serves of it is not known")
        return
    for term in terms(text):
        answer = term.met(partner.version, partner.interface)
        if answer is None:
            found.unknown.append(f"{who} {term}: not compared, {partner.version} does not state that")
        elif answer:
            found.met.append(f"{who} {term}: it is {partner.version}")
        else:
            has = getattr(partner.interface, term.part) if term.part else "it"
            found.broken.append(
                f"{who} {term}, {partner.version} has {has}" if term.part else f"{who} {term}, not {partner.version}"
            )


def _partner(
    tx: Transaction, asset_id: str, environment: Environment, together: Mapping[str, Release]
) -> Release | None:
    """What comes with it, else what serves there, else what production serves: a canary calls production's others."""
    if asset_id in together:
        return together[asset_id]
    for place in dict.fromkeys((environment, Environment.PRODUCTION)):
        here = tx.estate.deployment(asset_id, place)
        if here is not None:
            return tx.estate.release(asset_id, here.version)
    return None


def _mates(tx: Transaction, asset_id: str) -> list[str]:
    """The assets of the workflows that it is a stage of."""
    stages = [[s.asset_id for s in w.stages] for w in tx.inventory.workflows()]
    return sorted({other for assets in stages if asset_id in assets for other in assets} - {asset_id})
