"""What a source states of the ends of models comes in."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.lifecycle import Lifecycles
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made


def take_lifecycles(item: Lifecycles, tx: Transaction, _estate: Estate, now: datetime) -> Made:
    """Store what it states."""
    changed = tx.vendors.put_lifecycles(item.source, item.items, now, whole=item.whole)
    return Made([], [], known=not changed)
