"""``pulse-tui release``: what operators decide about releases, and what there is to know of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.evals import Gate
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.plain import labelled
from pulse_tui.domain.views.registry import CalendarRow, ReleaseRow
from pulse_tui.domain.words import Environment
from pulse_tui.process import operator_name
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.services.desk import ServiceDesk

EPILOG = """\
approve ASSET VERSION --why REASON              somebody takes responsibility; the gate's answer is recorded with it
promote ASSET VERSION --env ENV --why REASON    record that it goes there; refused while the gate is closed
quarantine ASSET VERSION --why REASON           keep it out of every environment
accept-risk ASSET VERSION --env ENV --gate functional|safety --days N --why REASON
                                                lift the hold of an INCONCLUSIVE verdict for some days; a FAIL stays
retire ASSET VERSION --why REASON               no longer used; refused while it serves anywhere
withdraw ASSET --env ENV --why REASON           nothing serves there any more: the alias was taken away on purpose
history ASSET                                   every release with iteration, branch, state, promotion, rollback target;
                                                each pushed change of one with an iteration of its own
show ASSET VERSION                              one release: provenance, lineage, verdicts, where it was, its log
diff ASSET OLDER NEWER                          lineage, interface, dependencies, verdicts, cost
calendar                                        releases of ours and dates of the vendors, newest first
Actions need a name of the operators' file ($PULSE_OPERATOR) where there is one, and go into the audit log."""
_ACTIONS = ("approve", "promote", "quarantine", "accept-risk", "retire", "withdraw")
_VIEWS = ("history", "show", "diff", "calendar")
_NEEDS = {"history": 1, "diff": 3, "calendar": 0, "withdraw": 1}
_WORDS = ("ASSET", "VERSION", "NEWER")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action or a view, and what it is about."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=[*_ACTIONS, *_VIEWS])
    parser.add_argument("about", nargs="*", metavar="ASSET VERSION", help="an asset and a release (diff: two)")
    parser.add_argument(
        "--env", choices=[e.value for e in Environment], dest="environment", help="where (promote and withdraw need it)"
    )
    parser.add_argument(
        "--gate", choices=["functional", "safety"], default="functional", help="accept-risk: of which verdict"
    )
    parser.add_argument("--days", type=int, default=7, help="accept-risk: for how long (default 7)")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; every action needs one")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, 1 refused with every reason."""
    needed = _NEEDS.get(options.action, 2)
    if len(options.about) != needed:
        words = " ".join(("ASSET", "OLDER", "NEWER") if options.action == "diff" else _WORDS[:needed])
        raise WrongUse(
            f"release {options.action} takes {needed or 'no'} names, {len(options.about)} were given",
            todo=f"Write pulse-tui release {options.action} {words}".rstrip(),
        )
    if options.action in ("promote", "withdraw", "accept-risk") and options.environment is None:
        raise WrongUse(f"release {options.action} needs --env", todo="For example --env production")
    with opened(options) as house:
        house.sync()
        desk = house.desk(operator_name())
        if options.action in _ACTIONS:
            done = _OTHERS[options.action](options, house) if options.action in _OTHERS else _act(options, desk)
            emit(options, {"done": done}, [done])
        else:
            data, lines = _view(options, desk)
            emit(options, data, lines)
    return 0


def _act(options: argparse.Namespace, desk: ServiceDesk) -> str:
    asset, version = options.about
    if options.action == "promote":
        return desk.promote(asset, version, options.environment, options.why)
    return desk.move_release(asset, version, options.action, options.why)


def _withdraw(options: argparse.Namespace, house: House) -> str:
    from pulse_tui.services.promotion.withdraw import withdraw  # noqa: PLC0415

    asset, where = options.about[0], Environment(options.environment)
    parts = house.desk(operator_name()).acting("deployment.withdraw", f"{asset}/{where.value}", where)
    return withdraw(parts, asset, where, operator_name(), options.why)


def _accept(options: argparse.Namespace, house: House) -> str:
    """For every undecided run of the release's suites of that kind."""
    from pulse_tui.services.evals.baselines import judge_for_gate, rejudge, undecided_runs  # noqa: PLC0415

    asset, version = options.about
    desk = house.desk(operator_name())
    desk.acting("risk.accept", f"{asset} {version}", Environment(options.environment))
    rejudge(house.judging, asset)
    judge_for_gate(house.judging, asset, version)
    runs = undecided_runs(house.judging, asset, version, Gate(options.gate))
    return "; ".join(desk.accept_risk(r, options.environment, options.gate, options.days, options.why) for r in runs)


_OTHERS: dict[str, Callable[[argparse.Namespace, House], str]] = {"withdraw": _withdraw, "accept-risk": _accept}


def _view(options: argparse.Namespace, desk: ServiceDesk) -> tuple[Any, list[str]]:
    if options.action == "history":
        rows = desk.history(options.about[0])
        if not rows:
            desk.asset_story(options.about[0])  # says that there is no such asset, with the nearest
            raise NotFound(f"{options.about[0]} has no release", todo="Has its registry been refreshed?")
        return rows, _table(_HISTORY, rows)
    if options.action == "calendar":
        dates = desk.calendar()
        return dates, _table(_CALENDAR, dates) if dates else ["nothing in the last 90 and the next 180 days"]
    show = options.action == "show"
    story = desk.release_story(*options.about).lines if show else desk.release_diff(*options.about)
    return labelled(story), [f"{label}: {text}" for label, text in story]


def _moment(us: int | None) -> str:
    return iso(from_us(us)) if us is not None else "-"


_HISTORY: tuple[tuple[str, Callable[[ReleaseRow], str]], ...] = (
    ("VERSION", lambda r: r.version or "-"),
    ("ITER", lambda r: str(r.iteration)),
    ("BRANCH", lambda r: r.branch or "-"),
    ("STATE", lambda r: "~ changed" if r.change else r.state),
    ("SERVES", lambda r: ",".join(r.serves) or "-"),
    ("CREATED", lambda r: _moment(r.created_us)),
    ("PROMOTED", lambda r: f"{_moment(r.promoted_us)} {r.promoted}" if r.promoted else "-"),
    ("BACK TO", lambda r: r.pointer or "-"),
    ("VERDICT", lambda r: r.verdict or "-"),
    ("", lambda r: f"{r.change} by {r.by}: {r.what}" if r.change else r.remark),
)
_CALENDAR: tuple[tuple[str, Callable[[CalendarRow], str]], ...] = (
    ("WHEN", lambda r: _moment(r.at_us)),
    ("WHOSE", lambda r: r.whose),
    ("WHAT", lambda r: r.what),
    ("SUBJECT", lambda r: r.subject),
    ("", lambda r: r.detail),
)


def _table(columns: Sequence[tuple[str, Callable[[Any], str]]], rows: Sequence[Any]) -> list[str]:
    cells = [[title for title, _ in columns], *([cell(row) for _, cell in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
