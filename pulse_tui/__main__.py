"""``python -m pulse_tui`` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run one command and leave with its exit code: 0 yes, 1 no, 2 wrong use or bad config, 3 internal error."""
    from pulse_tui.cli.main import run  # noqa: PLC0415  the frame's imports only when something runs

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
