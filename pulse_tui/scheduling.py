"""The in-process scheduler: APScheduler on the running loop decides when, a runner does the round.

In the tower the rounds run in a worker process (``pulse-tui worker``), so that parsing and matching
never hold the screen; in the agent they run in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

FIRST_SPREAD_S = 2.0
JITTER = 0.1
HOUSEKEEPING_S = 10.0
STOP_S = 3.0
BROKEN_S = 60.0
"""Until the next round of a source whose round broke."""
ANSWER_S = 600.0
"""A worker that says nothing for so long hangs, and is ended."""


class Outcome(NamedTuple):
    """How a round went, as far as the scheduler cares."""

    message: str
    next_s: float


class Runner(Protocol):
    """Does the work."""

    async def round(self, source: str) -> Outcome:
        """One round of one source."""
        ...

    async def housekeeping(self) -> str:
        """Deliver what is due, let silences lapse; returns a sentence when something happened, else ""."""
        ...

    async def close(self) -> None:
        """Stop what is under way."""
        ...


class Scheduler:
    """Rounds of every source, each at its own pace: jitter, back-off, never two of one source at once."""

    def __init__(self, sources: Callable[[], Mapping[str, float]], runner: Callable[[], Runner]) -> None:
        """``sources`` gives (id -> seconds between rounds) once the configuration has been read."""
        self._sources_of = sources
        self._runner_of = runner
        self._runner: Runner | None = None
        self._scheduler: Any = None
        self._tell: Callable[[str], None] = lambda _message: None
        self._running: dict[str, asyncio.Lock] = {}

    async def start(self, on_event: Callable[[str], None]) -> None:
        """Begin; the first rounds come within two seconds."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415  0.1 s: after the first frame

        self._tell = on_event
        self._runner = self._runner_of()
        options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": 60}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=options)
        for source, every in self._sources_of().items():
            self._running[source] = asyncio.Lock()
            self._plan(source, random.uniform(0, min(FIRST_SPREAD_S, every)))  # noqa: S311  spreading load, no secret
        self._scheduler.add_job(self._housekeeping, "interval", seconds=HOUSEKEEPING_S, jitter=1, id="housekeeping")
        self._scheduler.start()

    async def stop(self) -> None:
        """End; a round that is under way gets a moment to finish its transaction."""
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._runner is not None:
            await self._runner.close()

    async def refresh(self, source: str | None) -> None:
        """Rounds now: of one source, or of all."""
        wanted = [source] if source is not None else list(self._running)
        await asyncio.gather(*(self._round(s) for s in wanted if s in self._running))

    def _plan(self, source: str, seconds: float) -> None:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        job = f"source:{source}"
        # No grace time: after a suspended laptop or a stopped process the round is late, not lost.
        self._scheduler.add_job(
            self._round, "date", run_date=at, args=[source], id=job, replace_existing=True, misfire_grace_time=None
        )

    async def _round(self, source: str) -> None:
        if self._runner is None or self._running[source].locked():
            return
        try:
            async with self._running[source]:
                outcome = await self._runner.round(source)
        except asyncio.CancelledError:
            return  # the scheduler is shut down with the round under way; its log has nothing to tell
        except Exception as error:  # whatever it was: a source that is not planned again is never asked again
            outcome = Outcome(f"the round broke: {type(error).__name__}: {error}", BROKEN_S)
        if outcome.message:
            self._tell(f"{source}: {outcome.message}")
        if self._scheduler.running:
            self._plan(source, outcome.next_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311

    async def _housekeeping(self) -> None:
        if self._runner is None:
            return
        try:
            message = await self._runner.housekeeping()
        except Exception as error:  # told to the operator; the scheduler would print it over the screen
            message = f"housekeeping broke: {type(error).__name__}: {error}"
        if message:
            self._tell(message)


class ThreadRunner:
    """Rounds in threads of this process, for the agent."""

    def __init__(self, work: Callable[[str], Outcome], housekeeping: Callable[[], str]) -> None:
        """``work`` and ``housekeeping`` block."""
        self._work = work
        self._housekeeping = housekeeping

    async def round(self, source: str) -> Outcome:
        return await asyncio.to_thread(self._work, source)

    async def housekeeping(self) -> str:
        return await asyncio.to_thread(self._housekeeping)

    async def close(self) -> None:
        return None


class WorkerRunner:
    """Rounds in a child process that answers JSON lines; started late, restarted when it dies."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """``arguments`` follow ``python -m pulse_tui``."""
        self._arguments = list(arguments)
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def round(self, source: str) -> Outcome:
        answer = await self._ask({"do": "refresh", "source": source})
        return Outcome(str(answer.get("message", "")), float(answer.get("next_s", 60.0)))

    async def housekeeping(self) -> str:
        return str((await self._ask({"do": "housekeeping"})).get("message", ""))

    async def close(self) -> None:
        """Closing its input ends the worker after the round it is in; a stubborn one is ended."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_S)

    async def _ask(self, request: Mapping[str, str]) -> dict[str, Any]:
        async with self._lock:
            process = await self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                await process.stdin.drain()
                line = await asyncio.wait_for(process.stdout.readline(), ANSWER_S)
                answer: dict[str, Any] = json.loads(line)
            except (OSError, ValueError):  # also: no answer in time, a line that is too long or no JSON
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                self._process = None
                return {"message": "the collecting process ended; it is started again", "next_s": 10.0}
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
            command = [sys.executable, "-m", "pulse_tui", *self._arguments]
            # A session of its own: the terminal's Ctrl-C is the tower's, and nothing writes on its screen.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=null, start_new_session=True, limit=1 << 20
            )
        return self._process
