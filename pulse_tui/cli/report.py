"""``pulse-tui report``: what can be learnt from a span of time: for an audience, of noise by rule, of vendors."""

from __future__ import annotations

import argparse
import html
from collections.abc import Iterator
from datetime import timedelta

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.scorecard import Scorecard

LONGEST_D = 3_660
AUDIENCES = ["platform", "security", "product", "leadership"]
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|!"})


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """The span and the form."""
    parser.add_argument(
        "view",
        nargs="?",
        choices=["vendors", "noise"],
        default="vendors",
        help="vendors compared by operational risk (without an audience), or the noise of each rule with a proposed change",
    )
    parser.add_argument("--audience", choices=AUDIENCES, help="how we do, in the words of who reads it")
    parser.add_argument("--days", type=int, default=90, metavar="N", help="the last N days; 90")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as Markdown")
    form.add_argument("--html", action="store_true", help="as a page of its own")
    parser.epilog = (
        "Vendors, those that assets here run on first, the riskiest on top: notice of ends, changes without a note, incidents,\n"
        "price and limit moves, alerts, verdicts of the re-tests they asked for. What nobody reads is unknown, not zero.\n"
        "For an audience: the measures of pulse-tui metrics with their definitions, incidents, noise by rule, what can be rolled\n"
        "back, the launch checklist; what is not known is left out of every mean, and counted. Two reports of one day over the same\n"
        "data are the same to the byte.\n"
        "exit codes: 0"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Always 0: a report judges nothing."""
    from pulse_tui.services.vendors.scorecard import vendor_scorecard  # noqa: PLC0415

    if not 0 < options.days <= LONGEST_D:
        raise WrongUse(f"--days {options.days} is no span", todo=f"Give 1 to {LONGEST_D}")
    if options.audience is not None or options.view == "noise":
        return _learnt(options)
    with opened(options) as house:
        house.sync()
        found = vendor_scorecard(house.store, house.clock(), timedelta(days=options.days))
    form = _markdown if options.markdown else _page if options.html else _lines
    emit(options, _plain(found), form(found))
    return 0


def _learnt(options: argparse.Namespace) -> int:
    from pulse_tui.cli.report_forms import markdown, page  # noqa: PLC0415
    from pulse_tui.services.learning.report import Audience, noise_as_report, report  # noqa: PLC0415

    if options.audience is not None and options.view == "noise":
        raise WrongUse("the report of noise has no audience", todo="Leave out --audience: pulse-tui report noise")
    with opened(options) as house:
        house.sync()
        if options.view == "noise":
            made, rows = noise_as_report(house.rollback, options.days)
            data: object = {"since": from_us(made.since_us), "until": from_us(made.until_us), "rules": rows}
        else:
            data = made = report(house.rollback, Audience(options.audience), options.days)
    form = markdown(made) if options.markdown else page(made) if options.html else made.lines()
    emit(options, data, form)
    return 0


def _plain(found: Scorecard) -> dict[str, object]:
    vendors = [{**v._asdict(), "labels": dict(v.labels), "verdicts": dict(v.verdicts)} for v in found.vendors]
    return {"since": from_us(found.since_us), "until": from_us(found.until_us), "vendors": vendors}


def _lines(found: Scorecard) -> Iterator[str]:
    yield f"VENDORS, {found.span}"
    for score in found.vendors:
        yield ""
        yield score.vendor
        yield from (f"  {line}" for line in score.lines())
    if not found.vendors:
        yield "  no vendor is known: add a source of one, or declare the hosted models that assets use"


def _markdown(found: Scorecard) -> Iterator[str]:
    yield f"# Vendors, {found.span}"
    for score in found.vendors:
        yield ""
        yield f"## {score.vendor.translate(_MARKS)}"
        yield ""
        yield from (f"- {line.translate(_MARKS)}" for line in score.lines())


def _page(found: Scorecard) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vendors</title></head><body>'
    yield f"<h1>Vendors, {found.span}</h1>"
    for score in found.vendors:
        yield f"<h2>{html.escape(score.vendor)}</h2>"
        yield "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in score.lines()) + "</ul>"
    yield "</body></html>"
