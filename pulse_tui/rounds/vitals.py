"""What an agent knows of itself: which rounds are under way, when the housekeeping last ended, whether the database works.

Rounds and the housekeeping are noted by the threads that do them, the database is asked by a thread of its own, and the
loop judges: a part that is stuck cannot say that it is well.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from pulse_tui.domain.errors import Busy, PulseError
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.measure import lasting
from pulse_tui.domain.vitals import Limits, Readiness, Seen, readiness, stuck
from pulse_tui.scheduling import Outcome

READING = "the database cannot be read"
WRITING = "the database cannot be written"
BUSY = 3
LASTS_S = 60.0
"""A database that is away for so long does not come back by a failover: a person is needed."""


class Tally(NamedTuple):
    """What was done since the start."""

    rounds: dict[str, int]
    """By how they ended: ok, failed, skipped."""
    seconds: float
    """That they took together."""
    under_way: int
    longest: float
    """Seconds since the eldest of those began; 0 where none is."""
    kept_ago: float
    """Seconds since the last housekeeping ended."""
    lag: float
    """Seconds by which the loop came too late, the last time it looked."""
    failing: list[str]
    """The sources whose last round did not work."""


class Vitals:
    """Notes and judgement of one process. Safe from any thread."""

    def __init__(
        self, limits: Limits, tell: Callable[[str], None], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """``tell`` takes what happens to the database; ``ticks`` counts seconds."""
        self.limits = limits
        self._tell, self._ticks = tell, ticks
        self._lock = threading.Lock()
        self._rounds: dict[str, float] = {}
        self._ended = Counter[str]()
        self._seconds = 0.0
        self._failing: dict[str, None] = {}
        self._begun = False
        self._kept = ticks()
        self._keeping: float | None = None
        self._asked: float | None = None
        self._answered = False
        self._trouble = ""
        self._busy = 0
        self._lasts = False
        self._since = ticks()
        self._left = threading.Event()
        self.lag = 0.0
        self.stopping = False
        self.listening = False
        self.degraded = ""
        self.disk = ""

    # ------------------------------------------------------------------ noted by threads

    def begin(self) -> None:
        """There is no round to wait for."""
        with self._lock:
            self._begun = True

    def round(self, work: Callable[[str, bool], Outcome]) -> Callable[[str, bool], Outcome]:
        """``work`` with a note of when it begins and ends."""

        def noted(source: str, due: bool) -> Outcome:
            began = self._ticks()
            with self._lock:
                self._rounds[source] = began
                self._begun = True
            result = "failed"
            try:
                outcome = work(source, due)
                result = "skipped" if outcome.skipped else "failed" if outcome.failed else "ok"
                return outcome
            finally:
                took = round(self._ticks() - began, 3)
                words = f"{source}: the round ended: {result}, {lasting(took)}"
                self._tell(Happening(words, "round_ended", Level.DEBUG, source=source, result=result, seconds=took))
                with self._lock:
                    del self._rounds[source]
                    self._ended[result] += 1
                    self._seconds += self._ticks() - began
                    if result == "failed":
                        self._failing[source] = None
                    else:
                        self._failing.pop(source, None)

        return noted

    def housekeeping(self, work: Callable[[], Outcome]) -> Callable[[], Outcome]:
        """The same for the housekeeping."""

        def noted() -> Outcome:
            with self._lock:
                self._keeping, self._begun = self._ticks(), True
            try:
                return work()
            finally:
                with self._lock:
                    self._keeping, self._kept = None, self._ticks()

        return noted

    # ------------------------------------------------------------------ the database

    def watch(self, read: Callable[[], object], write: Callable[[], object]) -> None:
        """Ask the database now and then, in a thread of its own, until :meth:`leave`. Both block and raise StorageError."""

        def ask() -> None:
            while True:
                self.ask(read, write)
                if self._left.wait(self.limits.check_s):
                    return

        threading.Thread(target=ask, name="database", daemon=True).start()

    def leave(self) -> None:
        """Ask no more."""
        self._left.set()

    def ask(self, read: Callable[[], object], write: Callable[[], object]) -> None:
        """One question; what changed with its answer is reported once, and once more when it lasts.

        That somebody else writes for long is no trouble until it was so :data:`BUSY` times in a row.
        """
        with self._lock:
            self._asked = self._ticks()
        trouble, why, busy = "", "", False
        for words, question in ((READING, read), (WRITING, write)):
            try:
                question()
            except Busy as error:
                busy = True
                trouble, why = (words, str(error)) if self._busy + 1 >= BUSY else ("", "")
            except PulseError as error:
                trouble, why = words, str(error)
            except Exception as error:  # shown: whatever it is, the database does not work for this process
                trouble, why = words, f"internal error: {type(error).__name__}: {error}"
            if trouble:
                break
        with self._lock:
            before, self._trouble, self._asked = self._trouble, trouble, None
            self._busy = self._busy + 1 if busy else 0
            self._answered = self._answered or not (trouble or busy)
            if bool(before) != bool(trouble):
                self._since, self._lasts = self._ticks(), False
            lasts = bool(trouble) and not self._lasts and self._ticks() - self._since >= LASTS_S
            self._lasts = self._lasts or lasts
        if self._left.is_set():
            return
        if lasts or (trouble and trouble != before):
            self._tell(Happening(f"{trouble}: {why}", "database_away", Level.ERROR if lasts else Level.WARNING))
        elif before and not trouble:
            self._tell(Happening("the database works again", "database_back"))

    # ------------------------------------------------------------------ judged

    def seen(self) -> Seen:
        """What is known now."""
        now = self._ticks()
        with self._lock:
            return Seen(
                stopping=self.stopping,
                begun=self._begun,
                listening=self.listening,
                rounds={source: now - began for source, began in self._rounds.items()},
                kept=now - self._kept,
                keeping=None if self._keeping is None else now - self._keeping,
                asked=None if self._asked is None else now - self._asked,
                answered=self._answered,
                trouble=self._trouble,
                since=now - self._since,
                degraded="; ".join(words for words in (self.degraded, self.disk) if words),
            )

    def readiness(self) -> Readiness:
        """Whether it is ready, and why not."""
        return readiness(self.seen(), self.limits)

    def stuck(self) -> list[str]:
        """What keeps the watchdog from being fed."""
        return stuck(self.seen(), self.limits)

    def tally(self) -> Tally:
        """What was done since the start."""
        now = self._ticks()
        with self._lock:
            return Tally(
                dict(self._ended),
                self._seconds,
                len(self._rounds),
                max((now - began for began in self._rounds.values()), default=0.0),
                now - self._kept,
                self.lag,
                list(self._failing),
            )
