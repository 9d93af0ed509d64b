"""``pulse-tui metrics``: the measures and what stands now, as OpenMetrics text."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse

LONGEST_D = 3_660


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """The span."""
    parser.add_argument("--days", type=int, default=90, metavar="N", help="measures over the last N days; 90")
    parser.epilog = (
        "The measures of pulse-tui report, computed once for both. What is not known has no sample, and 0 under\n"
        "pulse_measure_known: it is never 0. For a file that an exporter reads: pulse-tui metrics > pulse.prom. Exits with 0."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Always 0."""
    from pulse_tui.enrich.learning.openmetrics import exposition, families  # noqa: PLC0415
    from pulse_tui.services.learning.metrics import read  # noqa: PLC0415
    from pulse_tui.services.learning.standing import of_disk, standing  # noqa: PLC0415

    if not 0 < options.days <= LONGEST_D:
        raise WrongUse(f"--days {options.days} is no span", todo=f"Give 1 to {LONGEST_D}")
    with opened(options, read_only=True) as house:
        found = read(house.rollback, options.days).measures
        room = house.store.room()
        every = [*families(found), *standing(house.rollback), *(of_disk(room) if room is not None else ())]
    emit(options, found, exposition(every))
    return 0
