"""Work that waits for somebody else: every destination, and the targets of rollbacks, in a thread of its own.

A destination that does not answer holds up no other one, and nothing else that is due by the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container
from typing import NamedTuple

from pulse_tui.domain.errors import PulseError

RUNS = frozenset({"automatic", "drills"})
"""What moves targets: a process that leaves lets it go on to its end, so that nothing is left half done."""
RUN_S = 60.0
"""For so long at most."""
Work = Callable[[], list[str]]
"""Blocks; returns what it did in words."""


class Ended(NamedTuple):
    """What work came to, in words."""

    done: list[str]
    broken: list[str]


class Lanes:
    """Threads by name, never two of one name at once; what they did is asked for later."""

    def __init__(self, *, inline: bool = False) -> None:
        """``inline``: the work is done at once, by who begins it."""
        self.inline = inline
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._again: set[str] = set()
        self._later: set[str] = set()
        self._done: list[str] = []
        self._broken: list[str] = []

    def begin(self, name: str, work: Work) -> None:
        """Have it done; once more after what is under way by that name, which may not have seen what is new."""
        if self.inline:
            self._do(work)
            return
        with self._lock:
            if name in self._threads:
                self._again.add(name)
                return
            # A daemon: who leaves waits as long as wait() says, what is sent again then has the same key.
            thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
            self._threads[name] = thread
            thread.start()  # in the lock: whoever leaves joins what stands here, and one that has not begun cannot be joined

    def later(self, name: str, work: Work, seconds: float) -> None:
        """Begin it after a while, once however often it is asked for meanwhile; who leaves does not wait for it. Not of work
        that is done inline: that is asked for again."""
        with self._lock:
            if self.inline or name in self._later:
                return
            self._later.add(name)
        timer = threading.Timer(seconds, self._now, (name, work))
        timer.daemon = True
        timer.start()

    def _now(self, name: str, work: Work) -> None:
        with self._lock:
            self._later.discard(name)
        self.begin(name, work)

    def ended(self) -> Ended:
        """What came of it since the last time; each sentence once."""
        with self._lock:
            found = Ended(list(dict.fromkeys(self._done)), list(dict.fromkeys(self._broken)))
            self._done.clear()
            self._broken.clear()
        return found

    def wait(self, seconds: float, only: Container[str] | None = None) -> bool:
        """Whether everything ended in time, or what has one of these names."""
        until = time.monotonic() + seconds
        with self._lock:
            threads = [thread for name, thread in self._threads.items() if only is None or name in only]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _run(self, name: str, work: Work) -> None:
        while True:
            self._do(work)
            with self._lock:
                if name not in self._again:
                    del self._threads[name]
                    return
                self._again.discard(name)

    def _do(self, work: Work) -> None:
        try:
            words = work()
        except Exception as error:  # shown, not hidden: the next one is asked for all the same
            with self._lock:
                self._broken.append(f"housekeeping broke: {sentence(error)}")
        else:
            with self._lock:
                self._done += words


def sentence(error: Exception) -> str:
    """What an operator reads of an error."""
    return str(error) if isinstance(error, PulseError) else f"internal error: {type(error).__name__}: {error}"
