"""Commands as processes of their own, for what only a process can show: signals, death, leftovers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_HERE = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
"""Where a checkout is tested that is not the installed one."""
STARTED: list[subprocess.Popen[str]] = []
"""What a failed test leaves behind is ended by the fixture ``no_leftovers``."""


def start(*arguments: str | Path, by: str = "ana") -> subprocess.Popen[str]:
    """``python -m pulse_tui`` with pipes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PULSE_OPERATOR": by, "LANG": "C.UTF-8", **_HERE},
    )
    STARTED.append(process)
    return process


def until(met: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait, but not for ever."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)


def end(process: subprocess.Popen[str], kind: int) -> tuple[int, str, str, float]:
    """Send a signal; returns exit code, output, errors and the seconds it took."""
    began = time.monotonic()
    process.send_signal(kind)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err, time.monotonic() - began
