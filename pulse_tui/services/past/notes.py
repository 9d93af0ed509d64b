"""Vendors' notes as they stood: their words follow from what is kept of every change, and whom they reached does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.note import Note, NoteChange, StoredNote, What
from pulse_tui.domain.text import clean, clean_block
from pulse_tui.domain.views.vendors import NoteRow, NoteStory
from pulse_tui.ports import Transaction
from pulse_tui.services.past.pages import NOT_KEPT
from pulse_tui.services.vendors.story import MARKS, about, edits

UNKNOWN: Final = "unknown"
_MOST: Final = 20_000
_LISTED: Final = 1_000
_CORRECTED: Final = ("note.corrected", "note.correction_withdrawn")


def notes(tx: Transaction, source: str | None, then: datetime) -> tuple[NoteRow, ...]:
    """What had been read, the newest first. Labels are unknown where the note, or a correction, is of later."""
    corrected = _corrected_since(tx, then)
    found = [n for n in tx.vendors.notes(source, limit=_MOST) if n.first_at <= then][:_LISTED]
    return tuple(_row(n, *_as_of(tx, n, then), corrected=corrected) for n in found)


def note_story(tx: Transaction, source: str, key: str, then: datetime) -> NoteStory:
    """One of them. Raises NotFound for one that nobody had read."""
    stored = tx.vendors.note(source, key)
    if stored is None or stored.first_at > then:
        raise NotFound(f"there was no note {key!r} of {source!r} at {iso(then)}")
    note, changes = _as_of(tx, stored, then)
    row = _row(stored, note, changes, corrected=_corrected_since(tx, then))
    labels = stored.reading.labels if row.labels != (UNKNOWN,) else ()
    lines = (
        ("What changed", f"{clean(note.title, 300) or 'no title'}: first read {iso(stored.first_at)}"),
        ("What is the risk", f"labels: {', '.join(row.labels) or 'none'}; whom it reached is {NOT_KEPT}"),
        ("What to do now", f"the advice of then is {NOT_KEPT}"),
        *(("Text", line) for line in clean_block(note.body, 6_000).split("\n") if note.body.strip()),
        *about(note),
        *(
            ("Log", f"{iso(e.at)} {e.actor}: {e.action} {e.detail.get('why', '')}".rstrip())
            for e in tx.log.entries(subject=f"{source}/{key}")
            if e.at <= then
        ),
    )
    return NoteStory(row, lines, tuple(edits(changes, note, labels)), note.link or "")


def _corrected_since(tx: Transaction, then: datetime) -> bool:
    """Whether somebody corrected how notes are read after that moment: of then their labels are not known."""
    newest = tx.log.page(1, actions=_CORRECTED)
    return bool(newest) and newest[0].at > then


def _as_of(tx: Transaction, stored: StoredNote, then: datetime) -> tuple[Note, Sequence[NoteChange]]:
    """The note as it stood, and what had happened to it."""
    changes = tx.vendors.changes(stored.note.source, stored.note.key) if stored.changed_at > stored.first_at else ()
    came = next((c.before for c in changes if c.at > then and c.before is not None), stored.note)
    return came, tuple(c for c in changes if c.at <= then)


def _row(stored: StoredNote, note: Note, changes: Sequence[NoteChange], *, corrected: bool) -> NoteRow:
    same = note == stored.note and not corrected
    last = changes[-1].what if changes else What.NEW
    return NoteRow(
        note.source,
        note.key,
        to_us(stored.first_at),
        clean(note.vendor, 60),
        tuple(label.value for label in stored.reading.labels) if same else (UNKNOWN,),
        clean(note.title, 300) or clean(note.body, 120) or "no title",
        (UNKNOWN,),
        to_us(note.published_at) if note.dated else None,
        MARKS.get(last, ""),
        history=stored.baseline,
        ends_us=to_us(stored.reading.effective_at) if same and stored.reading.effective_at else None,
        floor=same and stored.reading.floor,
    )
