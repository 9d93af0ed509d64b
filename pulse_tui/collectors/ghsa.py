"""GitHub's advisories over its REST API: everything it has reviewed, then what was changed since.

``kind: ghsa`` alone reads them from api.github.com, 60 requests of 100 advisories an hour; with a ``token`` 5,000.
``path`` reads answers of the API from disk. The files of the advisory database itself
(github.com/github/advisory-database) are in OSV's shape: ``kind: osv`` reads them.
https://docs.github.com/rest/security-advisories/global-advisories
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from pulse_tui.collectors._shared.cvss import rated, score
from pulse_tui.collectors._shared.files import FILE_CAP, Bad, broken_json, collect_files, records
from pulse_tui.collectors._shared.web import body_of, web_links
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import iso
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.ports import CollectContext, Peek

API = "https://api.github.com"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names an Enterprise server's API or a mirror, ``path`` a file or folder instead of it."""

    EVERY: ClassVar[float] = 3_600.0

    url: str = API
    token: str | None = None
    """It needs no rights; it raises the limit of the rate."""
    path: str = ""
    max_bytes: int = FILE_CAP
    """Cap of a file."""


PAGES = 50
"""Requests a round at most; the next one goes on from there."""
SOON_S = 30.0
"""Until the next round where there is more than one round reads."""
_ECOSYSTEMS = {
    "pip": "PyPI", "npm": "npm", "go": "Go", "maven": "Maven", "nuget": "NuGet", "rubygems": "RubyGems",
    "composer": "Packagist", "rust": "crates.io", "erlang": "Hex", "pub": "Pub", "swift": "SwiftURL",
    "actions": "GitHub Actions",
}  # fmt: skip
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_WORDS = {
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_BOUND = re.compile(r"\s*(>=|<=|=|<|>)\s*([^\s,<>=]+)\s*\Z")
_Moment = Annotated[datetime, Meta(tz=True)]


class _Package(msgspec.Struct):
    ecosystem: str
    name: str | None = None


class _Vulnerability(msgspec.Struct):
    package: _Package | None = None
    vulnerable_version_range: str | None = None
    first_patched_version: Any = None


class _Score(msgspec.Struct):
    vector_string: str | None = None


class _Scores(msgspec.Struct):
    cvss_v3: _Score | None = None
    cvss_v4: _Score | None = None


class _Identifier(msgspec.Struct):
    value: str


class _Record(msgspec.Struct):
    ghsa_id: Annotated[str, Meta(pattern=r"\AGHSA(-[a-z0-9]{4}){3}\Z")]
    updated_at: _Moment
    summary: str | None = None
    cve_id: str | None = None
    severity: str | None = None
    identifiers: list[_Identifier] | None = None
    references: list[str] | None = None
    html_url: str | None = None
    withdrawn_at: _Moment | None = None
    vulnerabilities: list[_Vulnerability] | None = None
    cvss: _Score | None = None
    cvss_severities: _Scores | None = None


class _Mark(msgspec.Struct, omit_defaults=True):
    """How far it was read: up to when what was changed, and of those that are withdrawn."""

    since: str = ""
    withdrawn: str = ""


_RECORD = msgspec.json.Decoder(_Record)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MARK = msgspec.json.Decoder(_Mark)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the advisories that were changed since the last, oldest change first, up to :data:`PAGES` requests.

    Its ecosystems are covered once nothing is left to be read. Where a request fails in between, what came lands.
    """
    if options.path:
        return collect_files(
            options.path, "*.json", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )
    before = _mark(context.cursor.bookmark)
    standing = _Reading(options, context, before.since, "false")
    standing.read(PAGES)
    gone = _Reading(options, context, before.withdrawn, "true")  # a listing of its own: the other may leave them out
    if not standing.left:
        gone.read(PAGES - standing.pages)
    left, failed = standing.left or gone.left, standing.failed or gone.failed
    if failed is not None and not standing.pages:
        raise failed
    covered = Coverage(
        source=context.source,
        at=context.now,
        ecosystems=() if left else tuple(_ECOSYSTEMS.values()),
        whole=not left,
    )
    mark = msgspec.json.encode(_Mark(since=standing.newest, withdrawn=gone.newest)).decode()
    why = f": {failed}" if failed is not None else ""
    return Collected(
        observations=(*standing.good, *gone.good, covered),
        rejected=(*standing.bad.all(), *gone.bad.all()),
        cursor=msgspec.structs.replace(context.cursor, bookmark=mark),
        standing=f"read up to {standing.newest[:10] or 'nothing'}, the rest follows{why}" if left else "",
        again_s=SOON_S if left and failed is None else None,
    )


class _Reading:
    """Page after page of one listing, from what was changed at ``since`` on."""

    def __init__(self, options: Options, context: CollectContext, since: str, withdrawn: str) -> None:
        self._context = context
        self._base = context.secret(options.url).rstrip("/")
        self._headers = dict(_HEADERS)
        if options.token:
            self._headers["Authorization"] = f"Bearer {context.secret(options.token)}"
        self._params = {"type": "reviewed", "sort": "updated", "direction": "asc", "per_page": "100"}
        self._params["is_withdrawn"] = withdrawn
        if since:
            self._params["modified"] = f">={since}"
        self.good: list[Advisory] = []
        self.bad = Bad(context.source, "advisories")
        self.newest = since
        self.left = True
        """There is, or may be, more than was read."""
        self.pages = 0
        self.failed: SourceError | None = None

    def read(self, most: int) -> None:
        """Up to so many pages; a failure ends it and is kept."""
        url, first = f"{self._base}/advisories", True
        try:
            for _ in range(most):
                params = self._params if first else None
                answer = self._context.http.send("GET", url, params=params, headers=self._headers, timeout_s=30.0)
                raws = _page(body_of(self._context, url, answer))
                for index, raw in enumerate(raws, 100 * self.pages):
                    _take(f"advisories[{index}]", bytes(raw), self._context, self.good, self.bad)
                first, self.pages = False, self.pages + 1
                if self.good:
                    self.newest = iso(max(a.modified for a in self.good))
                following = _NEXT.search(answer.headers.get("link", ""))
                if following is None:
                    self.left = False
                    return
                url = _same_server(self._base, following[1])
        except SourceError as error:
            self.failed = error


def accepts(name: str, head: Peek) -> bool:
    """JSON of advisories as the API gives them, one or a list."""
    del name
    return "ghsa_id" in head.top and "updated_at" in head.top


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """All advisories of one answer. Raises SourceError when it is not JSON."""
    del options
    good, bad = list[Advisory](), Bad(context.source, name)
    for where, raw in records(name, data):
        _take(where, raw, context, good, bad)
    return Collected(observations=tuple(good), rejected=bad.all(), cursor=context.cursor)


def _take(where: str, raw: bytes, context: CollectContext, good: list[Advisory], bad: Bad) -> None:
    try:
        record = _RECORD.decode(raw)
        good.append(_advisory(where, record, context, bad))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        bad.refuse(where, "nested too deeply to be read" if isinstance(error, RecursionError) else str(error), raw)
    except Exception as error:  # whatever one record does, the others are stored
        bad.refuse(where, f"it cannot be read: {reason(error)}", raw)


def _advisory(where: str, record: _Record, context: CollectContext, bad: Bad) -> Advisory:
    affected = tuple(_affected(f"{where} {record.ghsa_id}", record.vulnerabilities or (), bad))
    rating, vector = _scored(record)
    ids = [record.cve_id, *(i.value for i in record.identifiers or ())]
    return Advisory(
        id=record.ghsa_id,
        source=context.source,
        modified=record.updated_at,
        title=clean(record.summary or "", 300) or record.ghsa_id,
        aliases=tuple(dict.fromkeys(clean(i, 100) for i in ids if i and i != record.ghsa_id)),
        severity=rated(rating) if rating is not None else _WORDS.get((record.severity or "").lower()),
        cvss=rating,
        vector=vector,
        withdrawn=record.withdrawn_at is not None and record.withdrawn_at <= context.now,
        withdrawn_at=record.withdrawn_at,
        affected=affected,
        links=web_links((record.html_url, *(record.references or ()))),
    )


def _scored(record: _Record) -> tuple[float | None, str | None]:
    """The highest score of a vector that can be read, with it."""
    scores = record.cvss_severities or _Scores()
    found = []
    for item in (scores.cvss_v4, scores.cvss_v3, record.cvss):
        if item is None or not item.vector_string:
            continue
        try:
            found.append((score(item.vector_string), clean(item.vector_string, 300)))
        except ValueError:
            continue
    return max(found, default=(None, None), key=lambda f: f[0] or 0.0)


def _affected(where: str, vulnerabilities: list[_Vulnerability] | tuple[()], bad: Bad) -> Iterator[Affected]:
    """One entry a package; of a range that cannot be read nobody knows what is in it: it has neither versions nor ranges."""
    for item in vulnerabilities:
        if item.package is None or not item.package.name:
            continue
        ecosystem, name = _ECOSYSTEMS.get(item.package.ecosystem.lower()), clean(item.package.name, 500)
        if ecosystem is None:
            continue
        text = clean(item.vulnerable_version_range or "", 300)
        try:
            yield _spanned(ecosystem, name, text, _patched(item.first_patched_version))
        except ValueError as error:
            bad.refuse(where, f"{name}: {error}; it is not known which of its versions are affected")
            yield Affected(ecosystem, name)


def _spanned(ecosystem: str, name: str, text: str, patched: str | None) -> Affected:
    """``>= 1.0, < 1.2`` as a range. Raises ValueError for what is none."""
    bounds: dict[str, str] = {}
    for part in text.split(","):
        bound = _BOUND.match(part)
        if bound is None or bound[1] in bounds:
            raise ValueError(f"the range {text!r} cannot be read")
        bounds[bound[1]] = bound[2]
    if "=" in bounds:
        fixes = (VersionRange(introduced=bounds["="], fixed=patched, last_affected=bounds["="]),) if patched else ()
        return Affected(ecosystem, name, (bounds["="],), fixes)
    # What is above a bound begins just behind it: the bound itself is taken in, rather one too many than one too few.
    span = VersionRange(
        introduced=bounds.get(">=", bounds.get(">", "0")),
        fixed=bounds.get("<", patched),
        last_affected=bounds.get("<="),
    )
    return Affected(ecosystem, name, (), (span,))


def _patched(value: Any) -> str | None:
    """The first patched version, as the API writes it now and as it did."""
    if isinstance(value, dict):
        value = value.get("identifier")
    return clean(value, 100) or None if isinstance(value, str) else None


def _page(data: bytes) -> list[msgspec.Raw]:
    try:
        return _LIST.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        what = broken_json("the list of advisories", data, error)
        raise SourceError(what, todo="Check that url is GitHub's API or a mirror of it") from None


def _same_server(base: str, url: str) -> str:
    if urlsplit(url)[:2] != urlsplit(base)[:2]:
        todo = "Set url to the server that answers; a token is sent to no other"
        raise SourceError(f"the next page of the advisories is at another server, {clean(url, 100)}", todo=todo)
    return url


def _mark(bookmark: str | None) -> _Mark:
    try:
        return _MARK.decode(bookmark) if bookmark else _Mark()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Mark()
