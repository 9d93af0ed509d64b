"""What a shape asks for, in words: its options with type, default and meaning, for pages and for JSON Schema.

The words of an option stand beside it in the source (a text under the field, as everywhere here), in its
``msgspec.Meta(description=...)``, or in the docstring of its shape as ````name````. Python drops the first
kind when it compiles, so it is read from the source once more.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect as mi

from pulse_tui.settings.check import Seconds, renamed_keys

Shape = type[msgspec.Struct]
_SCALARS: dict[type, str] = {
    mi.StrType: "text",
    mi.IntType: "whole number",
    mi.FloatType: "number",
    mi.BoolType: "true or false",
    mi.DateTimeType: "time",
    mi.DateType: "date",
    mi.AnyType: "any value",
    mi.NoneType: "nothing",
}


class Option(NamedTuple):
    """One key of a shape. ``default`` is as it would be written, empty when the key is required or unset."""

    name: str
    type: str
    required: bool
    default: str
    words: str


def options_in(shape: Shape) -> list[Option]:
    """The keys of a shape, in their order."""
    words = words_of(shape)
    return [
        Option(f.encode_name, _type(f.type), f.required, _default(f), words.get(f.encode_name, ""))
        for f in _fields(shape)
    ]


def shapes_in(shape: Shape) -> list[Shape]:
    """The shapes that stand inside a shape, each once, as they are met; without the shape itself."""
    found: dict[Shape, None] = {}

    def walk(kind: mi.Type) -> None:
        if isinstance(kind, mi.StructType) and kind.cls not in found and kind.cls is not shape:
            found[kind.cls] = None
            for field in kind.fields:
                walk(field.type)
        for inner in _inner(kind):
            walk(inner)

    for field in _fields(shape):
        walk(field.type)
    return list(found)


def prose(thing: Any) -> str:
    """The docstring of a shape or module, as paragraphs of plain text; empty when it has none of its own."""
    return inspect.cleandoc(thing.__dict__.get("__doc__") or "").replace("``", "`")


@cache
def words_of(shape: Shape) -> dict[str, str]:
    """The words that stand under the fields of a shape, by key."""
    found: dict[str, str] = {}
    for cls in reversed(shape.__mro__):
        if cls is not msgspec.Struct and issubclass(cls, msgspec.Struct):
            found |= _under_fields(cls)
    described = {f.encode_name: d for f in _fields(shape) if (d := _meta(f.type))}
    names = {f.name: f.encode_name for f in _fields(shape)}
    return described | {names[name]: text for name, text in found.items() if name in names}


def explained(shape: Shape, name: str) -> bool:
    """Whether an option has words: its own, or in the docstring of its shape or of one it is built on."""
    texts = [cls.__doc__ or "" for cls in shape.__mro__ if cls not in (object, msgspec.Struct)]
    return bool(words_of(shape).get(name)) or any(f"``{name}" in text for text in texts)


def old_names(shape: Shape) -> dict[str, str]:
    """Old name -> new name of the keys that are still read under another name."""
    return dict(renamed_keys(shape))


def _under_fields(cls: type) -> dict[str, str]:
    body = _classes(cls.__module__).get(cls.__name__, [])
    found = {}
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(text.value.value.replace("``", "`").split())
    return found


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError, KeyError):  # a package without its source: its options are listed without these words
        return {}
    return {node.name: node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _fields(shape: Shape) -> tuple[mi.Field, ...]:
    kind = mi.type_info(shape)
    assert isinstance(kind, mi.StructType)
    return kind.fields


def _inner(kind: mi.Type) -> tuple[mi.Type, ...]:
    if isinstance(kind, mi.Metadata):
        return (kind.type,)
    if isinstance(kind, mi.UnionType):
        return kind.types
    if isinstance(kind, (mi.ListType, mi.VarTupleType)):
        return (kind.item_type,)
    return (kind.value_type,) if isinstance(kind, mi.DictType) else ()


def _meta(kind: mi.Type) -> str:
    if isinstance(kind, mi.UnionType):
        return next(filter(None, map(_meta, kind.types)), "")
    return str((kind.extra_json_schema or {}).get("description", "")) if isinstance(kind, mi.Metadata) else ""


def _type(kind: mi.Type) -> str:
    if isinstance(kind, mi.Metadata):
        return _type(kind.type)
    if isinstance(kind, mi.UnionType):
        return " or ".join(dict.fromkeys(_type(t) for t in kind.types if not isinstance(t, mi.NoneType)))
    if isinstance(kind, (mi.ListType, mi.VarTupleType)):
        return f"list of {_type(kind.item_type)}"
    if isinstance(kind, mi.DictType):
        return f"map of {_type(kind.key_type)} to {_type(kind.value_type)}"
    if isinstance(kind, mi.StructType):
        return f"`{kind.cls.__name__}` (below)"
    if isinstance(kind, mi.EnumType):
        return ", ".join(str(member.value) for member in kind.cls)
    if isinstance(kind, mi.LiteralType):
        return ", ".join(str(value) for value in kind.values)
    if isinstance(kind, mi.CustomType):
        return "duration" if kind.cls is Seconds else kind.cls.__name__
    limits = [
        f"{sign} {limit:g}"
        for sign, name in ((">=", "ge"), (">", "gt"), ("<=", "le"), ("<", "lt"))
        if (limit := getattr(kind, name, None)) is not None
    ]
    return " ".join([_SCALARS.get(type(kind), "value"), *([f"({', '.join(limits)})"] if limits else [])])


def _default(field: mi.Field) -> str:
    if field.required:
        return ""
    value: Any = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else None
    return _written(value)


def _written(value: Any) -> str:
    if value is None or value in ("", (), [], {}):
        return ""
    if isinstance(value, Seconds):
        return _duration(float(value))
    if isinstance(value, msgspec.Struct):
        return "" if value == type(value)() else "see below"
    plain = msgspec.to_builtins(value)
    if isinstance(plain, (list, tuple)):
        return f"[{', '.join(map(_written, plain))}]"
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _duration(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"
