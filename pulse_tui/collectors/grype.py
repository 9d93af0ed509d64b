"""Reports of Grype in JSON: what it found, in which packages. It does not list the packages that it found nothing in.

https://github.com/anchore/grype#output-formats
"""

from __future__ import annotations

from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import Subject, decode, digest_of, each, moment, tag_of, text
from pulse_tui.collectors._shared.reports import (
    BadPurl,
    Gathering,
    ReportOptions,
    graded,
    ident,
    placed,
    read_reports,
    scored,
)
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.report import Claim
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(ReportOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``), ``asset``, ``version``, ``environments``, and the expected ``subject``
    (the image that was scanned) and ``digest`` (of the image). ``max_bytes``: cap of one file.
    """


class _Score(msgspec.Struct):
    vector: str = ""


class _Fix(msgspec.Struct):
    versions: list[str] | None = None


class _Vulnerability(msgspec.Struct):
    id: str
    severity: str | None = None
    description: str | None = None
    source: str | None = msgspec.field(name="dataSource", default=None)
    urls: list[Any] | None = None
    cvss: list[_Score] | None = None
    fix: _Fix | None = None
    exploited: list[Any] | None = msgspec.field(name="knownExploited", default=None)


class _Artifact(msgspec.Struct):
    name: str
    version: str | None = None
    type: str = ""
    purl: str | None = None


class _Match(msgspec.Struct):
    vulnerability: _Vulnerability
    artifact: _Artifact
    related: list[_Vulnerability] | None = msgspec.field(name="relatedVulnerabilities", default=None)


class _Image(msgspec.Struct):
    name: str | None = msgspec.field(name="userInput", default=None)
    digest: str | None = msgspec.field(name="manifestDigest", default=None)
    digests: list[str] | None = msgspec.field(name="repoDigests", default=None)


class _Source(msgspec.Struct):
    type: str = ""
    target: msgspec.Raw = msgspec.Raw(b"null")


class _Descriptor(msgspec.Struct):
    version: str | None = None
    timestamp: Any = None
    db: msgspec.Raw = msgspec.Raw(b"null")


class _Built(msgspec.Struct):
    built: Any = None
    status: msgspec.Raw = msgspec.Raw(b"null")
    """Since Grype 0.88 the date stands in here."""


class _Document(msgspec.Struct):
    matches: list[msgspec.Raw]
    ignored: list[msgspec.Raw] | None = msgspec.field(name="ignoredMatches", default=None)
    source: _Source | None = None
    descriptor: _Descriptor | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_MATCH = msgspec.json.Decoder(_Match)
_IMAGE = msgspec.json.Decoder(_Image)
_BUILT = msgspec.json.Decoder(_Built)
_TYPES = {
    "python": "pypi",
    "npm": "npm",
    "go-module": "golang",
    "rust-crate": "cargo",
    "gem": "gem",
    "dotnet": "nuget",
    "php-composer": "composer",
}
"""Types of artifacts whose packages are named as their ecosystem does, where a package URL is missing."""
_SAME = ("GHSA-", "PYSEC-", "GO-", "RUSTSEC-")
"""Ids of databases whose records are of one vulnerability each: the CVE beside one is its other name."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return read_reports(options, context, accepts, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``matches`` and a ``descriptor``."""
    return "matches" in head.top and "descriptor" in head.top


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One report. A match of another shape is Rejected by its place; the others land. Raises SourceError when it is no such
    report.
    """
    report = Gathering("grype", name, options, context)
    document = decode(name, data, _DOCUMENT, "Grype report")
    for at, match in each(document.matches, _MATCH, "matches", report.refusals, lost=True):
        _claim(at, match, report)
    report.ignored = len(document.ignored or ())
    made = document.descriptor or _Descriptor()
    return report.done(
        whole=False,
        subject=_subject(document.source),
        at=moment(made.timestamp) if isinstance(made.timestamp, str) else None,
        tool_version=made.version,
        database_at=moment(_built(made.db)),
    )


def _built(raw: msgspec.Raw) -> str | None:
    for _ in range(2):
        try:
            found = _BUILT.decode(raw)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
            return None
        if isinstance(found.built, str):
            return found.built
        raw = found.status
    return None


def _claim(at: str, match: _Match, report: Gathering) -> None:
    item, found = match.artifact, match.vulnerability
    if not ident(found.id):
        report.nameless(at, "the vulnerability has no id")
        return
    try:
        part = placed(item.purl or "", item.name, item.version, _TYPES.get(item.type))
    except BadPurl as error:
        report.refusals.add(at, str(error), lost=True)
        return
    if part.version is None:
        report.nameless(at, f"{ident(found.id)}: {part.name} has no version")
        return
    aliases, related = _others(found.id, [r.id for r in match.related or ()])
    vectors = [s.vector for s in found.cvss or ()] or [s.vector for r in match.related or () for s in r.cvss or ()]
    cvss, vector = scored(vectors)
    report.claim(
        Claim(
            id=ident(found.id),
            component=part,
            title=clean((found.description or "").strip().partition("\n")[0], 300),
            aliases=aliases,
            related=related,
            fixed=tuple(v for v in map(ident, (found.fix.versions if found.fix else None) or ()) if v),
            severity=graded(found.severity),
            cvss=cvss,
            vector=vector,
            known_exploited=True if found.exploited else None,
            links=web_links([found.source, *(found.urls or ())]),
        )
    )


def _others(own: str, ids: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(aliases, related): a distribution's bulletin names many CVEs, which are not each other."""
    others = tuple(dict.fromkeys(i for i in map(ident, ids) if i and i != own))
    return (others, ()) if len(others) == 1 and own.startswith(_SAME) else ((), others)


def _subject(source: _Source | None) -> Subject | None:
    if source is None or source.type != "image":
        return None
    try:
        image = _IMAGE.decode(source.target)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None
    name = text(image.name)
    if name is None:
        return None
    plain, version = name.partition("@")[0], tag_of(name)
    digest = digest_of(*(image.digests or ()), name, image.digest)
    return Subject(
        name=name, version=version, digest=digest, spellings=(name, plain, plain.removesuffix(f":{version}"))
    )
