"""``pulse-tui alert`` and ``pulse-tui freeze``: the tower's actions without a screen."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.wiring import operator_name


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """An action, its subject and why."""
    if name == "freeze":
        parser.add_argument("asset", help="an asset, or 'everything'")
        parser.add_argument("--lift", action="store_true", help="lift every hold of the scope")
        parser.add_argument("--why", default="", help="the reason, kept in the audit log; a freeze needs one")
        return
    parser.add_argument("action", choices=["ack", "resolve", "silence", "waive"])
    parser.add_argument("id", help="an alert, as status prints it")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; every action but ack needs one")
    parser.add_argument("--hours", type=float, default=4.0, help="how long a silence lasts (default 4)")
    parser.add_argument("--days", type=int, default=30, help="when a waiver is reviewed (default 30)")


def run(options: argparse.Namespace, name: str) -> int:
    """Do it and report what was done."""
    from pulse_tui.services.alerts import operate  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        store, now, by = house.store, house.clock(), operator_name()
        if name == "freeze":
            scope = None if options.asset == "everything" else options.asset
            done = (
                operate.unfreeze(store, scope, by, now)
                if options.lift
                else operate.freeze(store, scope, by, options.why, now)
            )
        elif options.action == "ack":
            done = operate.acknowledge(house.judging, options.id, by, house.settings.acknowledge_for, now)
        elif options.action == "resolve":
            done = operate.resolve(house.judging, options.id, by, options.why, now)
        elif options.action == "silence":
            done = operate.silence(store, options.id, by, options.hours, options.why, now)
        else:
            done = operate.waive(store, options.id, by, options.days, options.why, now)
    emit(options, {"done": done}, [done])
    return 0
