"""``pulse-tui advisory``: one vulnerability, and everything that it can hurt."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.views.advisories import Radius, RadiusRow
from pulse_tui.process import operator_name

EPILOG = """\
show ID     what changed, what is the risk, what to do; the evidence, its ranges and fixes by source, waivers
settle ID PACKAGE VERSION --why REASON
            where databases name different fixes: from VERSION on the package is free of it, until one of them states
            other versions; --undo instead of VERSION takes that back
radius ID   components, the assets that use them, environments, endpoints, workflows, and assets built on those

ID is any id of the vulnerability: CVE, GHSA, PYSEC ...
exit codes: 0 it is there (settle: done; radius: it reaches nothing that is known), 1 settle: refused; radius: it reaches something"""
_ACTIONS = ("show", "settle", "radius")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and an id."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("id", metavar="ID", help="any id of the vulnerability")
    parser.add_argument("package", nargs="?", default="", help="settle: one that it names")
    parser.add_argument("version", nargs="?", default="", help="settle: the first version that is free of it")
    parser.add_argument("--undo", action="store_true", help="settle: what its records state counts again")
    parser.add_argument("--why", default="", help="settle: the reason, for the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """0; radius exits with 1 when it reaches something."""
    if options.action == "settle" and not (options.package and (options.version or options.undo)):
        raise WrongUse("settle takes an advisory, a package and a version", todo="See pulse-tui advisory --help")
    from pulse_tui.services.objects import advisory_data  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        desk = house.desk(operator_name())
        if options.action == "radius":
            found = desk.radius(options.id)
            emit(options, found, _tree(found))
            return 1 if found.rows else 0
        if options.action == "settle":
            done = desk.settle_fix(options.id, options.package, "" if options.undo else options.version, options.why)
            emit(options, {"done": done}, [done])
            return 0
        story = desk.advisory_story(options.id)
    emit(options, advisory_data(story), _page(story.lines))
    return 0


def _page(lines: tuple[tuple[str, str], ...]) -> Iterator[str]:
    before = ""
    for label, text in lines:
        if label and label != before:
            yield f"{label}:"
            before = label
        yield f"  {text}"


def _tree(found: Radius) -> Iterator[str]:
    yield found.headline
    for row in found.rows:
        yield f"{'  ' * (row.depth + 1)}{_line(row)}"


def _line(row: RadiusRow) -> str:
    version = f" {row.version}" if row.version else ""
    where = f" in {', '.join(row.where)}" if row.where else " runs nowhere" if row.what == "asset" else ""
    share = f" ({row.traffic:.0%} of traffic)" if row.traffic is not None else ""
    owner = f", of {row.owner}" if row.owner else ", of nobody" if row.what == "asset" else ""
    note = "as above" if row.again else row.note
    return f"{row.what} {row.name}{version}{where}{share}{owner}" + (f": {note}" if note else "")
