"""Pre-authorisations from the shell: ask for one, vote, revoke, list. Part of ``pulse-tui rollback``."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING

from pulse_tui.cli import voting
from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import WrongUse
from pulse_tui.process import operator_name
from pulse_tui.settings.check import seconds

if TYPE_CHECKING:
    from pulse_tui.domain.views.rollback import AuthorisationLine
    from pulse_tui.wiring import House

ACTIONS = ("authorise", "authorisations", "revoke")
EPILOG = """\
authorise ASSET --env ENV --trigger RULE --for 30d --why REASON
                       ask that a rollback answers alerts of RULE there by itself; RULE must be named by policy and drilled
show HASH              one of them
approve, reject HASH   vote on it, as on a plan: as many operators, the same signatures; payload HASH to sign elsewhere
authorisations         every one and how it stands, those that ended too; exits with 1 when one waits or ends soon
revoke HASH --why ...  take one back: nothing rests on it from then on"""
_MOST = 3_660 * 86_400.0
"""Seconds that can be counted from now; how long it may last is judged with it."""
VOTES = ("approve", "reject", "payload")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The span of a pre-authorisation."""
    parser.add_argument(
        "--for", dest="lasts", default="30d", metavar="SPAN", help="how long it lasts, from its votes on"
    )


def concerns(options: argparse.Namespace, house: House) -> bool:
    """Whether the action is about a pre-authorisation."""
    return options.action in ACTIONS or (
        options.action in (*VOTES, "show") and house.desk(operator_name()).is_authorisation(options.subject or "")
    )


def run(options: argparse.Namespace, house: House) -> int:
    """0 done or nothing to do, 1 when something of the list needs somebody."""
    from pulse_tui.services.objects import authorisation  # noqa: PLC0415

    desk = house.desk(operator_name())
    if options.action == "authorisations":
        rows = desk.authorisations(options.subject)
        emit(options, rows, [line for row in rows for line in row.lines()] or ["no pre-authorisations"])
        return 1 if any(row.needs_somebody for row in rows) else 0
    if options.action == "show":
        one = authorisation(desk, options.subject)
        emit(options, one, [*one.lines(), *_next(one)])
        return 0
    if options.action == "payload":
        return voting.hand_out(options, _payload(options, house))
    if options.action == "authorise":
        row = desk.authorise(options.subject, _environment(options), _trigger(options), _span(options), options.why)
    elif options.action == "approve" and options.payload is not None:
        row = _signed(options, house)
    else:
        row = desk.vote(options.subject, options.action, options.why)
    emit(options, row, [*row.lines(), *_next(row)])
    return 0


def _payload(options: argparse.Namespace, house: House) -> bytes:
    from pulse_tui.services.rollback.authorise import payload_for  # noqa: PLC0415

    parts = house.desk(operator_name()).on_authorisation("rollback.payload", options.subject)
    return payload_for(parts, options.subject, operator_name(), options.why)


def _signed(options: argparse.Namespace, house: House) -> AuthorisationLine:
    """With what was signed elsewhere."""
    from pulse_tui.services.rollback.authorise import approve_with, line  # noqa: PLC0415

    parts = house.desk(operator_name()).on_authorisation("rollback.approve", options.subject)
    payload, signature = voting.brought(options)
    return line(approve_with(parts, options.subject, operator_name(), payload, signature), house.clock())


def _environment(options: argparse.Namespace) -> str:
    if options.environment is None:
        raise WrongUse("rollback authorise needs --env", todo="For example --env production")
    return str(options.environment)


def _trigger(options: argparse.Namespace) -> str:
    if not options.trigger:
        raise WrongUse(
            "rollback authorise needs --trigger", todo="The rule whose alerts it answers, as policy names it"
        )
    return str(options.trigger)


def _span(options: argparse.Namespace) -> timedelta:
    span = seconds(options.lasts)
    if span is None or not 0 < span <= _MOST:
        raise WrongUse(f"{options.lasts!r} is no duration", todo="For example --for 30d, at most 90d")
    return timedelta(seconds=span)


def _next(row: AuthorisationLine) -> list[str]:
    if row.state != "proposed":
        return []
    return [f"next: PULSE_OPERATOR=name pulse-tui rollback approve {row.hash[:12]} --why REASON"]
