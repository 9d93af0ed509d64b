"""``pulse-tui alert``, ``muted`` and ``freeze``: the tower's actions without a screen."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.ports import Desk

_ABOUT = """ack ID                         you are working on it: it does not escalate for a while (acknowledge_for, default 4h)
silence ID --why REASON        nobody is notified for some hours; it stays counted
waive ID --why REASON          an exception with a review date; the holds that it placed are lifted until then
unmute ID --why REASON         take an acknowledgement, a silence or a waiver back: it fires again
resolve ID --why REASON        its condition has ended; the holds that it placed are lifted
Each is of the condition: it covers the alerts about the same cause in the same environment that are no more urgent.
`pulse-tui muted` lists what is muted. Exits with 1 when it is refused."""
_HOLDS = """Promotions are blocked, rollbacks never are. An alert's own hold (block, pause, freeze) ends with its condition.
Holds are lifted one by one: --lift takes the hold's id of `pulse-tui muted`, or the asset when only one holds it.
Exits with 1 when it is refused."""


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """An action, its subject and why."""
    if name == "muted":
        parser.epilog = "Take one back: pulse-tui alert unmute ID, pulse-tui freeze HOLD --lift. Exits with 0."
        return
    if name == "freeze":
        parser.add_argument("asset", help="an asset, or 'everything'; with --lift also a hold's id")
        parser.add_argument("--lift", action="store_true", help="lift one hold (several: each by its id)")
        parser.add_argument("--why", default="", help="the reason, kept in the audit log; it is required")
        parser.epilog = _HOLDS
        return
    parser.epilog = _ABOUT
    parser.add_argument("action", choices=["ack", "resolve", "silence", "waive", "unmute"])
    parser.add_argument("id", help="an alert, as status prints it")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; every action but ack needs one")
    parser.add_argument("--hours", type=float, default=4.0, help="how long a silence lasts (default 4)")
    parser.add_argument("--days", type=int, default=30, help="when a waiver is reviewed (default 30)")


def run(options: argparse.Namespace, name: str) -> int:
    """Do it and report what was done."""
    with opened(options) as house:
        house.sync()
        desk = house.desk()
        if name == "muted":
            rows = desk.quiet()
            emit(options, rows, [row.line() for row in rows] or ["nothing is muted, waived or held"])
            return 0
        if name == "freeze":
            done = _freeze(desk, options)
        elif options.action == "ack":
            done = desk.acknowledge(options.id)
        elif options.action == "resolve":
            done = desk.resolve(options.id, options.why)
        elif options.action == "silence":
            done = desk.silence(options.id, options.hours, options.why)
        elif options.action == "waive":
            done = desk.waive(options.id, options.days, options.why)
        else:
            done = desk.unmute(options.id, options.why)
    emit(options, {"done": done}, [done])
    return 0


def _freeze(desk: Desk, options: argparse.Namespace) -> str:
    scope = None if options.asset == "everything" else options.asset
    if not options.lift:
        return desk.freeze(scope, options.why)
    standing = desk.holds(scope)
    if len(standing) > 1:
        names = [f"{hold}  {words}" for hold, words in standing]
        raise Refused(
            f"{len(standing)} holds are on {options.asset}",
            names,
            todo="Lift them one by one: pulse-tui freeze HOLD --lift --why ...",
        )
    try:
        return desk.lift(standing[0][0] if standing else options.asset, options.why)
    except NotFound as error:
        raise Refused(f"nothing holds {options.asset}, and no hold has this id", todo=error.todo) from None
