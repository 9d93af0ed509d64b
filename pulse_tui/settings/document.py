"""YAML as plain values that remember where they stood.

A :class:`Node` keeps the file, line and column of each value, so that a check that runs long
after parsing can still point at the place. Only plain YAML is read: no tags, no anchors that
grow (aliases are allowed up to a total size), duplicate keys are errors.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.lock import passes
from pulse_tui.domain.text import name_problem

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 64 * 2**20
MAX_NODES = 2_000_000
MAX_ALIASED = 100_000
"""Values that aliases may repeat: thousands of rules share an anchor, a bomb repeats billions."""


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Node:
    """A YAML value with its place. ``value`` is a scalar, a list of nodes or a dict of nodes by key."""

    __slots__ = ("key_marks", "mark", "text", "value")

    def __init__(self, value: Any, mark: Mark, text: str | None = None) -> None:
        """``text`` is the scalar as written."""
        self.value = value
        self.mark = mark
        self.text = text
        self.key_marks: dict[str, Mark] = {}

    def plain(self) -> Any:
        """The value without places: scalars, lists and dicts."""
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value

    def get(self, key: str) -> Node | None:
        """The node under ``key`` of a mapping, or None."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Key and node of a mapping; nothing for anything else."""
        yield from self.value.items() if isinstance(self.value, dict) else ()

    def elements(self) -> Iterator[Node]:
        """The nodes of a list; nothing for anything else."""
        yield from self.value if isinstance(self.value, list) else ()


Refusal = Callable[[Path, os.stat_result], list[Problem]]
"""Says of an opened file why it is not to be trusted; nothing when it is."""


def read(
    path: Path, shown: str | None = None, refused: Refusal = lambda _p, _s: []
) -> tuple[Node | None, list[Problem]]:
    """Read one file of YAML, as :func:`read_text` does. ``shown`` is the name used in messages (default: the path as given)."""
    name = shown or str(path)
    text, problems = read_text(path, name, refused)
    return (None, problems) if text is None else parse(text, name)


def read_text(
    path: Path, name: str, refused: Refusal = lambda _p, _s: [], largest: int = MAX_BYTES
) -> tuple[str | None, list[Problem]]:
    """The text of one file, or what is wrong with it. It is not read when it is ``refused``.

    Nothing that is no plain file is waited for.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            there = os.fstat(file.fileno())
            if not stat.S_ISREG(there.st_mode):
                return None, [Problem(name, "is no plain file", "a pipe, a device or a folder is not read")]
            if wrong := refused(path, there):
                return None, wrong
            data = file.read(largest + 1)
        if len(data) > largest:
            return None, [Problem(name, f"is over {largest >> 20} MB", "split it")]
        return data.decode(), []
    except OSError as error:
        return None, [Problem(name, f"cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError as error:
        return None, [Problem(name, f"is not UTF-8 (byte {error.start})")]


def parse(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """Parse YAML text; an empty document is None without a problem."""
    import yaml  # noqa: PLC0415  late: not needed for the first frame

    loader_type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = loader_type(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, []
        problems: list[Problem] = []
        node = _convert(root, loader, file, problems, _Count())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}" if mark else file
        return None, [
            Problem(where, f"is not YAML: {error.problem or error.context}", "check the indentation and quotes")
        ]
    except yaml.YAMLError as error:
        return None, [Problem(file, f"is not YAML: {error}")]
    except RecursionError:
        return None, [Problem(file, "is nested too deeply")]
    except _TooLarge:
        return None, [Problem(file, f"holds more than {MAX_NODES:,} values, or aliases that repeat {MAX_ALIASED:,}")]
    finally:
        loader.dispose()
    return node, problems


class _TooLarge(Exception):
    pass


class _Count:
    def __init__(self) -> None:
        self.nodes = self.aliased = 0
        self.seen: set[int] = set()

    def add(self, node: yaml.Node) -> None:
        self.nodes += 1
        if id(node) in self.seen:
            self.aliased += 1
        self.seen.add(id(node))
        if self.nodes > MAX_NODES or self.aliased > MAX_ALIASED:
            raise _TooLarge


def _ordinary(value: Any) -> bool:
    """Whether it fits 64 bits and is finite, if it is a number."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


_PLAIN_TAGS = {"null", "bool", "int", "float", "str", "timestamp", "binary", "merge"}


_POWER = re.compile(r"[-+]?[0-9]{1,300}(?:\.[0-9]{0,300})?[eE][-+]?[0-9]{1,4}")
"""A number as everybody writes it (``2.5e9``), which YAML 1.1 takes for a text unless the power has a sign."""


_SELECTORS = ("\ufe0e", "\ufe0f")
"""Choose between text and picture for the character before; keyboards write them behind pictures."""


def _plain(text: str, mark: Mark, problems: list[Problem]) -> str:
    """The text, which may become a name: one with what cannot be shown is an error, not another text."""
    if text.isascii() and text.isprintable():
        return text
    for selector in _SELECTORS:
        text = text.replace(selector, "")
    for line in text.split("\n"):
        if not passes(line) and (why := name_problem(line.replace("\t", " "), len(line))):
            problems.append(Problem(str(mark), why.replace("the name", "the text", 1), "write it without"))
            break
    return text


def _convert(node: yaml.Node, loader: Any, file: str, problems: list[Problem], count: _Count) -> Node:
    import yaml  # noqa: PLC0415

    count.add(node)
    mark = Mark(file, node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        node.value = _plain(node.value, mark, problems)
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag not in _PLAIN_TAGS:
            problems.append(Problem(str(mark), f"the tag !{tag} is not allowed here"))
            return Node(node.value, mark, node.value)
        if tag == "str" and not node.style and _POWER.fullmatch(node.value):
            value = float(node.value)
            return Node(value if _ordinary(value) else node.value, mark, node.value)
        # Dates stay text: the typed check reads them with their offset, YAML would drop it.
        if tag in ("timestamp", "binary", "merge", "str"):
            return Node(node.value, mark, node.value)
        try:
            value = loader.construct_object(node)
            # What no number of ours can hold stays text: a commit may look like it, a number is refused by its shape.
            return Node(value if _ordinary(value) else node.value, mark, node.value)
        except (ValueError, yaml.YAMLError):
            problems.append(Problem(str(mark), f"{node.value!r} cannot be read as {tag}"))
            return Node(node.value, mark, node.value)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(child, loader, file, problems, count) for child in node.value], mark)
    assert isinstance(node, yaml.MappingNode)
    out = Node({}, mark)
    for key_node, value_node in node.value:
        key_mark = Mark(file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(str(key_mark), "a key must be plain text"))
            continue
        key = _plain(str(key_node.value), key_mark, problems)
        if key in out.value:
            problems.append(
                Problem(str(key_mark), f"the key {key!r} is given twice", f"first on line {out.key_marks[key].line}")
            )
            continue
        out.value[key] = _convert(value_node, loader, file, problems, count)
        out.key_marks[key] = key_mark
    return out
