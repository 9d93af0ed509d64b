"""Structs to rows and back, by field name: times as microseconds, nested values as JSON text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect as mi

from pulse_tui.domain.moments import from_us, to_us

S = TypeVar("S", bound=msgspec.Struct)

_JSON = msgspec.json.Encoder(order="deterministic")
_word = attrgetter("_value_")


def to_json(value: Any) -> str:
    """Canonical JSON text."""
    return _JSON.encode(value).decode()


def from_json(text: str | bytes) -> Any:
    """JSON text as plain values."""
    return msgspec.json.decode(text)


class _How:
    """How each field of a struct is written and read."""

    def __init__(self, shape: type[msgspec.Struct], names: list[str]) -> None:
        info = mi.type_info(shape)
        assert isinstance(info, mi.StructType)
        fields = [f for f in info.fields if f.name in names]
        self.times = {f.name for f in fields if _is(f.type, mi.DateTimeType)}
        plain = {
            f.name
            for f in fields
            if all(
                isinstance(
                    t, (mi.StrType, mi.IntType, mi.FloatType, mi.BoolType, mi.EnumType, mi.NoneType, mi.DateTimeType)
                )
                for t in _parts(f.type)
            )
        }
        self.enums: dict[str, type[Enum]] = {
            f.name: t.cls for f in fields for t in _parts(f.type) if isinstance(t, mi.EnumType)
        }
        types = {f.name: f for f in msgspec.structs.fields(shape)}
        self.nested = {name: msgspec.json.Decoder(types[name].type) for name in names if name not in plain}
        self.get = _getter(names)
        self.written: list[tuple[str, Callable[[Any], Any]]] = [
            (name, to_json if name in self.nested else to_us if name in self.times else _word)
            for name in names
            if name in self.nested or name in self.times or name in self.enums
        ]
        self.flags = {f.name for f in fields if _is(f.type, mi.BoolType)}
        """SQLite's own are numbers, unless SQLAlchemy reads them."""
        readers: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(self.flags, bool),
            **dict.fromkeys(self.times, from_us),
            **{name: {m.value: m for m in words}.__getitem__ for name, words in self.enums.items()},
            **{name: decoder.decode for name, decoder in self.nested.items()},
        }
        self.read = list(readers.items())


class Codec(Generic[S]):
    """Maps one struct type to the columns of the same names."""

    def __init__(self, shape: type[S], *, skip: tuple[str, ...] = ()) -> None:
        """``skip`` names fields that are stored elsewhere."""
        self.shape = shape
        self.names = [name for name in shape.__struct_fields__ if name not in skip]
        self.columns = ", ".join(f'"{name}"' for name in self.names)
        """As a statement selects them for :meth:`items`."""

    @cached_property
    def _how(self) -> _How:
        """Looked into when the first row comes: forty shapes would cost every command 20 ms."""
        return _How(self.shape, self.names)

    def row(self, item: S) -> dict[str, Any]:
        """Column values of ``item``."""
        out = dict(zip(self.names, self._how.get(item), strict=True))
        for name, written in self._how.written:
            value = out[name]
            if value is not None:
                out[name] = written(value)
        return out

    def items(self, rows: Iterable[Sequence[Any]]) -> Iterator[S]:
        """The structs of the driver's own tuples, values in the order of ``names``: for thousands of rows."""
        for row in rows:
            values = dict(zip(self.names, row, strict=True))
            for name, read in self._how.read:
                value = values[name]
                if value is not None:
                    values[name] = read(value)
            yield self.shape(**values)

    def item(self, row: Mapping[Any, Any], **extra: Any) -> S:
        """The struct of a row mapping; ``extra`` gives the skipped fields."""
        values: dict[str, Any] = dict(extra)
        for name in self.names:
            value = row[name]
            if value is None:
                values[name] = None
            elif name in self._how.times:
                values[name] = from_us(value)
            elif name in self._how.flags:
                values[name] = bool(value)
            elif name in self._how.enums:
                values[name] = self._how.enums[name](value)
            elif name in self._how.nested:
                values[name] = self._how.nested[name].decode(value)
            else:
                values[name] = value
        return self.shape(**values)


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda item: (only(item),)
    return attrgetter(*names)


def _parts(kind: mi.Type) -> tuple[mi.Type, ...]:
    return tuple(kind.types) if isinstance(kind, mi.UnionType) else (kind,)


def _is(kind: mi.Type, wanted: type[mi.Type]) -> bool:
    return any(isinstance(t, wanted) for t in _parts(kind))
