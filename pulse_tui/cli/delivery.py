"""``pulse-tui delivery``: messages that did not arrive; replay them, or drop them with a reason."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.plain import labelled

EPILOG = """\
list                      what is dead, and what is tried again (--all: everything that was sent, too; --route: to one)
show KEY                  one: where it is, what it says, its lines of the log
replay KEY | --route R    send dead messages again, under their keys: whoever got one already knows it
drop KEY --why REASON     nobody needs it any more (--route R: any dead one to it)

A message is tried for at least 24 hours; it is dead at once where a repeat cannot help (a wrong token, a channel that is gone).
A key may be cut as long as it names one message. Exits with 1 when list has something that did not arrive."""
_ACTIONS = ("list", "show", "replay", "drop")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action, and which messages."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=list(_ACTIONS))
    parser.add_argument("key", nargs="?", default="", help="of a message, or how it begins")
    parser.add_argument("--route", default="", help="all messages to this route, as far as the action is for them")
    parser.add_argument("--all", action="store_true", help="list: what arrived too; replay: to every route")
    parser.add_argument("--why", default="", help="drop: the reason, kept in the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, or nothing is waiting; 1 refused, or something did not arrive."""
    _check(options)
    with opened(options, read_only=options.action in ("list", "show")) as house:
        desk = house.desk()
        if options.action == "list":
            rows = desk.letters(every=options.all, route=options.route)
            emit(options, rows, [row.line() for row in rows] or ["every message arrived"])
            return 1 if any(row.late for row in rows) else 0
        if options.action == "show":
            story = desk.letter_story(options.key)
            emit(options, labelled(story), [f"{n}: {t}" for n, t in story])
            return 0
        if options.action == "replay":
            done = desk.replay_letters(options.key, options.route)
        else:
            done = desk.drop_letters(options.why, options.key, options.route)
    emit(options, {"done": done}, [done])
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raises WrongUse for a line that does not say which messages, or says it twice."""
    action, todo = options.action, "See pulse-tui delivery --help"
    if action == "list" and options.key:
        raise WrongUse("delivery list takes no key", todo=todo)
    if action == "show" and not options.key:
        raise WrongUse("delivery show needs a key", todo="pulse-tui delivery list names them")
    if action in ("replay", "drop"):
        named = bool(options.key) + bool(options.route) + (options.all and action == "replay")
        if named != 1:
            raise WrongUse(f"delivery {action} needs either a key or --route", todo=todo)
