"""``pulse-tui agent``: the scheduler without a screen."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys

from pulse_tui.cli.output import opened
from pulse_tui.domain.moments import iso
from pulse_tui.rounds.suites import rounds_of
from pulse_tui.rounds.work import Rounds
from pulse_tui.scheduling import Scheduler, ThreadRunner
from pulse_tui.wiring import House

GRACE_S = 1.5
"""How long a round under way may take after SIGTERM; it is cut off then, which ingestion survives."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = "Runs until SIGTERM or Ctrl-C; prints one line for each thing that happened."


def run(options: argparse.Namespace, _name: str) -> int:
    """Collect until SIGTERM or SIGINT."""
    with opened(options) as house:
        house.sync()
        if not rounds_of(house):
            print("no sources are configured: pulse-tui init writes a first configuration", file=sys.stderr)
            return 1
        rounds = Rounds(house)
        # Not asyncio.run: it would wait for a thread that waits for a source.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_serve(house, rounds, as_json=options.json))
        rounds.suites.stop(GRACE_S)
        if left := rounds.wait(GRACE_S):
            _print(house, f"cut off: {', '.join(sorted(left))}", as_json=options.json)
            rounds.give_back(left)
            os._exit(0)
        loop.close()
    return 0


def _print(house: House, message: str, *, as_json: bool) -> None:
    at = iso(house.clock())
    print(json.dumps({"at": at, "message": message}) if as_json else f"{at} {message}", flush=True)


async def _serve(house: House, rounds: Rounds, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)
    scheduler = Scheduler(
        lambda: rounds_of(house),
        lambda: ThreadRunner(rounds.round, rounds.housekeeping),
        hooks=house.hooks,
    )
    _print(house, f"collecting {len(house.judging.sources)} sources", as_json=as_json)
    await scheduler.start(lambda message: _print(house, message, as_json=as_json))
    await stop.wait()
    await scheduler.stop()
    if cancelled := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(cancelled, timeout=0.2)
    _print(house, "stopping", as_json=as_json)
