"""One of several processes that want to run the same plan, or rival ones, at the same moment: ``python -m tests.faults.racing URL FOLDER NAME``.

A line is ``<hash> <moment>``: the plan it is to run, and when (CLOCK_MONOTONIC, which all processes of a host share). It
answers how that went: the state of the run, or why it was refused.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pulse_tui.domain.errors import PulseError
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import execute
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.house import judging, playbook, rollback
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


def main(url: str, folder: str, name: str) -> None:
    """One answer a line."""
    mine = parts(url, Path(folder))
    for line in sys.stdin:
        plan_hash, moment = line.split()
        while (left := float(moment) - time.monotonic()) > 0:
            time.sleep(left if left > 0.002 else 0)
        try:
            print(execute(mine, plan_hash, "ana", f"host:{name}").state.value, flush=True)
        except PulseError as error:
            print(f"refused: {' '.join(str(error).split())}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
