"""What of an entry is news: what still holds of an old one, and whether an edit changed what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note, NoteKind, Reading
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.vendors.classify import classify, taken_back
from pulse_tui.enrich.vendors.diff import Op, diff, numbers
from pulse_tui.enrich.vendors.incidents import ended
from pulse_tui.enrich.vendors.listing import Entry
from pulse_tui.enrich.vendors.mentions import named

AHEAD = timedelta(days=180)
"""An announced end within this time is told of, however old its note is."""
LASTS = timedelta(days=30)
"""An incident that nobody has reported as over is taken for one that goes on, as long after it began."""
WORDS = 8
"""Words that came in at once: they are read as a note of their own."""


def holds(note: Note, reading: Reading, now: datetime) -> bool:
    """Whether what an old note says is still ahead or goes on: an end with a date to come, an incident that is not over."""
    if Label.INCIDENT in reading.labels and not ended(note) and note.published_at > now - LASTS:
        return True
    if Label.DEPRECATION not in reading.labels or reading.effective_at is None or reading.floor:
        return False
    return now - timedelta(days=1) <= reading.effective_at <= now + AHEAD


def off_since(note: Note, notes: Sequence[Note]) -> bool:
    """Whether a later note of the page takes back the end that this one announces."""
    mine = named(f"{note.title}\n{note.body}")
    return any(
        other.key != note.key
        and other.published_at >= note.published_at
        and taken_back(other)
        and any(theirs.reaches(one) for theirs in named(f"{other.title}\n{other.body}") for one in mine)
        for other in notes
    )


def other_meaning(before: Note, after: Note, was: Reading, now: Reading) -> bool:
    """Whether an edit says something else: another label or date, another model, another number, or more about something."""
    if (was.labels, was.effective_at, was.floor) != (now.labels, now.effective_at, now.floor):
        return True
    if (before.models, before.version) != (after.models, after.version):
        return True
    if Label.INCIDENT in now.labels and not (ended(before) and ended(after)):  # it goes on, is over, or is back
        return True
    one, two = f"{before.title}\n{before.body}", f"{after.title}\n{after.body}"
    if numbers(one) != numbers(two) or named(one) != named(two):
        return True
    came = " ".join(part.text for part in diff(before, after).words if part.op is Op.CAME)
    if len(came.split()) < WORDS:
        return False
    reading = classify(msgspec.structs.replace(after, title="", body=came))
    return reading.labels != (Label.OTHER,)


def edited(entry: Entry, signals: Iterable[Signal]) -> Iterator[Signal]:
    """The signals of an entry that was there before, with what moved: as the first line of the summary, too."""
    for signal in signals:
        evidence = signal.evidence
        if entry.before is None or not isinstance(evidence, NoteEvidence):
            yield signal
            continue
        if (
            entry.note.kind is NoteKind.STATUS
        ):  # an incident grows: its newest words, with which it begins, are the news
            grown = msgspec.structs.replace(evidence, change=entry.what.value)
            yield msgspec.structs.replace(signal, evidence=grown)
            continue
        made = diff(entry.before, entry.note, [label for label in Label if label.value in evidence.labels])
        changed = {"change": entry.what.value, "was": made.was or None, "now": made.now or None}
        summary = (
            f"{entry.what.value.capitalize()}: {made.sentence}.\n{signal.summary or ''}" if made.sentence else None
        )
        yield msgspec.structs.replace(
            signal, evidence=msgspec.structs.replace(evidence, **changed), summary=summary or signal.summary
        )
