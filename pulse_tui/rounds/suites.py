"""Suites run by themselves: rounds that begin a command in a thread of its own, and tell of its end later.

A command may take an hour. A round never does: it begins what is due, or says what became of it.
"""

from __future__ import annotations

import threading
import time

from pulse_tui.domain.errors import PulseError
from pulse_tui.wiring import House, holder_name

PREFIX = "suite:"
EVERY_S = 30.0
"""How often a suite is looked at for what is due."""
SOON_S = 2.0
"""Until the next look at one whose command is running, or has just ended."""
MOST = 2
"""Commands at once: each may take a whole machine."""


def rounds_of(house: House) -> dict[str, float]:
    """What the scheduler asks for, with the seconds between: the sources, and every suite that has a command."""
    found = {source.id: source.every for source in house.judging.sources.values()}
    for suite in house.judging.suites.values():
        if suite.command:
            found.setdefault(f"{PREFIX}{suite.id}", EVERY_S)
    return found


class SuiteRounds:
    """The commands of this process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._told: dict[str, str] = {}
        self._leaving = threading.Event()

    def serves(self, source: str) -> bool:
        """Whether a round of this name is one of a suite."""
        return source.startswith(PREFIX) and source not in self._house.judging.sources

    def round(self, source: str) -> dict[str, object]:
        """Begin what is due, or say what ended; never waits for a command."""
        suite = source.removeprefix(PREFIX)
        with self._lock:
            told = self._told.pop(suite, None)
            busy, count = suite in self._threads, len(self._threads)
        if told is not None:
            return {"message": told, "next_s": SOON_S, "changed": True}
        if busy or count >= MOST or self._leaving.is_set():
            return {"message": "", "next_s": SOON_S if busy else EVERY_S}
        return self._begin(suite)

    def stop(self, seconds: float) -> None:
        """End the commands with everything that they started; waits no longer than this for it."""
        self._leaving.set()
        until = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _begin(self, suite: str) -> dict[str, object]:
        from pulse_tui.services.suites.runs import Begun, begin, execute  # noqa: PLC0415

        parts = self._house.judging
        if suite not in parts.suites:
            return {"message": f"there is no suite {suite!r}", "next_s": EVERY_S}
        begun = begin(suite, parts, holder_name())
        if begun is None:
            return {"message": "", "next_s": EVERY_S}

        def work(begun: Begun) -> None:
            try:
                told = execute(begun, parts, self._leaving.is_set).sentence
            except PulseError as error:
                told = str(error)
            except Exception as error:  # shown, not hidden: one run's bug must not end the others
                told = f"internal error: {type(error).__name__}: {error}"
            with self._lock:
                self._threads.pop(suite, None)
                self._told[suite] = told

        # A daemon: what does not end in time is cut off, which the next process sees and makes good.
        thread = threading.Thread(target=work, args=(begun,), name=f"suite {suite}", daemon=True)
        with self._lock:
            self._threads[suite] = thread
        thread.start()
        run = begun.run
        about = f"{run.suite} on {run.asset_id} {run.version} began ({run.why})"
        return {"message": about, "next_s": SOON_S, "changed": True}
