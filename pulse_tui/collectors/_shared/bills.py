"""What the kinds of bills of materials share: the asset of a document, the graph of its components, and refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pulse_tui.collectors._shared.files import (
    FILE_CAP,
    broken_json,
    collect_files,
    find,
    not_empty,
    refuse,
    refused_names,
)
from pulse_tui.collectors._shared.runs import PATTERN
from pulse_tui.domain.bill import ROOT, Bill
from pulse_tui.domain.cpe import LONGEST, BadCpe, parse_cpe
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import GROUP, Component
from pulse_tui.domain.purl import build, component
from pulse_tui.domain.report import Report
from pulse_tui.domain.source import Collected, Rejected, Standing
from pulse_tui.domain.text import as_name, clean
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.ports import CollectContext

DEEP = 64
"""Levels of parts within parts that are read."""
MOST_COMPONENTS = 100_000
"""Components of one document: the bill of a whole distribution has a tenth of them."""
MOST_STEPS = 1_000_000
"""References that are followed in one document; who depends on whom can be the square of what it lists."""
LISTED = 50
"""Refused records of one document that are kept one by one; the rest are one line with their number."""

_T = TypeVar("_T")
_FOLDER = re.compile(rf"{PATTERN}\Z")
_NUMBERS = re.compile(r"(\d+)")
_DIGEST = re.compile(r"sha(?:256|384|512):[0-9a-f]{32,128}\Z")


class BillOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the documents are, and which asset they belong to.

    ``path``: file, folder or glob. ``asset`` and ``version``: what they are the bill of (default: the folder
    ``asset@version`` they are kept in). ``environments``: where it applies, all when left out. ``subject`` and
    ``digest``: what a document must describe; another is refused. ``max_bytes``: cap of one file.
    """

    path: str = ""
    asset: str | None = None
    version: str | None = None
    environments: tuple[Environment, ...] = ()
    subject: str | None = None
    digest: str | None = None
    max_bytes: int = FILE_CAP


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The subject a document states. ``spellings``: every name that means it."""

    name: str | None = None
    version: str | None = None
    digest: str | None = None
    spellings: tuple[str, ...] = ()


class Graph:
    """Components folded by (id, version), and who uses whom. Refs are whatever the document calls its parts."""

    def __init__(self) -> None:
        """Empty."""
        self.components: list[Component] = []
        self._counted: set[str] = set()
        self._excluded: set[str] = set()
        self._places: dict[tuple[str, str | None], int] = {}
        self._refs: dict[Hashable, int] = {}
        self._edges: dict[tuple[int, int], None] = {}
        self._ignored: set[Hashable] = set()
        self._steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count references that are followed. Raises SourceError when they are over :data:`MOST_STEPS`."""
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise SourceError(f"it has over {MOST_STEPS:,} dependencies", todo="Give the bill of one deployment")

    def add(self, ref: Hashable, found: Component) -> bool:
        """Keep a component under ``ref``; False when the ref was taken by another component (that one stays).

        Raises SourceError when there are over :data:`MOST_COMPONENTS`.
        """
        place = self._places.setdefault((found.id, found.version), len(self.components))
        if place == len(self.components):
            if place == MOST_COMPONENTS:
                raise SourceError(f"it has over {MOST_COMPONENTS:,} components", todo="Give a bill for each deployment")
            self.components.append(found)
        return ref is None or self._refs.setdefault(ref, place) == place

    def exclude(self, found: Component, excluded: bool) -> None:
        """Whether the document says that a component is not there at run time; in another version it may be."""
        (self._excluded if excluded else self._counted).add(found.id)

    def loaded(self) -> tuple[tuple[str, bool], ...]:
        """The components (by id) that are not loaded in any version that is listed."""
        return tuple((ident, False) for ident in sorted(self._excluded - self._counted))

    def root(self, ref: Hashable) -> None:
        """``ref`` is the asset itself."""
        if ref is not None:
            self._refs[ref] = ROOT

    def knows(self, ref: Hashable) -> bool:
        """Whether anything has this ref."""
        return ref in self._refs

    def found(self, ref: Hashable) -> Component | None:
        """The component under this ref; None for the asset, and for what is not known."""
        place = self._refs.get(ref, ROOT)
        return None if place == ROOT else self.components[place]

    def ignore(self, ref: Hashable) -> None:
        """``ref`` is in the document and does not count: a reference to it is not an error."""
        self._ignored.add(ref)

    def ignored(self, ref: Hashable) -> bool:
        """Whether the ref is ignored (:meth:`ignore`)."""
        return ref in self._ignored

    def link(self, parent: Hashable, child: Hashable) -> None:
        """Both refs are known. A reference to itself or to the asset is not an edge."""
        self.spend()
        above, below = self._refs[parent], self._refs[child]
        if below not in (above, ROOT):
            self._edges[above, below] = None

    def edges(self) -> tuple[tuple[int, int], ...]:
        """In the order of the document. A cycle that nothing leads to hangs on the asset by its first component."""
        children: dict[int, list[int]] = {}
        for above, below in self._edges:
            children.setdefault(above, []).append(below)
        led_to = {below for _, below in self._edges}
        seen: set[int] = set()
        hung: list[tuple[int, int]] = []
        tops = [ROOT, *(i for i in range(len(self.components)) if i not in led_to)]
        for top in (*tops, *range(len(self.components))):
            if top in seen:
                continue
            if top != ROOT and top in led_to:
                hung.append((ROOT, top))
            waiting = [top]
            while waiting:
                at = waiting.pop()
                if at not in seen:
                    seen.add(at)
                    waiting += children.get(at, ())
        return (*self._edges, *hung)


class Refusals:
    """The refused records of one document: the first :data:`LISTED` one by one, the rest as a number."""

    def __init__(self, source: str, name: str) -> None:
        """``name`` is the file's."""
        self._source, self._name = source, name
        self._listed: list[Rejected] = []
        self._more = 0
        self.lost = 0
        """How many of them could have named a component: what they say is not in the bill, and not gone either."""

    def add(self, where: str, what: str, hint: str = "", raw: bytes = b"", *, lost: bool = False) -> None:
        """``where`` within the file; ``lost``: a component may be missing for it."""
        self.lost += lost
        if len(self._listed) >= LISTED:
            self._more += 1
            return
        joint = "" if where.startswith(":") or not where else ": "
        self._listed.append(refuse(self._source, f"{self._name}{joint}{where}", what, raw, hint))

    def listed(self) -> tuple[Rejected, ...]:
        """All refusals to store."""
        if not self._more:
            return tuple(self._listed)
        return (*self._listed, refuse(self._source, self._name, f"{self._more:,} more records are refused"))


def read_bills(
    pattern: str | tuple[str, ...],
    options: BillOptions,
    context: CollectContext,
    parse: Callable[[str, bytes], Collected],
) -> Collected:
    """:func:`~pulse_tui.collectors._shared.files.collect_files`, the bills of one document in order of their versions: the
    newest is reported last and stays. ``has`` names the documents that are there.
    """
    try:
        found = collect_files(
            options.path, pattern, options.max_bytes, context, lambda name, data, _at: parse(name, data)
        )
    except SourceError as error:
        if not error.gone and Path(options.path).suffix:
            error.unread = tuple(_places([Path(options.path).name], options))
        raise
    bills = sorted((b for b in found.observations if isinstance(b, Bill | Report)), key=_newest_last)
    if found.has is None:
        return found
    names, _ = find(context.base, options.path, pattern)
    refused = refused_names(found.cursor.bookmark)
    has = Standing(
        source=context.source,
        documents=tuple(_places((name for name, _ in names), options)),
        unread=tuple(_places((name for name, _ in names if name in refused), options)),
    )
    return msgspec.structs.replace(found, observations=tuple(bills), has=has)


def _places(names: Iterable[str], options: BillOptions) -> Iterator[tuple[str, str | None, str]]:
    for name in names:
        with suppress(SourceError):  # it names no asset: refused, and no bill of it is known
            yield place(name, options)


def _newest_last(item: Bill | Report) -> tuple[str, str, datetime, list[tuple[int, str]]]:
    bill = item if isinstance(item, Bill) else item.bill
    parts = [(int(p), "") if p.isdecimal() else (-1, p) for p in _NUMBERS.split(bill.version or "") if p]
    return bill.asset_id, bill.document, item.at, parts


def place(name: str, options: BillOptions) -> tuple[str, str | None, str]:
    """(asset, version, document) of a file. The document's name leaves out the ``asset@version`` folder, so that
    the next version's takes its place. Raises SourceError when nothing names the asset.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    asset, version = options.asset, options.version
    document = "/".join(parts[-1:] if name.startswith("/") else parts)
    for index in range(len(parts) - 2, -1, -1):
        if (match := _FOLDER.match(parts[index])) is not None:
            document = "/".join(parts[index + 1 :])
            if asset is None or asset == match["asset"]:
                asset, version = match["asset"], version or match["version"]
            break
    if not asset:
        raise SourceError(
            f"{clean(name, 200)} does not name the asset it is the bill of",
            todo="Give --asset (the option 'asset' of a source), or keep it in a folder named asset@version",
        )
    return as_name(asset), as_name(version) if version else None, as_name(document)


def hand_over(
    name: str,
    options: BillOptions,
    context: CollectContext,
    graph: Graph,
    refusals: Refusals,
    *,
    subject: Subject | None = None,
    at: datetime | None = None,
) -> Collected:
    """The bill, or one Rejected when the document describes something else than it should, or lists nothing: such a
    document is a tool's mistake far more often than an asset that is made of nothing.
    """
    subject = subject or Subject()
    asset, version, document = place(name, options)
    if (wrong := another(subject, options)) is not None:
        refusals.add("", *wrong)
        return Collected(rejected=refusals.listed(), cursor=context.cursor)
    if not graph.components and not refusals.lost:
        refusals.add("", "it lists no component", "Its earlier list stays; make it for what is deployed")
        return Collected(rejected=refusals.listed(), cursor=context.cursor)
    bill = Bill(
        source=context.source,
        asset_id=asset,
        document=document,
        at=at or context.now,
        components=tuple(graph.components),
        edges=graph.edges(),
        environments=options.environments,
        version=version or subject.version,
        subject=subject.name,
        digest=subject.digest,
        refused=refusals.lost,
        loaded=graph.loaded(),
    )
    return Collected(observations=(bill,), rejected=refusals.listed(), cursor=context.cursor)


def another(subject: Subject, options: BillOptions) -> tuple[str, str] | None:
    """(what, hint) when the document is not of what the options expect."""
    if options.subject is not None:
        wanted = clean(options.subject, 300)
        if wanted not in {s for s in (subject.name, *subject.spellings) if s}:
            stated = f"it describes {subject.name!r}" if subject.name else "it does not state what it describes"
            return f"{stated}, expected is {wanted!r}", "Give the bill of that, or correct 'subject'"
    if options.digest is not None:
        expected = options.digest.strip().lower()
        if subject.digest != expected:
            stated = f"it describes {subject.digest}" if subject.digest else "it does not state the digest it describes"
            return f"{stated}, expected is {clean(expected, 200)}", "Make the bill of that content, or correct 'digest'"
    return None


def package(
    name: str, version: str | None, *, kind: ComponentKind = ComponentKind.PACKAGE, prefix: str = "name"
) -> Component:
    """A component that no package URL names: ``name:<name>``. Its ecosystem is not known."""
    safe = as_name(name, 280)
    return Component(id=f"{prefix}:{safe}", kind=kind, name=safe, version=text(version))


def known_as(found: Component, cpe: str | None) -> Component:
    """With the CPE name that a document gives, where no package URL places it in an ecosystem: scanners guess one for
    every package, by which other packages would be found. Of an operating system or an image no package is meant.
    """
    if not cpe or found.ecosystem or found.kind is not ComponentKind.PACKAGE or found.id.startswith(GROUP):
        return found
    try:
        key = parse_cpe(cpe).key
    except BadCpe:
        return found
    # What is known by another name is another component: two documents may mean two products by one word.
    ident = f"cpe:{key}" if found.id.startswith("name:") else f"{found.id}?cpe={key}"
    return msgspec.structs.replace(found, id=as_name(ident), known_as=(clean(cpe, LONGEST),))


def from_purl(locator: str, version: str | None = None) -> Component:
    """The component of a package URL; the document's version when the URL has none. Raises BadPurl."""
    found = component(locator)
    if found.version is None and (message := text(version)) is not None:
        found = msgspec.structs.replace(found, version=message)
    return found


def of_ecosystem(kind: str, name: str, version: str | None) -> Component:
    """A package of an ecosystem by purl type, under its ecosystem's name. Raises BadPurl."""
    namespace, _, last = name.rpartition("/")
    return component(str(build(kind, last, namespace=namespace, version=as_name(version) if version else "")))


def text(value: str | None) -> str | None:
    """A name or version (:func:`as_name`); None for an empty one and SPDX's NOASSERTION."""
    safe = as_name(value) if value else ""
    return None if safe in ("", "NOASSERTION", "NONE") else safe


def digest_of(*message: str | None) -> str | None:
    """The first that is a content digest (``sha256:...``), also at the end of a reference ``name@sha256:...``."""
    for value in message:
        tail = (value or "").rpartition("@")[2].strip().lower()
        if _DIGEST.match(tail):
            return tail
    return None


def tag_of(reference: str) -> str | None:
    """The tag of an image reference: ``3.8.2`` of ``ghcr.io:443/acme/bot:3.8.2@sha256:...``."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[2] or None


def moment(value: str | None) -> datetime | None:
    """A time with an offset; None for anything else."""
    try:
        read = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return None if read.tzinfo is None else read.astimezone(UTC)


def decode(name: str, data: bytes, decoder: msgspec.json.Decoder[_T], what: str) -> _T:
    """Decode the top of a JSON document. Raises SourceError with line and column, or the key that is wrong."""
    not_empty(name, data)
    try:
        return decoder.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.ValidationError as error:
        raise SourceError(f"{name} is not a valid {what}: {clean(str(error), 200)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(broken_json(name, data, error), todo="Write it again, whole") from None


def each(
    items: Iterable[msgspec.Raw] | None,
    decoder: msgspec.json.Decoder[_T],
    where: str,
    refusals: Refusals,
    *,
    lost: bool = False,
) -> Iterator[tuple[str, _T]]:
    """(place, record) of a list; one that has another shape is refused by its place, the others go on.

    ``lost``: each record names a component.
    """
    for index, raw in enumerate(items or ()):
        try:
            record = decoder.decode(raw)
        except RecursionError:
            refusals.add(f"{where}[{index}]", "nested too deeply to be read", raw=bytes(raw), lost=lost)
        except Exception as error:  # whatever one record does, the others land
            refusals.add(f"{where}[{index}]", str(error), raw=bytes(raw), lost=lost)
        else:
            yield f"{where}[{index}]", record


def packages_of(entries: Iterable[Any], shape: type[_T], refusals: Refusals) -> Iterator[tuple[int, _T]]:
    """(index, package) of a lock's ``[[package]]``; one that has another shape is refused by its name, the others go on."""
    for index, entry in enumerate(entries):
        called = entry.get("name") if isinstance(entry, dict) else None
        where = f"package[{index}]" + (f" {clean(called, 100)}" if isinstance(called, str) else "")
        try:
            yield index, msgspec.convert(entry, shape)
        except msgspec.ValidationError as error:
            refusals.add(where, str(error), lost=True)
