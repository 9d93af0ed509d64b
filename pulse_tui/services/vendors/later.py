"""A model came into use after its end was announced: the announcement is news to whoever uses it now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.vendors.news import holds, off_since
from pulse_tui.ports import Transaction
from pulse_tui.services.vendors.lifecycles import InUse, ended
from pulse_tui.services.vendors.notes import consequences

PASSED = timedelta(days=2)
"""An end that passed longer ago than this was seen by whoever used the model then."""


def still_announced(asset_ids: Collection[str], tx: Transaction, estate: Estate, now: datetime) -> list[Signal]:
    """Ends that are still to come of what these assets use, as pages and lists announce them. A signal that was made when
    the announcement came is the same signal."""
    assets = {i: estate.assets[i] for i in asset_ids if i in estate.assets}
    theirs = msgspec.structs.replace(estate, assets=assets)
    used = InUse(tx, theirs)
    if not used.components:
        return []
    signals = list[Signal]()
    for stored in tx.vendors.announced(now - PASSED):
        if not holds(stored.note, stored.reading, now):
            continue
        made = consequences(stored.note, stored.reading, tx, theirs, now, announced=False)
        mine = [s for s in made.signals if s.asset_id in assets]
        if mine and not off_since(stored.note, [n.note for n in tx.vendors.memory(stored.note.source).values()]):
            signals += mine
    listed = [(None, s.item) for s in tx.vendors.lifecycles() if s.listed and s.item.ends_at is not None]
    return signals + ended(listed, used, tx, now)[0]
