"""``uv.lock``: what the project's dependencies and extras resolve to. What only development groups need is left out.

Markers are not evaluated, because the lock holds for every platform: a package for another one is listed too.
https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    Subject,
    hand_over,
    of_ecosystem,
    packages_of,
    place,
    read_bills,
    text,
)
from pulse_tui.collectors._shared.files import named
from pulse_tui.collectors._shared.toml_texts import read_toml
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``uv.lock``, or glob), ``asset``, ``version``, ``environments``, and the
    expected ``subject`` (the project's name). ``max_bytes``: cap of one file.
    """


_LOCAL = frozenset({"virtual", "editable", "directory"})
"""Sources of projects that lie in this repository: they are our own code, no package of PyPI."""


class _Need(msgspec.Struct):
    name: str
    version: str | None = None
    extra: list[str] = []


class _Package(msgspec.Struct):
    name: str
    version: str | None = None
    source: dict[str, Any] = {}
    dependencies: list[_Need] = []
    optional: dict[str, list[_Need]] = msgspec.field(name="optional-dependencies", default={})

    @property
    def local(self) -> bool:
        """A project of this repository."""
        return not _LOCAL.isdisjoint(self.source)

    @property
    def here(self) -> bool:
        """The project the lock file lies beside."""
        return any(self.source.get(kind) == "." for kind in _LOCAL)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("uv.lock", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: bytes) -> bool:
    """A file named ``uv.lock``, or ``*.uv.lock``."""
    return named(name, "uv.lock") != "" and not head.lstrip().startswith((b"{", b"<"))


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill: all that the project needs, directly or not. A package of another shape, and a dependency that the
    lock does not hold, are Rejected by name. Raises SourceError when it is not TOML, or no uv lock.
    """
    place(name, options)
    document = read_toml(name, data)
    entries = document.get("package")
    if not isinstance(entries, list) or "version" not in document:
        raise SourceError(f"{name} is not a uv.lock: it has no 'version' and [[package]]", todo="Give the uv.lock")
    refusals = Refusals(context.source, name)
    packages = [item for _, item in packages_of(entries, _Package, refusals)]
    members = _members(document)
    tops = [p for p in packages if p.local and p.name in members]
    tops = tops or [p for p in packages if p.here] or [p for p in packages if p.local] or packages
    graph = Graph()
    for own in (p for p in packages if p.local):
        graph.root(_key(own))
    _walk(packages, tops, graph, refusals)
    project = tops[0].name if len(tops) == 1 else None
    subject = Subject(name=text(project), spellings=tuple(p.name for p in tops if p.local))
    return hand_over(name, options, context, graph, refusals, subject=subject)


def _members(document: dict[str, Any]) -> list[Any]:
    """The projects of a workspace: the lock is that of all of them."""
    manifest = document.get("manifest")
    members = manifest.get("members") if isinstance(manifest, dict) else None
    return members if isinstance(members, list) else []


def _key(item: _Package) -> tuple[str, str | None]:
    return item.name, item.version


def _walk(packages: list[_Package], tops: list[_Package], graph: Graph, refusals: Refusals) -> None:
    """From the projects down: a package counts with the extras that somebody asks of it."""
    by_name: dict[str, list[_Package]] = {}
    for item in packages:
        by_name.setdefault(item.name, []).append(item)
    waiting = [(top, extra) for top in tops for extra in ("", *(top.optional if top.local else ()))]
    kept = {_key(p) for p in packages if p.local}
    seen: set[tuple[tuple[str, str | None], str]] = set()
    for item, extra in waiting:
        if (_key(item), extra) in seen or not _keep(item, kept, graph, refusals):
            continue
        seen.add((_key(item), extra))
        for need in item.optional.get(extra, []) if extra else item.dependencies:
            extras = dict.fromkeys(("", *need.extra))
            found = [p for p in by_name.get(need.name, ()) if need.version in (None, p.version)]
            if not found:
                wanted = clean(f"{need.name} {need.version or ''}", 100)
                refusals.add(
                    f"package {clean(item.name, 100)}", f"it needs {wanted}, which is not in the lock", lost=True
                )
            for child in found:
                graph.spend(len(extras))
                waiting += [(child, e) for e in extras]
                if _keep(child, kept, graph, refusals):
                    graph.link(_key(item), _key(child))


def _keep(item: _Package, kept: set[tuple[str, str | None]], graph: Graph, refusals: Refusals) -> bool:
    if _key(item) in kept:
        return graph.knows(_key(item))
    kept.add(_key(item))
    try:
        graph.add(_key(item), of_ecosystem("pypi", item.name, item.version))
    except BadPurl as error:
        refusals.add(f"package {clean(item.name, 100)}", str(error), lost=True)
        return False
    return True
