"""Notes that wait for a person: what they are about is not sure."""

from __future__ import annotations

from pulse_tui.domain.note import StoredNote
from pulse_tui.domain.text import clean, many
from pulse_tui.ports import Transaction


def queue(tx: Transaction, limit: int = 500) -> list[StoredNote]:
    """The notes that a person should look at, the newest first: a model is named, and no rule or only a weak one says
    what the note is about."""
    return [stored for stored in tx.vendors.notes(review=True, limit=limit) if stored.listed]


def queue_words(tx: Transaction) -> str:
    """``3 notes of vendors wait for a person, the newest: …``; "" when none does."""
    waiting = queue(tx)
    if not waiting:
        return ""
    title = clean(waiting[0].note.title, 80) or waiting[0].note.key
    many_ = f"{many(len(waiting), 'note')} of vendors {'waits' if len(waiting) == 1 else 'wait'}"
    return f"{many_} for a person, the newest: {title}; pulse-tui note list --review"
