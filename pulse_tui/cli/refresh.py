"""``pulse-tui refresh``: one round, no screen."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound
from pulse_tui.process import holder_name
from pulse_tui.settings.check import nearest

if TYPE_CHECKING:
    from pulse_tui.services.signals.refresh import Round


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Sources by id; all when none is named."""
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="ids of sources; all when none is named")
    parser.epilog = (
        "Reads, judges and delivers once.\n"
        "exit codes: 0 every source is good, 1 one failed, something of it stands refused, or a chore broke (the last lines name it)"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every source is good, 1 when one failed or something of it stands refused."""
    from pulse_tui.rounds.lanes import Lanes  # noqa: PLC0415
    from pulse_tui.rounds.work import keep  # noqa: PLC0415
    from pulse_tui.services.alerts.deliver import Sent  # noqa: PLC0415
    from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415

    with opened(options) as house:
        parts = house.judging
        for name in options.sources:
            if name not in parts.sources and name not in parts.senders:
                raise NotFound(f"there is no source {name!r}", todo=nearest(name, parts.sources))
        house.sync()
        rounds = [refresh(name, parts, holder_name()) for name in options.sources or parts.sources]
        # Where refresh is run by a timer, nobody else sees that time went on.
        kept = keep(house, Lanes(inline=True), most=sys.maxsize)
    sent = Sent(*(sum(counts) for counts in zip(Sent(0, 0, 0), *kept.sent, strict=True)))
    lines = [_line(r) for r in rounds]
    lines += kept.words
    if not rounds:
        lines.append("no sources are configured: pulse-tui init writes a first configuration")
    if any(sent):
        lines.append(f"deliveries: {sent.sent} sent, {sent.failed} to be tried again, {sent.dead} failed permanently")
    bad = [r.source for r in rounds if not r.good]
    if bad:
        verb = "is" if len(bad) == 1 else "are"
        lines.append(f"{len(bad)} of {len(rounds)} sources {verb} not good: {', '.join(bad)}")
    lines += [f"FAIL {problem}" for problem in kept.broken]
    done = {"rounds": rounds, "suites": kept.done.get("suites", []), "deliveries": sent, "broken": kept.broken}
    emit(options, done, lines)
    return 1 if bad or kept.broken else 0


def _line(done: Round) -> str:
    """A source of which something stands refused is neither ok nor failed."""
    if not done.ok:
        return f"FAIL {done.source}: {done.message}"
    return (
        f"part {done.source}: {done.message}; {done.refused}" if done.refused else f"ok   {done.source}: {done.message}"
    )
