"""JSON as tools write it: NaN and Infinity, which are not JSON, are read so that they can be refused by name."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pulse_tui.collectors._shared.files import broken_json
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import dense
from pulse_tui.domain.text import looks_like


def document(name: str, data: bytes) -> Any:
    """The plain value of a whole file. Raises SourceError with name, line and column when it is broken or cut off."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if what := dense(data):
        raise SourceError(f"{name} is refused: {what}", todo="Split it")
    try:
        return line(data)
    except json.JSONDecodeError as error:
        if other := looks_like(data):
            raise SourceError(f"{name} is {other}, not JSON", todo="Give the JSON, or name its kind") from None
        cut = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends too early" if cut else error.msg
        raise SourceError(f"{name}:{error.lineno}:{error.colno}: {what}", todo="Write it again, whole") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(broken_json(name, data, error), todo="Write it again, whole") from None


def line(raw: bytes) -> Any:
    """The plain value of one line. Raises ValueError, or RecursionError when nested too deep."""
    if what := dense(raw):
        raise ValueError(what)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(raw)


def finite(value: Any) -> float | None:
    """A finite number that is not a boolean; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if number - number == 0.0 else None
