"""``pulse-tui silence`` and ``maintenance``: nobody is called for what an expression matches, for a time."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.until import coming, zone_of
from pulse_tui.domain.errors import WrongUse
from pulse_tui.settings.check import seconds

_MATCH = """EXPRESSION is over the facts of policy (`pulse-tui schema facts`), for example
  'asset.id == "support-bot" && signal.type == "latency_breach"'
It covers P2 and what is less urgent; P1, and what policy could give no priority, are shown and call somebody unless --all is given.
What cannot be decided for an alert does not cover it. A silence changes who is called: rows, counts, holds and the gate stay as they are.
It lasts at most 7 days. Exits with 1 when it is refused."""
_ABOUT = {
    "silence": f"""add --match EXPRESSION --for 2h --why REASON   from now on, or --from; its end in place of --for: --until
preview --match EXPRESSION                     what it would hit now, and of the last 7 days' alerts; places nothing
list                                           those that stand or are to come (--every: those that ended lately too)
show ID                                        one of them
end ID --why REASON                            take it back: what it covered and still holds fires again

{_MATCH}""",
    "maintenance": f"""add --match EXPRESSION --from 2026-11-30T22:00 --until 2026-12-01T02:00 --why REASON
                                               --for 4h in place of --until; --zone Europe/Berlin: times on that wall clock
preview --match EXPRESSION                     what it would hit now, and of the last 7 days' alerts; places nothing
list                                           those that stand or are to come (--every: those that ended lately too)
show ID                                        one of them
end ID --why REASON                            take it back: what it covered and still holds fires again

{_MATCH}""",
}


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """An action and what it states."""
    parser.epilog = _ABOUT[name]
    parser.add_argument("action", choices=["add", "preview", "list", "show", "end"])
    parser.add_argument("id", nargs="?", default="", help="show, end: as list prints it")
    parser.add_argument("--match", default="", metavar="EXPRESSION", help="what it covers")
    parser.add_argument("--for", default="", dest="lasts", metavar="SPAN", help="how long: 90m, 2h, 3d")
    parser.add_argument("--from", default="", dest="begins", metavar="TIME", help="when it begins (default: now)")
    parser.add_argument("--until", default="", metavar="TIME", help="when it ends, in place of --for")
    parser.add_argument("--zone", default="", help="of times without an offset (default UTC)")
    parser.add_argument("--all", action="store_true", help="cover P1 too, and what has no priority")
    parser.add_argument("--every", action="store_true", help="list: those that ended in the last 30 days too")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; add and end need one")


def run(options: argparse.Namespace, name: str) -> int:
    """0 done, 1 refused."""
    if bool(options.id) != (options.action in ("show", "end")):
        takes = "an id" if options.action in ("show", "end") else "no id"
        raise WrongUse(f"{name} {options.action} takes {takes}", todo=f"See pulse-tui {name} --help")
    if options.action in ("add", "preview") and not options.match:
        raise WrongUse(f"{name} {options.action} needs --match", todo=f"See pulse-tui {name} --help")
    from pulse_tui.services.objects import silence  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        desk = house.desk()
        if options.action == "list":
            rows = [r for r in desk.silences(every=options.every) if r.kind == name]
            emit(options, rows, [row.line() for row in rows] or [f"no {name} stands or is to come"])
            return 0
        if options.action == "show":
            one = silence(desk, options.id)
            emit(options, one, [one.line()])
            return 0
        if options.action == "preview":
            seen = desk.preview_silence(options.match, everything=options.all)
            emit(options, seen, seen.lines())
            return 0
        if options.action == "end":
            done = desk.end_silence(options.id, options.why)
        else:
            starts, ends = _span(options, name, house.clock())
            done = desk.place_silence(
                options.match,
                starts,
                ends,
                options.why,
                maintenance=name == "maintenance",
                everything=options.all,
                zone=options.zone,
            )
    emit(options, {"done": done}, [done])
    return 0


def _span(options: argparse.Namespace, name: str, now: datetime) -> tuple[datetime, datetime]:
    """From when until when. Raises WrongUse."""
    zone_of(options.zone)
    if bool(options.lasts) == bool(options.until):
        raise WrongUse(f"{name} add needs --for or --until, one of them", todo="It must end: for example --for 2h")
    if name == "maintenance" and not options.begins:
        raise WrongUse("maintenance add needs --from", todo="For what begins now: pulse-tui silence add")
    starts = coming(options.begins, now, options.zone) if options.begins else now
    if options.until:
        return starts, coming(options.until, now, options.zone)
    lasts = seconds(options.lasts)
    if lasts is None:
        raise WrongUse(f"{options.lasts!r} is no duration", todo="For example --for 2h")
    return starts, starts + timedelta(seconds=min(lasts, 366 * 86_400))
