"""What a page lists now beside what is remembered of it: new, edited, back again, gone; and whether it can be believed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from pulse_tui.domain.note import Note, NoteKind, Page, PageState, StoredNote, What
from pulse_tui.domain.text import many

MASS = 5
"""So many entries that changed at once are the page's doing, not the vendor's news ..."""
SHARE = 0.3
"""... where they are more than this share of those that were known."""
BACKDATED = timedelta(days=2)
"""A new entry that bears a date so long before the page was last read is back-dated."""
SIMILAR = 0.5
"""Two texts of which this share of the words is common are one entry before and after an edit."""
WORDS = 400
"""Words of an entry that are looked at for that."""
PAIRS = 2_500
"""Pairs of entries of one heading that are compared word by word."""
TELLING = 40
"""An entry with a text of so many characters is the same one under another heading too."""
ALIASES = 2_000
_OF_CONTENT = re.compile(r"(?:#[^#]{0,80}|-[0-9a-f]{8,64}(?:\.\d{1,4})?)\Z")
_WORD = re.compile(r"\w+(?:[./:@-]\w+)*")


class Entry(NamedTuple):
    """An entry that is not as it was; ``note`` has the key under which it is remembered."""

    note: Note
    what: What
    before: Note | None = None


class Listing(NamedTuple):
    """What a listing holds beside what is remembered."""

    digest: str
    entries: tuple[Entry, ...]
    """Without those that are as they were; the oldest first."""
    removed: tuple[str, ...] = ()
    """Keys that the page no longer lists."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Every key on the page that stands for another one, those of earlier listings behind those of this one."""
    suspect: str = ""
    """Why it cannot be believed at once; empty: it can."""
    history: frozenset[str] = frozenset()
    """Keys of new entries that came with many others like them, all dated before the page was last read: no news."""
    marks: Mapping[str, str] = MappingProxyType({})
    """A digest of each entry on the page, by the key that it is remembered by."""


def content(note: Note) -> tuple[str, ...]:
    """What makes an entry another one when it changes: not its date of publication, and not its link."""
    return (note.title, note.body, note.section, *note.models, note.package or "", note.version or "")


def digest(page: Page) -> str:
    """Equal for two listings of the same entries, in whatever order."""
    each = sorted(repr((note.key, content(note))) for note in page.notes)
    return hashlib.sha256(repr((page.complete, each)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def compare(page: Page, memory: Mapping[str, StoredNote], state: PageState | None) -> Listing:
    """Pure; the order of the page's entries makes no difference. The time is about linear in them."""
    known = dict(state.aliases) if state is not None else {}
    notes = _keyed(page.notes, memory, known)
    absent = {key: kept for key, kept in memory.items() if key not in notes}
    renamed = _paired(page, {k: n for k, n in notes.items() if k not in memory}, absent)
    notes = {renamed.get(key, key): note for key, note in notes.items()}
    entries = [entry for key, note in notes.items() if (entry := _entry(key, note, memory.get(key))) is not None]
    entries.sort(key=lambda e: (e.note.published_at, e.note.key))
    whole = page.complete and not page.rolling
    removed = sorted(k for k, kept in memory.items() if kept.listed and k not in notes) if whole else []
    read_at = _read_at(state, memory)
    return Listing(
        digest=digest(page),
        entries=tuple(entries),
        removed=tuple(removed),
        aliases=_kept(renamed, known, notes),
        suspect=_suspect(page, notes, memory, entries, removed),
        history=_history(entries, len(notes.keys() & memory.keys()), read_at),
        marks={key: _mark(note) for key, note in notes.items()},
    )


def stays(held: Sequence[str], marks: Iterable[str]) -> bool:
    """Whether a listing is, for the most part, the one that was doubted before: a page goes on while it is."""
    before, now = set(held), set(marks)
    if not before or not now:
        return before == now
    return not _crowd(len(before - now), len(before)) and not _crowd(len(now - before), len(now))


def news_of(listing: Listing, held: Sequence[str]) -> frozenset[str]:
    """Of a listing that was doubted and is believed now, the new entries that are news: those that came while it was
    doubted, and those that were no crowd of old ones."""
    first = set(held)
    new = [e.note for e in listing.entries if e.what is What.NEW]
    undated = [n.key for n in new if not n.dated]
    old = {*listing.history, *(undated if _crowd(len(undated), len(listing.marks)) else ())}
    return frozenset(n.key for n in new if n.key not in old or listing.marks[n.key] not in first)


# --------------------------------------------------------------------------- under which key


def _keyed(notes: Iterable[Note], memory: Mapping[str, StoredNote], known: Mapping[str, str]) -> dict[str, Note]:
    """Each entry once under the key it is remembered by; of several under one key, one that is known keeps it."""
    by_key = defaultdict[str, dict[tuple[str, ...], Note]](dict)
    for note in sorted(notes, key=lambda n: (n.published_at, repr(content(n)), n.dated)):
        key = known.get(note.key, note.key)
        by_key[key].setdefault(content(note), note)
    found = dict[str, Note]()
    for key, several in by_key.items():
        kept = memory.get(key)
        first = content(kept.note) if kept is not None and content(kept.note) in several else next(iter(several))
        for what, note in several.items():
            own = key if what == first else f"{key}#{hashlib.sha256(repr(what).encode()).hexdigest()[:12]}"
            found[own] = msgspec.structs.replace(note, key=own) if note.key != own else note
    return found


def _paired(page: Page, new: Mapping[str, Note], absent: Mapping[str, StoredNote]) -> dict[str, str]:
    """Keys that are made of the content change with it: (key now -> key of the entry as it was)."""
    found = dict[str, str]()
    listed = {key: kept for key, kept in absent.items() if kept.listed}
    _same_text(page, new, listed, found)
    if not page.complete:
        return found
    groups = defaultdict[str, tuple[list[str], list[str]]](lambda: ([], []))
    taken = set(found.values())
    for key, note in new.items():
        if key not in found and (heading := _heading(note)):
            groups[heading][0].append(key)
    for key, kept in listed.items():
        if key not in taken and (heading := _heading(kept.note)) and heading in groups:
            groups[heading][1].append(key)
    for came, gone in groups.values():
        if came and gone and len(came) * len(gone) <= PAIRS:
            found |= _alike(came, gone, new, listed)
    return found


def _same_text(page: Page, new: Mapping[str, Note], listed: Mapping[str, StoredNote], found: dict[str, str]) -> None:
    """The same words under another key, on the same day; on a page that lists all, under another heading too."""
    texts = defaultdict[tuple[str, str], list[str]](list)
    for key in sorted(listed):
        if listed[key].note.dated or not page.rolling:  # a feed that dates nothing may write the same words again
            texts[_words_of(listed[key].note), _day(listed[key].note)].append(key)
    for key in sorted(new):
        if gone := texts.get((_words_of(new[key]), _day(new[key]))):
            found[key] = gone.pop(0)
    if page.rolling or not page.complete:
        return
    taken = set(found.values())
    anywhere = defaultdict[str, list[str]](list)
    for key in sorted(listed):
        if key not in taken and len(_words_of(listed[key].note)) >= TELLING:
            anywhere[_words_of(listed[key].note)].append(key)
    for key in sorted(new):
        if key not in found and (gone := anywhere.get(_words_of(new[key]))):
            found[key] = gone.pop(0)


def _words_of(note: Note) -> str:
    return " ".join(f"{note.title} {note.body}".lower().split())


def _day(note: Note) -> str:
    return note.published_at.date().isoformat() if note.dated else ""


def _heading(note: Note) -> str:
    """Where an entry stands whose key is made of its content: ``2026-11-03#1f0c``, ``2026-11-03-1f0c37e4``; empty for any
    other key."""
    made = _OF_CONTENT.search(note.key)
    return f"{note.key[: made.start()]}\0{_day(note)}" if made is not None else ""


def _alike(
    came: Sequence[str], gone: Sequence[str], new: Mapping[str, Note], listed: Mapping[str, StoredNote]
) -> dict[str, str]:
    bags = {key: _bag(new[key]) for key in came} | {key: _bag(listed[key].note) for key in gone}
    scores = sorted(
        ((-score, mine, theirs) for mine in came for theirs in gone if (score := _common(bags[mine], bags[theirs]))),
    )
    found, taken = dict[str, str](), set[str]()
    for _, mine, theirs in scores:
        if mine not in found and theirs not in taken:
            found[mine] = theirs
            taken.add(theirs)
    return found


def _bag(note: Note) -> Counter[str]:
    return Counter(w for w in _WORD.findall(f"{note.title} {note.body}".lower())[:WORDS] if len(w) > 2)


def _common(one: Counter[str], two: Counter[str]) -> float:
    """The share of words that both have, or of the shorter's words that the longer has; 0.0 below :data:`SIMILAR`."""
    few, lots = sorted((one.total(), two.total()))
    if not few:
        return 0.0
    both = (one & two).total()
    alike = max(2 * both / (few + lots), 0.9 * both / few if few >= MASS else 0.0)
    return alike if alike >= SIMILAR else 0.0


def _kept(new: Mapping[str, str], known: Mapping[str, str], notes: Mapping[str, Note]) -> tuple[tuple[str, str], ...]:
    """The newest aliases, those that are in use first."""
    every = {**known, **new}
    order = sorted(every.items(), key=lambda pair: (pair[0] not in new, pair[1] not in notes, pair))
    return tuple(order[:ALIASES])


# --------------------------------------------------------------------------- what happened to it


def _entry(key: str, note: Note, kept: StoredNote | None) -> Entry | None:
    note = msgspec.structs.replace(note, key=key) if note.key != key else note
    if kept is None:
        return Entry(note, What.NEW)
    if content(kept.note) == content(note):
        return None if kept.listed else Entry(kept.note, What.REAPPEARED, kept.note)
    if not note.dated:  # it has the date on which it was first read
        note = msgspec.structs.replace(note, published_at=kept.note.published_at)
    return Entry(note, What.EDITED if kept.listed else What.REAPPEARED, kept.note)


def grown(before: Note, after: Note) -> bool:
    """Whether all that stood in the body stands there still, in its order: updates of an incident are added."""
    words = iter(_WORD.findall(after.body))
    return all(word in words for word in _WORD.findall(before.body))


def _suspect(
    page: Page,
    notes: Mapping[str, Note],
    memory: Mapping[str, StoredNote],
    entries: Sequence[Entry],
    removed: Sequence[str],
) -> str:
    listed = sum(kept.listed for kept in memory.values())
    if not page.complete and not notes:
        return ""
    if not notes:
        quiet = page.kind is NoteKind.STATUS and page.rolling
        return (
            f"it lists nothing any more; there were {many(listed, 'entry', 'entries')}" if listed and not quiet else ""
        )
    edited = sum(e.what is What.EDITED and not _ordinary(page, e) for e in entries)
    back = sum(e.what is What.REAPPEARED for e in entries)
    there = sum(key in notes for key, kept in memory.items() if kept.listed) if page.rolling else listed
    changed, known = edited + back + len(removed), there + back
    if not _crowd(changed, known):
        return ""
    parts = {"edited": edited, "gone": len(removed), "back again": back}
    how = ", ".join(f"{number} {word}" for word, number in parts.items() if number)
    return f"{changed} of {known} known entries changed at once ({how})"


def _ordinary(page: Page, entry: Entry) -> bool:
    """Incidents grow: that is what their pages are for."""
    return page.kind is NoteKind.STATUS and entry.before is not None and grown(entry.before, entry.note)


def _history(entries: Sequence[Entry], known: int, read_at: datetime | None) -> frozenset[str]:
    if read_at is None:
        return frozenset()
    old = [
        e.note.key for e in entries if e.what is What.NEW and e.note.dated and e.note.published_at < read_at - BACKDATED
    ]
    return frozenset(old) if _crowd(len(old), known + len(old)) else frozenset()


def _crowd(some: int, of: int) -> bool:
    return some >= MASS and some > SHARE * of


def _mark(note: Note) -> str:
    return hashlib.sha256(repr(content(note)).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _read_at(state: PageState | None, memory: Mapping[str, StoredNote]) -> datetime | None:
    """When the page was last believed; of notes that were stored before pages were remembered, by the newest of them."""
    if state is not None and state.read_at is not None:
        return state.read_at
    return max((kept.note.published_at for kept in memory.values() if kept.note.dated), default=None)
