"""A model came into use after its end was announced: the announcement is news to whoever uses it now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.note import Label
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.vendors.news import holds, off_since
from pulse_tui.ports import Transaction
from pulse_tui.services.vendors.lifecycles import InUse, ended
from pulse_tui.services.vendors.notes import consequences

NOTES = 5_000
"""Of the newest notes those are looked through that announce an end."""


def still_announced(asset_ids: Collection[str], tx: Transaction, estate: Estate, now: datetime) -> list[Signal]:
    """Ends that are still to come of what these assets use, as pages and lists announce them. A signal that was made when
    the announcement came is the same signal."""
    assets = {i: estate.assets[i] for i in asset_ids if i in estate.assets}
    theirs = msgspec.structs.replace(estate, assets=assets)
    used = InUse(tx, theirs)
    if not used.components:
        return []
    notes = [n for n in tx.vendors.notes(limit=NOTES) if n.listed]
    announced = [n for n in notes if Label.DEPRECATION in n.reading.labels and holds(n.note, n.reading, now)]
    signals = []
    for stored in announced:
        page = [n.note for n in notes if n.note.source == stored.note.source]
        if not off_since(stored.note, page):
            made = consequences(stored.note, stored.reading, tx, theirs, now, known=False)
            signals += [s for s in made.signals if s.asset_id in assets]
    listed = [(None, s.item) for s in tx.vendors.lifecycles() if s.listed and s.item.ends_at is not None]
    return signals + ended(listed, used, tx, now)[0]
