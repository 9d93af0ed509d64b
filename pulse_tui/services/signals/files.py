"""A result file becomes records: its kind is given or found, the kind's options are filled from what is known.

``pulse-tui ingest``, the runs of a suite's command and ``pulse-tui compare`` read files through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import PulseError, SourceError, WrongUse
from pulse_tui.domain.foreign import renamed
from pulse_tui.domain.limits import contained
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import looks_like, utf8
from pulse_tui.ports import CollectContext, Peek
from pulse_tui.settings.check import nearest

STDIN = "stdin"
"""The name of what came through standard input."""


class About(NamedTuple):
    """What is known of a file besides its content."""

    asset: str | None = None
    version: str | None = None
    suite: str | None = None
    path: str = ""
    more: Mapping[str, str] = MappingProxyType({})
    """Other options of its kind by name, as texts."""


def file_formats(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The kinds that can read one file, by name."""
    return {kind: module for kind, module in kinds.items() if hasattr(module, "parse")}


def detect(kinds: Mapping[str, Any], name: str, head: Peek) -> str | None:
    """The first of ``kinds`` (file formats) that takes a file of this name and content; None when none does.

    Standard input has no name: every name that a file could have is tried.
    """
    names = [f"{STDIN}{ending}" for ending in (".jsonl", ".json", ".xml", ".zip", ".csv")] if name == STDIN else [name]
    return next((kind for kind, module in kinds.items() for n in names if module.accepts(n, head)), None)


def options_for(
    shape: type[msgspec.Struct],
    *,
    asset: str | None,
    version: str | None,
    suite: str | None,
    path: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """Options of a kind from what is known, as far as it has such options. Raises WrongUse when a required one is not."""
    known = {f.name: f for f in msgspec.structs.fields(shape)}
    given = {"asset": asset, "version": version, "suite": suite, "path": path}
    values = {name: value for name, value in given.items() if value is not None and name in known}
    missing = [name for name, field in known.items() if field.required and name not in values]
    if missing:
        raise WrongUse(f"{', '.join(missing)} must be given", todo=" ".join(f"--{m} VALUE" for m in missing))
    if unknown := more.keys() - known.keys():
        name = min(unknown)
        raise WrongUse(f"there is no option {name!r}", todo=nearest(name, known.keys() - given.keys()))
    values |= {name: _value(text) for name, text in more.items()}
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUse(f"its options do not fit: {error}") from None


def _value(text: str) -> Any:
    """A list or an object where it is written as JSON, else the text."""
    try:
        return msgspec.json.decode(text) if text.startswith(("[", "{")) else text
    except msgspec.DecodeError:
        return text


def read_result(
    kinds: Mapping[str, Any],
    kind: str | None,
    name: str,
    data: bytes,
    about: About,
    context: CollectContext,
    *,
    naming: str = "Name its kind",
) -> Collected:
    """Parse one whole file as ``kind``, or as the kind that takes it.

    ``kinds`` are file formats (:func:`file_formats`); ``name`` is shown in messages; the records' source is
    ``context.source`` with the kind behind it (``ingest:junit``); ``naming`` says how a kind is named. Raises SourceError for an empty file, one that no
    kind takes or that its kind cannot read, and WrongUse when an option that the kind needs is not known.
    """
    name, data = unpacked(name, data)
    data = utf8(data)
    if not data.strip():
        raise SourceError(f"{name} is empty", todo="Write it whole under another name, then rename it")
    chosen = kind or detect(kinds, name, Peek(data))
    if chosen is None:
        other = looks_like(data)
        what = f"{name} is {other} of no known format" if other else f"{name}: no known format fits"
        unknown = SourceError(what, todo=f"{naming}, one of {', '.join(sorted(kinds))}")
        raise renamed(unknown, name, data, Peek(data).top.keys())
    module = kinds[chosen]
    try:
        options = options_for(module.Options, **about._asdict())
    except WrongUse as error:
        raise WrongUse(f"{chosen}: {error.what}", todo=error.todo) from None
    try:
        read: Collected = module.parse(name, data, options, context._replace(source=f"{context.source}:{chosen}"))
    except PulseError as error:
        if not isinstance(error, SourceError):
            raise
        raise renamed(error, name, data, Peek(data).top.keys()) from None
    except Exception as error:
        raise contained(name, error) from None
    return read
