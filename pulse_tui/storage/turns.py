"""Whose turn it is to write: one at a time in this process, in the order in which they came.

The database lets one write at a time and everybody else try again and again; of sixteen rounds that end together some
would find no free moment within its patience. Those of one process line up here first.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pulse_tui.domain.errors import Busy

WAIT_S = 60.0
"""For the others of this process, each of which has the database's own patience."""


class Turns:
    """A lock that is handed on in order. Not for nesting: a second turn within one would wait for itself."""

    def __init__(self) -> None:
        """Nobody's turn."""
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def mine(self) -> Iterator[None]:
        """My turn. Raises Busy when it does not come within :data:`WAIT_S`."""
        self._wait()
        try:
            yield
        finally:
            self._hand_on()

    def _wait(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            called = threading.Event()
            self._waiting.append(called)
        came = False
        try:
            came = called.wait(WAIT_S)
        finally:  # also when a signal ends the wait
            if not came:
                self._leave(called)
        if not came:
            what = f"the database is busy: what this process writes itself took longer than {WAIT_S:g} s"
            raise Busy(what, todo="Try again; fewer sources at once help")

    def _leave(self, called: threading.Event) -> None:
        with self._lock:
            if called in self._waiting:
                self._waiting.remove(called)
                return
        self._hand_on()  # it was called at the last moment

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
