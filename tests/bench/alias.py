"""How long a move of an alias in a real registry takes to the tower's screen: with a webhook, and with a poll.

``python -m tests.bench alias``: skipped where the registry server cannot be started.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.e2e.registry import Moving
from tests.servers.mlflow_server import MlflowServer
from tests.servers.ports import free_port

MOVES = 10


def measure(server: MlflowServer, folder: Path, every: str, port: int | None) -> list[float]:
    """Seconds of ten moves to versions that were made before, sorted."""
    moving = Moving(server, folder, every, port)
    versions = [f"1.1.{number}" for number in range(MOVES)]
    for version in versions:
        moving.make(version)
    taken = []
    with moving.tower() as terminal:
        for version in versions:
            terminal.read(random.uniform(1.0, 3.0))  # at any moment between two polls
            taken.append(moving.seconds_to_the_screen(terminal, version, 30.0))
    return sorted(taken)


def main() -> None:
    try:
        server = MlflowServer()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"alias: skipped, the registry server cannot be started: {str(error).splitlines()[0]}")
        return
    home = os.environ.get("HOME")
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["HOME"] = folder  # the session of the towers
            for what, every, port in (("webhook", "10m", free_port()), ("poll every 2 s", "2s", None)):
                taken = measure(server, Path(folder) / what.replace(" ", "-"), every, port)
                p95 = taken[round(0.95 * (len(taken) - 1))]
                print(
                    f"alias moved -> on the screen, {what:<14} p50 {statistics.median(taken):5.2f} s  p95 {p95:5.2f} s"
                )
    finally:
        if home is not None:
            os.environ["HOME"] = home
        server.stop()


if __name__ == "__main__":
    main()
