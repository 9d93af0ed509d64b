"""A policy as it is kept, so that it can be loaded again after the files have another one; and what differs between two."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pulse_tui.domain.text import clean
from pulse_tui.settings.document import Mark, Node, parse

LINES = 200
"""Differences that are written out."""
_PROSE = frozenset({"tests", "description"})
"""What changes nothing of what is decided."""

_WRITTEN = "as written"
"""The key of a scalar that is kept as its text."""


def section_of(node: Node) -> Node:
    """The ``policy`` section of a file, or the section itself."""
    section = node.get("policy") if node.get("rules") is None else None
    return section or node


def kept(node: Node) -> str:
    """The section as JSON, without the tests and the prose of its rules."""
    plain = _plain(section_of(node))
    if isinstance(plain, dict) and isinstance(plain.get("rules"), list):
        plain["rules"] = [
            {k: v for k, v in rule.items() if k not in _PROSE} if isinstance(rule, dict) else rule
            for rule in plain["rules"]
        ]
    return msgspec.json.encode(plain).decode()


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    if node.text is None or isinstance(node.value, str) or _json(node.value) == node.text:
        return node.value
    return {_WRITTEN: node.text}  # YAML reads `off` as false, which a shape may take as the word that it is


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def restored(text: str, name: str) -> Node:
    """What :func:`kept` kept, to be loaded again; ``name`` stands for its file. Raises ValueError."""
    try:
        return _node(msgspec.json.decode(text), Mark(name, 1, 1))
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def _node(value: Any, mark: Mark) -> Node:
    if isinstance(value, dict) and _WRITTEN in value:
        node, _ = parse(str(value[_WRITTEN]), mark.file)
        return Node(node.value, mark, node.text) if node is not None else Node(None, mark, "")
    if isinstance(value, dict):
        node = Node({key: _node(child, mark) for key, child in value.items()}, mark)
        node.key_marks = dict.fromkeys(value, mark)
        return node
    if isinstance(value, list):
        return Node([_node(child, mark) for child in value], mark)
    return Node(value, mark, value if isinstance(value, str) else _json(value))


def differences(before: str, after: str) -> tuple[str, ...]:
    """What is different, a line each: ``latency-breach: all[1]: service.ratio > 1.15 -> service.ratio > 1.25``.

    Both as :func:`kept` kept them. The first lines only, with how many more there are.
    """
    old, new = _worded(msgspec.json.decode(before)), _worded(msgspec.json.decode(after))
    lines = [clean(line, 600) for line in _differences(old, new)]
    more = len(lines) - LINES
    return (*lines[:LINES], *((f"and {more:,} more",) if more > 0 else ()))


def _worded(value: Any) -> Any:
    if isinstance(value, dict):
        return value[_WRITTEN] if _WRITTEN in value else {key: _worded(child) for key, child in value.items()}
    return [_worded(child) for child in value] if isinstance(value, list) else value


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    was, now = _rules(old), _rules(new)
    for name in (name for name in now if name not in was):
        conditions = "; ".join(str(c) for key in ("all", "any") for c in now[name].get(key, ()))
        yield f"{name}: new, {now[name].get('mode', 'enforce')}, {now[name].get('priority')}: {conditions}"
    yield from (f"{name}: is gone" for name in was if name not in now)
    for name in was:
        if name in now:
            for key in dict.fromkeys((*was[name], *now[name])):
                yield from _between(f"{name}: {key}", was[name].get(key), now[name].get(key))
    for key in dict.fromkeys((*old, *new)):
        if key != "rules":
            yield from _between(key, old.get(key), new.get(key))
    if list(was) != list(now) and sorted(was) == sorted(now):
        yield "the rules stand in another order"


def rules_of(text: str) -> dict[str, dict[str, Any]]:
    """Each rule as :func:`kept` kept it, by its id."""
    return _rules(_worded(msgspec.json.decode(text)))


def _rules(section: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(rule.get("id")): rule for rule in section.get("rules", ())}


def _between(place: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) or isinstance(new, dict):
        old, new = (value if isinstance(value, dict) else {} for value in (old, new))
        for key in dict.fromkeys((*old, *new)):
            yield from _between(f"{place}.{key}", old.get(key), new.get(key))
        return
    if isinstance(old, list) or isinstance(new, list):
        old, new = (value if isinstance(value, list) else [] for value in (old, new))
        yield from _lists(place, old, new)
        return
    yield f"{place}: {_shown(old)} -> {_shown(new)}"


def _lists(place: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    """What is in the place of something else is one line, the rest is new or gone; counted from 1 in the new list."""
    was, now = [_shown(item) for item in old], [_shown(item) for item in new]
    for kind, a, b, c, d in difflib.SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(b - a, d - c)
        for step in range(both):
            yield f"{place}[{c + step + 1}]: {was[a + step]} -> {now[c + step]}"
        for step in range(both, b - a):
            yield f"{place}: without {was[a + step]}"
        for step in range(both, d - c):
            yield f"{place}[{c + step + 1}]: with {now[c + step]}"


def _shown(value: Any) -> str:
    if value is None:
        return "not stated"
    return value if isinstance(value, str) else _json(value)
