"""``poetry.lock`` of Poetry 1 and 2: what the groups that are asked for resolve to.

Markers are not evaluated: a package for another platform is listed too. Locks of Poetry 1.5 to 1.8 do not say which group a
package is of: of these all packages are listed. https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    hand_over,
    of_ecosystem,
    packages_of,
    place,
    read_bills,
)
from pulse_tui.collectors._shared.files import named
from pulse_tui.collectors._shared.toml_texts import read_toml
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``poetry.lock``, or glob), ``asset``, ``version``, ``environments``. ``subject`` and
    ``digest``: such a file names neither, so that setting one refuses every file. ``max_bytes``: cap of one file.
    """

    groups: tuple[str, ...] = ("main",)
    """The groups that are installed; packages of other groups alone are left out."""


class _Source(msgspec.Struct):
    type: str = ""


class _Package(msgspec.Struct):
    name: str
    version: str
    category: str | None = None
    """Of locks before Poetry 1.5: ``main`` or ``dev``."""
    groups: list[str] | None = None
    """Of locks of Poetry 2."""
    source: _Source | None = None
    dependencies: dict[str, Any] = {}


_LOCAL = frozenset({"directory"})
"""Sources that lie in this repository: our own code, no package of PyPI."""
_SEPARATORS = re.compile(r"[-_.]+")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("poetry.lock", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: bytes) -> bool:
    """A file named ``poetry.lock``, or ``*.poetry.lock``."""
    return named(name, "poetry.lock") != ""


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. A package of another shape is Rejected by name, the others land. Raises SourceError when it is not TOML, or no
    Poetry lock.
    """
    place(name, options)
    document = read_toml(name, data)
    entries = document.get("package")
    if not isinstance(entries, list) or not isinstance(document.get("metadata"), dict):
        what = f"{name} is not a poetry.lock: it has no [[package]] and [metadata]"
        raise SourceError(what, todo="Give the poetry.lock")
    refusals, graph = Refusals(context.source, name), Graph()
    kept: dict[str, list[tuple[int, _Package]]] = {}
    for index, item in packages_of(entries, _Package, refusals):
        if not _wanted(item, options.groups):
            continue
        try:
            if item.source is not None and item.source.type in _LOCAL:
                graph.root(index)
            else:
                graph.add(index, of_ecosystem("pypi", item.name, item.version))
        except BadPurl as error:
            refusals.add(f"package {clean(item.name, 100)}", str(error), lost=True)
            continue
        kept.setdefault(_plain(item.name), []).append((index, item))
    for index, item in (pair for same in kept.values() for pair in same):
        for need in item.dependencies:
            # An optional dependency, or one for another Python, need not be in the lock.
            found = kept.get(_plain(need), ())
            graph.spend(len(found))
            for child, _ in found:
                graph.link(index, child)
    return hand_over(name, options, context, graph, refusals)


def _wanted(item: _Package, groups: tuple[str, ...]) -> bool:
    mine = item.groups if item.groups is not None else [item.category] if item.category is not None else None
    return mine is None or not set(mine).isdisjoint(groups)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
