"""Compare YAML nodes with typed shapes, collecting every problem instead of stopping at the first.

Shapes are msgspec structs. For each value that does not fit, the problem names file:line, the
key's path, what was expected and, for a misspelt key or word, the nearest one that exists.

A key that got a new name is declared once, on its shape: ``RENAMED: ClassVar = {"owner": "owner_team"}``.
The old name is read as the new one and reported as a warning; the document holds the new name from then on.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import inspect as mi

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.document import Mark, Node

T = TypeVar("T")

HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"
LISTEN = r"^(\[[0-9A-Fa-f:]+\]|[^:\s]+):\d{1,5}$"
REPOSITORY = r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$"
RATE = r"^[1-9]\d{0,6}/[smh]$"
SECRET = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"  # noqa: S105  what the name of one looks like
_FORMS = {
    HOUR: "an hour, as 09:00",
    LISTEN: "host and port, as 127.0.0.1:8443",
    REPOSITORY: "owner/name",
    RATE: "a rate, as 200/s",
    SECRET: "the name of an environment variable, as ${CI_TOKEN}",
}
"""What a pattern asks for, in words."""
_DURATION = re.compile(r"\A(\d+(?:\.\d+)?)(ms|s|m|h|d)\Z")
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


class Seconds(float):
    """A duration in seconds, written as ``30s``, ``5m``, ``2h``, ``7d`` or a number of seconds."""


_LONGEST = 3_660 * 86_400.0  # ten years; a moment that is much further off is none


def closest(word: str, known: Iterable[str]) -> str | None:
    """What is known that ``word`` was meant to be; None when nothing is near."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if not close and len(word) >= 3:
        begun = [w for w in words if w.startswith(word)]  # prod -> production
        close = begun if len(begun) == 1 else []
    return close[0] if close else None


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean 'url'?`` or, when nothing is near, the list of what is known."""
    words = sorted(known)
    meant = closest(word, words)
    if meant is not None:
        return f"did you mean {meant!r}?"
    shown = ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
    return f"known: {shown}" if words else ""


def seconds(text: str | float) -> float | None:
    """Read a duration; None when it is none."""
    if isinstance(text, bool):
        return None
    if isinstance(text, (int, float)):
        return float(text)
    match = _DURATION.match(text.strip())
    return float(match[1]) * _UNIT[match[2]] if match else None


def convert(
    node: Node, shape: type[T], problems: list[Problem], *, path: str = "", beside: Iterable[str] = ()
) -> T | None:
    """The node as ``shape``, or None after adding what is wrong to ``problems``; warnings are added, too.

    ``beside`` are keys that stood in the same mapping and were taken out of it: a misspelt one is named, too.
    """
    before = len(problems)
    value = _Checker(problems, path, tuple(beside)).value(node, _type_info(cast("Any", shape)), path)
    return None if failed(problems[before:]) else cast("T", value)


def failed(problems: Iterable[Problem]) -> bool:
    """Whether one of them is more than a warning."""
    return any(not p.warning for p in problems)


def renamed_keys(shape: type) -> Mapping[str, str]:
    """Old name -> new name of the keys of a shape."""
    return getattr(shape, "RENAMED", {})


@lru_cache(maxsize=256)
def _type_info(shape: Any) -> mi.Type:
    """A millisecond each time: an estate asks for its shape ten thousand times."""
    return mi.type_info(shape)


class _Checker:
    def __init__(self, problems: list[Problem], root: str = "", beside: tuple[str, ...] = ()) -> None:
        self.problems = problems
        self.root = root
        self.beside = beside

    def wrong(self, mark: Mark, path: str, what: str, hint: str = "") -> None:
        self.problems.append(Problem(str(mark), f"{path}: {what}" if path else what, hint))

    def value(self, node: Node, kind: mi.Type, path: str) -> Any:
        """Dispatch on the shape's kind; returns the converted value (garbage after a problem)."""
        if isinstance(kind, mi.UnionType):
            return self.union(node, kind, path)
        if isinstance(kind, mi.StructType):
            return self.struct(node, kind, path)
        if isinstance(kind, (mi.ListType, mi.VarTupleType)):
            return self.sequence(node, kind, path)
        if isinstance(kind, mi.DictType):
            return self.mapping(node, kind, path)
        if isinstance(kind, mi.CustomType) and kind.cls is Seconds:
            return self.duration(node, path)
        if isinstance(kind, mi.EnumType):
            return self.word(node, kind.cls, path)
        return self.scalar(node, kind, path)

    def union(self, node: Node, kind: mi.UnionType, path: str) -> Any:
        others = [t for t in kind.types if not isinstance(t, mi.NoneType)]
        if node.value is None and len(others) < len(kind.types):
            return None
        for other in others:
            trial: list[Problem] = []
            value = _Checker(trial, self.root, self.beside).value(node, other, path)
            if not failed(trial):
                self.problems.extend(trial)
                return value
        # None fits: the errors of the alternative that was meant help most.
        keyed = isinstance(node.value, dict)
        meant = [t for t in others if isinstance(t, (mi.StructType, mi.DictType)) is keyed]
        return self.value(node, (meant or others)[0], path)

    def struct(self, node: Node, kind: mi.StructType, path: str) -> Any:
        if not isinstance(node.value, dict):
            self.wrong(node.mark, path, f"expected keys and values, found {_kind(node)}")
            return None
        fields = {f.encode_name: f for f in kind.fields}
        for old, new in renamed_keys(kind.cls).items():
            if old in node.value:
                self.rename(node, old, new, path)
        for key in node.value:
            if key not in fields:
                self.wrong(node.key_marks[key], path, f"unknown key {key!r}", self.nearest(key, fields, path))
        values: dict[str, Any] = {}
        for key, field in fields.items():
            child = node.get(key)
            if child is not None:
                values[field.name] = self.value(child, field.type, f"{path}.{key}" if path else key)
            elif field.required:
                self.wrong(node.mark, path, f"the key {key!r} is missing")
                values[field.name] = None
        try:
            return kind.cls(**values)
        except (TypeError, ValueError) as error:
            self.wrong(node.mark, path, str(error))
            return None

    def nearest(self, key: str, fields: Mapping[str, Any], path: str) -> str:
        """Of this mapping's own keys; else, at the root, of those beside them."""
        elsewhere = path == self.root and closest(key, fields) is None and closest(key, self.beside) is not None
        return nearest(key, self.beside if elsewhere else fields)

    def rename(self, node: Node, old: str, new: str, path: str) -> None:
        """The value under its new name; whoever reads the document later finds it there."""
        mark = node.key_marks.pop(old)
        child = node.value.pop(old)
        if new in node.value:
            self.wrong(mark, path, f"{old!r} and {new!r} are one key", f"keep {new!r}")
            return
        node.value[new], node.key_marks[new] = child, mark
        what = f"{path}: {old!r} is now {new!r}" if path else f"{old!r} is now {new!r}"
        self.problems.append(Problem(str(mark), what, "the old name is still read", warning=True))

    def sequence(self, node: Node, kind: mi.ListType | mi.VarTupleType, path: str) -> Any:
        if not isinstance(node.value, list):
            self.wrong(node.mark, path, f"expected a list, found {_kind(node)}", "begin each entry with '- '")
            return None
        out = [self.value(child, kind.item_type, f"{path}[{i}]") for i, child in enumerate(node.value)]
        return tuple(out) if isinstance(kind, mi.VarTupleType) else out

    def mapping(self, node: Node, kind: mi.DictType, path: str) -> Any:
        if not isinstance(node.value, dict):
            self.wrong(node.mark, path, f"expected keys and values, found {_kind(node)}")
            return None
        out = {}
        for key, child in node.value.items():
            name: Any = key
            if isinstance(kind.key_type, mi.EnumType):
                name = self.word(Node(key, node.key_marks[key], key), kind.key_type.cls, path)
            out[name] = self.value(child, kind.value_type, f"{path}.{key}" if path else key)
        return out

    def duration(self, node: Node, path: str) -> Any:
        read = seconds(node.value) if isinstance(node.value, (str, int, float)) else None
        if read is None or not 0 < read <= _LONGEST:
            self.wrong(node.mark, path, f"{_shown(node)} is not a duration", "write 30s, 5m, 2h or 7d")
            return None
        return Seconds(read)

    def word(self, node: Node, cls: type[enum.Enum], path: str) -> Any:
        known = {str(member.value): member for member in cls}
        word = node.text if isinstance(node.value, bool) else node.value  # `gate: off` means the word, not false
        found = known.get(word) if isinstance(word, str) else None
        if found is None:
            self.wrong(node.mark, path, f"{_shown(node)} is not one of the known words", nearest(str(word), known))
        return found

    def scalar(self, node: Node, kind: mi.Type, path: str) -> Any:
        value = node.value
        if isinstance(kind, mi.StrType) and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = node.text  # `version: 3.10` means the text, not the number 3.1
        if isinstance(kind, mi.AnyType):
            return node.plain()
        if isinstance(kind, mi.DateTimeType):
            return self.moment(node, path)
        if isinstance(kind, mi.DateType):
            try:
                return date.fromisoformat(str(value))
            except ValueError:
                self.wrong(node.mark, path, f"{_shown(node)} is not a date", "write 2026-11-23")
                return None
        if isinstance(kind, mi.FloatType) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if isinstance(value, (dict, list)):
            self.wrong(node.mark, path, f"expected {_wanted(kind)}, found {_kind(node)}")
            return None
        try:
            return msgspec.convert(value, _native(kind))
        except msgspec.ValidationError:
            secret = getattr(kind, "pattern", None) == SECRET  # written out, it is not to be written once more
            self.wrong(node.mark, path, f"expected {_wanted(kind)}" + ("" if secret else f", found {_shown(node)}"))
            return None

    def moment(self, node: Node, path: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(str(node.value))
        except ValueError:
            self.wrong(node.mark, path, f"{_shown(node)} is not a time", "write 2026-11-23T03:00:00Z")
            return None
        if moment.tzinfo is None:
            self.wrong(node.mark, path, f"{_shown(node)} has no offset", "add Z for UTC")
            return None
        return moment.astimezone(UTC)


def _native(kind: mi.Type) -> Any:
    base = {mi.StrType: str, mi.IntType: int, mi.FloatType: float, mi.BoolType: bool}.get(type(kind))
    if base is None:
        raise TypeError(f"settings shapes cannot hold {kind!r}")
    names = ("min_length", "max_length", "pattern", "ge", "gt", "le", "lt")
    limits: dict[str, Any] = {n: v for n in names if (v := getattr(kind, n, None)) is not None}
    return Annotated[base, msgspec.Meta(**limits)] if limits else base


def _wanted(kind: mi.Type) -> str:
    words = {mi.StrType: "text", mi.IntType: "a whole number", mi.FloatType: "a number", mi.BoolType: "true or false"}
    word = words.get(type(kind), "another kind of value")
    limits = [
        f"{sign} {limit:g}"
        for sign, name in ((">=", "ge"), (">", "gt"), ("<=", "le"), ("<", "lt"))
        if (limit := getattr(kind, name, None)) is not None
    ]
    if getattr(kind, "min_length", None):
        limits.append("not empty")
    if form := _FORMS.get(getattr(kind, "pattern", None) or ""):
        limits.append(form)
    return f"{word} ({', '.join(limits)})" if limits else word


def _kind(node: Node) -> str:
    if isinstance(node.value, dict):
        return "keys and values"
    return "a list" if isinstance(node.value, list) else _shown(node)


def _shown(node: Node) -> str:
    if node.value is None:
        return "nothing"
    text = node.text if node.text is not None else str(node.value)
    return repr(text if len(text) <= 60 else text[:59] + "…")
