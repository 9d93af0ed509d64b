"""Processes that want to run the same plan, or rival ones, at the same moment: ``python -m tests.faults.racing URL FOLDER COUNT``.

Forked from one that has imported everything. A line is ``<moment> <hash> [<hash> ...]``: when (CLOCK_MONOTONIC, which all
processes of a host share), and the plans that they run in turn. Each answers how that went with a line: the state of the
run, or why it was refused.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pulse_tui.domain.errors import PulseError
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import execute
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.house import default_policy, judging, playbook, rollback
from tests.fakes.target import Places


class Now(Clock):
    """The clock of the host: what races must not agree on the time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def parts(url: str, folder: Path) -> RollbackParts:
    """On this database, with the target in ``folder``."""
    clock = Now()
    store = SqlStore(url, folder)
    return rollback(judging(store, folder, clock), Places(folder / "target.json"), clock, playbook("alias"))


def race(url: str, folder: Path, number: int, lines: int) -> None:
    """One of the processes; ``lines`` is where it reads."""
    mine = parts(url, folder)
    for line in os.fdopen(lines):
        moment, *plans = line.split()
        while (left := float(moment) - time.monotonic()) > 0:
            time.sleep(left if left > 0.002 else 0)
        try:
            said = execute(mine, plans[number % len(plans)], "ana", f"host:{number}").state.value
        except PulseError as error:
            said = f"refused: {' '.join(str(error).split())}"
        os.write(1, f"{said}\n".encode())  # at once and whole: the others write there too


def main(url: str, folder: str, count: str) -> None:
    """Hands every line to every process."""
    default_policy()
    racers: list[int] = []
    for number in range(int(count)):
        reads, writes = os.pipe()
        if not os.fork():
            for other in (writes, *racers):
                os.close(other)
            race(url, Path(folder), number, reads)
            os._exit(0)
        os.close(reads)
        racers.append(writes)
    for line in sys.stdin:
        for racer in racers:
            os.write(racer, line.encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
