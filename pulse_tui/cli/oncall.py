"""``pulse-tui oncall``: who is on call by each schedule, until when, and who is next."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse

EPILOG = """\
One line a schedule: the teams that it is for, who is on call, until when, who is next. Times are shown in its zone. A calendar that
cannot be read, or was last read too long ago, makes that unknown: nobody is taken for on call who was so once.
Exits with 1 when it is unknown of a schedule, or nobody is on call by it."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """A moment."""
    parser.epilog = EPILOG
    parser.add_argument("--at", default="", metavar="TIME", help="at another moment, such as 2026-12-24T09:00Z")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everybody is known, 1 when of a schedule nobody is."""
    at = _moment(options.at) if options.at else None
    with opened(options, read_only=True) as house:
        rows = house.desk().on_call(at)
    width = max((len(", ".join(r.teams) or r.schedule) for r in rows), default=0)
    lines = [f"{', '.join(r.teams) or r.schedule:<{width}}  {r.words}" for r in rows]
    emit(options, rows, lines or ["no schedule is configured: pulse-tui help oncall"])
    return 0 if all(r.state == "known" for r in rows) else 1


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no moment", todo="write 2026-12-24T09:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
