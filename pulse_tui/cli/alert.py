"""``pulse-tui alert`` and ``muted``: the tower's actions without a screen."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.each import Target, each, sentence
from pulse_tui.domain.errors import Refused, WrongUse
from pulse_tui.domain.text import clean
from pulse_tui.ports.tower import Desk

_ABOUT = """ack ID                         you are working on it: it does not escalate for a while (acknowledge_for, default 4h)
ack --match EXPRESSION         every firing alert that it matches, as in `pulse-tui silence`
silence ID --why REASON        nobody is notified for some hours; it stays counted
waive ID --why REASON          an exception with a review date; the holds that it placed are lifted until then. Of a
                               vulnerability it is one of each component (`pulse-tui waiver list`), and ends by itself earlier
unmute ID --why REASON         take an acknowledgement, a silence or a waiver back: it fires again
resolve ID --why REASON        its condition has ended; the holds that it placed are lifted
verdict ID useful|noise|duplicate|late [--why REASON]
                               what it was worth: reports and `pulse-tui report noise` learn from it, its state stays
Each is of the condition: it covers the alerts about the same cause in the same environment that are no more urgent.
`pulse-tui muted` lists what is muted. Exits with 1 when it is refused."""


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """An action, its subject and why."""
    if name == "muted":
        parser.epilog = "Take one back: pulse-tui alert unmute ID, pulse-tui silence end ID, pulse-tui freeze HOLD --lift. Exits with 0."
        return
    parser.epilog = _ABOUT
    parser.add_argument("action", choices=["ack", "resolve", "silence", "waive", "unmute", "verdict"])
    parser.add_argument("id", nargs="?", default="", help="an alert, as status prints it")
    parser.add_argument("--match", default="", help="ack: instead of an alert, an expression over the facts of policy")
    parser.add_argument(
        "worth", nargs="?", default="", metavar="VERDICT", help="verdict: useful, noise, duplicate or late"
    )
    parser.add_argument(
        "--why", default="", help="the reason, kept in the audit log; every action but ack and verdict needs one"
    )
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
        if not options.id and not (options.action == "ack" and options.match):
            raise WrongUse(f"alert {options.action} needs an alert", todo="Name it as pulse-tui status prints it")
        if options.match and (options.id or options.action != "ack"):
            raise WrongUse("--match stands in place of an alert, for ack alone", todo="See pulse-tui alert --help")
        if options.action == "verdict":
            done = desk.give_verdict(options.id, options.worth, options.why)
        elif options.worth:
            raise WrongUse(
                f"alert {options.action} takes no {clean(options.worth, 40)!r}", todo="See pulse-tui alert --help"
            )
        elif options.action == "ack":
            done = _acknowledge_all(desk, options.match) if options.match else desk.acknowledge(options.id)
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


def _acknowledge_all(desk: Desk, match: str) -> str:
    """Each by itself; what is refused is named. Raises Refused where nothing was acknowledged."""
    if not (matched := desk.matching(match)):
        raise Refused("there is no open alert to acknowledge")
    made = each([Target(ident, "") for ident in matched], lambda target: desk.acknowledge(target.id))
    return sentence(made, "alert", f"acknowledged by {desk.operator}")
