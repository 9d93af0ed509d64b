"""What is read of one file or record, at most: what would take more than seconds or some hundred megabytes is refused whole.

Time and memory of every reader are linear in what is counted here. A reader's own limits stand with it; ``help security``
shows them.
"""

from __future__ import annotations

from typing import Any

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

VALUES = 500_000
"""Lists and objects of one JSON value: a trace of an agent of 10 MB has a tenth of them."""
RESULTS = 200_000
"""Results of items in one file of results."""
CELLS = 5_000_000
"""Items times metrics of one task: each metric is a column of its sheet."""
LISTED = 1_000
"""Refused records of one file that are kept one by one; the rest are one line with their number."""


def dense(raw: bytes) -> str:
    """What is wrong with a JSON value that holds more than :data:`VALUES` lists and objects; "" when it does not."""
    if raw.count(b"[") + raw.count(b"{") <= VALUES:
        return ""
    return f"it holds over {VALUES:,} lists and objects"


def contained(name: str, error: Exception) -> SourceError:
    """Whatever reading the file ``name`` raised, as a refusal of that file: one that cannot be read stops no other."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, RecursionError):
        return SourceError(f"{name} is nested too deeply to be read")
    if isinstance(error, MemoryError):
        return SourceError(f"{name} needs more memory than there is", todo="Split it")
    return SourceError(f"{name} cannot be read: {reason(error)}", todo="Check it; if it is whole, report this")


def reason(error: Exception) -> str:
    """The kind of an exception and what it says, in a few words that are safe to draw."""
    try:
        stated = clean(str(error), 160)
    except Exception:  # its own text cannot be made
        stated = ""
    return f"{type(error).__name__}: {stated}" if stated else type(error).__name__


def printable(name: Any) -> str:
    """A name of a file as text: bytes of it that are no UTF-8 are shown as ``\\\\xff``."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
