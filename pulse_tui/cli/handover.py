"""``pulse-tui handover``: what the next shift must know."""

from __future__ import annotations

import argparse
from datetime import timedelta

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.settings.check import seconds

EPILOG = """\
Open alerts with what comes if nobody responds, incidents, what is snoozed or in hand and until when, what stopped or waits and
for whom, what is frozen and until what, what changed, reviews, messages that did not arrive, sources that do not report, and
what is due within twelve hours.
--to NAME keeps in the audit log that the shift was handed over. Exits with 1 when that is refused."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How far back, and who takes over."""
    parser.epilog = EPILOG
    forms = ("text", "markdown", "json")
    parser.add_argument("--format", choices=forms, default="text", help="text to paste, Markdown for a ticket, JSON")
    parser.add_argument("--since", default="12h", metavar="TIME", help="how far back: 12h (default), 8h, 2d")
    parser.add_argument("--to", default="", metavar="NAME", help="who takes over: kept in the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """Print it, and record who takes over."""
    span = seconds(options.since)
    if span is None or not 0 < span <= 31 * 86_400:
        raise WrongUse(f"{options.since!r} is no time", todo="write 12h or 2d, at most 31d")
    since = timedelta(seconds=span)
    with opened(options, read_only=not options.to) as house:
        desk = house.desk()
        made = desk.handover(since)
        done = desk.hand_over(options.to, since) if options.to else ""
    options.json = options.json or options.format == "json"
    lines = made.markdown() if options.format == "markdown" else made.lines()
    emit(options, {**made.plain(), "done": done}, [*lines, *(["", done] if done else [])])
    return 0
