"""``pulse-tui metrics``: the measures and what stands now, as OpenMetrics text."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pulse_tui import __version__
from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse

if TYPE_CHECKING:
    from pulse_tui.enrich.learning.openmetrics import Family
    from pulse_tui.wiring import House

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

    if not 0 < options.days <= LONGEST_D:
        raise WrongUse(f"--days {options.days} is no span", todo=f"Give 1 to {LONGEST_D}")
    with opened(options, read_only=True) as house:
        found = read(house.rollback, options.days).measures
        every = [*families(found), *_standing(house)]
    emit(options, found, exposition(every))
    return 0


def _standing(house: House) -> Iterator[Family]:
    """What stands now: open alerts, incidents, holds, the checklist."""
    from pulse_tui.domain.alert import OPEN  # noqa: PLC0415
    from pulse_tui.domain.incident import IncidentState  # noqa: PLC0415
    from pulse_tui.enrich.learning.openmetrics import Family, Sample  # noqa: PLC0415
    from pulse_tui.services.learning.launch import checklist  # noqa: PLC0415

    with house.store.read() as tx:
        alerts = Counter((a.priority.value, a.word) for a in tx.judgements.alerts(list(OPEN), 100_000))
        incidents = len(tx.incidents.all([IncidentState.OPEN], limit=100_000))
        holds = Counter(h.kind.value for h in tx.judgements.holds())
        log = tx.log.head().seq
    open_ = tuple(Sample((("priority", p), ("state", s)), float(n)) for (p, s), n in sorted(alerts.items()))
    yield Family("pulse_alerts_open", "alerts whose condition holds", open_)
    yield Family("pulse_incidents_open", "incidents that are open", (Sample((), float(incidents)),))
    standing = tuple(Sample((("kind", k),), float(n)) for k, n in sorted(holds.items()))
    yield Family("pulse_holds", "holds that stand", standing)
    yield Family("pulse_audit_lines", "lines of the audit log", (Sample((), float(log)),))
    states = Counter(line.mark for line in checklist(house.rollback).lines)
    lines = tuple(
        Sample((("state", word),), float(states[mark]))
        for mark, word in (("ok", "ok"), ("FAIL", "fail"), ("?", "unknown"))
    )
    yield Family("pulse_checklist_lines", "lines of the launch checklist by how they stand", lines)
    yield Family("pulse_build", "the program", (Sample((("version", __version__),), 1.0),), kind="info")
