"""``pulse-tui checklist``: the launch checklist, each line with its evidence or what is missing and what to do."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.views.learning import Checklist

SHOWN = 10
"""Reviews of the calendar."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = (
        "What is inventoried, immutable, measured, ingested, mapped, drilled; who answers for it and who is on call; when each\n"
        "rule of the policy is reviewed. ? is not known, which is not in order. Exits with 1 when a line fails."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when no line fails."""
    from pulse_tui.services.learning.launch import checklist  # noqa: PLC0415

    with opened(options, read_only=True) as house:
        found = checklist(house.rollback)
    emit(options, found, _lines(found))
    return 1 if found.failing else 0


def _lines(found: Checklist) -> Iterator[str]:
    yield f"{found.system}: {found.sentence}"
    for line in found.lines:
        yield from line.lines()
    yield ""
    yield "POLICY REVIEWS"
    for review in found.reviews[:SHOWN]:
        yield f"  {review.due}  {'OVERDUE ' if review.overdue else ''}{review.rule} ({review.owner})"
    if len(found.reviews) > SHOWN:
        yield f"  and {len(found.reviews) - SHOWN} later: --json lists all"
