"""``pulse-tui decisions``: waivers, lifts, accepted risks, overrides, approvals and policy changes, newest first."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.until import past


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """By whom, of what, since when."""
    parser.add_argument("--by", help="only of this person")
    parser.add_argument("--asset", help="only about this asset")
    parser.add_argument("--since", default="", metavar="TIME", help="a moment, or how long ago: 45m, 6h, 2d")
    parser.add_argument(
        "--kind",
        metavar="KIND",
        help="waiver, silence, hold, lift, 'accepted risk', override, approval, review, policy, reference",
    )
    parser.epilog = "From the audit log, with the reason that was given. What the program did by rule is in pulse-tui activity. Exits with 0."


def run(options: argparse.Namespace, _name: str) -> int:
    """Always 0."""
    from pulse_tui.services.learning.decisions import LIMIT, decisions  # noqa: PLC0415

    with opened(options, read_only=True) as house:
        since = past(options.since, house.clock()) if options.since else None
        rows = decisions(house.store, by=options.by, asset=options.asset, since=since, kind=options.kind)
    more = (
        [f"only the newest {LIMIT:,} are shown: narrow them with --since, --by, --asset or --kind"]
        if len(rows) == LIMIT
        else []
    )
    emit(options, rows, [*(row.line() for row in rows), *more] if rows else ["nothing of that kind was decided"])
    return 0
