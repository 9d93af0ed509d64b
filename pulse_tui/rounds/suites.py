"""Suites run by themselves: rounds that begin a command in a thread of its own, and report its end later.

A command may take an hour. A round never does: it begins what is due, or says what became of it.
"""

from __future__ import annotations

import threading
import time

from pulse_tui.domain.errors import PulseError
from pulse_tui.process import holder_name
from pulse_tui.scheduling import Outcome
from pulse_tui.wiring import House

PREFIX = "suite:"
EVERY_S = 30.0
"""How often a suite is checked for what is due."""
SOON_S = 2.0
"""Until the next check of one whose command is running, or has just ended."""
WAITS_S = 15.0
"""How often deploys that wait for the gate are looked for."""
MOST = 2
"""Commands at once: each may take a whole machine."""


def rounds_of(house: House) -> dict[str, float]:
    """What the scheduler asks for, with the seconds between: the sources, and every suite that has a command."""
    found = {source.id: source.every for source in house.judging.sources.values()}
    for suite in house.judging.suites.values():
        if suite.command:
            found.setdefault(f"{PREFIX}{suite.id}", EVERY_S)
    for route in waits_at(house):
        found.setdefault(route, WAITS_S)
    return found


def waits_at(house: House) -> list[str]:
    """The routes at which deploys wait for the gate."""
    from pulse_tui.services.promotion.waiting import gatekeepers  # noqa: PLC0415  as the others

    return [route.id for route in gatekeepers(house.judging)]


class SuiteRounds:
    """The commands of this process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._ended: dict[str, str] = {}
        self._leaving = threading.Event()

    def serves(self, source: str) -> bool:
        """Whether a round of this name is one of a suite."""
        return source.startswith(PREFIX) and source not in self._house.judging.sources

    def round(self, source: str) -> Outcome:
        """Begin what is due, or say what ended; never waits for a command."""
        suite = source.removeprefix(PREFIX)
        with self._lock:
            ended = self._ended.pop(suite, None)
            busy, count = suite in self._threads, len(self._threads)
        if ended is not None:
            return Outcome(ended, SOON_S, changed=True)
        if busy or count >= MOST or self._leaving.is_set():
            return Outcome("", SOON_S if busy else EVERY_S)
        return self._begin(suite)

    def stop(self, seconds: float) -> None:
        """End the commands with everything that they started; waits no longer than this for it."""
        self._leaving.set()
        until = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _begin(self, suite: str) -> Outcome:
        from pulse_tui.services.suites.runs import Begun, begin, execute  # noqa: PLC0415

        parts = self._house.judging
        if self._house.outdated:
            return Outcome(
                "", SOON_S
            )  # what its command is now is not known here; the new configuration is applied soon
        if suite not in parts.suites:
            return Outcome(f"there is no suite {suite!r}", EVERY_S)
        begun = begin(suite, parts, holder_name())
        if begun is None:
            return Outcome("", EVERY_S)

        def work(begun: Begun) -> None:
            try:
                sentence = execute(begun, parts, self._leaving.is_set).sentence
            except PulseError as error:
                sentence = str(error)
            except Exception as error:  # shown, not hidden: one run's bug must not end the others
                sentence = f"internal error: {type(error).__name__}: {error}"
            with self._lock:
                self._threads.pop(suite, None)
                self._ended[suite] = sentence

        # A daemon: what does not end in time is cut off, which the next process sees and makes good.
        thread = threading.Thread(target=work, args=(begun,), name=f"suite {suite}", daemon=True)
        with self._lock:
            self._threads[suite] = thread
            thread.start()  # in the lock: stop() joins what stands here, and one that has not begun cannot be joined
        run = begun.run
        about = f"{run.suite} on {run.asset_id} {run.version} began ({run.why})"
        return Outcome(about, SOON_S, changed=True)
