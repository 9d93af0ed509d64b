"""SPDX 3 documents as JSON-LD: the packages and models of their ``@graph``, and what depends on what.

https://spdx.github.io/spdx-spec/v3.0.1/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    tag_of,
    text,
)
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.ports import CollectContext

CONTEXT = "spdx.org/rdf/3."
"""In the ``@context`` of every document of this version."""
_PACKAGES = frozenset({"software_Package", "ai_AIPackage"})
_CREATION = "CreationInfo"
_COLLECTIONS = frozenset({"SpdxDocument", "software_Sbom", "Bom", "Bundle"})
_RELATIONS = frozenset({"Relationship", "LifecycleScopedRelationship"})
_USES = frozenset(
    {"dependsOn", "contains", "hasDynamicLink", "hasStaticLink", "hasOptionalDependency", "hasProvidedDependency"}
)


class _Element(msgspec.Struct):
    """Any element, as far as it is read. What may stand several times may be a list or a single value."""

    type: str = ""
    id: str | None = msgspec.field(name="spdxId", default=None)
    name: str | None = None
    created: Any = None
    roots: Any = msgspec.field(name="rootElement", default=None)
    version: str | None = msgspec.field(name="software_packageVersion", default=None)
    url: str | None = msgspec.field(name="software_packageUrl", default=None)
    purpose: str | None = msgspec.field(name="software_primaryPurpose", default=None)
    identifiers: Any = msgspec.field(name="externalIdentifier", default=None)
    hashes: Any = msgspec.field(name="verifiedUsing", default=None)
    above: str = msgspec.field(name="from", default="")
    relation: str = msgspec.field(name="relationshipType", default="")
    to: Any = None

    def purl(self) -> str | None:
        return self.url or self._identifier("packageUrl")

    def cpe(self) -> str | None:
        return self._identifier("cpe23") or self._identifier("cpe22")

    def _identifier(self, kind: str) -> str | None:
        return next(_pairs(self.identifiers, "externalIdentifierType", "identifier", kind), None)

    @property
    def below(self) -> list[str]:
        return [ref for ref in _many(self.to) if isinstance(ref, str)]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _pairs(value: Any, kind: str, key: str, wanted: str = "") -> Iterator[str]:
    """The texts under ``key`` of the objects whose ``kind`` is ``wanted``; of any, with it before a colon, when that is ""."""
    for one in _many(value):
        if isinstance(one, dict) and isinstance(one.get(kind), str) and isinstance(one.get(key), str):
            if not wanted:
                yield f"{one[kind].lower()}:{one[key]}"
            elif one[kind] == wanted:
                yield one[key]


class _Document(msgspec.Struct):
    graph: list[msgspec.Raw] = msgspec.field(name="@graph")


_DOCUMENT = msgspec.json.Decoder(_Document)
_ELEMENT = msgspec.json.Decoder(_Element)


def parse_graph(name: str, data: bytes, options: BillOptions, context: CollectContext) -> Collected:
    """One bill. An element of another shape is Rejected by its place; the others land. Raises SourceError without
    an ``@graph``.
    """
    document = decode(name, data, _DOCUMENT, "SPDX 3 document")
    refusals, graph = Refusals(context.source, name), Graph()
    elements = list(each(document.graph, _ELEMENT, "@graph", refusals, lost=True))
    by_id = {e.id: e for _, e in elements if e.id}
    if not by_id:
        raise SourceError(f"{name} is an SPDX 3 document without elements", todo="Make it again, whole")
    described = _described(elements, by_id)
    packages = [(at, e) for at, e in elements if e.type in _PACKAGES]
    top = described[0] if len(described) == 1 and len(packages) > 1 else None
    for _, e in elements:
        if e.type in _COLLECTIONS:
            graph.root(e.id)
        elif e.type not in _PACKAGES and e.id:
            graph.ignore(e.id)  # people, files, tools, licences, vulnerabilities, data sets
    graph.root(top.id if top else None)
    for at, e in packages:
        if e is not top:
            _add(at, e, graph, refusals)
    roots = {e.id for _, e in elements if e.type in _COLLECTIONS} | ({top.id} if top else set())
    for at, e in elements:
        if e.type in _RELATIONS and e.relation in _USES and not (e.relation == "contains" and e.above in roots):
            _relate(at, e, graph, refusals)
    created = next((e.created for _, e in elements if e.type == _CREATION and isinstance(e.created, str)), None)
    subject = _subject(top or next(iter(described), None), by_id)
    return hand_over(name, options, context, graph, refusals, subject=subject, at=moment(created))


def _described(elements: Sequence[tuple[str, _Element]], by_id: Mapping[str, _Element]) -> list[_Element]:
    """The packages that the document is of: its roots, and those of the bill that is its root."""
    waiting = [i for _, e in elements if e.type in _COLLECTIONS for i in _many(e.roots) if isinstance(i, str)]
    waiting += [i for _, e in elements if e.type in _RELATIONS and e.relation == "describes" for i in e.below]
    return [e for i in dict.fromkeys(waiting) if (e := by_id.get(i)) is not None and e.type in _PACKAGES]


def _add(at: str, item: _Element, graph: Graph, refusals: Refusals) -> None:
    if not item.id or not item.name or not clean(item.name):
        refusals.add(at, f"the package has no {'name' if item.id else 'spdxId'}", lost=True)
        return
    try:
        found = _component(item, item.name)
    except BadPurl as error:
        refusals.add(at, str(error), "The package is kept by its name; correct its purl")
        found = package(item.name, item.version)
    if not graph.add(item.id, found):
        refusals.add(at, f"spdxId {clean(item.id, 100)!r} is that of another package", "Give each its own")


def _component(item: _Element, name: str) -> Component:
    model = item.type == "ai_AIPackage"
    kind = ComponentKind.HOSTED_MODEL if model else ComponentKind.PACKAGE
    kind, prefix = (
        (ComponentKind.IMAGE, "image") if item.purpose == "container" else (kind, "model" if model else "name")
    )
    purl = item.purl()
    found = from_purl(purl, item.version) if purl else package(name, text(item.version), kind=kind, prefix=prefix)
    found = known_as(found, item.cpe())
    if found.kind is ComponentKind.HOSTED_MODEL:
        # "platform/exact-id" is how the estate writes it too, so that both mean one component.
        identity = found.name if found.id.startswith("model:") and "/" in found.name else found.id
        found = msgspec.structs.replace(found, id=identity, name=canonical(found.name).name)
    return found


def _relate(at: str, item: _Element, graph: Graph, refusals: Refusals) -> None:
    for below in item.below:
        unknown = [ref for ref in (item.above, below) if not graph.knows(ref) and not graph.ignored(ref)]
        if unknown and not below.endswith(("NoneElement", "NoAssertionElement")):
            what = f"{item.relation} names {clean(unknown[0], 100)!r}, which is not a package of this document"
            refusals.add(at, what)
        elif graph.knows(item.above) and graph.knows(below):
            graph.link(item.above, below)


def _subject(top: _Element | None, by_id: Mapping[str, _Element]) -> Subject | None:
    own = next((e for e in by_id.values() if e.type == "SpdxDocument"), None)
    name = text(top.name if top else own.name if own else None)
    if name is None:
        return None
    version = text(top.version) if top else None
    purl = (top.purl() if top else None) or ""
    locator = purl.partition("?")[0]
    hashes = list(_pairs(top.hashes, "algorithm", "hashValue")) if top else []
    digest = digest_of(version, locator.replace("%3A", ":").replace("%3a", ":"), name, *hashes)
    if digest_of(version) is not None:
        version = None
    if top is not None and top.purpose == "container":
        version = tag_of(name) or version
    spellings = [
        name,
        name.partition("@")[0],
        text(own.name if own else None) or "",
        locator,
        locator.rpartition("@")[0],
    ]
    if version:
        spellings += [name.removesuffix(f":{version}"), f"{name}:{version}", f"{name}@{version}"]
    return Subject(name=name, version=version, digest=digest, spellings=tuple(spellings))
