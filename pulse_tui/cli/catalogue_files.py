"""Catalogues of models on disk, as a command names them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import PulseError, SourceError, WrongUse
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from pulse_tui.enrich.vendors.catalogues.reading import Read


def read_file(name: str) -> Read:
    """A catalogue on disk. Raises WrongUse or PulseError (exit code 2) where there is none that can be read."""
    from pulse_tui.enrich.vendors.catalogues.reading import CAP, read  # noqa: PLC0415

    label = "standard input" if name == "-" else clean(name)
    try:
        data = _bytes(name, CAP)
    except OSError as error:
        raise WrongUse(f"{label}: {error.strerror or error}", todo="Check the path and its rights") from None
    if len(data) > CAP:
        raise WrongUse(f"{label} has over {CAP // 2**20} MB", todo="Check what it is")
    try:
        return read(label, data)
    except SourceError as error:
        raise PulseError(error.what, todo=error.todo) from None


def _bytes(name: str, cap: int) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(cap + 1)
    with Path(name).open("rb") as stream:
        return stream.read(cap + 1)
