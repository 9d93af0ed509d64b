"""Fields of one entry, typed. ``null`` is absent; zero is a value. A field of a wrong type raises :class:`Wrong`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.text import clean

LONGEST = 300
MOST = 1e15
"""No price, window or rate is larger: it is a mistake, or an attack on whoever computes with it."""
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
MODELS = 100_000
"""Models of a catalogue that are read: the largest known lists five thousand."""
LISTED = 50
"""Modalities of a model: a handful is usual."""


class Wrong(ValueError):
    """Why one entry cannot be read: the field and its fault."""


class Entry(NamedTuple):
    """One entry as the source has it."""

    key: str
    """As the catalogue names it."""
    platform: str
    id: str
    """The exact id on the platform."""
    fields: Any
    twice: bool = False
    """It stands there more than once, with different values."""


class Twice(dict[str, Any]):
    """An object that has a key more than once, with different values: which one is meant is not known."""

    keys_twice: frozenset[str] = frozenset()


def ambiguous(value: Any) -> frozenset[str]:
    """The keys of an object that stand in it twice, with different values."""
    return value.keys_twice if isinstance(value, Twice) else frozenset()


def record(value: Any, where: str) -> Mapping[str, Any]:
    """An object without ambiguous keys."""
    if not isinstance(value, dict):
        raise Wrong(f"{where} is {kind(value)}, not an object")
    if isinstance(value, Twice):
        raise Wrong(f"{where} has {clean(min(value.keys_twice), 60)!r} twice, with different values")
    return value


def part(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object in the entry; absent is empty."""
    value = fields.get(name)
    return {} if value is None else record(value, name)


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text, cleaned."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Wrong(f"{name} is {kind(value)}, not a text")
    return _tidy(value)


@lru_cache(16_384)
def _tidy(value: str) -> str:
    """Cleaned; dates and modalities come by the thousand."""
    return clean(value, LONGEST)


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """A yes or no; absent is no."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise Wrong(f"{name} is {kind(value)}, not true or false")


def numbers(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The numbers of these names that are there, as they are written."""
    found = {}
    for name in names:
        value = fields.get(name)
        if value is not None:
            found[name] = number(value, name)
    return found


def number(value: Any, name: str) -> int | float:
    """A finite number of a plausible size; one that is written as a text (``"8192"``) is meant as one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"{name} is {kind(value)}, not a number")
    if not -MOST <= value <= MOST:  # NaN is not either
        raise Wrong(f"{name} is {value:.3g}, which no model has")
    return value


def texts(fields: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of texts in its order."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise Wrong(f"{name} is {kind(value)}, not a list of texts")
    if len(value) > LISTED:
        raise Wrong(f"{name} has {len(value):,} values, {LISTED} are allowed")
    return [_tidy(v) for v in value]


def kind(value: Any) -> str:
    """What a JSON value is, for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"
