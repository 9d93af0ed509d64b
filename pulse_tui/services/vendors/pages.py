"""All that a page lists now comes in: what is new, edited, back again or gone since it was read last."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.note import Page
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.vendors.notes import take_note


def take_page(page: Page, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store what it lists and say what that means for the assets it concerns."""
    made = [take_note(note, tx, estate, now) for note in page.notes]
    return Made(
        [s for one in made for s in one.signals],
        [f for one in made for f in one.cleared],
        known=all(one.known for one in made),
    )
