"""A round of a tripwire comes in."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.tripwire import ProbeRound
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made


def take_round(item: ProbeRound, tx: Transaction, _estate: Estate, _now: datetime) -> Made:
    """Store it."""
    return Made([], [], known=not tx.vendors.put_round(item))
