"""A catalogue of models comes in: what changed since it was read last, and whom that concerns."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.catalogue import Catalogue
from pulse_tui.domain.estate import Estate
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made


def take_catalogue(item: Catalogue, tx: Transaction, _estate: Estate, _now: datetime) -> Made:
    """Store it in the place of what stood."""
    tx.vendors.put_catalogue(item.source, item.models)
    return Made([], [], known=True)
