"""``pulse-tui policy replay``: a proposed policy against the stored history, and against the one in force."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.text import clean, many
from pulse_tui.settings.check import seconds

LONGEST = 3_660 * 86_400
"""Seconds: ten years, as of a report."""


def run(options: argparse.Namespace) -> int:
    """0: it was judged, whatever came of it."""
    from pulse_tui.services.conditions.policy_replay import LISTED, plain, replay  # noqa: PLC0415

    span = seconds(options.since)
    if span is None or not 0 < span <= LONGEST:
        raise WrongUse(
            f"--since {clean(options.since, 60)!r} is not a duration", todo="Write 30d, 12h or 90m, at most 3660d"
        )
    with opened(options, read_only=True) as house:
        present = house.policy
        proposed = house.read_policy(Path(options.policy)) if options.policy is not None else house.written_policy
        until = house.clock()
        with house.store.read() as tx:
            found = replay(tx, present, proposed, until - timedelta(seconds=span), until)
    if present.digest == proposed.digest:
        lines = [
            f"policy {present.digest[:12]} is the one in force: nothing differs",
            "--policy FILE names another one",
        ]
    else:
        lines = [f"policy {proposed.digest[:12]} against {present.digest[:12]}, which is in force", found.words()]
        lines += [f"rules that differ: {', '.join(found.rules)}"] if found.rules else []
        lines += [f"{many(found.rebuilt, 'signal')} judged by the estate as it is now"] if found.rebuilt else []
        lines += [f"  {changed.line()}" for changed in found.changed]
        more = found.total - len(found.changed)
        lines += [f"  and {more:,} more: the last {LISTED} are listed"] if more else []
    if found.pruned and (present.digest == proposed.digest or not found.rules):
        lines.append(found.pruned)
    data = {"present": present.digest, "proposed": proposed.digest, **plain(found)}
    emit(options, data, lines)
    return 0
