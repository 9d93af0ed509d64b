"""Assets' components changed: stored advisories may reach them now, or no longer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from pulse_tui.enrich.advisories.groups import Condition, kept, priorities
from pulse_tui.enrich.advisories.matching import condition, match
from pulse_tui.enrich.lookups import keys_of
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.evidence import signals_of
from pulse_tui.services.advisories.records import again, touching, under_waivers
from pulse_tui.services.signals.concerns import Changes


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
    before = tx.advisories.findings_of(asset_ids=wanted)
    packages = {key for d in uses for key in keys_of(d.component)}
    groups = touching(tx, packages)
    records = tx.advisories.records({f.advisory_id for f in before})
    named = {r.id: r.name for r in (*records.values(), *(r for group in groups.values() for r in group))}
    known = priorities(before, named)
    made = {
        name: kept((f for r in group for f in match(r, estate) if f.asset_id in wanted), known, name)
        for name, group in groups.items()
    }
    after = under_waivers(made, groups, tx, now)
    tx.advisories.swap_findings(before, (f for here in after.values() for f in here))
    standing = {c for c in known if c[1] not in exposed}
    reached: set[Condition] = set()
    for name, here in after.items():
        reached |= {(name, f.asset_id, f.environment) for f in here}
        if here:
            found = signals_of(groups[name], here, estate, tx, now)
            changes.signals.extend(again(found, name, standing, tx, now))
    changes.cleared.extend(condition(*mark) for mark in known if mark not in reached)
    return changes
