"""Finding kinds: a file in a room is a kind, and an installed package may add more.

The kind in the configuration is the file's name; nothing is registered anywhere. The entry-point
groups ``pulse_tui.collectors``, ``pulse_tui.actions`` and ``pulse_tui.steps`` name modules of other
packages. Modules are imported when they are asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from types import MappingProxyType, ModuleType
from typing import Any

import msgspec

from pulse_tui.domain.errors import PulseError

FAMILIES = ("collectors", "actions", "steps")


class Kinds(Mapping[str, Any]):
    """The kinds of one family by name; looking one up imports it."""

    def __init__(self, family: str) -> None:
        """``family`` is one of :data:`FAMILIES`."""
        self._family = family
        package = importlib.import_module(f"pulse_tui.{family}")
        self._own = _shipped(family, tuple(package.__path__))

    @cached_property
    def _where(self) -> dict[str, str]:
        return {**dict(_installed(self._family)), **self._own}

    @property
    def paths(self) -> Mapping[str, str]:
        """The module of each kind, not imported."""
        return MappingProxyType(self._where)

    def __getitem__(self, kind: str) -> ModuleType:
        path = self._own.get(kind) or self._where[kind]  # what other packages bring is asked for what is not ours
        try:
            return importlib.import_module(path)
        except ImportError as error:
            raise PulseError(f"{self._family} kind {kind!r} ({path}) cannot be imported: {error}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._where))

    def __len__(self) -> int:
        return len(self._where)


@cache
def _shipped(family: str, folders: tuple[str, ...]) -> Mapping[str, str]:
    """The module of each kind in these folders: they are listed once, not for each kind that a configuration names."""
    return {
        info.name: f"pulse_tui.{family}.{info.name}"
        for info in pkgutil.iter_modules(folders)
        if not info.name.startswith("_")
    }


@cache
def _installed(family: str) -> tuple[tuple[str, str], ...]:
    """Name and module of the kinds that other packages bring: asked once, it reads what every package declares (25 ms)."""
    from importlib.metadata import entry_points  # noqa: PLC0415  it brings the parser of mail with it

    return tuple((point.name, point.value) for point in entry_points(group=f"pulse_tui.{family}"))


def options_of(family: str, kind: str) -> type[msgspec.Struct] | list[str]:
    """The options shape of a kind, or the known kinds when there is none of that name."""
    kinds = Kinds(family)
    if kind not in kinds:
        return list(kinds)
    shape: type[msgspec.Struct] = kinds[kind].Options
    return shape


def formats_beside(kind: str) -> list[str] | None:
    """None for a collector that reads result files; else those that do, by name."""
    kinds = Kinds("collectors")
    if kind in kinds and hasattr(kinds[kind], "parse"):
        return None
    return [name for name, module in kinds.items() if hasattr(module, "parse")]
