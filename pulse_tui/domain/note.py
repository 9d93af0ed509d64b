"""Vendor notes: one entry of a changelog, a deprecation list, a price list or a status page, and what is remembered of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Label(StrEnum):
    """What a note is about. A note may carry several."""

    BEHAVIOUR_CHANGE = "behaviour_change"
    DEPRECATION = "deprecation"
    RATE_LIMIT = "rate_limit"
    PRICING = "pricing"
    NEW_MODEL = "new_model"
    SECURITY = "security"
    INCIDENT = "incident"
    OTHER = "other"


class NoteKind(StrEnum):
    """What kind of page a note stands on: it decides what its words mean."""

    CHANGELOG = "changelog"
    DEPRECATIONS = "deprecations"
    STATUS = "status"
    RELEASES = "releases"
    PRICING = "pricing"
    NEWS = "news"
    BULLETIN = "bulletin"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as read. ``key`` is stable per source; the body may grow under the same key."""

    source: str
    key: str
    vendor: str
    title: str
    body: str
    published_at: datetime
    link: str | None = None
    kind: NoteKind = NoteKind.CHANGELOG
    section: str = ""
    """The headings it stands under, from the outermost: ``2026-11-03 > Deprecated``."""
    models: tuple[str, ...] = ()
    """Models that the page itself says it is about, beside the text: tags, a column of a table."""
    package: str | None = None
    """Of a release note: the package that was released, by the name its ecosystem knows (``vllm``)."""
    version: str | None = None
    """Of a release note: the version."""
    dated: bool = True
    """False: the page gives no date, and ``published_at`` is when it was first seen."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What classification made of a note, with the phrases that decided."""

    labels: tuple[Label, ...]
    phrase: str | None = None
    effective_at: datetime | None = None
    review: bool = False
    """A person should look: it names a model, and no rule, or only a weak one, says what it is about."""
    floor: bool = False
    """``effective_at`` is the earliest date, not the date: "not sooner than"."""
    why: tuple[tuple[Label, str], ...] = ()
    """The phrase, section or local rule that decided each label."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page or a feed lists now, as one observation: what it lists is compared with what it listed before."""

    source: str
    vendor: str
    notes: tuple[Note, ...]
    kind: NoteKind = NoteKind.CHANGELOG
    rolling: bool = True
    """Only the newest entries are listed, as in a feed: what is gone was pushed out, not removed."""
    complete: bool = True
    """False: some of it was refused or cut off; nothing is known of what is not listed."""


class What(StrEnum):
    """What happened to an entry between two readings of its page."""

    NEW = "new"
    EDITED = "edited"
    REAPPEARED = "reappeared"
    REMOVED = "removed"


class NoteChange(msgspec.Struct, frozen=True, kw_only=True):
    """One such change; ``before`` is the note as it was, None when there was none."""

    source: str
    key: str
    at: datetime
    what: What
    before: Note | None = None


class StoredNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note with what is remembered of it."""

    note: Note
    reading: Reading
    first_at: datetime
    """When it was first read, whatever date it bears."""
    changed_at: datetime
    listed: bool = True
    baseline: bool = False
    """It stood there when its source was read first: history, not news."""


class PageState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a page as a whole."""

    source: str
    vendor: str
    baseline_at: datetime | None = None
    """When it was first read in full; None: never yet."""
    entries: int = 0
    """How many it listed when it was last believed."""
    news_at: datetime | None = None
    """When it last had anything new."""
    arrivals: tuple[datetime, ...] = ()
    """When the last news came, oldest first: its tempo."""
    suspect: str = ""
    """Why what it lists now is not believed; empty: it is."""
    suspect_since: datetime | None = None
    held: str = ""
    """A digest of the listing that is not believed: the same one again may be."""
    held_marks: tuple[str, ...] = ()
    """What that listing held: a digest of each entry."""
    believing: bool = False
    """It came often enough, and is being stored."""
    held_since: datetime | None = None
    """When that listing was first read."""
    tries: int = 0
    """How often in a row that listing was read again; before there is a baseline, how often it was not read whole."""
    kind: NoteKind = NoteKind.CHANGELOG
    read_at: datetime | None = None
    """When it was last read and believed."""
    digest: str = ""
    """Of the listing that was believed last: the same one again holds nothing new."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(key on the page, key of the note): an entry that was edited goes on under the key that it had first."""
    standing: str = ""
    """What of it stands refused, as its collector has it."""
    missing: bool = False
    """Its address answers that there is nothing (any more)."""


class LocalRule(msgspec.Struct, frozen=True, kw_only=True):
    """A correction by a person, as a rule: notes of the vendor that hold all the words have these labels."""

    id: str
    vendor: str
    words: tuple[str, ...]
    """Lower case, each a word or a phrase."""
    labels: tuple[Label, ...]
    by: str
    at: datetime
    why: str = ""
    source: str = ""
    key: str = ""
    """The note that was corrected: a case that the rules must go on getting right."""
    title: str = ""
    body: str = ""
