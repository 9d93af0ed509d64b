"""``pulse-tui missed``: what no alert reported, recorded so that the measures and the policy can learn from it."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.until import past
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import iso
from pulse_tui.domain.words import Environment

EPILOG = """\
add "WHAT" --onset TIME [--asset A] [--env E] [--incident I]   something began at TIME and no alert reported it (in time)
list                                                           what was recorded, the newest first
TIME is a moment (2026-12-23T09:00Z) or how long ago (45m, 6h, 2d). It stands on the pages of that asset's alerts, in the
reports, and in no average: of what was never detected nobody knows how long that took. Exits with 1 when it is refused."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it states."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=["add", "list"])
    parser.add_argument("what", nargs="?", default="", help="add: what happened, in words")
    parser.add_argument("--onset", default="", metavar="TIME", help="add: when it began")
    parser.add_argument("--asset", default="", help="add: on which asset")
    parser.add_argument(
        "--env", choices=[e.value for e in Environment], default="", dest="environment", help="add: where"
    )
    parser.add_argument("--incident", default="", metavar="ID", help="add: the incident that it belongs to")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, 1 refused."""
    if options.action == "list":
        with opened(options, read_only=True) as house, house.store.read() as tx:
            rows = tx.learning.missed()[::-1]
        lines = [
            f"{row.id}  since {iso(row.onset_at)}  {row.asset_id or '-'}  {row.what}  (by {row.by} {iso(row.at)})"
            for row in rows
        ]
        emit(options, rows, lines or ["nothing was recorded as missed"])
        return 0
    if not options.onset:
        raise WrongUse(
            "missed add needs --onset: when it began", todo="--onset 2026-12-23T09:00Z, or 6h ago: --onset 6h"
        )
    with opened(options) as house:
        house.sync()
        onset = past(options.onset, house.clock())
        done = house.desk().add_missed(options.what, onset, options.asset, options.environment, options.incident)
    emit(options, {"done": done}, [done])
    return 0
