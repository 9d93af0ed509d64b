"""``go.mod`` and ``go.sum`` of Go modules.

``go.mod`` is the list of dependencies: since Go 1.17 it names the indirect ones too. ``go.sum`` holds checksums, of more than is
built: beside a ``go.mod`` it is left out; alone, the newest version whose source it has a checksum of is listed for each
module. The version of Go itself, and so of its library, stands in neither. https://go.dev/ref/mod#go-mod-file
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pulse_tui.collectors._shared.bills import (
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
from pulse_tui.collectors._shared.files import find, named, not_empty, utf8_text
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.semver import parse as semver
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``go.mod`` and ``go.sum``, or glob), ``asset``, ``version``, ``environments``, and the
    expected ``subject`` (the module's path). ``max_bytes``: cap of one file.
    """


class _Mod(NamedTuple):
    module: str
    go: str
    """The version of Go that the module is written for, "" for none."""
    requires: dict[str, tuple[int, str]]
    """(line, version) by module path."""
    replaced: dict[tuple[str, str], tuple[str, str]]
    """What takes the place of (path, version or ""): (path, version); a version "" is a folder."""


_MODULE = re.compile(r"^\s*module\s+\S", re.MULTILINE)
_SUM = re.compile(r"\S+ v\S+ h1:[A-Za-z0-9+/=]{40,}")
_BLOCK = re.compile(r"(\w+)\s*\(\s*\Z")
_LONGEST = 2_000
_NAMES = ("go.mod", "go.sum")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    there = {name for name, _ in find(context.base, options.path, _NAMES)[0]}

    def one(name: str, data: bytes) -> Collected:
        if name.endswith("go.sum") and name.removesuffix("sum") + "mod" in there:
            return Collected()
        return parse(name, data, options, context)

    return read_bills(_NAMES, options, context, one)


def accepts(name: str, head: bytes) -> bool:
    """A file named ``go.mod`` or ``go.sum``, or after one."""
    return named(name, *_NAMES) != ""


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill; none of a ``go.sum`` that lies beside a ``go.mod``. A line that cannot be read is Rejected, the others land.
    Raises SourceError when it is neither.
    """
    place(name, options)
    not_empty(name, data)
    content = utf8_text(name, data)
    refusals, graph = Refusals(context.source, name), Graph()
    if named(name, *_NAMES) == "go.sum" or (_SUM.match(content) and not _MODULE.search(content)):
        if context.folder is not None and (context.folder / "go.mod").is_file():
            return Collected(cursor=context.cursor)
        found = dict(_newest(_sums(content, refusals)))
        if not found:
            raise SourceError(f"{name} is not a go.sum: no line is a module with a checksum", todo="Give the go.mod")
        subject = None
    else:
        if not _MODULE.search(content):
            raise SourceError(f"{name} is not a go.mod: it names no module", todo="Give the go.mod")
        read = _mod(content, refusals)
        found = {path: (line, version) for path, (line, version) in read.requires.items()}
        found = dict(_replaced(found, read.replaced))
        if not _names_indirect(read.go):
            what = "a go.mod of before Go 1.17 names only what the module uses itself"
            refusals.add("", what, "Move it: go mod tidy -go=1.17", lost=True)
        subject = Subject(name=text(read.module), spellings=(read.module.rpartition("/")[2],))
        if not found and not refusals.lost:
            raise SourceError(f"{name} requires no module", todo="Nothing of it needs to be watched")
    for path, (line, version) in found.items():
        try:
            graph.add(path, of_ecosystem("golang", path, version))
        except BadPurl as error:
            refusals.add(f":{line}", str(error), lost=True)
    return hand_over(name, options, context, graph, refusals, subject=subject)


def _names_indirect(go: str) -> bool:
    major, _, minor = go.partition(".")
    number = minor.partition(".")[0]
    return major.isdecimal() and number.isdecimal() and (int(major), int(number)) >= (1, 17)


def _mod(content: str, refusals: Refusals) -> _Mod:
    module, go = "", ""
    requires: dict[str, tuple[int, str]] = {}
    replaced: dict[tuple[str, str], tuple[str, str]] = {}
    for number, word, words in _directives(content):
        match word, words:
            case "module", [path]:
                module = path
            case "go", [stated]:
                go = stated[:20]
            case "require", [path, version]:
                requires[path] = number, version
            case "replace", [path, *version, "=>", other, to] if len(version) <= 1:
                replaced[path, "".join(version)] = other, to
            case "replace", [path, *version, "=>", other] if len(version) <= 1:
                replaced[path, "".join(version)] = other, ""
            case (("require" | "replace"), _):
                what = f"{clean(' '.join(words), 100)!r} is no {word} directive"
                refusals.add(f":{number}", what, lost=word == "require")
            case _:
                pass  # toolchain, exclude, retract, tool, godebug, ignore
    return _Mod(module, go, requires, replaced)


def _directives(content: str) -> Iterator[tuple[int, str, list[str]]]:
    """(line, word, its arguments), those in a block of parentheses too."""
    block = ""
    for number, raw in enumerate(content.splitlines(), 1):
        line = raw[:_LONGEST].partition("//")[0].strip()
        if block and line == ")":
            block = ""
        elif not block and (opened := _BLOCK.fullmatch(line)) is not None:
            block = opened[1]
        elif line:
            words = [w.strip('"`') for w in line.split()]
            yield (number, block, words) if block else (number, words[0], words[1:])


def _replaced(
    found: dict[str, tuple[int, str]], replaced: dict[tuple[str, str], tuple[str, str]]
) -> Iterator[tuple[str, tuple[int, str]]]:
    """Without the modules that are a folder of this repository; others as what takes their place."""
    for path, (line, version) in found.items():
        other = replaced.get((path, version)) or replaced.get((path, ""))
        if other is None:
            yield path, (line, version)
        elif other[1]:
            yield other[0], (line, other[1])


def _sums(content: str, refusals: Refusals) -> Iterator[tuple[str, tuple[int, str]]]:
    for number, raw in enumerate(content.splitlines(), 1):
        words = raw[:_LONGEST].split()
        if not words:
            continue
        if len(words) != 3 or not words[2].startswith("h1:"):
            refusals.add(f":{number}", f"{clean(raw, 100)!r} is no line of a go.sum", lost=True)
        elif not words[1].endswith("/go.mod"):  # of those only the go.mod was read
            yield words[0], (number, words[1])


def _newest(found: Iterator[tuple[str, tuple[int, str]]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Go builds one version of a module, the newest that anything asks for."""
    newest: dict[str, tuple[int, str]] = {}
    for path, (line, version) in found:
        known = newest.get(path)
        read, other = semver(version.removeprefix("v")), semver(known[1].removeprefix("v")) if known else None
        if known is None or (read is not None and (other is None or read.precedence > other.precedence)):
            newest[path] = line, version
    yield from newest.items()
