"""One value of one entry is changed in a configuration's text; every other byte stays as it was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pulse_tui.domain.errors import Refused
from pulse_tui.settings.document import parse

if TYPE_CHECKING:
    import yaml

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML takes as the end of a line."""
_BOM = "\ufeff"


class _Entry(NamedTuple):
    """An entry of a list and what it is called by."""

    node: yaml.MappingNode
    place: int
    name_key: yaml.Node
    name: yaml.Node


def set_key(text: str, file: str, section: str, ident: str, key: str, value: str) -> str | None:
    """``text`` with ``key: value`` in the entry of ``section`` whose ``id`` is ``ident``; None when it is not in there.

    A value that stands there is replaced where it stands; else the key comes right after the id. ``value`` is plain
    text without quotes or blanks. Raises Refused, with the line to write by hand, for a form that cannot be edited
    without touching something else (an alias, a text over several lines).
    """
    bom = _BOM if text.startswith(_BOM) else ""
    body = text.removeprefix(_BOM)
    found = _entry(body, section, ident)
    if found is None:
        return None
    changed = _changed(body, found, key, value)
    if not _only_that(body, changed, file, (section, found.place, key), value):
        line = found.name_key.start_mark.line + 1
        todo = f"Write it there yourself: {key}: {value}"
        raise Refused(f"{file}:{line}: {ident} is written in a form that is not edited by program", todo=todo)
    return bom + changed


def _entry(text: str, section: str, ident: str) -> _Entry | None:
    import yaml  # noqa: PLC0415

    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    listed = _child(root, section)
    if listed is None or not isinstance(listed[1], yaml.SequenceNode):
        return None
    for index, node in enumerate(listed[1].value):
        name = _child(node, "id")
        if name is not None and isinstance(name[1], yaml.ScalarNode) and name[1].value == ident:
            return _Entry(node, index, *name)
    return None


def _child(node: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping."""
    import yaml  # noqa: PLC0415

    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((k, v) for k, v in pairs if isinstance(k, yaml.ScalarNode) and k.value == key), None)


def _changed(text: str, entry: _Entry, key: str, value: str) -> str:
    lines = [0, *(match.end() for match in _BREAK.finditer(text))]

    def place(mark: Any) -> int:
        return min(lines[mark.line] + int(mark.column), len(text)) if mark.line < len(lines) else len(text)

    there = _child(entry.node, key)
    if there is not None:
        begin, end = place(there[1].start_mark), place(there[1].end_mark)
        quote = text[begin : begin + 1] if text[begin : begin + 1] in ("'", '"') else ""
        quote = quote or ('"' if entry.node.flow_style else "")
        gap = " " if begin == end else ""
        return f"{text[:begin]}{gap}{quote}{value}{quote}{text[end:]}"
    end = place(entry.name.end_mark)
    if entry.node.flow_style:
        return f'{text[:end]}, {key}: "{value}"{text[end:]}'
    over = _BREAK.search(text, end)
    new_line = over[0] if over else (first[0] if (first := _BREAK.search(text)) else "\n")
    line = f"{' ' * entry.name_key.start_mark.column}{key}: {value}"
    if over is None:
        return f"{text}{new_line}{line}{new_line}"
    return f"{text[: over.end()]}{line}{new_line}{text[over.end() :]}"


def _only_that(before: str, after: str, file: str, path: tuple[str, int, str], value: str) -> bool:
    """Whether the two texts mean the same but for one value."""
    (old, _), (new, wrong) = parse(before, file), parse(after, file)
    if old is None or new is None or wrong:
        return False
    meant: Any = old.plain()
    section, index, key = path
    meant[section][index][key] = value
    return bool(meant == new.plain())
