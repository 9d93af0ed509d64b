"""A vendor's status page over its JSON: every incident with its updates as one note that grows.

Read are ``summary.json`` and ``incidents.json`` of Statuspage, what incident.io serves in their place, and Google Cloud's
``incidents.json``. A summary lists only what is open: how an incident ended is asked of ``incidents.json`` beside it.
https://doers.statuspage.io/api/v2/  https://status.cloud.google.com/incidents.schema.json
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, ClassVar

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.collectors._shared.stamps import moment, published
from pulse_tui.collectors._shared.web import fetch_other, get_json, web_links
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean, clean_block, distinct, looks_like, utf8
from pulse_tui.ports import CollectContext

CAP = 8 * 2**20
"""Bytes: Google Cloud's list of all incidents has four million."""
INCIDENTS = 200
"""Incidents that are read, the newest: a page lists fifty, an archive thousands."""
UPDATES = 50
"""Updates of an incident that are read, the newest."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``preset``, or the ``url`` of the page or of its JSON, and the ``vendor``; a bearer ``token`` when it needs one."""

    EVERY: ClassVar[float] = 900.0
    FLOOR: ClassVar[float] = 900.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("statuspage")

    url: str = ""
    vendor: str = ""
    preset: str = ""
    """A page that is known by name: ``openai``, ``anthropic``."""
    token: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not, and where url or vendor are missing."""
        fill(self, "statuspage", "url", "vendor")

    @property
    def document(self) -> str:
        """The JSON that is asked for."""
        bare = self.url.rstrip("/")
        return bare if bare.endswith(".json") else f"{bare}/api/v2/summary.json"


class _Named(msgspec.Struct):
    name: str | None = None
    title: str | None = None


class _Update(msgspec.Struct):
    status: str | None = None
    body: str | None = None
    text: str | None = None
    created_at: str | None = None
    when: str | None = None


class _Incident(msgspec.Struct):
    id: str | int = ""
    name: str | None = None
    external_desc: str | None = None
    status: str | None = None
    impact: str | None = None
    severity: str | None = None
    created_at: str | None = None
    begin: str | None = None
    end: str | None = None
    shortlink: str | None = None
    uri: str | None = None
    url: str | None = None
    last_update_message: str | None = None
    incident_updates: list[_Update] | None = None
    updates: list[_Update] | None = None
    components: list[_Named] | None = None
    affected_components: list[_Named] | None = None
    affected_products: list[_Named] | None = None


_OVER = {"resolved", "postmortem", "completed", "available"}


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. An answer that has not changed costs a 304, or a look at its bytes."""
    fetched = fetch_other(context, options.document, options.token, CAP, {"Accept": "application/json"})
    if fetched.unchanged:
        return Collected(cursor=fetched.cursor, unchanged=True)
    name = address(options.document)
    found = _incidents(name, _decoded(name, fetched.body))
    complete = True
    if options.document.endswith("/summary.json"):
        try:
            beside = f"{options.document.removesuffix('summary.json')}incidents.json"
            older = _incidents(
                address(beside), get_json(context._replace(http=context.http.upto(CAP)), beside, options.token, {})
            )
        except SourceError:  # not every page serves it: then nobody says how an incident ended
            older, complete = [], False
        known = {_id(raw) for raw in found}
        found += [raw for raw in older if _id(raw) not in known]
    rejected: list[Rejected] = []
    notes = list(_notes(found[:INCIDENTS], name, options.vendor, context, rejected))
    notes.sort(key=lambda note: note.published_at)
    page = Page(
        source=context.source,
        vendor=options.vendor,
        notes=tuple(notes),
        kind=NoteKind.STATUS,
        complete=complete and not rejected,
    )
    return Collected(observations=(page,), rejected=tuple(rejected), cursor=fetched.cursor)


def _decoded(name: str, body: bytes) -> Any:
    try:
        return msgspec.json.decode(utf8(body).removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        other = looks_like(body) if body.strip() else "empty"
        what = f"{name} is {f'{other}, ' if other else ''}no JSON ({len(body):,} bytes: {clean(str(error), 120)})"
        raise SourceError(what, todo="Check that the url is the page's API and that it arrived whole") from None


def _incidents(name: str, found: Any) -> list[Any]:
    """The incidents of any of the shapes, the newest first as they are listed."""
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        lists = [found[key] for key in ("incidents", "ongoing_incidents") if isinstance(found.get(key), list)]
        if lists:
            return [raw for one in lists for raw in one]
    raise SourceError(f"{name} lists no incidents: it is no status page's JSON", todo="Check the url")


def _id(raw: Any) -> str:
    return str(raw.get("id", "")) if isinstance(raw, dict) else ""


def _notes(
    found: list[Any], name: str, vendor: str, context: CollectContext, rejected: list[Rejected]
) -> Iterator[Note]:
    seen: set[str] = set()
    for index, raw in enumerate(found):
        where = f"{name} incidents[{index}]"
        try:
            note = _note(msgspec.convert(raw, _Incident), vendor, context)
        except Exception as error:  # whatever one incident does, the others are read
            rejected.append(refuse(context.source, where, _why(error), encoded(raw)))
            continue
        if note.key not in seen:
            seen.add(note.key)
            yield note


def _note(item: _Incident, vendor: str, context: CollectContext) -> Note:
    title = clean(item.name or item.external_desc or "", 300)
    if not item.id or not title:
        raise ValueError("it has no id, or no name")
    updates = sorted(item.incident_updates or item.updates or (), key=_at, reverse=True)[:UPDATES]
    lines = [f"{_word(u.status)} - {clean_block(u.body or u.text or '', 2_000)}" for u in updates]
    status = item.status or ("resolved" if item.end else "")
    if status and not (updates and _word(updates[0].status) == _word(status)):
        lines.insert(0, f"{_word(status)} - {clean_block(item.last_update_message or '', 2_000)}")
    elif item.end and updates and (updates[0].status or "").lower() not in _OVER:
        lines.insert(0, "Resolved - ")
    named = (*(item.components or ()), *(item.affected_components or ()), *(item.affected_products or ()))
    if affected := [clean(n.name or n.title or "", 100) for n in named[:30] if n.name or n.title]:
        lines.append(f"Affected: {', '.join(affected)}")
    if impact := clean(item.impact or item.severity or "", 40):
        lines.append(f"Impact: {impact}")
    began = published(moment(item.created_at or item.begin), context.now)
    links = web_links([item.shortlink, item.url, f"https://status.cloud.google.com/{item.uri}" if item.uri else None])
    return Note(
        source=context.source,
        key=distinct(str(item.id), 200),
        vendor=vendor,
        title=title,
        body="\n".join(lines),
        published_at=began or context.now,
        link=links[0] if links else None,
        kind=NoteKind.STATUS,
        dated=began is not None,
    )


def _at(update: _Update) -> float:
    """Where an update stands among the others: one without a date, or with a bad one, behind them all."""
    at = moment(update.created_at or update.when)
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() if at is not None else float("-inf")


def _word(status: str | None) -> str:
    """``in_progress`` as people write it: ``In progress``."""
    return clean(status or "", 40).replace("_", " ").capitalize()


def _why(error: Exception) -> str:
    return clean(str(error), 200) if isinstance(error, ValueError) else reason(error)
