"""TOML of lock files, within limits that hold for its time and memory."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from pulse_tui.collectors._shared.files import not_empty
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

MOST = 500_000
"""Keys, tables and values that are read: a lock of 3,000 packages has as many."""
_DOTTED = re.compile(
    rb"""(?<![\w-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""",
)
"""A key of more parts than any lock has: tomllib takes the square of their number in time and memory."""


def read_toml(name: str, data: bytes) -> dict[str, Any]:
    """The document. Raises SourceError for what is no TOML, and for what would take more time or memory than a lock does."""
    not_empty(name, data)
    if _DOTTED.search(data):
        raise SourceError(f"{name} has a key of over 32 parts", todo="Give the lock as its tool wrote it")
    if sum(map(data.count, (b"=", b",", b"[", b"{"))) > MOST:
        raise SourceError(f"{name} has over {MOST:,} keys and values", todo="Give the lock as its tool wrote it")
    try:
        return tomllib.loads(data.decode().removeprefix("\ufeff"))
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply to be read") from None
    except ValueError as error:  # broken, no UTF-8, or an integer of many thousand digits
        raise SourceError(f"{name}: {clean(str(error), 160)}", todo="Write it again, whole") from None
