"""CycloneDX bills of materials in JSON (1.2 and later) and XML: components, services, models, and what depends on what.

Files within an image (type ``file``) are its content, not dependencies, and are left out. A component of scope ``excluded``
is known not to be loaded at run time. Vulnerabilities that a scanner states beside the components are its claims.
https://cyclonedx.org/specification/overview/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.bills import (
    DEEP,
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
from pulse_tui.collectors.cyclonedx.claims import report
from pulse_tui.collectors.cyclonedx.xml import as_json, is_xml
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.cpe import BadCpe, parse_cpe
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import GROUP, Component
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.ports import CollectContext, Peek


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json`` and ``*.xml``), ``asset``, ``version``, ``environments``, and the expected
    ``subject`` (a name, name:version or package URL) and ``digest``. ``max_bytes``: cap of one file.
    """


class _Hash(msgspec.Struct):
    alg: str = ""
    content: str = ""


class _Property(msgspec.Struct):
    name: str = ""
    value: Any = None


class _Part(msgspec.Struct):
    """A component or a service, as far as it is read."""

    name: str
    type: str = ""
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    scope: Any = None
    cpe: str | None = None
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    hashes: list[_Hash] | None = None
    properties: list[_Property] | None = None
    components: list[msgspec.Raw] | None = None
    services: list[msgspec.Raw] | None = None


class _Dependency(msgspec.Struct):
    ref: str
    depends: list[str] | None = msgspec.field(name="dependsOn", default=None)


class _Metadata(msgspec.Struct):
    timestamp: Any = None
    tools: Any = None
    component: _Part | None = None


class _Document(msgspec.Struct):
    format: str = msgspec.field(name="bomFormat", default="")
    metadata: _Metadata | None = None
    components: list[msgspec.Raw] | None = None
    services: list[msgspec.Raw] | None = None
    dependencies: list[msgspec.Raw] | None = None
    vulnerabilities: list[msgspec.Raw] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_PART = msgspec.json.Decoder(_Part)
_DEPENDENCY = msgspec.json.Decoder(_Dependency)
_FORMAT = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"')
_NAMES = (".cdx.json", "bom.cdx")
_LISTS = ("components", "services")
_KINDS = {"container": ComponentKind.IMAGE, "machine-learning-model": ComponentKind.HOSTED_MODEL}
_GROUPS = ("application", "operating-system")
"""Types of parts that only hold others when no package URL says what they are: Trivy's lock files, Syft's distribution."""
_TRIVY_SOURCE = "aquasecurity:trivy:Src"
_PREFIXES = {ComponentKind.IMAGE: "image", ComponentKind.HOSTED_MODEL: "model"}


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the bills that are new or changed since the last round."""

    def one(name: str, data: bytes) -> Collected:
        if "spdxVersion" in Peek(data).top or (name.endswith(".xml") and not is_xml(data)):
            return Collected()  # bills of both kinds are in one folder; the spdx source reads that one
        return parse(name, data, options, context)

    return read_bills(("*.json", "*.xml"), options, context, one)


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``"bomFormat": "CycloneDX"`` anywhere at its top, or named ``*.cdx.json``; XML that begins as a bill does."""
    if is_xml(head):
        return True
    if head.top:
        listed = any(bytes(head.top[k]).strip() not in (b"[]", b"null") for k in _LISTS if k in head.top)
        if "vulnerabilities" in head.top and not listed:
            return False  # a VEX document: it judges vulnerabilities
        return head.says("bomFormat") == "CycloneDX" or name.endswith(_NAMES)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"  # broken: recognised by what is left of it
    return start and (_FORMAT.search(head) is not None or name.endswith(_NAMES))


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. A component, service or dependency of another shape, and a dependency on what is not in the
    document, are Rejected by their position; the others are stored. Raises SourceError when it is not a CycloneDX document.
    """
    place(name, options)
    data = as_json(name, data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else data
    document = decode(name, data, _DOCUMENT, "CycloneDX document")
    if document.format != "CycloneDX":
        message = f"bomFormat is {clean(document.format, 40)!r}" if document.format else "it has no bomFormat"
        raise SourceError(f"{name} is not a CycloneDX document: {message}", todo="Give the bill of materials")
    if document.vulnerabilities and not document.components and not document.services:
        raise SourceError(
            f"{name} is a VEX document: it judges vulnerabilities and lists no component",
            todo="Read it by its kind (pulse-tui ingest vex FILE), or give the bill of materials that it is about",
        )
    graph, refusals = Graph(), Refusals(context.source, name)
    metadata = document.metadata or _Metadata()
    if metadata.component is not None:
        graph.root(metadata.component.ref)
        _walk(metadata.component.components, "metadata.component.components", graph, refusals)
    _walk(document.components, "components", graph, refusals)
    _walk(document.services, "services", graph, refusals, service=True)
    _depend(document.dependencies, graph, refusals)
    at = moment(metadata.timestamp) if isinstance(metadata.timestamp, str) else None
    made = hand_over(name, options, context, graph, refusals, subject=_subject(metadata.component), at=at)
    bill = next((o for o in made.observations if isinstance(o, Bill)), None)
    if bill is None or not document.vulnerabilities:
        return made  # tools that did not look for any write an empty list too: it ends no claim
    scan = report(bill, document.vulnerabilities, metadata.tools, graph, refusals, context.now, dated=at is not None)
    return msgspec.structs.replace(made, observations=(scan,), rejected=refusals.listed())


def _walk(
    items: list[msgspec.Raw] | None, where: str, graph: Graph, refusals: Refusals, *, service: bool = False
) -> None:
    """Components and what is nested in them, without recursion: a hostile document nests as deep as it likes."""
    waiting: list[tuple[list[msgspec.Raw], str, bool, str | None]] = [(items, where, service, None)] if items else []
    while waiting:
        raws, path, is_service, above = waiting.pop()
        for at, part in each(raws, _PART, path, refusals, lost=True):
            ref = _add(at, part, is_service, graph, refusals)
            if ref is not None and above is not None:
                graph.link(above, ref)
            inner = ref or above
            if path.count(".") >= DEEP:
                if part.components or part.services:
                    refusals.add(at, f"parts within parts are read {DEEP} levels deep, not deeper", lost=True)
                continue
            if part.components:
                waiting.append((part.components, f"{at}.components", False, inner))
            if part.services:
                waiting.append((part.services, f"{at}.services", True, inner))


def _add(at: str, part: _Part, service: bool, graph: Graph, refusals: Refusals) -> str | None:
    """The ref under which the part is kept; None when it does not count."""
    if part.type == "file" and not part.purl:
        if part.ref:
            graph.ignore(part.ref)
        return None
    if not clean(part.name):
        refusals.add(at, "the component has no name", lost=True)
        return None
    try:
        found = _component(part, service)
    except BadPurl as error:
        refusals.add(at, str(error), "The component is kept by its name; correct its purl")
        found = package(_full_name(part), part.version)
    graph.exclude(found, part.scope == "excluded")
    if part.cpe and (problem := _cpe_problem(part.cpe)):
        refusals.add(at, problem, "The component is kept without it; correct its cpe")
    ref = part.ref or f"\0{at}"
    if not graph.add(ref, found):
        refusals.add(at, f"bom-ref {clean(ref, 100)!r} is that of another component", "Give each its own bom-ref")
    return ref


def _component(part: _Part, service: bool) -> Component:
    if service:
        return package(_full_name(part), part.version, kind=ComponentKind.ENDPOINT, prefix="service")
    kind = _KINDS.get(part.type, ComponentKind.PACKAGE)
    if not part.purl:
        group = part.type in _GROUPS and (part.version is None or part.type == "operating-system")
        prefix = GROUP.removesuffix(":") if group else _PREFIXES.get(kind, "name")
        found = known_as(package(_full_name(part), part.version, kind=kind, prefix=prefix), part.cpe)
    else:
        found = known_as(from_purl(_with_source(part, part.purl), part.version), part.cpe)
        if kind is ComponentKind.HOSTED_MODEL:
            found = msgspec.structs.replace(found, kind=kind)
    if found.kind is ComponentKind.HOSTED_MODEL:
        # "platform/exact-id" is how the estate writes it too, so that both mean one component.
        identity = found.name if found.id.startswith("model:") and "/" in found.name else found.id
        found = msgspec.structs.replace(found, id=identity, name=canonical(found.name).name)
    return found


def _cpe_problem(name: str) -> str:
    try:
        parse_cpe(name)
    except BadCpe as error:
        return f"{clean(name, 100)!r} is no CPE name: {error}"
    return ""


def _with_source(part: _Part, purl: str) -> str:
    """The package URL with the source package, which Trivy gives as properties of its own."""
    said = {
        p.name.removeprefix(_TRIVY_SOURCE): p.value
        for p in part.properties or ()
        if p.name.startswith(_TRIVY_SOURCE) and isinstance(p.value, str)
    }
    name = said.get("Name")
    if not name or "upstream=" in purl or not purl.startswith(("pkg:deb/", "pkg:apk/", "pkg:rpm/")):
        return purl
    epoch = f"{said['Epoch']}:" if said.get("Epoch", "0") != "0" else ""
    release = f"-{said['Release']}" if said.get("Release") else ""
    version = f"@{epoch}{said['Version']}{release}" if said.get("Version") else ""
    return f"{purl}{'&' if '?' in purl else '?'}upstream={quote(name + version, safe='')}"


def _full_name(part: _Part) -> str:
    return f"{part.group}/{part.name}" if part.group else part.name


def _depend(items: list[msgspec.Raw] | None, graph: Graph, refusals: Refusals) -> None:
    for at, item in each(items, _DEPENDENCY, "dependencies", refusals):
        if not graph.knows(item.ref):
            if not graph.ignored(item.ref) and item.depends:
                refusals.add(at, f"ref {clean(item.ref, 100)!r} is not a component of this document")
            continue
        for child in item.depends or ():
            if graph.knows(child):
                graph.link(item.ref, child)
            elif not graph.ignored(child):
                refusals.add(at, f"dependsOn {clean(child, 100)!r} is not a component of this document")


def _subject(part: _Part | None) -> Subject | None:
    if part is None or not clean(part.name):
        return None
    name = clean(_full_name(part), 300)
    digest = digest_of(part.version, *_digests(part), part.name)
    version = text(part.version)
    if digest_of(version) is not None:
        version = None
    spellings = [name, clean(part.name, 300), name.partition("@")[0]]
    if part.type == "container":
        version = tag_of(name) or version
        spellings.append(name.partition("@")[0].removesuffix(f":{version}"))
    if version:
        spellings += [f"{name}:{version}", f"{name}@{version}"]
    if part.purl:
        spellings += [part.purl, part.purl.partition("?")[0], part.purl.partition("?")[0].rpartition("@")[0]]
    return Subject(name=name, version=version, digest=digest, spellings=tuple(spellings))


def _digests(part: _Part) -> Iterator[str]:
    """Where Syft, Trivy and others put what the image is."""
    with suppress(BadPurl):
        yield (from_purl(part.purl).version or "") if part.purl else ""
    for item in part.properties or ():
        if isinstance(item.value, str) and item.name.endswith((":RepoDigest", ":image:digest", ":ManifestDigest")):
            yield item.value
    for made in part.hashes or ():
        yield f"{made.alg.replace('-', '').lower()}:{made.content.lower()}"
