"""YAML as plain texts, lists and maps: numbers and times stay as they are written, and aliases cannot fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import VALUES
from pulse_tui.domain.text import clean


def documents(name: str, data: bytes) -> Iterator[Any]:
    """The values of each document. Raises SourceError for what is no YAML, is nested too deeply, or holds over
    :data:`~pulse_tui.domain.limits.VALUES` values with its aliases written out.
    """
    import yaml  # noqa: PLC0415  late: not needed for the first frame

    try:
        yield from _loaded(yaml, data)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        what = "nested too deeply to be read" if isinstance(error, RecursionError) else clean(str(error), 200)
        raise SourceError(f"{name} is not YAML: {what}", todo="Write it again, whole") from None


def _loaded(yaml: Any, data: bytes) -> Iterator[Any]:
    """The values of each document. Raises ValueError for one that is over :data:`VALUES` with its aliases written out."""
    loader = _texts(yaml)(data)
    try:
        while loader.check_node():
            node = loader.get_node()
            _size(node, {})
            yield loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node: Any, known: dict[int, int]) -> int:
    """How many values a node of YAML is when its aliases are written out. Raises ValueError for too many."""
    size = known.get(id(node))
    if size is None:
        known[id(node)] = VALUES  # it holds itself
        inner = node.value if isinstance(node.value, list) else ()
        size = 1
        for one in inner:
            size += sum(_size(part, known) for part in one) if isinstance(one, tuple) else _size(one, known)
            if size >= VALUES:
                raise ValueError(f"it holds over {VALUES:,} values, or aliases that repeat them")
        known[id(node)] = size
    return size


@cache
def _texts(yaml: Any) -> Any:
    """A loader that leaves numbers and times as they are written: version 1.10 is not 1.1."""

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kept = {
        first: [(tag, how) for tag, how in resolvers if tag.endswith((":null", ":merge"))]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return type("Texts", (base,), {"yaml_implicit_resolvers": kept})
