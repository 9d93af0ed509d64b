"""Standard output and standard error, through which nothing goes that steers a terminal. Read before the first frame."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from pulse_tui.domain.lock import shown


class Locked:
    """A text stream through which nothing goes that steers a terminal: whatever prints, and whatever it quotes."""

    def __init__(self, stream: TextIO) -> None:
        """``stream`` is the real one; everything but text is its own."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it without what is taken out; returns its length, as streams do."""
        self._stream.write(shown(text, sys.maxsize))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As :meth:`write`, one after another."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def locked() -> Iterator[None]:
    """Standard output and standard error are :class:`Locked` meanwhile."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", Locked(before[0])), cast("TextIO", Locked(before[1]))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
