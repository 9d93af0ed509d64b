"""JSON Lines from a file or standard input: a line at a time, each of a bounded length."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.text import clean

LINE = 2**20
"""Bytes of a line; a longer one is refused, not held."""
TOO_LONG = f"longer than {LINE:,} bytes"
_MESSAGE = 200


def opened_file(name: str) -> AbstractContextManager[BinaryIO]:
    """The file, or standard input where the name is ``-``."""
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise unreadable(name, error) from None


def unreadable(name: str, error: OSError) -> WrongUse:
    """What a person reads of a file that cannot be read."""
    return WrongUse(f"{clean(name)}: {error.strerror or error}", todo="Check the path and its rights")


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not empty, with their numbers; None for one that is too long."""
    number = 0
    while line := stream.readline(LINE):
        number += 1
        if len(line) < LINE or line.endswith(b"\n"):
            text = line.removeprefix(BOM_UTF8) if number == 1 else line  # some editors begin a file with it
            if text.strip():
                yield number, text
            continue
        while (rest := stream.readline(LINE)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def record(line: bytes, wanted: str) -> tuple[dict[str, Any], None] | tuple[None, str]:
    """The object of a line, or what is wrong with it. ``wanted``: what an object has, as a refusal says it."""
    try:
        found: Any = json.loads(line)
    except UnicodeDecodeError:
        return None, "not UTF-8"
    except ValueError as error:
        return None, f"not JSON: {clean(str(error), _MESSAGE)}"
    except RecursionError:
        return None, "not JSON: nested too deeply"
    return (found, None) if isinstance(found, dict) else (None, f"not an object with {wanted}")
