"""SPDX 2.2 and 2.3 documents in JSON, SPDX 3 in JSON-LD: packages and their relationships. Files and snippets are not read.

https://spdx.github.io/spdx-spec/v2.3/
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    Subject,
    decode,
    digest_of,
    each,
    from_purl,
    hand_over,
    known_as,
    moment,
    package,
    place,
    read_bills,
    tag_of,
    text,
)
from pulse_tui.collectors.spdx.graph import CONTEXT, parse_graph
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.ports import CollectContext, Peek, members


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``), ``asset``, ``version``, ``environments``, and the expected
    ``subject`` (the name of the described package, or of the document) and ``digest``. ``max_bytes``: cap of one file.
    """


class _Reference(msgspec.Struct):
    type: str = msgspec.field(name="referenceType", default="")
    locator: str = msgspec.field(name="referenceLocator", default="")


class _Checksum(msgspec.Struct):
    algorithm: str = ""
    value: str = msgspec.field(name="checksumValue", default="")


class _Package(msgspec.Struct):
    name: str
    id: str = msgspec.field(name="SPDXID")
    version: str | None = msgspec.field(name="versionInfo", default=None)
    references: list[_Reference] | None = msgspec.field(name="externalRefs", default=None)
    checksums: list[_Checksum] | None = None
    purpose: str | None = msgspec.field(name="primaryPackagePurpose", default=None)

    def purl(self) -> str | None:
        return next((r.locator for r in self.references or () if r.type == "purl"), None)

    def cpe(self) -> str | None:
        return next((r.locator for r in self.references or () if r.type in ("cpe23Type", "cpe22Type")), None)


class _Relationship(msgspec.Struct):
    of: str = msgspec.field(name="spdxElementId")
    type: str = msgspec.field(name="relationshipType")
    to: str = msgspec.field(name="relatedSpdxElement")


class _Creation(msgspec.Struct):
    created: Any = None


class _File(msgspec.Struct):
    id: Any = msgspec.field(name="SPDXID", default=None)


class _Document(msgspec.Struct):
    version: str = msgspec.field(name="spdxVersion", default="")
    wrapped: msgspec.Raw = msgspec.field(name="sbom", default=msgspec.Raw())
    """As GitHub's dependency graph answers."""
    id: str = msgspec.field(name="SPDXID", default="SPDXRef-DOCUMENT")
    name: str | None = None
    creation: _Creation | None = msgspec.field(name="creationInfo", default=None)
    packages: list[msgspec.Raw] | None = None
    files: list[_File] | None = None
    snippets: list[_File] | None = None
    relationships: list[msgspec.Raw] | None = None
    describes: list[str] | None = msgspec.field(name="documentDescribes", default=None)


_DOCUMENT = msgspec.json.Decoder(_Document)
_PACKAGE = msgspec.json.Decoder(_Package)
_RELATIONSHIP = msgspec.json.Decoder(_Relationship)
_VERSION = re.compile(rb'"spdxVersion"\s*:\s*"SPDX-2')
#: Whether the first of the two uses the second (True), or is used by it (False).
_USES = {
    "DEPENDS_ON": True,
    "DEPENDENCY_OF": False,
    "RUNTIME_DEPENDENCY_OF": False,
    "CONTAINS": True,
    "CONTAINED_BY": False,
}


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the documents that are new or changed since the last round."""

    def one(name: str, data: bytes) -> Collected:
        if "bomFormat" in Peek(data).top:
            return Collected()  # bills of both kinds lie in one folder; the cyclonedx source reads that one
        return parse(name, data, options, context)

    return read_bills("*.json", options, context, one)


def accepts(name: str, head: Peek) -> bool:
    """JSON that says ``"spdxVersion": "SPDX-2..."`` anywhere at its top (or in GitHub's ``{"sbom": ...}``), whose
    ``@context`` is that of SPDX 3, or is named ``*.spdx.json``.
    """
    if head.top:
        if _is_graph(head):
            return True
        inner = members(head.top["sbom"]) if "sbom" in head.top else {}
        return head.says("spdxVersion").startswith("SPDX-2") or "spdxVersion" in inner or name.endswith(".spdx.json")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return start and (_VERSION.search(head) is not None or name.endswith(".spdx.json"))


def _is_graph(head: Peek) -> bool:
    """JSON-LD under the context of SPDX 3, which may be one of several."""
    return CONTEXT.encode() in bytes(head.top.get("@context", b""))


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. A package or relationship of another shape, and a dependency on what is not in the document, are
    Rejected by their place; the others land. Raises SourceError when it is no SPDX document of version 2 or 3.
    """
    place(name, options)
    if _is_graph(Peek(data)):
        return parse_graph(name, data, options, context)
    document = decode(name, data, _DOCUMENT, "SPDX document")
    if not document.version and members(document.wrapped):
        document = decode(name, bytes(document.wrapped), _DOCUMENT, "SPDX document")
    if not document.version.startswith("SPDX-2."):
        message = f"spdxVersion is {clean(document.version, 40)!r}" if document.version else "it has no spdxVersion"
        todo = "Give the JSON form of SPDX 2.2, 2.3 or 3"
        raise SourceError(f"{name} is not an SPDX document: {message}", todo=todo)
    refusals = Refusals(context.source, name)
    graph = Graph()
    packages = list(each(document.packages, _PACKAGE, "packages", refusals, lost=True))
    relationships = list(each(document.relationships, _RELATIONSHIP, "relationships", refusals))
    described = _described(document, [r for _, r in relationships])
    tops = [p for _, p in packages if p.id in described]
    top = tops[0] if len(tops) == 1 and len(packages) > 1 else None
    graph.root(document.id)
    graph.root(top.id if top else None)
    for item in (*(document.files or ()), *(document.snippets or ())):
        if isinstance(item.id, str):
            graph.ignore(item.id)
    for at, found in packages:
        if top is None or found.id != top.id:
            _add(at, found, graph, refusals)
        elif found is not top:
            refusals.add(at, f"SPDXID {clean(found.id, 100)!r} is that of another package", "Give each its own")
    for at, item in relationships:
        _relate(at, item, graph, refusals, {document.id, top.id if top else ""})
    created = document.creation.created if document.creation else None
    at_moment = moment(created) if isinstance(created, str) else None
    return hand_over(
        name, options, context, graph, refusals, subject=_subject(document, top or next(iter(tops), None)), at=at_moment
    )


def _described(document: _Document, relationships: list[_Relationship]) -> set[str]:
    found = set(document.describes or ())
    found |= {r.to for r in relationships if r.type == "DESCRIBES" and r.of == document.id}
    return found | {r.of for r in relationships if r.type == "DESCRIBED_BY" and r.to == document.id}


def _add(at: str, item: _Package, graph: Graph, refusals: Refusals) -> None:
    if not clean(item.name):
        refusals.add(at, "the package has no name", lost=True)
        return
    try:
        found = _component(item)
    except BadPurl as error:
        refusals.add(at, str(error), "The package is kept by its name; correct its purl")
        found = package(item.name, item.version)
    if not graph.add(item.id, found):
        refusals.add(at, f"SPDXID {clean(item.id, 100)!r} is that of another package", "Give each its own")


def _component(item: _Package) -> Component:
    purl = item.purl()
    if purl is None:
        image = item.purpose == "CONTAINER"
        kind = ComponentKind.IMAGE if image else ComponentKind.PACKAGE
        found = package(item.name, text(item.version), kind=kind, prefix="image" if image else "name")
        return known_as(found, item.cpe())
    found = known_as(from_purl(purl, item.version), item.cpe())
    if found.kind is ComponentKind.HOSTED_MODEL:
        found = msgspec.structs.replace(found, name=canonical(found.name).name)
    return found


def _relate(at: str, item: _Relationship, graph: Graph, refusals: Refusals, roots: set[str]) -> None:
    if (forward := _USES.get(item.type)) is None:
        return
    above, below = (item.of, item.to) if forward else (item.to, item.of)
    if item.type.startswith("CONTAIN") and above in roots:
        return  # everything hangs on the asset anyway; as an edge it would make each package a direct one
    for ref in (above, below):
        if ref in ("NONE", "NOASSERTION") or graph.ignored(ref):
            return
        if not graph.knows(ref):
            refusals.add(at, f"{item.type} names {clean(ref, 100)!r}, which is not a package of this document")
            return
    graph.link(above, below)


def _subject(document: _Document, top: _Package | None) -> Subject | None:
    name = text(top.name if top else document.name)
    if name is None:
        return None
    version = text(top.version) if top else None
    checksums = [f"{c.algorithm.lower()}:{c.value}" for c in (top.checksums if top else None) or ()]
    purl = (top.purl() if top else None) or ""
    locator = purl.partition("?")[0]
    digest = digest_of(version, locator.replace("%3A", ":").replace("%3a", ":"), name, *checksums)
    spellings = [name, name.partition("@")[0], text(document.name) or "", locator, locator.rpartition("@")[0]]
    if digest_of(version) is not None:
        version = None
    if top is not None and top.purpose == "CONTAINER":
        version = tag_of(name) or version
        spellings.append(name.partition("@")[0].removesuffix(f":{version}"))
    if version:
        spellings += [f"{name}:{version}", f"{name}@{version}"]
    return Subject(name=name, version=version, digest=digest, spellings=tuple(spellings))
