"""``pulse-tui agent``: the scheduler without a screen."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from pulse_tui.cli.output import opened
from pulse_tui.cli.worker import housekeeping, refresh_one
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import iso
from pulse_tui.scheduling import Outcome, Scheduler, ThreadRunner
from pulse_tui.wiring import House


def arguments(_parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""


def run(options: argparse.Namespace, _name: str) -> int:
    """Collect until SIGTERM or SIGINT."""
    with opened(options) as house:
        house.sync()
        if not house.judging.sources:
            print("no sources are configured: pulse-tui init writes a first configuration", file=sys.stderr)
            return 1
        asyncio.run(_serve(house))
    return 0


async def _serve(house: House) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)

    def work(source: str) -> Outcome:
        try:
            answer = refresh_one(house, source)
        except PulseError as error:
            return Outcome(str(error), 30.0)
        return Outcome(str(answer["message"]), float(str(answer["next_s"])))

    scheduler = Scheduler(
        lambda: {s.id: s.every for s in house.judging.sources.values()},
        lambda: ThreadRunner(work, lambda: housekeeping(house)),
    )
    await scheduler.start(lambda message: print(f"{iso(house.clock())} {message}", flush=True))
    print(f"{iso(house.clock())} collecting {len(house.judging.sources)} sources", flush=True)
    await stop.wait()
    await scheduler.stop()
