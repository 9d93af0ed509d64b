"""Assets' components changed: stored advisories may reach them now, or no longer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from pulse_tui.domain.advisory import Finding
from pulse_tui.enrich.advisories.groups import Condition, by_name, kept
from pulse_tui.enrich.advisories.matching import condition, match
from pulse_tui.enrich.lookups import keys_of
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.evidence import signals_of
from pulse_tui.services.advisories.records import again
from pulse_tui.services.signals.concerns import Changes

_MANY = 50
"""From this many assets, one query of all findings is cheaper than one for each."""


def rematch(asset_ids: Collection[str], tx: Transaction, now: datetime, *, exposed: Collection[str] = ()) -> Changes:
    """Match the assets' components against every stored advisory that names one; their findings are made again.

    Of assets that are ``exposed`` otherwise than before (traffic, tier, data) what stands is judged again as well.
    """
    changes = Changes([], [])
    if not asset_ids:
        return changes
    wanted = set(asset_ids)
    uses = tx.dependencies.using(assets=wanted)
    estate = msgspec.structs.replace(tx.estate.load(), dependencies=uses)
    before = _standing(wanted, tx)
    for asset_id in {f.asset_id for f in before}:
        tx.advisories.drop_findings(asset_id=asset_id)
    packages = {key for d in uses for key in keys_of(d.component)}
    names = {f.advisory_id: gone.name for f in before if (gone := tx.advisories.get(f.advisory_id)) is not None}
    priorities = {
        (names[f.advisory_id], f.asset_id, f.environment): f.priority for f in before if f.advisory_id in names
    }
    reached: set[Condition] = set()
    for name, records in by_name(r for r in tx.advisories.touching(packages) if not r.withdrawn).items():
        here = [f for record in records for f in match(record, estate) if f.asset_id in wanted]
        reached |= {(name, f.asset_id, f.environment) for f in here}
        tx.advisories.put_findings(kept(here, priorities, name))
        standing = {c for c in priorities if c[1] not in exposed}
        changes.signals.extend(again(signals_of(records, here, estate, tx, now), name, standing, tx, now))
    for name, asset_id, environment in priorities.keys() - reached:
        changes.cleared.append(condition(name, asset_id, environment))
    return changes


def _standing(asset_ids: set[str], tx: Transaction) -> list[Finding]:
    if len(asset_ids) < _MANY:
        return [f for a in sorted(asset_ids) for f in tx.advisories.findings(asset_id=a)]
    return [f for f in tx.advisories.findings() if f.asset_id in asset_ids]
