"""What kinds of catalogues share: the fetch, the reading, and what was refused of it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from pulse_tui.collectors._shared.files import Bad, collect_files
from pulse_tui.collectors._shared.web import fetch, fetch_other
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import address, many
from pulse_tui.enrich.vendors.catalogues.model_list import more
from pulse_tui.enrich.vendors.catalogues.reading import Read, document, of_document, read
from pulse_tui.ports import CollectContext

CAP = 8 * 2**20
"""Bytes of a catalogue: models.dev's has 2 MB and grows by a tenth a month."""
EVERY = 21_600.0
FLOOR = 3_600.0
"""Catalogues are edited by people, some times a day."""
PAGES = 20
"""Pages of a list that are followed; platforms serve some hundred models."""


def collect_catalogue(
    context: CollectContext,
    url: str,
    token: str | None,
    shape: str,
    *,
    path: str = "",
    platform: str = "",
    headers: Mapping[str, str] | None = None,
) -> Collected:
    """One round: the catalogue when it changed; of a host that knows no validators, the same bytes are no change."""
    if path:
        return collect_files(
            path,
            "*.json",
            CAP,
            context,
            lambda name, data, at: _collected(name, read(name, data, at.source, platform=platform, shape=shape), at),
        )
    fetched = fetch_other(context, url, token, CAP, {"Accept": "application/json", **(headers or {})})
    if fetched.unchanged:
        return Collected(cursor=fetched.cursor, unchanged=True)
    name = address(url)
    first = document(name, fetched.body)
    whole = _followed(context, url, token, headers, first)
    # Of a list of several pages the first one's validators say nothing of the others.
    cursor = fetched.cursor if whole is first else Cursor()
    found = of_document(name, whole, context.source, platform=platform, shape=shape)
    return msgspec.structs.replace(_collected(name, found, context), cursor=cursor)


def _collected(name: str, found: Read, context: CollectContext) -> Collected:
    bad = Bad(context.source, name)
    for key, why in found.refused:
        bad.refuse(f"{name} {key}", why)
    standing = ""
    if found.refused:
        key, why = found.refused[0]
        standing = f"{many(len(found.refused), 'entry', 'entries')} could not be read: {key}: {why}"
    return Collected(observations=(found.catalogue,), rejected=bad.all(), cursor=context.cursor, standing=standing)


def _followed(
    context: CollectContext, url: str, token: str | None, headers: Mapping[str, str] | None, first: object
) -> object:
    """The list with all its pages; the document itself where it is one. Raises SourceError for half a list."""
    page, items = first, list[object]()
    http = context.http.upto(CAP).within(60.0)
    context = context._replace(cursor=Cursor(), http=http)
    for _ in range(PAGES):
        following = more(page)
        if following is None:
            return first if page is first else {"data": [*items, *_items(page)]}
        if not following:
            raise SourceError(f"{address(url)} goes on and does not say where", todo="Ask for all of it in one page")
        items += _items(page)
        name = "after_id" if isinstance(page, dict) and "has_more" in page else "pageToken"
        body = fetch(context, _with(url, name, following), token, headers).body
        page = document(address(url), body)
    raise SourceError(f"{address(url)} has over {PAGES} pages", todo="Ask for larger pages: ?limit=1000")


def _items(page: object) -> list[object]:
    if isinstance(page, dict):
        page = page.get("data") if isinstance(page.get("data"), list) else page.get("models")
    return page if isinstance(page, list) else []


def _with(url: str, name: str, value: str) -> str:
    scheme, host, path, query, _ = urlsplit(url)
    pairs = [(n, v) for n, v in parse_qsl(query, keep_blank_values=True) if n != name]
    return urlunsplit((scheme, host, path, urlencode([*pairs, (name, value)], safe="${}"), ""))
