"""``pnpm-lock.yaml``, formats 5 to 9: what the projects' dependencies resolve to. What only development needs is left out.

https://github.com/pnpm/spec/blob/master/lockfile/9.0.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    hand_over,
    of_ecosystem,
    place,
    read_bills,
)
from pulse_tui.collectors._shared.files import base_name, not_empty
from pulse_tui.collectors._shared.yaml_texts import documents
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``pnpm-lock.yaml``, or glob), ``asset``, ``version``, ``environments``. ``subject`` and
    ``digest``: such a file names neither, so that setting one refuses every file. ``max_bytes``: cap of one file.
    """


class _Entry(msgspec.Struct):
    """A package, in the words of all formats; of format 9 two entries are one."""

    name: str | None = None
    version: str | None = None
    dependencies: dict[str, str] | None = None
    optional: dict[str, str] | None = msgspec.field(name="optionalDependencies", default=None)


class _Project(msgspec.Struct):
    """What a project asks for: a version each, or (from format 6 on) a specifier with it."""

    dependencies: dict[str, Any] | None = None
    optional: dict[str, Any] | None = msgspec.field(name="optionalDependencies", default=None)


_HEAD = re.compile(rb"(?m)^lockfileVersion:\s")
_LOCAL = ("link:", "workspace:")
_PEERS = re.compile(r"[(].*\Z")
_OLD_PEERS = re.compile(r"_.*\Z")
_SHA = re.compile(r"[0-9a-f]{40}\Z")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("pnpm-lock.yaml", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: bytes) -> bool:
    """YAML that begins with a ``lockfileVersion``, or under pnpm's own name."""
    base = base_name(name)
    if base.endswith("pnpm-lock.yaml"):
        return True
    return base.endswith((".yaml", ".yml")) and _HEAD.search(head) is not None


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. A package of another shape, and a dependency that is not in the lock, are Rejected by its key; the others land.
    Raises SourceError when it is no lock of pnpm.
    """
    place(name, options)
    not_empty(name, data)
    refusals, graph = Refusals(context.source, name), Graph()
    read = False
    for document in documents(name, data):  # pnpm 11 writes its own tools before the project's
        if isinstance(document, dict) and "lockfileVersion" in document:
            read = True
            _read(document, graph, refusals)
    if not read:
        raise SourceError(
            f"{name} is not a pnpm-lock.yaml: it has no lockfileVersion", todo="Make it with pnpm install"
        )
    return hand_over(name, options, context, graph, refusals)


def _read(document: Mapping[str, Any], graph: Graph, refusals: Refusals) -> None:
    snapshots = document.get("snapshots")
    described = dict(_entries(document.get("packages"), "packages", refusals))
    entries = dict(_entries(snapshots, "snapshots", refusals)) if isinstance(snapshots, dict) else described
    importers = document.get("importers")
    projects = importers if isinstance(importers, dict) else {".": document}
    waiting: list[str] = []
    for path, raw in projects.items():
        project = _converted(raw, _Project, f"importers {clean(path, 100)!r}", refusals)
        if project is None:
            continue
        for needs, must in ((project.dependencies, True), (project.optional, False)):
            for need, stated in (needs or {}).items():
                version = stated.get("version") if isinstance(stated, dict) else stated
                if not isinstance(version, str):
                    refusals.add(f"importers {clean(path, 100)!r}", f"{clean(need, 100)} has no version", lost=True)
                elif (key := _resolve(need, version, entries)) is not None:
                    waiting.append(key)
                elif must and not version.startswith(_LOCAL):
                    what = f"it needs {clean(need, 100)} {clean(version, 100)}, which is not in the lock"
                    refusals.add(f"importers {clean(path, 100)!r}", what, lost=True)
    _walk(waiting, entries, described, graph, refusals)


def _walk(
    waiting: list[str], entries: Mapping[str, _Entry], described: Mapping[str, _Entry], graph: Graph, refusals: Refusals
) -> None:
    """From the projects down: what nothing but development asks for is not reached."""
    seen: set[str] = set()
    links: list[tuple[str, str]] = []
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        entry = entries[key]
        _add(key, entry, described.get(_PEERS.sub("", key)) or entry, graph, refusals)
        for needs, must in ((entry.dependencies, True), (entry.optional, False)):
            graph.spend(len(needs or ()))
            for need, version in (needs or {}).items():
                if (child := _resolve(need, version, entries)) is not None:
                    waiting.append(child)
                    links.append((key, child))
                elif must and not version.startswith(_LOCAL):
                    what = f"it needs {clean(need, 100)} {clean(version, 100)}, which is not in the lock"
                    refusals.add(f"packages {clean(key, 200)!r}", what, lost=True)
    for above, below in links:
        if graph.knows(above) and graph.knows(below):
            graph.link(above, below)


def _entries(found: Any, where: str, refusals: Refusals) -> Iterator[tuple[str, _Entry]]:
    for key, raw in (found if isinstance(found, dict) else {}).items():
        entry = _converted(raw if raw is not None else {}, _Entry, f"{where} {clean(str(key), 200)!r}", refusals)
        if entry is not None:
            yield str(key), entry


def _converted(raw: Any, shape: type[Any], where: str, refusals: Refusals) -> Any:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        refusals.add(where, str(error), lost=True)
        return None


def _resolve(name: str, version: str, entries: Mapping[str, _Entry]) -> str | None:
    """The key of a dependency: by name and version as each format joins them, or what stands there, of an alias or an address."""
    for key in (f"{name}@{version}", f"/{name}@{version}", f"/{name}/{version}", version, f"/{version}"):
        if key in entries:
            return key
    return None


def _add(key: str, entry: _Entry, described: _Entry, graph: Graph, refusals: Refusals) -> None:
    name, version = _named(key)
    name = described.name or entry.name or name
    version = described.version or entry.version or version
    local = "link:" in key or not name or key.startswith("file:") or "@file:" in key
    if local and not key.endswith((".tgz", ".tar.gz")):
        graph.root(key)  # a folder of this repository
        return
    try:
        graph.add(key, of_ecosystem("npm", name or key, version))
    except BadPurl as error:
        refusals.add(f"packages {clean(key, 200)!r}", str(error), lost=True)


def _named(key: str) -> tuple[str, str | None]:
    """(name, version) of ``name@1.0.0(peer@1)``, ``/name@1.0.0``, ``/name/1.0.0_peer@1``; no version of an address or a commit."""
    plain = _PEERS.sub("", key)
    if not plain.startswith("/") and "://" in plain:
        return plain.partition("@http")[0].partition("@git")[0], None
    plain = plain.removeprefix("/")
    scope, slash, rest = plain.partition("/") if plain.startswith("@") else ("", "", plain)
    at = rest.partition("@")
    if at[1] and "/" not in at[0] and "_" not in at[0]:
        return f"{scope}{slash}{at[0]}", at[2] if "/" not in at[2] and ":" not in at[2] else None
    name, cut, version = rest.partition("/")
    version = _OLD_PEERS.sub("", version)
    return f"{scope}{slash}{name}", version if cut and "/" not in version and not _SHA.match(version) else None
