"""``pulse-tui activity``: everything that all operators and the program did, newest first."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, last_words, opened
from pulse_tui.cli.until import past
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.lock import shown

MOST = 100_000


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How many, whose, since when."""
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="so many lines (50)")
    parser.add_argument("--before", type=int, metavar="LINE", help="only lines before this number: the next page")
    parser.add_argument("--by", help="only of this operator; pulse-tui is the program itself")
    parser.add_argument("--since", default="", metavar="TIME", help="a moment, or how long ago: 45m, 6h, 2d")
    parser.add_argument("--all", action="store_true", help="all lines, written as they are read")
    parser.epilog = "Each line is one of the audit log: its number, when, who, what, which. Exits with 0."


def run(options: argparse.Namespace, _name: str) -> int:
    """Always 0."""
    from pulse_tui.services.learning.activity import activity, every  # noqa: PLC0415

    if not 0 < options.limit <= MOST:
        raise WrongUse(f"--limit {options.limit} is no number of lines", todo=f"Give 1 to {MOST:,}, or --all")
    if options.before is not None and not 0 < options.before < 2**63:
        raise WrongUse(
            f"--before {options.before} is no line of the log", todo="Give the number of a line, as activity prints it"
        )
    with opened(options, read_only=True) as house:
        since = past(options.since, house.clock()) if options.since else None
        if options.all and not options.json:
            with last_words():
                for row in every(house.store, by=options.by, since=since):
                    print(shown(row.line()))
            return 0
        rows = (
            tuple(every(house.store, by=options.by, since=since))
            if options.all
            else activity(house.store, options.limit, options.before, by=options.by, since=since)
        )
    more = [] if options.all or len(rows) < options.limit else [f"older ones: --before {rows[-1].seq}"]
    emit(options, rows, [*(row.line() for row in rows), *more] if rows else ["nothing is on record"])
    return 0
