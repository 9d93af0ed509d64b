"""Reports of Trivy in JSON: the packages of each target (``--list-all-pkgs``), and what it found in them.

A target whose packages are not listed is known by its vulnerable packages alone. Trivy's bills in CycloneDX and SPDX are read
as bills. https://trivy.dev/latest/docs/configuration/reporting/#json
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

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
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.report import Claim
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(ReportOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``), ``asset``, ``version``, ``environments``, and the expected ``subject``
    (the image or folder that was scanned) and ``digest`` (of the image). ``max_bytes``: cap of one file.
    """


class _Identifier(msgspec.Struct):
    purl: str | None = msgspec.field(name="PURL", default=None)


class _Package(msgspec.Struct, rename="pascal"):
    name: str
    version: str | None = None
    release: str | None = None
    epoch: int | None = None
    identifier: _Identifier | None = None
    id: str | None = msgspec.field(name="ID", default=None)
    depends: list[str] | None = msgspec.field(name="DependsOn", default=None)
    source: str | None = msgspec.field(name="SrcName", default=None)
    source_version: str | None = msgspec.field(name="SrcVersion", default=None)
    source_release: str | None = msgspec.field(name="SrcRelease", default=None)
    source_epoch: int | None = msgspec.field(name="SrcEpoch", default=None)


class _Score(msgspec.Struct):
    v2: str | None = msgspec.field(name="V2Vector", default=None)
    v3: str | None = msgspec.field(name="V3Vector", default=None)
    v4: str | None = msgspec.field(name="V40Vector", default=None)


class _Found(msgspec.Struct, rename="pascal"):
    package: str = msgspec.field(name="PkgName")
    id: str = msgspec.field(name="VulnerabilityID")
    of: str | None = msgspec.field(name="PkgID", default=None)
    vendor: list[str] | None = msgspec.field(name="VendorIDs", default=None)
    identifier: _Identifier | None = msgspec.field(name="PkgIdentifier", default=None)
    installed: str | None = msgspec.field(name="InstalledVersion", default=None)
    fixed: str | None = msgspec.field(name="FixedVersion", default=None)
    severity: str | None = None
    severity_source: str | None = None
    title: str | None = None
    cvss: dict[str, _Score] | None = msgspec.field(name="CVSS", default=None)
    url: str | None = msgspec.field(name="PrimaryURL", default=None)
    references: list[Any] | None = None


class _Result(msgspec.Struct, rename="pascal"):
    target: str = ""
    kind: str = msgspec.field(name="Class", default="")
    type: str = ""
    packages: list[msgspec.Raw] | None = None
    vulnerabilities: list[msgspec.Raw] | None = None


class _Metadata(msgspec.Struct):
    digests: list[str] | None = msgspec.field(name="RepoDigests", default=None)


class _Version(msgspec.Struct):
    version: str | None = msgspec.field(name="Version", default=None)


class _Document(msgspec.Struct, rename="pascal"):
    schema_version: int
    created_at: Any = None
    artifact_name: str | None = None
    artifact_type: str = ""
    metadata: _Metadata | None = None
    trivy: _Version | None = None
    results: list[msgspec.Raw] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_RESULT = msgspec.json.Decoder(_Result)
_PACKAGE = msgspec.json.Decoder(_Package)
_FOUND = msgspec.json.Decoder(_Found)
_PACKAGED = frozenset({"os-pkgs", "lang-pkgs"})
"""Classes of results that are about packages; the others are licences, secrets and misconfigurations."""
_TYPES = {
    **dict.fromkeys(("pip", "pipenv", "poetry", "uv", "python-pkg"), "pypi"),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "node-pkg"), "npm"),
    **dict.fromkeys(("gomod", "gobinary"), "golang"),
    **dict.fromkeys(("cargo", "rustbinary", "rust-binary"), "cargo"),
    **dict.fromkeys(("bundler", "gemspec"), "gem"),
}
"""Types of targets whose packages are named as their ecosystem does, where a package URL is missing."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return read_reports(options, context, accepts, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with a ``SchemaVersion`` and an ``ArtifactName`` or ``Results``."""
    return "SchemaVersion" in head.top and not {"ArtifactName", "Results"}.isdisjoint(head.top)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One report. A result, package or vulnerability of another shape is Rejected by its place; the others land. Raises
    SourceError when it is no such report.
    """
    report = Gathering("trivy", name, options, context)
    document = decode(name, data, _DOCUMENT, "Trivy report")
    if document.schema_version != 2:
        raise SourceError(
            f"{name} is a Trivy report of schema {document.schema_version}: 2 is read", todo="Update Trivy"
        )
    whole = True
    looked_at = False
    for at, result in each(document.results, _RESULT, "Results", report.refusals, lost=True):
        if result.kind not in _PACKAGED and not result.vulnerabilities and not result.packages:
            continue
        looked_at = True
        known = _packages(at, result, report)
        whole = whole and bool(known)
        for where, found in each(result.vulnerabilities, _FOUND, f"{at}.Vulnerabilities", report.refusals, lost=True):
            _claim(where, found, result, known, report)
    created = document.created_at if isinstance(document.created_at, str) else None
    return report.done(
        whole=whole and looked_at,
        subject=_subject(document),
        at=moment(created),
        tool_version=document.trivy.version if document.trivy else None,
    )


def _packages(at: str, result: _Result, report: Gathering) -> dict[str, Component]:
    """The packages of a target by Trivy's id for them; who needs whom is linked."""
    kept: list[tuple[str, _Package]] = []
    places: dict[str, str] = {}
    known: dict[str, Component] = {}
    for where, item in each(result.packages, _PACKAGE, f"{at}.Packages", report.refusals, lost=True):
        version = _joined(item.epoch, item.version, item.release)
        try:
            found = _component(_with_source(item), item.name, version, result)
        except BadPurl as error:
            report.refusals.add(where, str(error), lost=True)
            continue
        report.listed(where, found)
        kept.append((where, item))
        ident_here = item.id or where
        places[ident_here], known[ident_here] = where, found
    for where, item in kept:
        for below in item.depends or ():
            if below in places:
                report.graph.link(where, places[below])
    return known


def _with_source(item: _Package) -> str:
    """The package URL with the source package, by which most distributions' advisories name it."""
    purl = (item.identifier.purl if item.identifier else None) or ""
    if not item.source or "upstream=" in purl or not purl.startswith(("pkg:deb/", "pkg:apk/", "pkg:rpm/")):
        return purl
    version = _joined(item.source_epoch, item.source_version, item.source_release)
    whole = item.source + (f"@{version}" if version else "")
    return f"{purl}{'&' if '?' in purl else '?'}upstream={quote(whole, safe='')}"


def _component(purl: str, name: str, version: str | None, result: _Result) -> Component:
    return placed(purl, name, version, _TYPES.get(result.type))


def _joined(epoch: int | None, version: str | None, release: str | None) -> str | None:
    if not version:
        return None
    return (f"{epoch}:" if epoch else "") + version + (f"-{release}" if release else "")


def _claim(at: str, item: _Found, result: _Result, known: dict[str, Component], report: Gathering) -> None:
    if not ident(item.id):
        report.nameless(at, "the vulnerability has no id")
        return
    try:
        purl = (item.identifier.purl if item.identifier else None) or ""
        found = known.get(item.of or "") or _component(purl, item.package, item.installed, result)
    except BadPurl as error:
        report.refusals.add(at, str(error), lost=True)
        return
    if found.version is None:
        report.nameless(at, f"{ident(item.id)}: {found.name} has no installed version")
        return
    cvss, vector = scored(_vectors(item))
    report.claim(
        Claim(
            id=ident(item.id),
            component=found,
            title=clean(item.title or "", 300),
            related=tuple(v for v in map(ident, item.vendor or ()) if v),
            fixed=tuple(v for part in (item.fixed or "").split(",") if (v := ident(part.strip()))),
            severity=graded(item.severity),
            cvss=cvss,
            vector=vector,
            links=web_links([item.url, *(item.references or ())]),
        )
    )


def _vectors(item: _Found) -> list[str]:
    """Of the source that the severity is from, else of any: two vendors' scores are not mixed."""
    given = item.cvss or {}
    chosen = given.get(item.severity_source or "")
    several = [chosen] if chosen is not None else list(given.values())
    return [v for one in several for v in (one.v4, one.v3, one.v2) if v]


def _subject(document: _Document) -> Subject | None:
    name = text(document.artifact_name)
    if name is None or document.artifact_type != "container_image":
        return None  # a folder is named as whoever ran it stood: "." is no subject
    plain = name.partition("@")[0]
    version = tag_of(name)
    digest = digest_of(*((document.metadata.digests if document.metadata else None) or ()), name)
    return Subject(
        name=name, version=version, digest=digest, spellings=(name, plain, plain.removesuffix(f":{version}"))
    )
