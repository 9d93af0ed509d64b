"""A page or a file of a changelog to its notes, and the notes to the page as one observation."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from pulse_tui.collectors._shared.blocks import Block, Span, What
from pulse_tui.collectors._shared.days import Day, day_at_start
from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.html_page import html_blocks
from pulse_tui.collectors._shared.markdown import read_markdown
from pulse_tui.collectors._shared.pages import digest, is_html, nothing_in, text_of
from pulse_tui.collectors.changelog.entries import Entry, entries, loose
from pulse_tui.collectors.changelog.headings import Dated
from pulse_tui.collectors.changelog.notes import About, notes_of
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Rejected

ENTRIES = 5_000
"""Entries of a page that are read."""


class Listed(NamedTuple):
    """A page, and what was refused of it."""

    page: Page
    rejected: tuple[Rejected, ...]


def listed(notes: list[Note], about: About, name: str, *, complete: bool = True) -> Listed:
    """The page as one observation; what is too much of it is left out and named."""
    rejected: tuple[Rejected, ...] = ()
    if len(notes) > ENTRIES:
        rejected = (refuse(about.source, name, f"it has over {ENTRIES:,} entries; the first of them are read"),)
    taken = sorted(notes[:ENTRIES], key=lambda note: note.published_at)  # pages begin with the newest
    page = Page(
        source=about.source,
        vendor=about.vendor,
        notes=tuple(taken),
        kind=NoteKind.RELEASES if about.package else NoteKind.CHANGELOG,
        rolling=False,
        complete=complete and not rejected,
    )
    return Listed(page, rejected)


def read(name: str, body: bytes, about: About) -> list[Note]:
    """The notes of a page, as they stand. Raises SourceError when it has none."""
    text = text_of(name, body)
    try:
        blocks = html_blocks(text) if is_html(text) else read_markdown(text).blocks
        found = notes_of(entries(blocks)[: ENTRIES + 1], about)
    except SourceError as error:
        raise SourceError(f"{name}: {error.what}", todo=error.todo) from None
    except Exception as error:
        raise contained(name, error) from None
    if not found:
        raise nothing_in(name, text, "entry under a day, a month or a version")
    return found


def read_file(name: str, body: bytes, about: About) -> list[Note]:
    """The notes of one file of a folder: one where it has a title, else its bullets; none where it bears no day, or is hidden."""
    document = read_markdown(text_of(name, body))
    front = document.front
    stem = re.sub(r"\.mdx?\Z", "", name)
    day = _day(front.get("date"), front.get("createdAt"), front.get("id"), stem[:10])
    if day is None or front.get("hidden", "").lower() == "true":
        return []
    of = Dated(day)
    if not front.get("title"):
        return notes_of(loose(document.blocks, of), about)
    flat = tuple(Block(What.TEXT, b.span) if b.what is What.HEADING else b for b in document.blocks)
    if flat and flat[0].what is not What.TEXT:
        flat = (Block(What.TEXT, Span("")), *flat)
    return notes_of([Entry(of, (of.shown,), front["title"], flat)], about, own=stem)


def content_of(notes: list[Note]) -> str:
    """A digest of what the notes say, whatever else a page has around them."""
    return digest(msgspec.json.encode([(n.key, n.title, n.body, n.section, n.models) for n in notes]))


def _day(*stated: str | None) -> Day | None:
    return next((day for text in stated if text and (day := day_at_start(text)) is not None and day.year), None)
