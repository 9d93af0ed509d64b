"""``pulse-tui agent``: the scheduler without a screen."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable

from pulse_tui.cli.following import FOLLOW_S, follow
from pulse_tui.cli.output import opened
from pulse_tui.domain.lock import safe
from pulse_tui.domain.moments import iso
from pulse_tui.rounds.lanes import RUN_S, RUNS
from pulse_tui.rounds.suites import rounds_of
from pulse_tui.rounds.work import Rounds
from pulse_tui.scheduling import Scheduler, ThreadRunner
from pulse_tui.wiring import House

GRACE_S = 1.5
"""How long a round under way may take after SIGTERM; it is cut off then, which ingestion survives."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = (
        "Runs until SIGTERM or Ctrl-C; prints one line for each thing that happened. A changed configuration is checked and\n"
        "applied; while it is not valid the old one stays, and a line says so."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Collect until SIGTERM, SIGINT or SIGHUP."""
    with opened(options) as house:
        house.sync()
        if not rounds_of(house):
            print("no sources are configured: pulse-tui init writes a first configuration", file=sys.stderr)
            return 1
        rounds = Rounds(house)
        # Not asyncio.run: it would wait for a thread that waits for a source.
        loop = asyncio.new_event_loop()
        again = loop.run_until_complete(serve(house, rounds, options))
        rounds.leave()
        rounds.suites.stop(GRACE_S)
        left = rounds.wait(GRACE_S)
        rounds.lanes.wait(RUN_S, RUNS)
        if left or not rounds.lanes.wait(GRACE_S):
            _print(house, f"cut off: {', '.join(sorted(left)) or 'deliveries'}", as_json=options.json)
            rounds.give_back(left)
            if not again:
                os._exit(0)
        if again:
            from pulse_tui.running import start_again  # noqa: PLC0415  only when the configuration was changed

            start_again()
        loop.close()
    return 0


def _print(house: House, message: str, *, as_json: bool) -> None:
    at = iso(house.clock())
    line = safe(message)  # one message is one line of the log, whatever it quotes
    print(json.dumps({"at": at, "message": line}) if as_json else f"{at} {line}", flush=True)


class _Reports:
    """The agent, as what follows the configuration sees it: nobody has anything open."""

    at_rest = True

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def report(self, text: str, *, bad: bool = False) -> None:
        del bad
        self._say(text)


async def serve(house: House, rounds: Rounds, options: argparse.Namespace, follow_s: float = FOLLOW_S) -> bool:
    """Collect until a signal (False), or until the configuration was changed to a valid one (True)."""
    as_json, changed = options.json, False
    stop = asyncio.Event()

    def check() -> None:
        _ = House(house.config, database=options.database, read_only=True).written_policy

    def apply() -> None:
        nonlocal changed
        changed = True
        _print(house, "the configuration was changed and is applied", as_json=as_json)
        stop.set()

    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(kind) is not signal.SIG_IGN:  # nohup: it survives the session
            loop.add_signal_handler(kind, stop.set)
    scheduler = Scheduler(
        lambda: rounds_of(house),
        lambda: ThreadRunner(rounds.round, rounds.housekeeping),
        hooks=house.hooks,
    )
    _print(house, f"collecting {len(house.judging.sources)} sources", as_json=as_json)
    await scheduler.start(lambda message: _print(house, message, as_json=as_json))
    admission = house.admission()
    if admission is not None:
        await admission.start(lambda message: _print(house, message, as_json=as_json), lambda _source: None)
    reports = _Reports(lambda message: _print(house, message, as_json=as_json))
    following = (
        asyncio.create_task(follow(reports, house.changed, check, apply, follow_s))
        if house.config is not None
        else None
    )
    await stop.wait()
    if following is not None:
        following.cancel()
    if admission is not None:
        await admission.stop()
    await scheduler.stop()
    if cancelled := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(cancelled, timeout=0.2)
    if not changed:
        _print(house, "stopping", as_json=as_json)
    return changed
