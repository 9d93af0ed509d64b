"""One value of a JSON text, by its path: where it stands, so that it alone is replaced and every other byte stays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATOM = re.compile(r"[^\s,\]}]+")
_INSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class Place(NamedTuple):
    """Where a value stands in the text, from ``start`` to ``end``, and what it is."""

    start: int
    end: int
    value: Any


def parsed(text: str) -> Any:
    """The document. Raises ValueError for what is no JSON, has a key twice, or is nested too deep."""
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def at(document: Any, path: Sequence[str]) -> Any:
    """What is at the path, numbers being places in a list. Raises KeyError when nothing is there."""
    for name in path:
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isascii() and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            raise KeyError(name)
    return document


def place(text: str, path: Sequence[str]) -> Place:
    """Where the scalar at the path stands. Raises ValueError as :func:`parsed`, KeyError when there is none."""
    value = at(parsed(text), path)
    if isinstance(value, dict | list):
        raise KeyError(path[-1])
    here = _after_space(text, 0)
    for name in path:
        here = _member(text, here, name) if text[here] == "{" else _item(text, here, int(name))
    return Place(here, _end(text, here), value)


def shown(place: Place, text: str) -> str:
    """The value as a target's value: a text as it is, a number or truth value as it is written, null as nothing."""
    if isinstance(place.value, str):
        return place.value
    return "" if place.value is None else text[place.start : place.end]


def spelled(place: Place, value: str) -> str:
    """The value as JSON of the same type. Raises ValueError when it cannot be."""
    if place.value is None or isinstance(place.value, str):
        return json.dumps(value, ensure_ascii=False)
    right = value in ("true", "false") if isinstance(place.value, bool) else _NUMBER.fullmatch(value)
    if not right:
        raise ValueError(f"the field holds {'true or false' if isinstance(place.value, bool) else 'a number'}")
    return value


def replaced(text: str, path: Sequence[str], value: str) -> str:
    """The text with the value at the path. Raises ValueError and KeyError as :func:`place` and :func:`spelled` do."""
    here = place(text, path)
    changed = text[: here.start] + spelled(here, value) + text[here.end :]
    if shown(place(changed, path), changed) != value:
        raise ValueError("the value cannot stand there")
    return changed


def _member(text: str, here: int, name: str) -> int:
    here = _after_space(text, here + 1)
    while True:
        key = _STRING.match(text, here)
        assert key is not None, "the text was parsed before"
        here = _after_space(text, _after_space(text, key.end()) + 1)  # behind the colon
        if json.loads(key[0]) == name:
            return here
        here = _after_space(text, _after_space(text, _end(text, here)) + 1)  # behind the comma


def _item(text: str, here: int, number: int) -> int:
    here = _after_space(text, here + 1)
    for _ in range(number):
        here = _after_space(text, _after_space(text, _end(text, here)) + 1)
    return here


def _end(text: str, here: int) -> int:
    """Behind the value that begins here."""
    if text[here] not in "{[":
        found = (_STRING if text[here] == '"' else _ATOM).match(text, here)
        assert found is not None, "the text was parsed before"
        return found.end()
    depth = 0
    for token in _INSIDE.finditer(text, here):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    raise AssertionError("the text was parsed before")


def _after_space(text: str, here: int) -> int:
    found = _SPACE.match(text, here)
    return found.end() if found else here


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands there twice: which of them counts is not known")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
