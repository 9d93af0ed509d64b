"""The in-process scheduler: APScheduler on the running loop decides when, a runner does the round.

Its plans are in the loop's time, which nobody sets: when the system's clock is set back nothing waits for that hour to
come again, and when it is set forward nothing is due that was not.

In the tower the rounds run in a worker process (``pulse-tui worker``), so that parsing and matching
never hold the screen; in the agent they run in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol

from pulse_tui.domain.happening import Happening, Level, happening

FIRST_SPREAD_S = 2.0
JITTER = 0.1
HOUSEKEEPING_S = 10.0
STOP_S = 3.0
HINT_S = 1.0
"""Hints may ask for one round of a source in this time: a genuine flood must not hammer the registry."""
HINT_BURST = 5
"""After a quiet time so many at once: a version, its tags and its alias are reported one after the other."""
SLEPT_S = 30.0
"""After the machine slept for longer than this, every source is read soon."""
BROKEN_S = 60.0
"""Until the next round of a source whose round broke."""
LONGEST_S = 366 * 86_400.0
"""No delay is longer, whatever a source asks for."""
ROUNDS = 16
"""Rounds at once, in threads that mostly wait: eight sources that answer a byte a second leave room for the others."""
ANSWER_S = 180.0
"""A request that waits this long fails; a worker that answered nothing at all meanwhile is ended."""
ENDED: Mapping[str, Any] = {"message": "collector process exited; restarting", "next_s": 10.0, "failed": True}
HUNG: Mapping[str, Any] = {"message": "collector process hung; restarting", "next_s": 10.0, "failed": True}


_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class LoopTime(tzinfo):
    """The zone that APScheduler plans in. It asks ``datetime.now(zone)``, and every such question ends in ``fromutc``:
    the answer is the loop's time as a date, whatever the system's clock says.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` is the loop's, in seconds."""
        self._clock = clock

    def fromutc(self, _moment: datetime) -> datetime:
        return (_BEGINNING + timedelta(seconds=self._clock())).replace(tzinfo=self)

    def utcoffset(self, _moment: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _moment: datetime | None) -> None:
        return None

    def tzname(self, _moment: datetime | None) -> str:
        return "loop"


class Outcome(NamedTuple):
    """How a round went, as far as the scheduler cares."""

    message: str
    next_s: float
    changed: bool = False
    """Whether it brought something that may be on a screen."""
    skipped: bool = False
    """Whether another collector has the source, so that nothing was read."""
    failed: bool = False
    """Whether it did not work."""
    notes: Sequence[str] = ()
    """Happenings: of a housekeeping the message in parts, of a round what stands beside it."""


class Hooks(Protocol):
    """Takes webhooks in."""

    async def start(self, on_event: Callable[[str], None], on_hint: Callable[[str], None]) -> None:
        """Listen; ``on_hint`` gets the source of every webhook that is genuine. What goes wrong is an event."""
        ...

    async def stop(self) -> None:
        """Listen no more."""
        ...


class Runner(Protocol):
    """Does the work."""

    async def round(self, source: str, due: bool = False) -> Outcome:
        """One round of one source; ``due``: because it was planned, and nobody asked for it."""
        ...

    async def housekeeping(self) -> Outcome:
        """Deliver what is due, let silences lapse; with a sentence when something happened or did not work."""
        ...

    async def close(self) -> None:
        """Stop what is under way."""
        ...


class Scheduler:
    """Rounds of every source, each at its own pace: jitter, back-off, never two of one source at once."""

    def __init__(
        self,
        sources: Callable[[], Mapping[str, float]],
        runner: Callable[[], Runner],
        *,
        hooks: Callable[[], Hooks | None] = lambda: None,
        on_change: Callable[[], None] = lambda: None,
        asleep: Callable[[], float] | None = None,
    ) -> None:
        """``sources`` gives (id -> seconds between rounds) once the configuration has been read; ``hooks`` may import.

        ``on_change`` is called on the loop after a round that brought something. ``asleep`` says for how many seconds
        the machine has been suspended so far.
        """
        self._asleep = asleep or _asleep
        self._sources_of = sources
        self._runner_of = runner
        self._hooks_of = hooks
        self._on_change = on_change
        self._hooks: Hooks | None = None
        self._opening: asyncio.Task[None] | None = None
        self._hinted: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._scheduler: Any = None
        self._stopping = False
        self._hints_spent_until: dict[str, float] = {}
        self._runner: Runner | None = None
        self._tell: Callable[[str], None] = lambda _message: None
        self._fail: Callable[[str], None] = lambda _message: None
        self._running: dict[str, asyncio.Lock] = {}

    async def start(self, on_event: Callable[[str], None], on_failure: Callable[[str], None] | None = None) -> None:
        """Begin; the first rounds come within two seconds. ``on_failure`` gets what went wrong; None: ``on_event`` does."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415  0.1 s: after the first frame

        self._tell, self._stopping = on_event, False
        self._fail = on_failure or on_event
        # No grace time: after a suspended laptop or a stopped process the round is late, not lost. Two instances: a round
        # plans the next one before it has ended, and that may be due at once; the lock keeps them apart.
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 2}
        zone = LoopTime(asyncio.get_running_loop().time)
        self._scheduler = AsyncIOScheduler(timezone=zone, job_defaults=options)
        self._runner = self._runner_of()
        for source, every in self._sources_of().items():
            self._running[source] = asyncio.Lock()
            self._plan(source, random.uniform(0, min(FIRST_SPREAD_S, every)))  # noqa: S311  spreading load, no secret
        self._scheduler.start()
        self._begin(self._keep())
        self._opening = asyncio.create_task(self._open_hooks())

    async def stop(self) -> None:
        """End; a round that is under way gets a moment to finish its transaction."""
        self._stopping = True
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks:
            task.cancel()
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._hooks is not None:
            await self._hooks.stop()
        if self._runner is not None:
            await self._runner.close()

    async def refresh(self, source: str | None) -> None:
        """Rounds now: of one source, or of all."""
        wanted = [source] if source is not None else list(self._running)
        await asyncio.gather(*(self._round(s) for s in wanted if s in self._running))

    async def _open_hooks(self) -> None:
        try:
            self._hooks = await asyncio.to_thread(self._hooks_of)
            if self._hooks is not None:
                await self._hooks.start(self._tell, self.hint)
        except Exception as error:  # reported: without webhooks the sources are polled as ever
            self._fail(Happening(f"hooks: {type(error).__name__}: {error}", "hooks_broken", Level.ERROR))

    async def opened(self) -> None:
        """Wait until what takes webhooks listens, or has reported why it does not."""
        if self._opening is not None:
            await asyncio.wait([self._opening])

    def hint(self, source: str) -> None:
        """Something changed at the source: a round now, or right after the one under way, which may have read before.

        Several hints until that round begins are one; over time there is at most one such round a second.
        """
        if self._stopping or source not in self._running or source in self._hinted:
            return
        self._hinted.add(source)
        self._begin(self._hinted_round(source))

    async def _hinted_round(self, source: str) -> None:
        clock = asyncio.get_running_loop().time
        spent = self._hints_spent_until.get(source, clock())
        try:
            await asyncio.sleep(spent - (HINT_BURST - 1) * HINT_S - clock())
            async with self._running[source]:
                self._hints_spent_until[source] = max(spent, clock()) + HINT_S
                self._hinted.discard(source)  # a hint from here on may be about what this round no longer sees
                outcome = await self._one(source)
        except asyncio.CancelledError:
            return
        if outcome is not None and outcome.skipped:
            self.hint(source)  # whoever reads it now may have read before the change

    def _plan(self, source: str, seconds: float) -> None:
        """The next round of a source, in the place of one that was planned."""
        delay = BROKEN_S if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_S)
        at = datetime.now(self._scheduler.timezone) + timedelta(seconds=delay)
        self._scheduler.add_job(self._round, "date", run_date=at, args=[source, True], id=source, replace_existing=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _round(self, source: str, due: bool = False) -> None:
        if self._runner is None or self._running[source].locked() or source in self._hinted:
            return
        async with self._running[source]:
            await self._one(source, due)

    async def _one(self, source: str, due: bool = False) -> Outcome | None:
        """A round, reported, and the next one planned; None when the scheduler was shut down meanwhile."""
        assert self._runner is not None
        try:
            outcome = await self._runner.round(source, due)
        except asyncio.CancelledError:
            return None  # shut down with the round under way; its log has nothing to report
        except Exception as error:  # whatever it was: a source that is not planned again is never asked again
            message = Happening(f"the round broke: {type(error).__name__}: {error}", "round_broken", Level.ERROR)
            outcome = Outcome(message, BROKEN_S, failed=True)
        if outcome.message:
            level = Level.WARNING if outcome.failed else Level.INFO
            what = happening(outcome.message, "round_failed" if outcome.failed else "round", level)
            sentence = Happening(f"{source}: {what}", what.event, what.level, **{"source": source, **what.about})
            (self._fail if outcome.failed else self._tell)(sentence)
        for note in outcome.notes:
            self._tell(note)
        if outcome.changed:
            self._on_change()
        if not self._stopping:
            self._plan(source, outcome.next_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311
        return outcome

    async def _keep(self) -> None:
        """Housekeeping, now and then; and everything is read soon when the machine was suspended meanwhile."""
        slept = self._asleep()
        while True:
            await asyncio.sleep(HOUSEKEEPING_S * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  as above
            before, slept = slept, self._asleep()
            if slept - before > SLEPT_S:
                for job in self._scheduler.get_jobs():
                    self._plan(job.id, random.uniform(0, FIRST_SPREAD_S))  # noqa: S311  as above
            await self._housekeeping()

    async def _housekeeping(self) -> None:
        assert self._runner is not None
        try:
            outcome = await self._runner.housekeeping()
        except Exception as error:  # shown to the operator, and the next one comes
            message = f"housekeeping broke: {type(error).__name__}: {error}"
            outcome = Outcome(Happening(message, "housekeeping_broken", Level.ERROR), HOUSEKEEPING_S, failed=True)
        for note in outcome.notes or filter(None, [outcome.message]):
            level = Level.WARNING if outcome.failed and not outcome.notes else Level.INFO
            what = happening(note, "housekeeping_failed" if level is Level.WARNING else "housekeeping", level)
            (self._tell if what.level.rank <= Level.INFO.rank else self._fail)(what)


def _asleep() -> float:
    """Seconds for which the machine was suspended since it started: the loop's clock stands still meanwhile."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0.0 if boot is None else time.clock_gettime(boot) - time.monotonic()


def outcome_of(answer: Mapping[str, Any]) -> Outcome:
    """A worker's answer, typed."""
    return Outcome(
        str(answer.get("message", "")),
        float(answer.get("next_s", 60.0)),
        bool(answer.get("changed", False)),
        bool(answer.get("skipped", False)),
        bool(answer.get("failed", False)),
    )


class ThreadRunner:
    """Rounds in threads of this process, for the agent."""

    def __init__(self, work: Callable[[str, bool], Outcome], housekeeping: Callable[[], Outcome]) -> None:
        """``work`` and ``housekeeping`` block. Each has threads of its own: no source holds up the housekeeping."""
        self._work = work
        self._housekeeping = housekeeping
        self._collecting = ThreadPoolExecutor(ROUNDS, "round")
        self._keeping = ThreadPoolExecutor(1, "housekeeping")

    async def round(self, source: str, due: bool = False) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._collecting, self._work, source, due)

    async def housekeeping(self) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._keeping, self._housekeeping)

    async def close(self) -> None:
        """What has begun goes on; what waits for a thread does not begin."""
        for lane in (self._collecting, self._keeping):
            lane.shutdown(wait=False, cancel_futures=True)


class WorkerRunner:
    """Rounds in a child process that answers JSON lines, several at once; started late, restarted when it dies."""

    def __init__(self, spawn: Callable[[], Awaitable[asyncio.subprocess.Process]]) -> None:
        """``spawn`` starts the child, its input and output being pipes."""
        self._spawn = spawn
        self._link: _Link | None = None
        self._starting = asyncio.Lock()

    async def round(self, source: str, due: bool = False) -> Outcome:
        answer = await self._ask({"do": "refresh", "source": source, **({"due": True} if due else {})})
        return outcome_of(answer)

    async def housekeeping(self) -> Outcome:
        return outcome_of(await self._ask({"do": "housekeeping"}))

    async def close(self) -> None:
        """Closing its input ends the worker after the rounds it is in; a stubborn one is ended."""
        link, self._link = self._link, None
        if link is None:
            return
        process = link.process
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_S)
        link.reader.cancel()

    async def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        async with self._starting:
            if self._link is None or self._link.ended:
                self._link = _Link(await self._spawn())
            link = self._link
            # No await in between: a worker that dies from here on fails this request too.
            answer = link.send(request)
        return await link.receive(answer)


class _Link:
    """One worker process: the requests that wait, by number, and the one task that hands its answers out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._answered = 0
        self._over = False
        self.reader = asyncio.create_task(self._read())

    @property
    def ended(self) -> bool:
        """No further request may be sent to it."""
        return self._over or self.process.returncode is not None

    def send(self, request: Mapping[str, Any]) -> asyncio.Future[Mapping[str, Any]]:
        """Write the request; its answer comes in the future. A pipe that is gone is seen by the reader."""
        assert self.process.stdin is not None
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._waiting.pop(number, None))
        self.process.stdin.write(json.dumps({"id": number, **request}).encode() + b"\n")
        return answer

    async def receive(self, answer: asyncio.Future[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answer, or a sentence that there is none. The other requests go on."""
        answered = self._answered
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError:
            if self._answered == answered:
                self._end(HUNG)
                return HUNG
            return {
                "message": f"no answer in {ANSWER_S:g} s; it is asked again later",
                "next_s": BROKEN_S,
                "failed": True,
            }

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            with contextlib.suppress(OSError, ValueError):  # a line that is too long, or no JSON
                while line := await self.process.stdout.readline():
                    answer = json.loads(line)
                    if not isinstance(answer, dict) or "id" not in answer:
                        break
                    self._answered += 1
                    waiting = self._waiting.get(answer.pop("id"))
                    if waiting is not None and not waiting.done():
                        waiting.set_result(answer)
        finally:
            self._end(ENDED)

    def _end(self, answer: Mapping[str, Any]) -> None:
        """Nobody waits for a process that does not speak the protocol, or no longer speaks."""
        self._over = True
        for waiting in list(self._waiting.values()):
            if not waiting.done():
                waiting.set_result(answer)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
