"""Assets' components changed: stored advisories may reach them now, or no longer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.advisories.matching import advisory_fingerprint, advisory_signals, match
from pulse_tui.enrich.places import component_key
from pulse_tui.ports import Transaction
from pulse_tui.services.signals.concerns import Told

_MANY = 50
"""From so many assets on, one look at all findings is cheaper than one for each."""


def rematch(asset_ids: Collection[str], tx: Transaction, now: datetime) -> Told:
    """Match the assets' components against every stored advisory that names one; their findings are made anew."""
    told = Told([], [])
    if not asset_ids:
        return told
    wanted = set(asset_ids)
    uses = tx.dependencies.using(assets=wanted)
    estate = msgspec.structs.replace(tx.estate.load(), dependencies=uses)
    before = _standing(wanted, tx)
    for asset_id in {f.asset_id for f in before}:
        tx.advisories.drop_findings(asset_id=asset_id)
    packages = {key for d in uses if (key := component_key(d.component)) is not None}
    reached: set[tuple[str, str, Environment | None]] = set()
    for advisory in tx.advisories.touching(packages):
        here = [f for f in match(advisory, estate) if f.asset_id in wanted]
        reached |= {(f.advisory_id, f.asset_id, f.environment) for f in here}
        tx.advisories.put_findings(here)
        told.signals.extend(advisory_signals(advisory, here, estate, now))
    for finding in before:
        gone = tx.advisories.get(finding.advisory_id)
        if gone is not None and (finding.advisory_id, finding.asset_id, finding.environment) not in reached:
            told.cleared.append(advisory_fingerprint(gone, finding.asset_id, finding.environment))
    return told


def _standing(asset_ids: set[str], tx: Transaction) -> list[Finding]:
    if len(asset_ids) < _MANY:
        return [f for a in sorted(asset_ids) for f in tx.advisories.findings(asset_id=a)]
    return [f for f in tx.advisories.findings() if f.asset_id in asset_ids]
