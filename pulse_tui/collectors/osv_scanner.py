"""Reports of osv-scanner in JSON: the packages that it found vulnerable, all of them with ``--all-packages``.

The OSV records that it wraps are taken by the kind ``osv`` when that is named. https://google.github.io/osv-scanner/output/
"""

from __future__ import annotations

from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import decode, each
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
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import build, release_of
from pulse_tui.domain.report import Claim
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import as_name, clean
from pulse_tui.ports import CollectContext, Peek, members


class Options(ReportOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``), ``asset``, ``version``, ``environments``. ``subject`` and ``digest``: such
    a report names neither, so that setting one refuses every file. ``max_bytes``: cap of one file.
    """


class _Event(msgspec.Struct):
    fixed: str | None = None


class _Range(msgspec.Struct):
    type: str = ""
    events: list[_Event] = []


class _Of(msgspec.Struct):
    name: str = ""
    ecosystem: str = ""


class _Affected(msgspec.Struct):
    package: _Of | None = None
    ranges: list[_Range] | None = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Link(msgspec.Struct):
    url: Any = None


class _Specific(msgspec.Struct):
    severity: Any = None


class _Found(msgspec.Struct):
    id: str
    summary: str | None = None
    details: str | None = None
    aliases: list[str] | None = None
    related: list[str] | None = None
    upstream: list[str] | None = None
    withdrawn: str | None = None
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    references: list[_Link] | None = None
    specific: _Specific | None = msgspec.field(name="database_specific", default=None)


class _Package(msgspec.Struct):
    name: str = ""
    version: str | None = None
    ecosystem: str = ""
    commit: str | None = None


class _Scanned(msgspec.Struct):
    package: _Package
    found: list[msgspec.Raw] | None = msgspec.field(name="vulnerabilities", default=None)
    licenses: list[Any] | None = None
    violations: list[Any] | None = msgspec.field(name="license_violations", default=None)


class _Result(msgspec.Struct):
    packages: list[msgspec.Raw] | None = None


class _Document(msgspec.Struct):
    results: list[msgspec.Raw] | None


_DOCUMENT = msgspec.json.Decoder(_Document)
_RESULT = msgspec.json.Decoder(_Result)
_SCANNED = msgspec.json.Decoder(_Scanned)
_FOUND = msgspec.json.Decoder(_Found)
_RESULTS = msgspec.json.Decoder(list[msgspec.Raw])
_TYPES = {
    "PyPI": "pypi", "npm": "npm", "Go": "golang", "crates.io": "cargo", "Maven": "maven", "NuGet": "nuget",
    "RubyGems": "gem", "Packagist": "composer", "Hex": "hex", "Pub": "pub", "CRAN": "cran", "Hackage": "hackage",
    "SwiftURL": "swift", "GitHub Actions": "githubactions", "ConanCenter": "conan", "Bitnami": "bitnami", "Julia": "julia",
}  # fmt: skip
_DISTRIBUTIONS = {
    "Debian": ("deb", "debian"), "Ubuntu": ("deb", "ubuntu"), "Alpine": ("apk", "alpine"), "Wolfi": ("apk", "wolfi"),
    "Chainguard": ("apk", "chainguard"), "Red Hat": ("rpm", "redhat"), "AlmaLinux": ("rpm", "almalinux"),
    "Rocky Linux": ("rpm", "rocky"), "openSUSE": ("rpm", "opensuse"), "SUSE": ("rpm", "suse"), "Mageia": ("rpm", "mageia"),
    "openEuler": ("rpm", "openeuler"), "Azure Linux": ("rpm", "azurelinux"),
}  # fmt: skip
_TOPS = frozenset(
    {"results", "experimental_config", "experimental_generic_findings", "image_metadata", "license_summary"}
)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return read_reports(options, context, accepts, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``results`` that have ``packages``, or with none and osv-scanner's configuration beside them."""
    if "results" not in head.top or not head.top.keys() <= _TOPS:
        return False
    try:
        first = next(iter(_RESULTS.decode(head.top["results"])), None)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return False
    return "experimental_config" in head.top if first is None else "packages" in members(first)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One report. A result, package or record of another shape is Rejected by its place; the others land. Raises SourceError
    when it is no such report.
    """
    report = Gathering("osv-scanner", name, options, context)
    document = decode(name, data, _DOCUMENT, "osv-scanner report")
    whole = False
    for at, result in each(document.results, _RESULT, "results", report.refusals, lost=True):
        for where, item in each(result.packages, _SCANNED, f"{at}.packages", report.refusals, lost=True):
            # A package without findings, licences asked of none: all packages are listed.
            whole = whole or not (item.found or item.licenses or item.violations)
            _package(where, item, report)
    return report.done(whole=whole)


def _package(at: str, item: _Scanned, report: Gathering) -> None:
    package = item.package
    if not clean(package.name) or not package.version:
        what = "a commit" if package.commit else "a package without a name or version"
        for where, found in each(item.found, _FOUND, f"{at}.vulnerabilities", report.refusals):
            report.nameless(where, f"{ident(found.id)} is of {what}: nothing can be matched with it")
        if clean(package.name) and not item.found:
            report.skipped(package.name, "its version is not known")
        return
    try:
        part = _component(package)
    except BadPurl as error:
        report.refusals.add(at, str(error), lost=True)
        return
    report.listed(at, part)
    for where, found in each(item.found, _FOUND, f"{at}.vulnerabilities", report.refusals, lost=True):
        if not ident(found.id):
            report.nameless(where, f"{part.label}: a vulnerability without an id")
        elif not found.withdrawn:
            report.claim(_claim(found, part, package))


def _component(item: _Package) -> Component:
    base = item.ecosystem.partition(":")[0]
    if base in _DISTRIBUTIONS:
        kind, vendor = _DISTRIBUTIONS[base]
        release = release_of(item.ecosystem)
        more = {"distro": f"{vendor}-{release}"} if release else None
        version = as_name(item.version or "")
        return placed(str(build(kind, item.name, namespace=vendor, version=version, qualifiers=more)), item.name, None)
    kind = _TYPES.get(base, "")
    name = item.name.replace(":", "/", 1) if kind == "maven" else item.name
    return placed("", name, item.version, kind)


def _claim(found: _Found, part: Component, package: _Package) -> Claim:
    cvss, vector = scored(s.score for s in found.severity or () if s.type.startswith("CVSS_"))
    details = next((line for line in (found.details or "").splitlines() if line.strip()), "")
    return Claim(
        id=ident(found.id),
        component=part,
        title=clean(found.summary or "", 300) or clean(details, 300),
        aliases=tuple(a for a in map(ident, found.aliases or ()) if a),
        related=tuple(a for a in map(ident, (*(found.related or ()), *(found.upstream or ()))) if a),
        fixed=tuple(dict.fromkeys(_fixes(found, package))),
        severity=graded(found.specific.severity if found.specific else None) or None,
        cvss=cvss,
        vector=vector,
        links=web_links(link.url for link in found.references or ()),
    )


def _fixes(found: _Found, package: _Package) -> list[str]:
    mine = [a for a in found.affected or () if a.package and a.package.name.lower() == package.name.lower()]
    ranges = (r for a in mine for r in a.ranges or () if r.type in ("ECOSYSTEM", "SEMVER"))
    return [v for r in ranges for e in r.events if (v := ident(e.fixed))]
