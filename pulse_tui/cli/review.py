"""``pulse-tui review``: reviews as work. Each has an owner, a day and an end."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse

EPILOG = """\
list [--all]             what waits for a review, what is due first; --all: what was done in the last 30 days too
show KEY                 one of them
take KEY                 you work on it
done KEY --why FINDING   it is done: what was found is kept
A rule asks for reviews (action review); the day of a policy rule, a release let past a freeze, a run that one person approved
alone, a new line in a vendor's scorecard and a retest that is overdue are reviews too. Some end by what they ask for
(`pulse-tui rollback review`, `pulse-tui freeze review`, a run, a new day in the policy). One that is overdue is an alert.
KEY may be the beginning of one. Exits with 1 when it is refused."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and its subject."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=["list", "show", "take", "done"])
    parser.add_argument("key", nargs="?", default="", help="show, take, done: a review, as list prints it")
    parser.add_argument("--all", action="store_true", dest="every", help="list: what was done lately too")
    parser.add_argument("--why", default="", help="done: what was found, kept for good")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, 1 refused."""
    if options.action == "list":
        with opened(options, read_only=True) as house:
            rows = house.desk().review_tasks(every=options.every)
        emit(options, rows, [row.line() for row in rows] or ["nothing waits for a review"])
        return 0
    if not options.key:
        raise WrongUse(f"which review to {options.action}?", todo="pulse-tui review list")
    if options.action == "show":
        from pulse_tui.services.objects import review  # noqa: PLC0415

        with opened(options, read_only=True) as house:
            one = review(house.desk(), options.key)
        emit(options, one, [one.line(), *([f"ends by: {one.todo}"] if one.todo else [])])
        return 0
    with opened(options) as house:
        house.sync()
        desk = house.desk()
        done = (
            desk.take_review(options.key) if options.action == "take" else desk.finish_review(options.key, options.why)
        )
    emit(options, {"done": done}, [done])
    return 0
