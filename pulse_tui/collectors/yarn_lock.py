"""``yarn.lock`` of Yarn 1 (its own format) and of Yarn 2 and later (YAML).

It does not say what only development needs: all is listed. https://yarnpkg.com/configuration/yarnrc
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    MOST_COMPONENTS,
    BillOptions,
    Graph,
    Refusals,
    Subject,
    hand_over,
    of_ecosystem,
    place,
    read_bills,
    text,
)
from pulse_tui.collectors._shared.files import named, not_empty, utf8_text
from pulse_tui.collectors._shared.yaml_texts import documents
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``yarn.lock``, or glob), ``asset``, ``version``, ``environments``, and the expected
    ``subject`` (the project's name, which only Yarn 2 and later write). ``max_bytes``: cap of one file.
    """


class _Entry(msgspec.Struct):
    version: str | None = None
    resolution: str | None = None
    """Of Yarn 2 and later: ``name@npm:1.0.0``."""
    dependencies: dict[str, str] | None = None
    optional: dict[str, str] | None = msgspec.field(name="optionalDependencies", default=None)


_CLASSIC = b"# yarn lockfile v1"
_BERRY = re.compile(rb"(?m)^__metadata:\s*$")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,":]+(?::[^\s,":]+)*)')
_LOCAL = ("workspace:", "link:", "portal:", "file:", "root:", "exec:")
_LONGEST = 20_000
"""Characters of a line: a key lists every range that asks for the package."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("yarn.lock", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: bytes) -> bool:
    """A file named ``yarn.lock``, or after one, or one that begins as Yarn's do."""
    return named(name, "yarn.lock") != "" or _CLASSIC in head[:300] or _BERRY.search(head[:300]) is not None


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. An entry of another shape is Rejected by its key, the others land. Raises SourceError when it is no lock of Yarn."""
    place(name, options)
    not_empty(name, data)
    refusals = Refusals(context.source, name)
    found = _berry(name, data) if _BERRY.search(data) else _classic(_text(name, data), refusals)
    graph = Graph()
    entries: dict[str, _Entry] = {}
    keys: dict[str, str] = {}
    """The entry of each range that asks for it."""
    by_name: dict[str, list[str]] = {}
    own: list[str] = []
    for key, raw in found:
        try:
            entry = msgspec.convert(raw, _Entry)
        except msgspec.ValidationError as error:
            refusals.add(f"entry {clean(key, 200)!r}", str(error), lost=True)
            continue
        entries[key] = entry
        for asked in _asked(key):
            keys[asked] = key
        package = _add(key, entry, graph, refusals)
        if package is None:
            own.append(_split(entry.resolution or key)[0])
        for called in {package, _split(key)[0]} - {None, ""}:
            by_name.setdefault(called or "", []).append(key)
    for key, entry in entries.items():
        for needs, must in ((entry.dependencies, True), (entry.optional, False)):
            graph.spend(len(needs or ()))
            for need, wanted in (needs or {}).items():
                _link(key, need, wanted, must, keys, by_name, graph, refusals)
    if not entries and not refusals.lost:
        raise SourceError(f"{name} has no entry", todo="Make it with yarn install")
    project = Subject(name=text(own[0]) if len(own) == 1 else None, spellings=tuple(own))
    return hand_over(name, options, context, graph, refusals, subject=project)


def _text(name: str, data: bytes) -> str:
    content = utf8_text(name, data)
    if _CLASSIC.decode() not in content[:300] and not re.search(r"(?m)^  version ", content):
        raise SourceError(f"{name} is not a yarn.lock", todo="Make it with yarn install")
    return content


def _add(key: str, entry: _Entry, graph: Graph, refusals: Refusals) -> str | None:
    """The package's name; None for a project of this repository."""
    name, wanted = _split(entry.resolution or _asked(key)[0])
    if wanted.startswith("npm:") and wanted.rfind("@") > 4:  # an alias of Yarn 1: the package is another
        name = _split(wanted[4:])[0]
    if wanted.startswith(_LOCAL) and not wanted.endswith((".tgz", ".tar.gz")):
        graph.root(key)
        return None
    version = entry.version if entry.version not in (None, "0.0.0-use.local") else None
    try:
        graph.add(key, of_ecosystem("npm", name, version))
    except BadPurl as error:
        refusals.add(f"entry {clean(key, 200)!r}", str(error), lost=True)
    return name


def _link(
    key: str,
    need: str,
    wanted: str,
    must: bool,
    keys: Mapping[str, str],
    by_name: Mapping[str, list[str]],
    graph: Graph,
    refusals: Refusals,
) -> None:
    found = keys.get(f"{need}@{wanted}") or keys.get(f"{need}@npm:{wanted}")
    same = by_name.get(need, [])
    if found is None and len(same) == 1:
        found = same[0]  # the project's "resolutions" give another range than is asked for
    if found is not None and graph.knows(found) and graph.knows(key):
        graph.link(key, found)
    elif found is None and must and need not in by_name and not wanted.startswith(_LOCAL):
        what = f"it needs {clean(need, 100)}@{clean(wanted, 100)}, which is not in the lock"
        refusals.add(f"entry {clean(key, 200)!r}", what, lost=True)


def _asked(key: str) -> list[str]:
    return [part.strip() for part in key.split(", ")]


def _split(descriptor: str) -> tuple[str, str]:
    """(name, range) of ``@scope/name@npm:^1.0.0``."""
    at = descriptor.find("@", 1)
    return (descriptor[:at], descriptor[at + 1 :]) if at > 0 else (descriptor, "")


def _berry(name: str, data: bytes) -> Iterator[tuple[str, Any]]:
    for document in documents(name, data):
        if not isinstance(document, dict):
            raise SourceError(f"{name} is not a yarn.lock", todo="Make it with yarn install")
        for key, raw in document.items():
            if key != "__metadata":
                yield str(key), raw


def _classic(content: str, refusals: Refusals) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries by indentation: a key without any, fields by two blanks, dependencies by four."""
    key, entry = "", dict[str, Any]()
    part: dict[str, str] | None = None
    count = 0
    for number, raw in enumerate(content.splitlines(), 1):
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        if len(line) > _LONGEST:
            refusals.add(f":{number}", f"the line is over {_LONGEST:,} characters long", lost=True)
            continue
        depth = len(line) - len(line.lstrip(" "))
        words = [a or b for a, b in _WORD.findall(line)]
        if depth == 0:
            if key:
                yield key, entry
            key, entry, part, count = ", ".join(words), {}, None, count + 1
            if not line.endswith(":") or not words:
                refusals.add(f":{number}", f"{clean(line, 100)!r} begins no entry", lost=True)
                key = ""
            if count > MOST_COMPONENTS:
                raise SourceError(f"it has over {MOST_COMPONENTS:,} entries", todo="Give a lock for each deployment")
        elif depth == 2 and line.endswith(":") and len(words) == 1:
            part = entry.setdefault(words[0], {}) if words[0] in ("dependencies", "optionalDependencies") else {}
        elif depth == 2 and len(words) == 2:
            part = None
            entry[words[0]] = words[1]
        elif depth >= 4 and part is not None and len(words) == 2:
            part[words[0]] = words[1]
        elif depth >= 4 and part is not None:
            refusals.add(f":{number}", f"{clean(line, 100)!r} is no dependency", lost=True)
    if key:
        yield key, entry
