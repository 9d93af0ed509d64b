"""The National Vulnerability Database: its API 2.0 page by page, and files of it (answers, yearly feeds, single records).

``kind: nvd`` needs nothing else. The first load takes some rounds of five pages of 2,000 records; where it stands is
remembered, and only when it is complete is a product without a record clean. After that each round asks for what was
modified since. https://nvd.nist.gov/developers/vulnerabilities
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from pulse_tui.collectors._shared.cvss import rated, score
from pulse_tui.collectors._shared.fields import moment
from pulse_tui.collectors._shared.files import Bad, collect_files, records
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.cpe import BadCpe, Configuration, CpeMatch, CpeNode, Operator, parse_cpe
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import iso
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import address, clean
from pulse_tui.enrich.advisories.configurations import stated
from pulse_tui.ports import CollectContext, Http, Peek, members

URL = "https://services.nvd.nist.gov/rest/json/cves/2.0"
"""Where the API is. This product uses the NVD API but is not endorsed or certified by the NVD."""
FILE_CAP = 512 * 2**20
"""Bytes of a file, unpacked: a yearly feed has 200 MB."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing, for the API at nvd.nist.gov; ``url`` of a mirror that answers as it does; or ``path`` of files (a file,
    folder or glob of ``*.json`` and ``*.json.gz``). ``whole: true``: the files are all of NVD (every yearly feed of a
    mirror), so that a product which they do not name is clean. ``max_bytes``: cap of one file, unpacked.
    """

    EVERY: ClassVar[float] = 7_200.0

    url: str = URL
    api_key: str | None = None
    """A key makes the first load ten times as fast: https://nvd.nist.gov/developers/request-an-api-key."""
    path: str = ""
    whole: bool = False
    page_size: int = 2_000
    """Records a request, 2,000 at most."""
    max_bytes: int = FILE_CAP


PAGES = 5
"""Requests of one round: as many as NVD allows without a key in 30 s. They are held in memory together."""
WINDOW_S, KEYED_S = 30.0, 5.0
"""Seconds until the next round while there is more to read, without a key and with one."""
_ROUND_S = 90.0
_PAGE_S = 60.0
_LONGEST = timedelta(days=119)
"""NVD answers for 120 days of changes at most."""
_OVERLAP = timedelta(hours=2)
"""A record shows up a while after the time that it bears. What is read twice writes nothing."""
_SMALLEST = 100
_BUSY = frozenset({403, 429, 503})
"""How NVD answers to who asks too often; 403 is what its firewall says."""


class _Text(msgspec.Struct):
    lang: str = ""
    value: str = ""


class _Data(msgspec.Struct):
    vector: str = msgspec.field(name="vectorString", default="")


class _Metric(msgspec.Struct):
    data: _Data = msgspec.field(name="cvssData", default_factory=_Data)


class _Metrics(msgspec.Struct):
    v40: list[_Metric] = msgspec.field(name="cvssMetricV40", default_factory=list)
    v31: list[_Metric] = msgspec.field(name="cvssMetricV31", default_factory=list)
    v30: list[_Metric] = msgspec.field(name="cvssMetricV30", default_factory=list)
    v2: list[_Metric] = msgspec.field(name="cvssMetricV2", default_factory=list)


class _Match(msgspec.Struct):
    criteria: str
    vulnerable: bool = True
    start_including: str | None = msgspec.field(name="versionStartIncluding", default=None)
    start_excluding: str | None = msgspec.field(name="versionStartExcluding", default=None)
    end_including: str | None = msgspec.field(name="versionEndIncluding", default=None)
    end_excluding: str | None = msgspec.field(name="versionEndExcluding", default=None)


class _Node(msgspec.Struct):
    matches: list[_Match] = msgspec.field(name="cpeMatch", default_factory=list)
    operator: Operator | None = None
    negate: bool | None = None


class _Configuration(msgspec.Struct):
    nodes: list[_Node] = []
    operator: Operator | None = None
    negate: bool | None = None


class _Reference(msgspec.Struct):
    url: str = ""


class _Cve(msgspec.Struct):
    id: str
    modified: str = msgspec.field(name="lastModified")
    status: str = msgspec.field(name="vulnStatus", default="")
    descriptions: list[_Text] = []
    metrics: _Metrics = msgspec.field(default_factory=_Metrics)
    references: list[_Reference] = []
    configurations: list[_Configuration] = []
    exploited: str | None = msgspec.field(name="cisaExploitAdd", default=None)


class _Wrapped(msgspec.Struct):
    cve: _Cve


class _Page(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw] | None = None
    size: int = msgspec.field(name="resultsPerPage", default=0)
    total: int = msgspec.field(name="totalResults", default=0)
    timestamp: str = ""


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading stands. ``since``: everything up to then was read; "" while the first load is under way."""

    since: str = ""
    begun: str = ""
    """NVD's clock when this pass began; "" between two passes."""
    until: str = ""
    """The end of the changes that this pass asks for."""
    index: int = 0
    total: int = 0


class _TooLarge(SourceError):
    """An answer over the cap of a body: fewer records must be asked for."""


_PAGE = msgspec.json.Decoder(_Page)
_WRAPPED = msgspec.json.Decoder(_Wrapped)
_CVE = msgspec.json.Decoder(_Cve)
_PLACE = msgspec.json.Decoder(_Place)
_BESIDE: dict[str, Any] = {"metrics": _Metrics, "references": list[_Reference], "descriptions": list[_Text]}
"""What of a record says nothing of which products it is of: without it the record is kept."""
_BROKEN = (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: some pages of the API, or the files that changed."""
    if options.path:
        return _files(options, context)
    place = _place(context.cursor.bookmark)
    key = context.secret(options.api_key) if options.api_key else ""
    http = context.http.within(_ROUND_S)
    good: list[Advisory | Coverage] = []
    bad = Bad(context.source, "NVD")
    done, size = False, max(1, min(options.page_size, 2_000))
    for asked in range(PAGES):
        place = place if place.begun else _begin(place, context.now)
        try:
            page, size = _ask(http, context.secret(options.url), key, place, size)
        except SourceError:
            if not asked:
                raise
            break  # what came so far is kept; the next round meets the error first
        for number, raw in enumerate(page.vulnerabilities or (), place.index):
            _take(f"NVD[{number}]", bytes(raw), context.source, good, bad)
        place, done = _after(place, page, context.now)
        if done:
            break
    if done:
        at = moment(place.since) or context.now
        good.append(Coverage(source=context.source, at=at, ecosystems=("cpe",), records=place.total))
    behind = bool(place.since) and not done
    return Collected(
        observations=tuple(good),
        rejected=bad.all(),
        cursor=Cursor(bookmark=msgspec.json.encode(place).decode()),
        standing=f"its changes since {place.since[:10]} are still being read" if behind else "",
        again_s=None if done else KEYED_S if key else WINDOW_S,
    )


def _files(options: Options, context: CollectContext) -> Collected:
    read = collect_files(
        options.path,
        ("*.json", "*.jsonl"),
        options.max_bytes,
        context,
        lambda name, data, at: parse(name, data, options, at),
    )
    records = [o for o in read.observations if isinstance(o, Advisory)]
    if not options.whole or read.standing or not records:
        return read
    newest = max(record.modified for record in records)
    all_of_it = Coverage(source=context.source, at=newest, ecosystems=("cpe",), records=len(records))
    return msgspec.structs.replace(read, observations=(*read.observations, all_of_it))


def accepts(name: str, head: Peek) -> bool:
    """JSON that says it is NVD's (``"format": "NVD_CVE"``), or a record with NVD's own fields."""
    if head.says("format") == "NVD_CVE" and "vulnerabilities" in head.top:
        return True
    inner = members(head.top["item"]) if "item" in head.top else head.top
    cve = members(inner["cve"]) if "cve" in inner else inner
    return "lastModified" in cve and ("vulnStatus" in cve or "sourceIdentifier" in cve)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """All records of a file. Raises SourceError when it is not JSON, cut off, or of the retired format 1.1.

    Files are no whole database: what they do not name is not clean by them.
    """
    del options
    good: list[Advisory | Coverage] = []
    bad = Bad(context.source, name)
    for record in records(name, data):
        for where, raw in _opened(record.where, record.raw):
            _take(where, raw, context.source, good, bad)
    return Collected(observations=tuple(good), rejected=bad.all(), cursor=context.cursor)


def _opened(where: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The records within an answer or a feed; a record by itself."""
    top = members(raw)
    if "CVE_Items" in top:
        todo = "Download the feed of version 2.0, nvdcve-2.0-<year>.json.gz"
        raise SourceError(f"{where} is of NVD's format 1.1, which ended in 2023", todo=todo)
    if "vulnerabilities" not in top:
        yield where, bytes(top["item"]) if "item" in top and "cve" in members(top["item"]) else raw
        return
    try:
        page = _PAGE.decode(raw)
    except _BROKEN as error:
        raise SourceError(f"{where} is no answer of NVD: {clean(str(error), 160)}", todo="Fetch it again") from None
    yield from ((f"{where}[{index}]", bytes(one)) for index, one in enumerate(page.vulnerabilities or ()))


def _take(where: str, raw: bytes, source: str, good: list[Any], bad: Bad) -> None:
    try:
        wrapped = b'"cve"' in raw[:400] and "cve" in members(raw)
        try:
            cve, lost = _WRAPPED.decode(raw).cve if wrapped else _CVE.decode(raw), ""
        except msgspec.ValidationError:
            cve, lost = _without(bytes(members(raw)["cve"]) if wrapped else raw)
        advisory, oddity = _advisory(cve, source)
        oddity = lost or oddity
    except (*_BROKEN, ValueError) as error:
        what = "nested too deeply to be read" if isinstance(error, RecursionError) else str(error)
        bad.refuse(where, what, raw)
        return
    except Exception as error:  # whatever one record does, the others are stored
        bad.refuse(where, f"it cannot be read: {reason(error)}", raw)
        return
    good.append(advisory)
    if oddity:
        bad.refuse(f"{where} {advisory.id}", oddity, raw)


def _without(raw: bytes) -> tuple[_Cve, str]:
    """The record without those parts beside the products that do not fit, and their names. Raises ValidationError."""
    parts = dict(members(raw))
    lost = []
    for name, kind in _BESIDE.items():
        try:
            msgspec.json.decode(parts.get(name, b"[]" if name != "metrics" else b"{}"), type=kind)
        except _BROKEN:
            lost.append(name)
            del parts[name]
    return _CVE.decode(msgspec.json.encode(parts)), f"kept without what cannot be read: {', '.join(lost)}"


def _advisory(cve: _Cve, source: str) -> tuple[Advisory, str]:
    """The record, and a remark about what of it could not be read ("" for nothing)."""
    modified = moment(cve.modified)
    if modified is None:
        raise ValueError(f"lastModified is {clean(cve.modified, 60)!r}")
    ident = clean(cve.id, 100)
    if not ident:
        raise ValueError("it has no id")
    worst, vector, oddity = _score(cve.metrics)
    for match in (m for c in cve.configurations for n in c.nodes for m in n.matches):
        try:
            parse_cpe(match.criteria)
        except BadCpe as error:
            oddity = oddity or f"criteria {clean(match.criteria, 100)!r} is no CPE name: {error}; it matches nothing"
            continue
    configurations = tuple(_configuration(c) for c in cve.configurations)
    rejected = cve.status.lower() == "rejected"
    text = next((d.value for d in cve.descriptions if d.lang.startswith("en")), "")
    return Advisory(
        id=f"NVD/{ident}",
        source=source,
        modified=modified,
        title=clean(text, 300) or ident,
        aliases=(ident,),
        severity=rated(worst),
        cvss=worst,
        vector=vector,
        known_exploited=True if cve.exploited else None,
        withdrawn=rejected,
        affected=stated(configurations),
        links=web_links(r.url for r in cve.references),
        configurations=configurations,
    ), oddity


def _configuration(item: _Configuration) -> Configuration:
    nodes = tuple(
        CpeNode(
            matches=tuple(_match(m) for m in node.matches),
            operator=node.operator or Operator.OR,
            negate=bool(node.negate),
        )
        for node in item.nodes
    )
    return Configuration(nodes=nodes, operator=item.operator or Operator.OR, negate=bool(item.negate))


def _match(item: _Match) -> CpeMatch:
    bounds = (item.start_including, item.start_excluding, item.end_including, item.end_excluding)
    return CpeMatch(_safe(item.criteria), item.vulnerable, *(None if b is None else _safe(b) for b in bounds))


def _safe(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) <= 300 else clean(text, 300)


_scored = lru_cache(16_384)(score)


def _score(metrics: _Metrics) -> tuple[float | None, str | None, str]:
    """The highest base score of versions 3 and 4, of version 2 where there is no newer one, and its vector."""
    oddity = ""
    newer: Sequence[_Metric] = (*metrics.v40, *metrics.v31, *metrics.v30)
    for group in (newer, metrics.v2):
        best: tuple[float, str] | None = None
        for metric in group:
            try:
                found = _scored(metric.data.vector)
            except ValueError as error:
                oddity = f"CVSS: {clean(str(error), 120)}; kept without this score"
                continue
            best = max(best or (-1.0, ""), (found, clean(metric.data.vector, 300)))
        if best is not None:
            return (*best, oddity)
    return None, None, oddity


def _place(bookmark: str | None) -> _Place:
    try:
        return _PLACE.decode(bookmark) if bookmark else _Place()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Place()  # another kind's bookmark: everything is read once more


def _begin(place: _Place, now: datetime) -> _Place:
    """A pass from now on: of everything, or of the changes since the last one, as many days as NVD answers for."""
    since = moment(place.since)
    until = ""
    if since is not None:
        start = min(since, now) - _OVERLAP
        until = _stamp(min(start + _LONGEST, now))
        place = msgspec.structs.replace(place, since=_stamp(min(since, now)))
    return msgspec.structs.replace(place, begun=_stamp(now), until=until, index=0)


def _ask(http: Http, url: str, key: str, place: _Place, size: int) -> tuple[_Page, int]:
    """The page, and how many records were asked for: fewer, where so many are over the cap of an answer."""
    while True:
        try:
            return _page(http, url, key, place, size), size
        except _TooLarge:
            if size <= _SMALLEST:
                raise
            size = max(_SMALLEST, size // 2)


def _page(http: Http, url: str, key: str, place: _Place, size: int) -> _Page:
    query = {"resultsPerPage": str(size), "startIndex": str(place.index)}
    since = moment(place.since)
    if since is not None:
        query |= {"lastModStartDate": _stamp(since - _OVERLAP), "lastModEndDate": place.until}
    shown = address(url)
    try:
        answer = http.send(
            "GET",
            f"{url}{'&' if '?' in url else '?'}{urlencode(query)}",
            headers={"Accept": "application/json", **({"apiKey": key} if key else {})},
            timeout_s=_PAGE_S,
        )
    except SourceError as error:
        if "over the cap" in error.what:
            raise _TooLarge(error.what, todo=error.todo) from None
        raise
    if answer.status in _BUSY:
        asked = answer.headers.get("retry-after", "").strip()
        wait = float(asked[:6]) if asked.isascii() and asked.isdigit() else WINDOW_S
        todo = (
            "It is asked again later"
            if key
            else "It is asked again later; an api_key allows ten times as many requests"
        )
        raise SourceError(f"{shown} answered {answer.status}: too many requests", todo=todo, retry_after=wait)
    if answer.status != 200:
        said = clean(answer.headers.get("message", ""), 120)
        what = f"{shown} answered {answer.status}" + (f": {said}" if said else "")
        raise SourceError(what, todo="Check the api_key" if key else "Check the url")
    try:
        page = _PAGE.decode(answer.body)
    except _BROKEN as error:
        raise SourceError(f"{shown} did not answer as NVD's API does: {clean(str(error), 120)}") from None
    if page.vulnerabilities is None:
        raise SourceError(f"{shown} did not answer as NVD's API does: it has no vulnerabilities", todo="Check the url")
    return page


def _after(place: _Place, page: _Page, now: datetime) -> tuple[_Place, bool]:
    """Where the reading stands behind a page, and whether everything up to now has been read."""
    theirs = moment(page.timestamp)
    if place.index == 0 and theirs is not None:  # by whichever clock is behind: nothing is missed
        place = msgspec.structs.replace(place, begun=_stamp(min(theirs, moment(place.begun) or theirs)))
    index = place.index + len(page.vulnerabilities or ())
    total = max(place.total, page.total) if place.since else page.total
    if page.vulnerabilities and index < page.total:
        return msgspec.structs.replace(place, index=index, total=total), False
    until, begun = moment(place.until), moment(place.begun) or now
    whole = until is None or until >= begun
    since = place.begun if whole or until is None else _stamp(until)
    return _Place(since=since, total=total), whole


def _stamp(at: datetime) -> str:
    return iso(at.astimezone(UTC))
