"""Entries to notes, under keys that stay: the page's own id of an entry, else its day and a digest of its words."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

from pulse_tui.collectors._shared.blocks import rendered
from pulse_tui.collectors._shared.days import plain_dashes
from pulse_tui.collectors.changelog.entries import Entry
from pulse_tui.domain.note import Note, NoteKind
from pulse_tui.domain.text import clean, distinct

_SENTENCE = re.compile(r"[.!?](?=\s)")
_TITLE = 160


class About(NamedTuple):
    """What the notes of a page have in common."""

    source: str
    vendor: str
    now: datetime
    base: str
    """The address of the page; empty of a file."""
    package: str = ""


def notes_of(entries: Sequence[Entry], about: About, own: str = "") -> list[Note]:
    """A note an entry, as they stand; entries of one day with the same words stay apart. ``own``: the key of the only one."""
    made = [(entry, _body(entry)) for entry in entries]
    owns = Counter(stated for entry, _ in made if (stated := _own_id(entry, about.base)[0]))
    seen = Counter[str]()
    notes = []
    for entry, body in made:
        stated, link = _own_id(entry, about.base)
        key = own or stated if own or owns[stated] == 1 else f"{_place(entry)}#{_digest(entry.title or body)}"
        seen[key] += 1
        if seen[key] > 1:
            key = f"{key}.{seen[key]}"
        notes.append(_note(entry, body, key, link, about))
    return notes


def first_sentence(text: str, limit: int = _TITLE) -> str:
    """The first sentence of the first line, as a title."""
    line = text.partition("\n")[0]
    end = _SENTENCE.search(line)
    return clean(line[: end.start() + 1] if end is not None else line, limit)


def _note(entry: Entry, body: str, key: str, link: str, about: About) -> Note:
    day = entry.of.day
    title = clean(entry.title, 300) or first_sentence(body)
    if about.package and entry.of.version:
        title = f"{about.package} {entry.of.version}: {title}"
    section = [clean(part, 120) for part in entry.section if part]
    return Note(
        source=about.source,
        key=distinct(key),
        vendor=about.vendor,
        title=clean(title, 300) or "(no title)",
        body=body,
        published_at=day.at if day is not None else about.now,
        link=link or None,
        kind=NoteKind.RELEASES if about.package else NoteKind.CHANGELOG,
        section=clean(" > ".join(dict.fromkeys(section)), 300),
        models=tuple(clean(model, 120) for model in entry.models[:100]),
        package=about.package or None,
        version=clean(entry.of.version, 120) or None,
        dated=day is not None,
    )


def _body(entry: Entry) -> str:
    return rendered(entry.blocks)


def _place(entry: Entry) -> str:
    if entry.of.day is not None:
        return f"{entry.of.day.at:%Y-%m-%d}"
    return entry.of.version or "undated"


def _digest(text: str) -> str:
    """Of the title, else of all the words; the white space, the dashes and the quotes of a page change without a meaning."""
    text = plain_dashes(text)
    for found, plain in (
        ("\u2019", "'"),
        ("\u2018", "'"),
        ("\u201c", '"'),
        ("\u201d", '"'),
        ("\u2013", "-"),
        ("\u2014", "-"),
    ):
        text = text.replace(found, plain)
    return hashlib.sha256("".join(text.split()).encode("utf-8", "replace")).hexdigest()[:16]


def _own_id(entry: Entry, base: str) -> tuple[str, str]:
    """The id that the page itself gives to an entry (``?entry=2026-06-03-1f``, the id of its item), and where it leads."""
    for href in _links(entry):
        if "entry=" in href and (link := web_link(base, href)):
            given = parse_qs(urlsplit(link).query).get("entry", [""])[0]
            if given:
                return given, link
    link = web_link(base, f"#{entry.anchor}" if entry.anchor else "")
    item = entry.blocks[0].anchor if entry.blocks else ""
    return item, link


def _links(entry: Entry) -> Iterable[str]:
    return (link for block in entry.blocks for link in block.span.links)


def web_link(base: str, href: str) -> str:
    """A web address on the page, whole; empty for any other."""
    try:
        link = urljoin(base, href.strip())
    except ValueError:
        return ""
    return clean(link, 2_000) if link.startswith(("http://", "https://")) else ""
