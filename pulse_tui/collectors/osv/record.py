"""One record in the shape of OSV, and what this house keeps of it."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.collectors._shared.cvss import rated, score
from pulse_tui.collectors.osv.mended import mended
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.enrich.advisories.ranges import NOWHERE, Event, ranges
from pulse_tui.ports import CollectContext, members

_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Moment = Annotated[datetime, Meta(tz=True)]


class _Package(msgspec.Struct):
    ecosystem: _Text
    name: _Text


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct):
    type: str
    events: list[_Event]


class _Severity(msgspec.Struct):
    type: str
    score: str


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    database_specific: msgspec.Raw = msgspec.Raw(b"")
    ecosystem_specific: msgspec.Raw = msgspec.Raw(b"")


class _Reference(msgspec.Struct):
    url: str


class _Record(msgspec.Struct):
    id: _Text
    modified: _Moment
    summary: str | None = None
    details: str | None = None
    aliases: list[str] | None = None
    related: list[str] | None = None
    upstream: list[str] | None = None
    withdrawn: _Moment | None = None
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: msgspec.Raw = msgspec.Raw(b"")


class _Grade(msgspec.Struct):
    severity: Any = None


class Unusable(ValueError):
    """A record that is well formed and yet has nothing that can be matched."""


RECORD = msgspec.json.Decoder(_Record)
_GRADE = msgspec.json.Decoder(_Grade)
_WORDS = {
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
BARE = "it names an advisory and says nothing of it: fetch the whole record, https://api.osv.dev/v1/vulns/<its id>"
_LINKS_KEPT = 20
_WEB = ("http://", "https://")
_LONGEST = 300
_SEPARATORS = re.compile(r"[-_.]+")


def read(raw: bytes, context: CollectContext) -> tuple[Advisory, str]:
    """The advisory, and what of the record could not be read. Raises ValidationError or Unusable for one that is none."""
    try:
        whole = _whole(raw)
    except msgspec.ValidationError as error:
        try:
            whole, lost = mended(raw, _Record, _Affected)
        except msgspec.ValidationError:
            raise error from None  # what is wrong with it as it came
        advisory, oddity = _advisory(whole, context)
        return advisory, f"{lost}; {oddity}" if oddity else lost
    return _advisory(whole, context)


def _whole(raw: bytes) -> _Record:
    """The record; not one of a batch query, which has an id and a time: it would take the place of the whole one."""
    record = RECORD.decode(raw)
    if record.affected is None and members(raw).keys() == {"id", "modified"}:
        raise Unusable(BARE)
    return record


def _advisory(record: _Record, context: CollectContext) -> tuple[Advisory, str]:
    """The advisory, and a remark about an oddity ("" for none)."""
    affected = tuple(_affected(item) for item in record.affected or () if item.package is not None)
    scored, vector, oddity = _score(record)
    if any(r.introduced == NOWHERE for a in affected for r in a.ranges):
        oddity = oddity or "a range has no 'introduced' event: kept, what is before its end is not known to be affected"
    ident = _safe(record.id)
    advisory = Advisory(
        id=ident,
        source=context.source,
        modified=record.modified,
        title=line(record.summary) or line(_first_line(record.details)) or ident,
        aliases=_ids(record.aliases, ident),
        severity=rated(scored) if scored is not None else _word(record),
        cvss=scored,
        vector=vector,
        withdrawn=record.withdrawn is not None and record.withdrawn <= context.now,
        withdrawn_at=record.withdrawn,
        related=_ids([*(record.related or ()), *(record.upstream or ())], ident),
        affected=affected,
        links=tuple(
            r.url if _is_plain(r.url) else clean(r.url, 2_000)
            for r in (record.references or ())[:_LINKS_KEPT]
            if r.url.startswith(_WEB)
        ),
    )
    return advisory, oddity


def line(text: str | None) -> str:
    """:func:`clean` where it is needed: most titles are plain, and a regular expression costs a tenth of a record."""
    if not text:
        return ""
    head = text[: _LONGEST + 1]
    if not _is_plain(head) or "  " in head or head[0] == " " or head[-1] == " ":
        return clean(text, _LONGEST)
    return text if len(text) <= _LONGEST else head[: _LONGEST - 1].rstrip() + "…"


@lru_cache(16_384)
def _normal(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


def _first_line(text: str | None) -> str:
    """The first line that is not blank."""
    return (text or "").strip().partition("\n")[0]


def _ids(found: list[str] | None, own: str) -> tuple[str, ...]:
    """Ids of others, each once; a record that is an alias of itself is not."""
    return tuple(i for i in dict.fromkeys(map(_safe, found)) if i and i != own) if found else ()


def _affected(item: _Affected) -> Affected:
    package = item.package
    assert package is not None
    ecosystem = _safe(package.ecosystem)
    name = _safe(package.name)
    if ecosystem == "PyPI":
        name = _normal(name)
    spans: list[VersionRange] = []
    for span in item.ranges or ():
        if span.type in ("ECOSYSTEM", "SEMVER"):
            spans += ranges(_events(span.events), ecosystem) or (VersionRange(NOWHERE),)
    return Affected(ecosystem=ecosystem, name=name, versions=_versions(item.versions), ranges=tuple(spans))


def _versions(found: list[str] | None) -> tuple[str, ...]:
    """:func:`_safe` of each, looked at all at once: most of a million version strings are plain."""
    if not found:
        return ()
    if _is_plain("".join(found)) and max(map(len, found)) <= _LONGEST:
        return tuple(found)
    return tuple(map(_safe, found))


def _events(found: list[_Event]) -> list[Event]:
    """Kind and version of each event; one that has several keys is several."""
    out: list[Event] = []
    for event in found:
        if event.introduced is not None:
            out.append(("introduced", _safe(event.introduced)))
        if event.fixed is not None:
            out.append(("fixed", _safe(event.fixed)))
        if event.last_affected is not None:
            out.append(("last_affected", _safe(event.last_affected)))
        if event.limit is not None:
            out.append(("limit", _safe(event.limit)))
    return out


def _score(record: _Record) -> tuple[float | None, str | None, str]:
    """The highest CVSS base score, its vector, and a complaint about vectors that cannot be read.

    A version 2 score counts only where there is no newer one: its scale is another.
    """
    best: tuple[bool, float, str] | None = None
    oddity = ""
    severities = list(record.severity or ())
    for item in record.affected or ():
        severities += item.severity or ()
    for severity in severities:
        if not severity.type.startswith("CVSS_"):
            continue
        try:
            found = _scored(severity.score)
        except ValueError as error:
            oddity = f"severity: {error}; kept without this score"
            continue
        best = max(best or (False, 0.0, ""), (severity.type != "CVSS_V2", found, clean(severity.score, 300)))
    return (best[1], best[2], oddity) if best else (None, None, oddity)


def _word(record: _Record) -> Severity | None:
    """The worst severity that the database names, if any."""
    places = [record.database_specific]
    for item in record.affected or ():
        places += [item.database_specific, item.ecosystem_specific]
    found = [_WORDS[word] for place in places if place and (word := _stated(place)) in _WORDS]
    return max(found, key=lambda s: s.rank, default=None)


def _stated(place: msgspec.Raw) -> str:
    """The severity that a database gives in a field of its own, in small letters; "" for none."""
    try:
        word = _GRADE.decode(place).severity
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return word.lower() if isinstance(word, str) else ""


@lru_cache(8_192)
def _scored(vector: str) -> float:
    """Most vectors are some hundred; those of version 4 take half a millisecond."""
    return score(vector)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _safe(text: str) -> str:
    """:func:`clean` where it is needed."""
    return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST else clean(text, _LONGEST)
