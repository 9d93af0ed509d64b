"""Where the comparisons of canaries with what serves beside them stand: as a source left them, and as of when."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.comparison import LiveComparison, kept_at, packed, unpacked
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.source import Collected
from pulse_tui.ports import Transaction


def keep(tx: Transaction, source: str, collected: Collected) -> None:
    """What the round found takes the place of what the one before did: a comparison that is no longer made is gone."""
    key, text = kept_at(source), packed(collected.comparisons)
    if (tx.plumbing.get_value(key) or packed(())) != text:
        tx.plumbing.put_value(key, text)


def compared(tx: Transaction, now: datetime, asset: str | None = None) -> list[LiveComparison]:
    """Of every source that is configured, the worst first."""
    found = [
        row
        for status in tx.plumbing.sources().values()
        if (text := tx.plumbing.get_value(kept_at(status.id))) is not None
        for row in unpacked(text, status.id, status.health(now), status.reason)
        if asset in (None, row.asset)
    ]
    return sorted(found, key=lambda row: row.order)


def compared_lines(tx: Transaction, now: datetime, asset: str, version: str | None = None) -> list[str]:
    """In words, of one release where it is named."""
    return [row.line(to_us(now)) for row in compared(tx, now, asset) if version in (None, row.version)]
