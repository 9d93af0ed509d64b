"""Conda: ``environment.yml``, ``conda-lock.yml``, explicit lists and ``conda list --json``.

No advisory database covers conda's packages: they are listed, and not audited. What pip installs beside them is PyPI's.
https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    Subject,
    decode,
    each,
    hand_over,
    of_ecosystem,
    place,
    read_bills,
    text,
)
from pulse_tui.collectors._shared.files import base_name, not_empty
from pulse_tui.collectors._shared.yaml_texts import documents
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import BadPurl, build, component
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for environments and locks of conda, or glob), ``asset``, ``version``, ``environments``, and
    the expected ``subject`` (the environment's name). ``max_bytes``: cap of one file.
    """


class _Locked(msgspec.Struct):
    """A package of a conda-lock.yml."""

    name: str
    version: str | None = None
    manager: str = "conda"
    category: str = "main"
    dependencies: dict[str, Any] | None = None


class _Installed(msgspec.Struct):
    """A line of ``conda list --json``."""

    name: str
    version: str | None = None
    channel: str | None = None


_ENVIRONMENT = re.compile(rb"(?m)^(?:channels|dependencies):")
_LOCKED = re.compile(rb"(?m)^package:\s*$")
_EXPLICIT = re.compile(rb"(?m)^@EXPLICIT\s*$")
_ARCHIVE = re.compile(r"/([^/\s#]+?)-([^-/\s#]+)-([^-/\s#]+)\.(?:conda|tar\.bz2)(?:#\S*)?\Z")
_SPEC = re.compile(r"([A-Za-z0-9_][A-Za-z0-9._-]*)\s*(.*)\Z")
_EXACT = re.compile(r"==?\s*([A-Za-z0-9_.!+]+)(?:=([^=\s*]+))?\Z")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)\s*(?:;.*)?\Z")
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")
_NAMES = (
    "environment.yml",
    "environment.yaml",
    "conda-lock.yml",
    "conda-lock.yaml",
    "conda-linux-64.lock",
    "explicit.txt",
    "conda-list.json",
)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_INSTALLED = msgspec.json.Decoder(_Installed)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return read_bills(_NAMES, options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """By what it says: an environment with channels, a lock of conda-lock, an explicit list, or a list of installed packages."""
    base = base_name(name)
    if base.endswith((".yml", ".yaml")):
        named = base.startswith(("environment.", "conda-lock."))
        environment = len({*_ENVIRONMENT.findall(head)}) == 2 or (named and _ENVIRONMENT.search(head) is not None)
        return environment or (named and _LOCKED.search(head.whole) is not None)
    if _EXPLICIT.search(head) is not None:
        return True
    return head.lstrip()[:1] == b"[" and {"name", "version", "channel", "dist_name"} <= head.top.keys()


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. What cannot be read is Rejected by its place, the others land. Raises SourceError when it is none of conda's."""
    place(name, options)
    not_empty(name, data)
    refusals, graph = Refusals(context.source, name), Graph()
    subject: Subject | None = None
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if _EXPLICIT.search(data):
        _explicit(data, graph, refusals)
    elif start == b"[":
        _installed(name, data, graph, refusals)
    else:
        document = next(documents(name, data), None)
        if isinstance(document, dict) and isinstance(document.get("package"), list):
            _locked(document["package"], graph, refusals)
        elif isinstance(document, dict) and isinstance(document.get("dependencies"), list):
            _environment(document["dependencies"], graph, refusals)
            subject = Subject(name=text(document["name"]) if isinstance(document.get("name"), str) else None)
        else:
            raise SourceError(f"{name} is no environment and no lock of conda", todo="Make it with conda env export")
    return hand_over(name, options, context, graph, refusals, subject=subject)


def _conda(name: str, version: str | None) -> Component:
    return component(str(build("conda", name.lower(), version=version or "")))


def _keep(where: str, made: Component | None, ref: Any, graph: Graph) -> None:
    if made is not None:
        graph.add(ref if not graph.knows(ref) else None, made)


def _locked(entries: Iterable[Any], graph: Graph, refusals: Refusals) -> None:
    """Every platform has its own entry of a package: those of one version are one."""
    kept: list[tuple[tuple[str, str], _Locked]] = []
    for index, raw in enumerate(entries):
        try:
            item = msgspec.convert(raw, _Locked)
            if item.category not in ("main", ""):
                continue
            made = (
                of_ecosystem("pypi", item.name, item.version)
                if item.manager == "pip"
                else _conda(item.name, item.version)
            )
        except (msgspec.ValidationError, BadPurl) as error:
            refusals.add(f"package[{index}]", str(error), lost=True)
            continue
        key = item.manager, item.name.lower()
        _keep(f"package[{index}]", made, key, graph)
        kept.append((key, item))
    for key, item in kept:
        for need in item.dependencies or ():
            child = next((k for k in ((item.manager, need.lower()), ("conda", need.lower())) if graph.knows(k)), None)
            graph.spend()
            if child is not None:  # a virtual package (__glibc) is none
                graph.link(key, child)


def _environment(entries: Iterable[Any], graph: Graph, refusals: Refusals) -> None:
    for index, entry in enumerate(entries):
        where = f"dependencies[{index}]"
        if isinstance(entry, dict):
            for line in (x for part in entry.values() if isinstance(part, list) for x in part):
                _guarded(where, _pip, line, graph, refusals)
            continue
        _guarded(where, _spec, entry, graph, refusals)


def _guarded(where: str, read: Any, line: Any, graph: Graph, refusals: Refusals) -> None:
    try:
        made = read(line) if isinstance(line, str) else None
    except BadPurl as error:
        refusals.add(where, str(error), lost=True)
        return
    if made is None:
        refusals.add(where, f"{clean(str(line), 100)!r} names no package", lost=True)
    else:
        graph.add(None, made)


def _spec(line: str) -> Component | None:
    """``channel::name=version=build``; a version that may be another later is none."""
    found = _SPEC.match(line.rpartition("::")[2].strip())
    if found is None:
        return None
    exact = _EXACT.match(found[2].strip())
    version = exact[1] if exact is not None else None
    if (
        exact is not None
        and exact[2] is None
        and not found[2].strip().startswith("==")
        and version is not None
        and version.count(".") < 2
    ):
        version = None  # "numpy=1.26" takes every 1.26.x
    return _conda(found[1], version)


def _pip(line: str) -> Component | None:
    pinned = _PIN.match(line.strip())
    if pinned is not None:
        return of_ecosystem("pypi", pinned[1], pinned[2])
    if line.strip().startswith(("-", ".", "/")) or "://" in line.partition("@")[0]:
        return None
    named = _NAMED.match(line.strip())
    return of_ecosystem("pypi", named[1], None) if named is not None else None


def _explicit(data: bytes, graph: Graph, refusals: Refusals) -> None:
    for number, raw in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        line = raw[:2_000].strip()
        if not line or line.startswith(("#", "@")):
            continue
        found = _ARCHIVE.search(unquote(line))
        try:
            if found is None:
                refusals.add(f":{number}", f"{clean(line.rpartition('/')[2], 100)!r} is no package of conda", lost=True)
            else:
                graph.add(None, _conda(found[1], found[2]))
        except BadPurl as error:
            refusals.add(f":{number}", str(error), lost=True)


def _installed(name: str, data: bytes, graph: Graph, refusals: Refusals) -> None:
    for at, item in each(decode(name, data, _LIST, "list of conda"), _INSTALLED, "packages", refusals, lost=True):
        try:
            pip = item.channel == "pypi"
            graph.add(None, of_ecosystem("pypi", item.name, item.version) if pip else _conda(item.name, item.version))
        except BadPurl as error:
            refusals.add(at, str(error), lost=True)
