"""npm's ``package-lock.json`` (and ``npm-shrinkwrap.json``), lock file versions 1, 2 and 3.

Who uses what follows Node's own look-up: ``node_modules`` beside the package, then in each folder above it. What
only development needs (``dev``) is left out. https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pulse_tui.collectors._shared.bills import (
    DEEP,
    BillOptions,
    Graph,
    Refusals,
    Subject,
    decode,
    hand_over,
    of_ecosystem,
    place,
    read_bills,
    text,
)
from pulse_tui.collectors._shared.files import base_name
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``package-lock.json``, or glob), ``asset``, ``version``, ``environments``,
    and the expected ``subject`` (the project's name). ``max_bytes``: cap of one file.
    """


class _Entry(msgspec.Struct):
    """A place of the tree, in the words of versions 2 and 3."""

    name: str | None = None
    version: str | None = None
    resolved: str | bool | None = None
    link: bool = False
    dev: bool = False
    dependencies: dict[str, str] = {}
    optional: dict[str, str] = msgspec.field(name="optionalDependencies", default={})
    peer: dict[str, str] = msgspec.field(name="peerDependencies", default={})


class _Nested(msgspec.Struct):
    """A place of the tree, in the words of version 1."""

    version: str | None = None
    dev: bool = False
    optional: bool = False
    requires: dict[str, str] | bool = {}
    dependencies: dict[str, msgspec.Raw] = {}


class _Document(msgspec.Struct):
    version: int | None = msgspec.field(name="lockfileVersion", default=None)
    """None: of npm before 5, whose npm-shrinkwrap.json is written as version 1."""
    name: str | None = None
    packages: dict[str, msgspec.Raw] | None = None
    dependencies: dict[str, msgspec.Raw] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_ENTRY = msgspec.json.Decoder(_Entry)
_NESTED = msgspec.json.Decoder(_Nested)
_MODULES = "node_modules/"
LONGEST_PATH = 2_000
"""Characters of a package's path: each of its folders is searched for each of the dependencies."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("package-lock.json", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with a ``lockfileVersion``, or under npm's own name."""
    base = base_name(name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return start and (base in ("package-lock.json", "npm-shrinkwrap.json") or "lockfileVersion" in head.top)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. An entry of another shape, and a dependency that is not in the lock, are Rejected by their position.

    Raises SourceError when it is not an npm lock.
    """
    place(name, options)
    document = decode(name, data, _DOCUMENT, "package-lock.json")
    refusals = Refusals(context.source, name)
    if document.packages is not None:
        entries = dict(_entries(document.packages, refusals))
    elif document.version == 1 or (document.version is None and document.dependencies):
        entries = dict(_unnested(document.dependencies or {}, refusals))
    else:
        raise SourceError(f"{name} is not a package-lock.json: it has no 'packages'", todo="Make it with npm install")
    graph = Graph()
    graph.root("")
    for path, entry in entries.items():
        if path and not entry.link and not entry.dev:
            _add(path, entry, graph, refusals)
    for path, entry in entries.items():
        if not entry.link and graph.knows(path):
            _link(path, entry, entries, graph, refusals)
    own = entries.get("")
    subject = text((own.name if own else None) or document.name)
    return hand_over(name, options, context, graph, refusals, subject=Subject(name=subject))


def _entries(packages: dict[str, msgspec.Raw], refusals: Refusals) -> Iterator[tuple[str, _Entry]]:
    for path, raw in packages.items():
        if len(path) > LONGEST_PATH:
            what = f"its path is over {LONGEST_PATH:,} characters long"
            refusals.add(f"packages[{clean(path, 200)!r}]", what, lost=True)
            continue
        try:
            yield path, _ENTRY.decode(raw)
        except Exception as error:  # whatever one entry does, the others land
            refusals.add(f"packages[{clean(path, 200)!r}]", str(error), raw=bytes(raw), lost=True)


def _unnested(dependencies: dict[str, msgspec.Raw], refusals: Refusals) -> Iterator[tuple[str, _Entry]]:
    """Version 1 as the paths of version 2. It does not list what the project itself asks for: what nothing else
    requires hangs on the asset.
    """
    waiting = [("", dependencies)]
    while waiting:
        above, items = waiting.pop()
        for name, raw in items.items():
            path = f"{above}{_MODULES}{name}"
            try:
                found = _NESTED.decode(raw)
            except Exception as error:  # whatever one entry does, the others land
                refusals.add(f"dependencies {clean(path, 200)!r}", str(error), raw=bytes(raw), lost=True)
                continue
            requires = found.requires if isinstance(found.requires, dict) else {}
            alias, _, version = (found.version or "").removeprefix("npm:").rpartition("@")
            aliased = (found.version or "").startswith("npm:")
            # It does not say which of its requirements are optional: one that is absent is not an error here.
            yield (
                path,
                _Entry(
                    name=alias if aliased else None,
                    version=version if aliased else found.version,
                    dev=found.dev,
                    optional=requires,
                ),
            )
            if found.dependencies and path.count(_MODULES) >= DEEP:
                refusals.add(f"dependencies {clean(path, 200)!r}", f"read {DEEP} levels deep, not deeper", lost=True)
            elif found.dependencies:
                waiting.append((f"{path}/", found.dependencies))


def _add(path: str, entry: _Entry, graph: Graph, refusals: Refusals) -> None:
    name = entry.name or _name_of(path)
    version = None if entry.version is None or "://" in entry.version or "/" in entry.version else entry.version
    try:
        graph.add(path, of_ecosystem("npm", name, version))
    except BadPurl as error:
        refusals.add(f"packages[{clean(path, 200)!r}]", str(error), lost=True)


def _link(path: str, entry: _Entry, entries: dict[str, _Entry], graph: Graph, refusals: Refusals) -> None:
    for needs, must in ((entry.dependencies, True), (entry.optional, False), (entry.peer, False)):
        graph.spend(len(needs) * (path.count("/") + 1) // 10)
        for name in needs:
            found = _resolve(path, name, entries)
            if found is not None and graph.knows(found):
                graph.link(path, found)
            elif must and found is None and name not in entry.optional:
                what = f"it needs {clean(name, 100)}, which is not in the lock"
                refusals.add(f"packages[{clean(path, 200)!r}]", what, lost=True)


def _name_of(path: str) -> str:
    """npm writes a package's name only where it is not its folder's: ``node_modules/@a/b``, ``packages/b``."""
    if _MODULES in path:
        return path.rpartition(_MODULES)[2]
    above, _, last = path.rpartition("/")
    scope = above.rpartition("/")[2]
    return f"{scope}/{last}" if scope.startswith("@") else last


def _resolve(path: str, name: str, entries: dict[str, _Entry]) -> str | None:
    """Where Node finds ``name`` from ``path``; a link is followed to what it points at, also outside the lock."""
    folder = path
    while True:
        tried = f"{folder}/{_MODULES}{name}" if folder else f"{_MODULES}{name}"
        entry = entries.get(tried)
        if entry is not None:
            return entry.resolved if entry.link and isinstance(entry.resolved, str) else tried
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
