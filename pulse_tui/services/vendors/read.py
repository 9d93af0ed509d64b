"""What a note is about, with what people corrected."""

from __future__ import annotations

from pulse_tui.domain.note import Note, Reading
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.corrections import newest_first
from pulse_tui.ports import Transaction


def read_note(note: Note, tx: Transaction) -> Reading:
    """As the rules read it; a correction that applies comes before them."""
    return classify(note, newest_first(tx.vendors.local_rules()))
