"""Vendor notes from RSS and Atom feeds, by conditional GET.

feedparser gets bytes, never a URL; what it lets through (escape sequences, bidi, markup) is cleaned here.
"""

from __future__ import annotations

import hashlib
import re
from calendar import timegm
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import urljoin

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.html import to_text
from pulse_tui.collectors._shared.pages import is_html, nothing_in
from pulse_tui.collectors._shared.prerelease import is_prerelease
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.collectors._shared.stamps import published
from pulse_tui.collectors._shared.web import fetch
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained, reason
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor, Rejected, Standing
from pulse_tui.domain.text import address, clean, clean_block, distinct
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``preset``, or the ``url`` of the feed and its ``vendor``; a bearer ``token`` when it needs one."""

    EVERY: ClassVar[float] = 1_800.0
    FLOOR: ClassVar[float] = 900.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("feed")

    url: str = ""
    vendor: str = ""
    preset: str = ""
    """A feed that is known by name: ``vllm``, ``bedrock``, ``anthropic-status``."""
    token: str | None = None
    about: NoteKind | None = None
    """What its entries are, ``changelog`` when it is left out; ``releases`` of a package, updates of a ``status`` page."""
    prereleases: bool = False
    """Of releases: take candidates, betas and nightlies too."""
    package: str | None = None
    """The package whose releases it lists, as its ecosystem names it: ``vllm``."""

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not, and where url or vendor are missing."""
        fill(self, "feed", "url", "vendor")
        if self.about is not None:
            msgspec.structs.force_setattr(self, "about", NoteKind(self.about))


ENTRIES = 5_000
"""Entries of a feed that are read: an archive of ten years has a thousand."""
MARKUP = 100_000
"""Beginnings and ends of elements that are read, four references of escaped HTML counting as one."""
CAP = 2 * 2**20
"""Bytes of a feed: the largest that were seen have one million."""
_TAG = re.compile(r"(?:\Atag:github\.com,2008:Repository/\d+/|/releases/tag/)([\w.+-]{1,80})\Z")
_VERSION = re.compile(r"(?<![\w.])(v?\d{1,6}(?:\.\d{1,6}){1,4}[\w.+-]{0,20})")
_CLOSED = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_OPENED = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. Validators are kept after every good parse, also when no entry is new; of a host that knows none, the
    same bytes again are as good as its word that nothing changed."""
    headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"}
    context = context._replace(http=context.http.upto(CAP))
    fetched = fetch(context, options.url, options.token, headers)
    before, _, known = (context.cursor.bookmark or "").partition(" ")  # entries that it listed, digest of its bytes
    digest = _digest(fetched.body)
    if fetched.unchanged or (known and digest == known):
        cursor = msgspec.structs.replace(fetched.cursor, bookmark=context.cursor.bookmark)
        return Collected(cursor=cursor, unchanged=True)
    name = address(options.url)
    notes, rejected, whole = read(name, fetched.body, options.vendor, context.source, context.now)
    notes = [note for note in (_listed(n, options) for n in notes) if _wanted(note, options)]
    # Half a feed under a validator would never be read to its end; nor may the whole one count as unchanged after it.
    cursor = Cursor(bookmark=before or None)
    if whole:
        listed = f"{len(notes)} {digest}" if notes else before
        cursor = msgspec.structs.replace(fetched.cursor, bookmark=listed or None)
    empty = whole and not notes and not rejected and before != ""
    # The document as a whole is sloppy at most where it was read to its end: of its entries none is missing.
    fine = whole and all(r.problem.where == name for r in rejected)
    standing = f"it lists no entry any more; there were {before}" if empty else "" if fine else None
    page = Page(
        source=context.source,
        vendor=options.vendor,
        notes=tuple(notes),
        kind=options.about or NoteKind.CHANGELOG,
        complete=whole and not rejected,
    )
    return Collected(
        observations=(page,),
        rejected=tuple(rejected),
        cursor=cursor,
        standing=standing,
        has=Standing(source=context.source, notes=tuple(n.key for n in notes)) if page.complete else None,
    )


def _digest(data: bytes) -> str:
    """Of what comes from the first entry on: many servers write the time of the answer before it."""
    first = _OPENED.search(data)
    return hashlib.sha256(data[first.start() :] if first else data).hexdigest()[:32]


def _wanted(note: Note, options: Options) -> bool:
    """Not the candidates of a release, unless they are asked for."""
    return options.prereleases or note.version is None or not is_prerelease(note.version)


def _listed(note: Note, options: Options) -> Note:
    """The note as its feed lists it: what kind of entry it is, and which version of which package."""
    if options.about is None and options.package is None:
        return note
    version = None
    if options.package is not None:
        found = _TAG.search(note.key) or _TAG.search(note.link or "") or _VERSION.search(note.title)
        version = found[1].removeprefix("v") if found else None
    return msgspec.structs.replace(
        note, kind=options.about or NoteKind.CHANGELOG, package=options.package, version=version
    )


def read(name: str, data: bytes, vendor: str, source: str, now: datetime) -> tuple[list[Note], list[Rejected], bool]:
    """Notes, what was refused, and whether the document has an end. CPU-heavy: about 1 ms an entry.

    Raises SourceError when ``data`` is not a feed, or is broken before its first entry.
    """
    import feedparser  # noqa: PLC0415  late: 50 ms

    _small(name, data)

    # No base address is given: feedparser would also rewrite ids with it.
    # A stream, never bytes: feedparser takes bytes without markup for the name of a file, and opens it.
    try:
        parsed = feedparser.parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        raise contained(name, error) from None
    entries = list(parsed.entries)
    broken = _broken(parsed)
    if not entries and (broken or not parsed.get("version")):
        raise _no_feed(name, data, broken)
    rejected: list[Rejected] = []
    cut = not _END.search(data) and bool(broken)
    if broken:
        left = ""
        if cut and len(_OPENED.findall(data)) > len(_CLOSED.findall(data)):
            left = "; its last entry is not whole and was left out"
            entries = entries[:-1]
        rejected.append(refuse(source, name, f"the document is broken: {broken}{left}", data))
    seen = Counter(_own_key(entry) for entry in entries)
    notes = []
    for entry in entries:
        try:
            notes.append(_note(entry, vendor, source, now, base=name, shared=seen[_own_key(entry)] > 1))
        except Exception as error:  # whatever one entry does, the others are stored
            where = f"{name} entry {clean(str(entry.get('id') or entry.get('link') or '?'), 100)}"
            rejected.append(refuse(source, where, f"unreadable: {reason(error)}"))
    notes.sort(key=lambda note: note.published_at)  # feeds begin with the newest; what it takes back was there before
    return notes, rejected, not cut


def _no_feed(name: str, data: bytes, broken: str) -> SourceError:
    """Why there is no entry to read: nothing came, a page in place of the feed, or half of it."""
    todo = "Check that the url is a feed and that it arrived whole"
    if not data.strip():
        return SourceError(f"{name} is empty", todo="It is asked again; if it stays so, look at it yourself")
    if is_html(text := data.decode("utf-8", "replace")):
        return nothing_in(name, text, "entry: it is HTML, not an RSS or Atom feed")
    if broken:
        return SourceError(f"{name} is broken before its first entry: {broken}", todo=todo)
    return SourceError(f"{name} is not an RSS or Atom feed", todo=todo)


def _small(name: str, data: bytes) -> None:
    """Raise SourceError for a feed that would take more than seconds: an entry takes about 1 ms, an element 0.02."""
    if len(_OPENED.findall(data)) > ENTRIES:
        raise SourceError(f"{name} has over {ENTRIES:,} entries", todo="Give the feed of what is new")
    at = marked = 0
    while (begin := data.find(b"<![CDATA[", at)) >= 0:
        marked += data.count(b"<", at, begin) + data.count(b"&", at, begin) // 4
        at = data.find(b"]]>", begin)
        if at < 0:  # broken: feedparser looks into it then
            at = begin
            break
    marked += data.count(b"<", at) + data.count(b"&", at) // 4
    if marked > MARKUP:
        raise SourceError(f"{name} has over {MARKUP:,} elements", todo="Give the feed of what is new")


def _broken(parsed: Any) -> str:
    """Why the document is not well formed; "" when it is, or when only its encoding was guessed."""
    error = parsed.get("bozo_exception")
    if not parsed.get("bozo") or type(error).__name__ in ("CharacterEncodingOverride", "NonXMLContentType"):
        return ""
    return clean(str(error), 160) or type(error).__name__


def _own_key(entry: Any) -> str:
    return str(entry.get("id") or entry.get("link") or "")


def _note(entry: Any, vendor: str, source: str, now: datetime, *, base: str, shared: bool) -> Note:
    title = _title(entry)
    key = _own_key(entry)
    if not key or shared:
        # A page without anchors gives all its entries one link: title and date distinguish them.
        message = f"{title}\0{entry.get('published') or entry.get('updated') or ''}"
        if not entry.get("title"):  # RSS requires a title or a description: all of it distinguishes such entries
            message += f"\0{_body(entry)}"
        key = f"{key}#{hashlib.sha256(message.encode('utf-8', 'replace')).hexdigest()[:20]}"
    link = _link(base, str(entry.get("link") or ""))
    at = published(_moment(entry), now)
    return Note(
        source=source,
        key=distinct(key, 500),  # two that begin alike stay two
        vendor=vendor,
        title=title,
        body=_body(entry),
        published_at=at or now,
        dated=at is not None,
        link=link,
    )


def _link(base: str, stated: str) -> str | None:
    """A web address, whole; None for any other, and for what is none. An entry with a bad link is an entry."""
    try:
        link = urljoin(base, stated) if stated else ""
    except ValueError:
        return None
    return clean(link, 2_000) if link.startswith(("http://", "https://")) else None


def _title(entry: Any) -> str:
    detail = entry.get("title_detail") or {}
    title = str(entry.get("title") or "")
    if detail.get("type") in ("text/html", "application/xhtml+xml"):
        title = to_text(title, 300)
    return clean(title, 300) or clean(_body(entry).partition("\n")[0], 120) or "(no title)"


def _body(entry: Any) -> str:
    parts = entry.get("content") or [entry.get("summary_detail") or {"value": entry.get("summary") or ""}]
    best = max(parts, key=lambda part: len(str(part.get("value") or "")))
    text = str(best.get("value") or "")
    return clean_block(text) if best.get("type") == "text/plain" else to_text(text)


def _moment(entry: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        if stamp := entry.get(name):
            try:
                return from_us(timegm(stamp) * 1_000_000)
            except (ValueError, OverflowError):
                continue
    return None
