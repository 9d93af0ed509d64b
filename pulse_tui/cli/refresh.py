"""``pulse-tui refresh``: one round, no screen."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound
from pulse_tui.settings.check import nearest
from pulse_tui.wiring import holder_name


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Sources by id; all when none is named."""
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="ids of sources; all when none is named")
    parser.epilog = "Reads, judges and delivers once. Exits with 1 when a source failed."


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every source answered, 1 when one did not."""
    from pulse_tui.services.alerts.deliver import deliver  # noqa: PLC0415
    from pulse_tui.services.alerts.escalate import escalate, settle  # noqa: PLC0415
    from pulse_tui.services.alerts.operate import lapse  # noqa: PLC0415
    from pulse_tui.services.conditions.days import take_day  # noqa: PLC0415
    from pulse_tui.services.evals.baselines import rejudge  # noqa: PLC0415
    from pulse_tui.services.promotion.past_gate import check_promotions  # noqa: PLC0415
    from pulse_tui.services.rollback.unfinished import check_runs  # noqa: PLC0415
    from pulse_tui.services.rollback.watch import watch_targets  # noqa: PLC0415
    from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415
    from pulse_tui.services.suites.content import check_suites  # noqa: PLC0415

    with opened(options) as house:
        parts = house.judging
        for name in options.sources:
            if name not in parts.sources:
                raise NotFound(f"there is no source {name!r}", todo=nearest(name, parts.sources))
        house.sync()
        rounds = [refresh(name, parts, holder_name()) for name in options.sources or parts.sources]
        changed = check_suites(parts, house.clock())
        # Where refresh is run by a timer, nobody else sees that time went on.
        take_day(parts, house.clock())
        lapse(parts, house.clock())
        escalate(parts)
        settle(parts)
        rejudge(parts)
        check_runs(house.rollback, house.clock())
        check_promotions(house.rollback, house.clock())
        watch_targets(house.rollback, house.clock())
        sent = deliver(parts, holder_name())
    lines = [f"{'ok  ' if r.ok else 'FAIL'} {r.source}: {r.message}" for r in rounds]
    lines += changed
    if not rounds:
        lines.append("no sources are configured: pulse-tui init writes a first configuration")
    if any(sent):
        lines.append(f"deliveries: {sent.sent} sent, {sent.failed} to be tried again, {sent.dead} failed permanently")
    emit(options, {"rounds": rounds, "suites": changed, "deliveries": sent}, lines)
    return 0 if all(r.ok for r in rounds) else 1
