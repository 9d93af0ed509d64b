"""``pulse-tui agent``: the scheduler without a screen."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time

from pulse_tui.cli.output import opened
from pulse_tui.cli.worker import housekeeping, refresh_one
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import iso
from pulse_tui.rounds.suites import SuiteRounds, rounds_of
from pulse_tui.scheduling import Outcome, Scheduler, ThreadRunner, outcome_of
from pulse_tui.wiring import House, holder_name

GRACE_S = 1.5
"""How long a round under way may take after SIGTERM; it is cut off then, which ingestion survives."""
AGAIN_S = 30.0


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
        rounds = _Rounds(house)
        # Not asyncio.run: it would wait for a thread that waits for a source.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_serve(house, rounds, as_json=options.json))
        rounds.suites.stop(GRACE_S)
        if left := rounds.wait(GRACE_S):
            _tell(house, f"cut off: {', '.join(sorted(left))}", as_json=options.json)
            rounds.give_back(left)
            os._exit(0)
        loop.close()
    return 0


class _Rounds:
    """The rounds in threads of this process, and which are under way."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.suites = SuiteRounds(house)
        self._under_way: set[str] = set()
        self._lock = threading.Lock()

    def work(self, source: str) -> Outcome:
        """One round. Whatever goes wrong with it, the source is asked again."""
        with self._lock:
            self._under_way.add(source)
        try:
            if self.suites.serves(source):
                return outcome_of(self.suites.round(source))
            return outcome_of(refresh_one(self._house, source))
        except PulseError as error:
            return Outcome(str(error), AGAIN_S)
        except Exception as error:  # shown, not hidden: one round's bug must not end the collecting
            return Outcome(f"internal error: {type(error).__name__}: {error}", AGAIN_S)
        finally:
            with self._lock:
                self._under_way.discard(source)

    def housekeeping(self) -> str:
        """Deliveries and lapsed silences; what goes wrong is told and tried again."""
        try:
            return housekeeping(self._house)
        except Exception as error:
            return (
                f"internal error: {type(error).__name__}: {error}" if not isinstance(error, PulseError) else str(error)
            )

    def wait(self, seconds: float) -> set[str]:
        """The sources whose round did not end in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._under_way:
            time.sleep(0.02)
        with self._lock:
            return set(self._under_way)

    def give_back(self, sources: set[str]) -> None:
        """The leases of rounds that are cut off: another collector need not wait for them to lapse."""
        with contextlib.suppress(PulseError), self._house.store.write() as tx:
            for source in sources:
                tx.plumbing.release(f"source:{source}", holder_name())


def _tell(house: House, message: str, *, as_json: bool) -> None:
    at = iso(house.clock())
    print(json.dumps({"at": at, "message": message}) if as_json else f"{at} {message}", flush=True)


async def _serve(house: House, rounds: _Rounds, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)
    scheduler = Scheduler(
        lambda: rounds_of(house),
        lambda: ThreadRunner(rounds.work, rounds.housekeeping),
        hooks=house.hooks,
    )
    _tell(house, f"collecting {len(house.judging.sources)} sources", as_json=as_json)
    await scheduler.start(lambda message: _tell(house, message, as_json=as_json))
    await stop.wait()
    await scheduler.stop()
    if cancelled := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(cancelled, timeout=0.2)
    _tell(house, "stopping", as_json=as_json)
