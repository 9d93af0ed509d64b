"""``python -m pulse_tui`` and the console script."""

from __future__ import annotations

import gc
import signal
import sys


def main() -> None:
    """Run one command and leave with its exit code: 0 yes, 1 no, 2 wrong use or bad config, 3 internal error."""
    from pulse_tui.cli.main import run  # noqa: PLC0415  the frame's imports only when something runs

    # Leaving by an exception gives leases and connections back; the tower, the agent and a rollback install their own.
    # A dropped session (SIGHUP) is no other end than SIGTERM, unless nohup started it to survive that.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    try:
        sys.exit(run(sys.argv[1:]))
    finally:
        gc.freeze()  # the interpreter looks through every object once more before it leaves: a fifth of a short command's time


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
