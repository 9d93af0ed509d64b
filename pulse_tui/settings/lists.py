"""Lists of named entries, each checked and named once."""

from __future__ import annotations

from typing import TypeVar

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.check import convert
from pulse_tui.settings.document import Mark, Node

T = TypeVar("T")


def named(node: Node | None) -> str:
    """A node's text as it was written; empty for none."""
    return "" if node is None else str(node.text if node.text is not None else node.value)


def unique(node: Node | None, path: str, shape: type[T], problems: list[Problem], *, name: str = "id") -> list[T]:
    """The entries of a list as ``shape``; a name (``name`` is its field) that stands twice is reported with both places."""
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list):
        problems.append(Problem(str(node.mark), f"{path}: expected a list", "begin each entry with '- '"))
        return []
    out: list[T] = []
    seen: dict[str, Mark] = {}
    for i, child in enumerate(node.value):
        value = convert(child, shape, problems, path=f"{path}[{i}]")
        if value is None:
            continue
        key = getattr(value, name)
        if key in seen:
            problems.append(Problem(str(child.mark), f"{path}: {name} {key!r} is given twice", f"first at {seen[key]}"))
            continue
        seen[key] = child.mark
        out.append(value)
    return out
