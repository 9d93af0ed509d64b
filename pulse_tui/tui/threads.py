"""Calls in threads, one thread for each kind, and the tasks that wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Kind = Literal["read", "check", "act", "chart"]
T = TypeVar("T")


class Threads:
    """A long rollback ("act"), or a target that is slow to answer ("check"), never holds up a "read" or a "chart"."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        """``failed`` takes the error of a task that nobody caught."""
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._acts = 0

    @property
    def busy(self) -> bool:
        """Whether a task is under way."""
        return bool(self._tasks)

    @property
    def acting(self) -> bool:
        """Whether an action is under way."""
        return self._acts > 0

    async def run(self, kind: Kind, call: Callable[[], T]) -> T:
        """Call in the one thread of ``kind``."""
        executor = self._pools.get(kind)
        if executor is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  after the first frame

            executor = self._pools[kind] = ThreadPoolExecutor(1, f"pulse-{kind}")
        self._acts += kind == "act"
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, call)
        finally:
            self._acts -= kind == "act"

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task and keep it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def finish(self) -> None:
        """Take no more calls, and return when the action that is under way has ended."""
        self.close()
        if (pool := self._pools.get("act")) is not None:
            pool.shutdown()

    def close(self) -> None:
        """Take no more calls; one that is under way ends in its own time."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
