"""CycloneDX VEX: the analyses of vulnerabilities, of a document of its own or beside the components of a bill.

https://cyclonedx.org/capabilities/vex/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from pulse_tui.collectors._shared.fields import moment
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors.vex.made import (
    Head,
    Options,
    Said,
    Subject,
    Unusable,
    each,
    justification_of,
    name_of,
    statements,
    subject_of,
)
from pulse_tui.domain.text import clean
from pulse_tui.domain.vex import JUSTIFICATIONS, PROPERTY, STATES
from pulse_tui.domain.waiver import Justification, Statement, VexStatus

DEEP = 50
"""Levels of components within components."""
_LINK = "urn:cdx:"


class _Named(msgspec.Struct):
    name: str = ""
    vendor: str = ""


class _Part(msgspec.Struct):
    ref: str = msgspec.field(name="bom-ref", default="")
    purl: str = ""
    version: str = ""
    components: list[_Part] = []


class _Metadata(msgspec.Struct):
    timestamp: Any = None
    authors: list[_Named] = []
    supplier: _Named | None = None
    manufacturer: _Named | None = None
    manufacture: _Named | None = None
    tools: Any = None
    component: _Part | None = None


class _Version(msgspec.Struct):
    version: str = ""
    range: str = ""


class _Affected(msgspec.Struct):
    ref: str
    versions: list[_Version] = []


class _Analysis(msgspec.Struct):
    state: str = ""
    justification: str = ""
    response: list[str] = []
    detail: str = ""
    first: Any = msgspec.field(name="firstIssued", default=None)
    last: Any = msgspec.field(name="lastUpdated", default=None)


class _Property(msgspec.Struct):
    name: str = ""
    value: Any = None


class _Reference(msgspec.Struct):
    id: str = ""


class _Vulnerability(msgspec.Struct):
    id: str = ""
    analysis: _Analysis | None = None
    affects: list[_Affected] = []
    references: list[_Reference] = []
    updated: Any = None
    published: Any = None
    properties: list[_Property] = []


class _Document(msgspec.Struct):
    serial: str = msgspec.field(name="serialNumber", default="")
    metadata: _Metadata | None = None
    components: list[_Part] = []
    vulnerabilities: list[msgspec.Raw] = []


_DOCUMENT = msgspec.json.Decoder(_Document)
_VULNERABILITY = msgspec.json.Decoder(_Vulnerability)


def read(name: str, data: bytes, source: str, options: Options, bad: Bad) -> list[Statement]:
    """A vulnerability without an analysis states nothing and is passed over."""
    document = _DOCUMENT.decode(data)
    metadata = document.metadata or _Metadata()
    parts = dict(_parts([*([metadata.component] if metadata.component is not None else []), *document.components]))
    root = metadata.component.ref if metadata.component is not None else ""
    head = Head(source, clean(document.serial, 300) or name, _author(metadata) or name, options)
    at = moment(metadata.timestamp)

    def made(raw: bytes) -> Iterator[Statement]:
        return _made(_VULNERABILITY.decode(raw), head, at, parts, root)

    return list(each(f"{name} vulnerabilities", document.vulnerabilities, made, bad))


def _made(
    one: _Vulnerability, head: Head, at: datetime | None, parts: Mapping[str, _Part], root: str
) -> Iterator[Statement]:
    analysis = one.analysis
    if analysis is None or not analysis.state:
        return
    status = STATES.get(analysis.state)
    if status is None:
        raise Unusable(f"there is no state {clean(analysis.state, 60)!r}")
    ours = {p.name.removeprefix(PROPERTY): p.value for p in one.properties if p.name.startswith(PROPERTY)}
    told = {name: value for name, value in ours.items() if isinstance(value, str)}
    when = next(
        (m for text in (analysis.last, analysis.first, one.updated) if (m := moment(text)) is not None), at
    ) or moment(one.published)
    if when is None:
        raise Unusable("it has no time, nor has its document")
    response = ", ".join(clean(word, 60) for word in analysis.response[:5])
    said = Said(
        name_of(one.id, "vulnerability"),
        status,
        justification_of(told.get("justification", "")) or _justification(analysis.justification),
        analysis.detail or response or analysis.justification or analysis.state,
        when,
        aliases=tuple(name_of(r.id, "alias") for r in one.references if r.id),
        owner=clean(told.get("owner", ""), 200),
        review=moment(told.get("review")),
        accepted=status is VexStatus.AFFECTED and told.get("accepted") == "true",
    )
    if not one.affects:
        raise Unusable("it names nothing that it affects")
    for affected in one.affects:
        part = _subject(affected.ref, parts, root, head.options)
        if any(v.range for v in affected.versions):
            raise Unusable("it is of a range of versions, which is not read: name each version")
        versions: list[str | None] = [v.version for v in affected.versions if v.version]
        within = subject_of(told["asset"]) if "asset" in told else None
        for version in versions or [part.version]:
            exact = part._replace(version=version) if not part.whole else part
            if within is not None and not part.whole:
                yield from statements(head, said, within, [exact])
            else:
                yield from statements(head, said, within or exact, [])


def _subject(ref: str, parts: Mapping[str, _Part], root: str, options: Options) -> Subject:
    """A package URL, a component of the document, or one of another bill by its BOM-Link."""
    name = unquote(ref.partition("#")[2]) if ref.startswith(_LINK) and "#" in ref else ref
    part = parts.get(name)
    if part is not None and part.purl:
        found = subject_of(part.purl)
        return found if found.version or found.whole else found._replace(version=part.version or None)
    if part is not None and name == root and options.asset:
        return Subject(asset=options.asset, whole=True)
    if part is not None:
        todo = "; name the asset that it is about (option asset)" if name == root else ""
        raise Unusable(f"{clean(name, 120)!r} has no package URL: which component it is of is not known{todo}")
    return subject_of(name)


def _justification(word: str) -> Justification | None:
    if word and word not in JUSTIFICATIONS:
        raise Unusable(f"there is no justification {clean(word, 80)!r}")
    return JUSTIFICATIONS.get(word)


def _parts(top: list[_Part]) -> Iterator[tuple[str, _Part]]:
    waiting = [(part, 0) for part in top]
    while waiting:
        part, depth = waiting.pop()
        if part.ref:
            yield part.ref, part
        if depth < DEEP:
            waiting += [(inner, depth + 1) for inner in part.components]


def _author(metadata: _Metadata) -> str:
    tools = metadata.tools if isinstance(metadata.tools, list) else []
    named = [*metadata.authors, metadata.supplier, metadata.manufacturer, metadata.manufacture]
    names = [one.name for one in named if one is not None and one.name]
    names += [str(t.get("vendor") or t.get("name") or "") for t in tools if isinstance(t, dict)]
    return next((clean(name, 200) for name in names if clean(name, 200).strip()), "")
