"""``pulse-tui freeze``: promotions are blocked, until a condition holds, somebody lifts it, or for one release let past."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.until import FORMS, until
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.plain import labelled
from pulse_tui.domain.words import Environment

if TYPE_CHECKING:
    from pulse_tui.services.desk import ServiceDesk
    from pulse_tui.wiring import House

_HOLDS = f"""ASSET --why REASON                            no promotion of it, or of 'everything', until an operator lifts that
HOLD --lift --why REASON                      lift one hold, by its id, or by the asset when only one holds it
list                                          every hold that stands: why, until which condition, by whom
show HOLD                                     one of them, with its review and its lines of the log
review HOLD --until DATE --why REASON         a freeze stands, and lets releases pass until then ({FORMS})
override ASSET VERSION --env ENV --why REASON an emergency: this release passes the freezes there for a day
review ASSET VERSION --env ENV --why FINDING  another operator says what was found of such an emergency
Promotions are blocked, rollbacks never are. An alert's own hold (block, pause, freeze) ends with its condition.
Exits with 1 when it is refused."""
_VERBS = ("review", "override")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """What, and why."""
    parser.add_argument("about", nargs="+", metavar="ASSET", help="an asset, 'everything' or a hold; or an action")
    parser.add_argument("--lift", action="store_true", help="lift one hold (several: each by its id)")
    parser.add_argument("--until", default="", help=f"review: how long releases pass ({FORMS})")
    parser.add_argument("--env", choices=[e.value for e in Environment], dest="environment", help="of an emergency")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; every action needs one")
    parser.epilog = _HOLDS


def run(options: argparse.Namespace, _name: str) -> int:
    """Do it and report what was done."""
    first, *rest = options.about
    with opened(options) as house:
        house.sync()
        desk = house.desk()
        if first == "list" and not rest:
            rows = [row for row in desk.quiet() if row.hold]
            emit(options, rows, [row.line() for row in rows] or ["nothing is held"])
            return 0
        if first == "show" and len(rest) == 1:
            story = desk.hold_story(rest[0])
            emit(options, labelled(story), [f"{label}: {text}" for label, text in story])
            return 0
        done = _act(options, house, desk, first, rest)
    emit(options, {"done": done}, [done])
    return 0


def _act(options: argparse.Namespace, house: House, desk: ServiceDesk, first: str, rest: list[str]) -> str:
    if first == "review" and len(rest) == 1:
        last = until(options.until, house.clock())
        if last is None:
            raise WrongUse("a review says until when releases pass", todo=f"Add --until ({FORMS})")
        return desk.review_hold(rest[0], last, options.why)
    if first in _VERBS and len(rest) == 2:
        if options.environment is None:
            raise WrongUse(f"freeze {first} of a release needs --env", todo="For example --env production")
        verb = desk.override_freeze if first == "override" else desk.review_override
        return verb(rest[0], rest[1], options.environment, options.why)
    if rest:
        raise WrongUse(f"freeze {' '.join(options.about)}: that is no action", todo="See pulse-tui freeze --help")
    return _lift(desk, first, options.why) if options.lift else desk.freeze(_scope(first), options.why)


def _scope(name: str) -> str | None:
    return None if name == "everything" else name


def _lift(desk: ServiceDesk, name: str, why: str) -> str:
    standing = desk.holds(_scope(name))
    if len(standing) > 1:
        names = [f"{hold}  {words}" for hold, words in standing]
        raise Refused(
            f"{len(standing)} holds are on {name}",
            names,
            todo="Lift them one by one: pulse-tui freeze HOLD --lift --why ...",
        )
    try:
        return desk.lift(standing[0][0] if standing else name, why)
    except NotFound as error:
        raise Refused(f"nothing holds {name}, and no hold has this id", todo=error.todo) from None
