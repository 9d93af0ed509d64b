"""``python -m pulse_tui`` and the console script."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run one command and leave with its exit code: 0 yes, 1 no, 2 wrong use or bad config, 3 internal error."""
    from pulse_tui.cli.main import run  # noqa: PLC0415  the frame's imports only when something runs

    # Leaving by an exception gives leases and connections back; the tower and the agent install their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
