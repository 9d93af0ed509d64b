"""One value of a YAML text, by its path: where it stands, so that it alone is replaced and comments and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

MOST_CHARACTERS = 2**16
"""A file that takes longer to read than a step may wait."""
_PLAIN = re.compile(r"[A-Za-z0-9_./@+](?:[A-Za-z0-9_./@+:~-]*[A-Za-z0-9_./@+~-])?")
_NUMBER = re.compile(r"[-+]?(?:0[xob][0-9a-fA-F_]+|(?:[0-9_]+\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?)")
_STR, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"


def value_at(text: str, path: Sequence[str]) -> str:
    """The value as it is written, without quotes; "" for null. Raises ValueError and KeyError as :func:`_place` does."""
    node = _place(text, path)
    return "" if node.tag == _NULL else str(node.value)


def replaced(text: str, path: Sequence[str], value: str) -> str:
    """The text with the value at the path, in the quotes that it has. Raises ValueError when it cannot stand there."""
    node = _place(text, path)
    start, end = node.start_mark.index, node.end_mark.index
    spelled = _spelled(node, value)
    if start == end:  # nothing stands there yet: "key:"
        spelled = f" {spelled}"
    changed = text[:start] + spelled + text[end:]
    if value_at(changed, path) != value or not _only_one_differs(text, changed):
        raise ValueError("the value cannot stand there without changing something else")
    return changed


def _place(text: str, path: Sequence[str]) -> Any:
    """The scalar node. Raises ValueError for what is no YAML or not certain, KeyError when nothing is there."""
    if len(text) > MOST_CHARACTERS or text.startswith("\ufeff"):
        raise ValueError(
            f"it is over {MOST_CHARACTERS >> 10} KB" if text[:1] != "\ufeff" else "it has a byte order mark"
        )
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {error}") from None
    found = [node for document in documents if (node := _walked(document, path)) is not None]
    if not found:
        raise KeyError(".".join(path))
    if len(found) > 1:
        raise ValueError("the field stands in more than one of its documents")
    if not isinstance(found[0], yaml.ScalarNode):
        raise KeyError(".".join(path))
    return found[0]


def _walked(node: Any, path: Sequence[str]) -> Any:
    for name in path:
        children = list(_children(node, name))
        if not children:
            return None
        if len(children) > 1:
            raise ValueError(f"the key {name!r} stands there twice: which of them counts is not known")
        child, begins = children[0]
        if not begins <= child.start_mark.index <= child.end_mark.index <= node.end_mark.index:
            raise ValueError(f"{name!r} stands behind an alias: changing it would change something else")
        node = child
    return node


def _children(node: Any, name: str) -> Iterator[tuple[Any, int]]:
    """What has the name, and where it begins at the earliest when it is no alias."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                yield value, max(key.end_mark.index, node.start_mark.index)
    elif isinstance(node, yaml.SequenceNode) and name.isascii() and name.isdecimal() and int(name) < len(node.value):
        number = int(name)
        yield node.value[number], max([node.start_mark.index, *(item.end_mark.index for item in node.value[:number])])


def _spelled(node: Any, value: str) -> str:
    if node.style in ("|", ">"):
        raise ValueError("the field is a block of text")
    if node.style == "'":
        return "'" + value.replace("'", "''") + "'"
    odd = not _PLAIN.fullmatch(value) or (node.tag in (_STR, _NULL) and _is_no_text(value))
    if node.style == '"' or odd:
        return json.dumps(value, ensure_ascii=False)
    return value


def _is_no_text(value: str) -> bool:
    """Whether a reader of YAML 1.1 or 1.2 takes it for a number, a truth value or a date (``1.10``, ``yes``, ``12e3``)."""
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return tag != _STR or value.lower() in ("y", "n") or _NUMBER.fullmatch(value) is not None


def _only_one_differs(before: str, after: str) -> bool:
    """Whether the two are the same, token by token, but for one scalar (or one that was not there)."""
    one, other = _tokens(before), _tokens(after)
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    behind = len(one) - start - 1
    return one[start + 1 :] == other[start + 1 :] or (behind >= 0 and one[start:] == other[start + 1 :])


def _tokens(text: str) -> list[tuple[str, Any]]:
    return [(type(token).__name__, getattr(token, "value", None)) for token in yaml.scan(text, Loader=yaml.SafeLoader)]
