"""``pulse-tui waiver``: recorded exceptions of vulnerabilities, with an owner and an end; in and out as VEX."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened, put_json
from pulse_tui.cli.until import FORMS, until
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.plain import labelled
from pulse_tui.domain.waiver import Justification, VexStatus
from pulse_tui.domain.words import Environment

EPILOG = f"""\
add ADVISORY --asset ASSET --status STATUS --why REASON   for one component (--component), else for each that it reaches there
list                                          those that stand, what ends first on top (--all: those that ended too)
show ID                                       one: what it was placed in view of, what it covers, its lines of the log
end ID --why REASON                           before its review; what it covered fires again
export [--format openvex|cyclonedx]           those that stand as a VEX document on standard output

affected      the risk is accepted: --owner and --until say by whom and until when it is reviewed
not_affected  with a --justification: {", ".join(j.value for j in Justification)}
fixed         this very version has the fix, whatever its number says

One ends by itself at its review, when the vulnerability is known to be exploited, when its asset is exposed otherwise than
it was, and when a fix appears that was not there; then its condition fires again with a fresh clock. A waiver is of one
component in one version, unless --every-version is given. Others' VEX documents come in with `pulse-tui ingest vex FILE`.
Exits with 1 when it is refused."""
_TAKES = {"add": 1, "list": 0, "show": 1, "end": 1, "export": 0}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it states."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=list(_TAKES))
    parser.add_argument("about", nargs="*", metavar="ADVISORY|ID", help="an id of the advisory (add), or of the waiver")
    parser.add_argument("--asset", default="", help="add: where; export: of this asset alone")
    parser.add_argument("--component", default="", help="add: a name, 'name version' or package URL of what it reaches")
    parser.add_argument("--every-version", action="store_true", help="add: of every version of the component")
    parser.add_argument(
        "--env", choices=[e.value for e in Environment], default="", dest="environment", help="add: only there"
    )
    parser.add_argument("--status", choices=[s.value for s in VexStatus], default="affected", help="as in VEX")
    parser.add_argument("--justification", default="", help="why it is not_affected, as in OpenVEX")
    parser.add_argument("--owner", default="", help="who answers for it")
    parser.add_argument("--until", default="", help=f"when it is reviewed ({FORMS})")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; add and end need one")
    parser.add_argument("--all", action="store_true", help="list: those that ended too")
    parser.add_argument("--format", choices=["openvex", "cyclonedx"], default="openvex", help="export: which form")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, 1 refused."""
    if len(options.about) != _TAKES[options.action]:
        needed = "one name" if _TAKES[options.action] else "no name"
        raise WrongUse(f"waiver {options.action} takes {needed}", todo="See pulse-tui waiver --help")
    if options.action == "add" and not options.asset:
        raise WrongUse("waiver add needs --asset", todo="Name the asset that the exception is of")
    with opened(options) as house:
        house.sync()
        desk = house.desk()
        if options.action == "list":
            rows = desk.waivers(every=options.all)
            emit(options, rows, [row.line() for row in rows] or ["no waiver stands"])
            return 0
        if options.action == "show":
            story = desk.waiver_story(options.about[0])
            emit(options, labelled(story), [f"{label}: {text}" for label, text in story])
            return 0
        if options.action == "export":
            from pulse_tui.services.advisories.vex import export  # noqa: PLC0415

            document = export(house.store, options.format, options.asset or None, house.clock())
            put_json(document)
            return 0
        if options.action == "end":
            done = desk.end_waiver(options.about[0], options.why)
        else:
            done = desk.waive_advisory(
                options.about[0],
                options.asset,
                options.component,
                why=options.why,
                status=options.status,
                justification=options.justification,
                owner=options.owner,
                until=until(options.until, house.clock()),
                environment=options.environment,
                every_version=options.every_version,
            )
    emit(options, {"done": done}, [done])
    return 0
