"""What a scraper gets: the measures of the estate, and this process's own numbers.

The measures take a look through the database: they are computed in a thread, one at a time, and not again before
:data:`HOLD_S` and twenty times what they took have passed, however many scrape. The own numbers are in memory.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pulse_tui.domain.vitals import State
from pulse_tui.enrich.learning.openmetrics import Family, Sample, exposition
from pulse_tui.rounds.vitals import Vitals
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.service.log import Log

HOLD_S = 15.0
"""Measures are not computed again sooner."""
SHARE = 20.0
"""Nor before this many times what they took."""
OWN_S = 1.0
"""The same text for whoever asks within this time."""
FIRST_S = 5.0
"""How long the first scrape waits for the first measures."""
DAYS = 90


class _Part(NamedTuple):
    """The measures of a moment."""

    families: tuple[Family, ...] = ()
    at: float = float("-inf")
    took: float = 0.0
    failed: bool = False


class Exposed:
    """The text, for the loop."""

    def __init__(
        self,
        measures: Callable[[], Iterator[Family]],
        own: Callable[[], Iterator[Family]],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``measures`` blocks and may fail; ``own`` does neither."""
        self._measures, self._own, self._ticks = measures, own, ticks
        self._pool = ThreadPoolExecutor(1, "metrics")
        self._part = _Part()
        self._computing: asyncio.Future[None] | None = None
        self._text, self._text_at = b"", float("-inf")

    async def text(self) -> bytes:
        """OpenMetrics. Waits for nothing but the very first measures, and for those not long."""
        now = self._ticks()
        if now - self._text_at < OWN_S:
            return self._text
        part = self._part
        if self._computing is None and now - part.at > max(HOLD_S, SHARE * part.took):
            self._computing = asyncio.ensure_future(self._compute())
        if self._computing is not None and part.at == float("-inf"):
            await asyncio.wait([self._computing], timeout=FIRST_S)
        part, now = self._part, self._ticks()
        known = part.at != float("-inf")
        state = [
            Family(
                "pulse_measures_failed",
                "1 where the measures could not be computed the last time",
                (_one(part.failed),),
            ),
            Family(
                "pulse_measures_age_seconds",
                "since the measures were computed",
                (_one(now - part.at),) if known else (),
                "seconds",
            ),
        ]
        self._text = ("\n".join(exposition([*part.families, *self._own(), *state])) + "\n").encode()
        self._text_at = now
        return self._text

    def close(self) -> None:
        """Compute no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _compute(self) -> None:
        began = self._ticks()
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, lambda: tuple(self._measures()))
        except Exception:  # its reason is in the log already: whoever watches the database reports it
            self._part = self._part._replace(at=self._ticks(), took=self._ticks() - began, failed=True)
        else:
            self._part = _Part(found, self._ticks(), self._ticks() - began)
        finally:
            self._computing = None


def measures_of(house: House) -> Iterator[Family]:
    """What ``pulse-tui metrics`` prints, the queue and the size of the database."""
    from pulse_tui.enrich.learning.openmetrics import families  # noqa: PLC0415
    from pulse_tui.services.learning.metrics import read  # noqa: PLC0415
    from pulse_tui.services.learning.standing import of_disk, standing  # noqa: PLC0415

    parts = house.rollback
    yield from families(read(parts, DAYS).measures)
    yield from standing(parts)
    with house.store.read() as tx:
        sources, frame = tx.plumbing.sources(), tx.frames.span()
        queue = tx.plumbing.queue()
    now = house.clock()
    health = [(s.health(now).value) for s in sources.values()]
    by_health = tuple(Sample((("health", h),), float(health.count(h))) for h in sorted(set(health)))
    yield Family("pulse_sources", "sources by their health", by_health)
    waiting = [q for q in queue if q.state.value == "queued"]
    yield Family("pulse_deliveries_waiting", "messages that are to be sent", (_one(len(waiting)),))
    yield Family("pulse_deliveries_dead", "messages that failed for good", (_one(len(queue) - len(waiting)),))
    late = max(((now - q.created_at).total_seconds() for q in waiting), default=0.0)
    yield Family(
        "pulse_delivery_lag_seconds", "since the eldest message that waits was written", (_one(late),), "seconds"
    )
    if frame is not None:
        age = (now - frame[1].at).total_seconds()
        yield Family("pulse_frame_age_seconds", "since the last picture of the board", (_one(age),), "seconds")
    room = house.store.room()
    if room is not None:
        yield from of_disk(room)
    size = house.store.size()
    if size is not None:
        yield Family("pulse_database_size_bytes", "what the database takes", (_one(size),), "bytes")


def own_of(
    vitals: Vitals,
    log: Log,
    pushed: Mapping[str, int],
    started: float,
    ticks: Callable[[], float] = time.monotonic,
) -> Iterator[Family]:
    """This process's own numbers, from memory; ``pushed`` is what came to the hooks."""
    tally, ready = vitals.tally(), vitals.readiness()
    ended = tuple(Sample((("result", r),), float(tally.rounds.get(r, 0))) for r in ("ok", "failed", "skipped"))
    yield Family("pulse_agent_rounds", "rounds that ended", ended, kind="counter")
    yield Family("pulse_agent_round_seconds", "what they took together", (_one(tally.seconds),), "seconds", "counter")
    yield Family("pulse_agent_rounds_under_way", "rounds that have begun and not ended", (_one(tally.under_way),))
    yield Family(
        "pulse_agent_longest_round_seconds", "since the eldest of them began", (_one(tally.longest),), "seconds"
    )
    yield Family(
        "pulse_agent_sources_failing", "sources whose last round here did not work", (_one(len(tally.failing)),)
    )
    yield Family("pulse_agent_housekeeping_age_seconds", "since the last one ended", (_one(tally.kept_ago),), "seconds")
    yield Family("pulse_agent_loop_lag_seconds", "by how much the loop was late", (_one(tally.lag),), "seconds")
    yield Family("pulse_agent_log_dropped", "lines that no reader took", (_one(log.dropped),), kind="counter")
    yield Family("pulse_agent_ready", "1 where it is ready", (_one(ready.state is not State.NOT_READY),))
    yield Family(
        "pulse_agent_degraded", "1 where it is ready, and something is wrong", (_one(ready.state is State.DEGRADED),)
    )
    yield Family("pulse_agent_uptime_seconds", "since it started", (_one(ticks() - started),), "seconds")
    yield Family("pulse_agent_cpu_seconds", "processor time", (_one(time.process_time()),), "seconds", "counter")
    if pushed:
        came = tuple(Sample((("result", r),), float(n)) for r, n in pushed.items() if r != "waiting")
        yield Family(
            "pulse_pushed", "what senders pushed: records by what became of them, requests", came, kind="counter"
        )
        waiting = _one(pushed.get("waiting", 0))
        yield Family("pulse_pushed_waiting", "records that wait to be stored", (waiting,))
    resident = _resident()
    if resident is not None:
        yield Family("pulse_agent_resident_memory_bytes", "memory", (_one(resident),), "bytes")


def _one(value: float) -> Sample:
    return Sample((), float(value))


def _resident() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
