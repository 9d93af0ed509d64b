"""``pulse-tui incident``: alerts that are handled as one, with their likely causes."""

from __future__ import annotations

import argparse
from datetime import datetime

from pulse_tui.cli.output import emit, opened, put_json
from pulse_tui.cli.until import past
from pulse_tui.domain.errors import WrongUse
from pulse_tui.ports.incidents import IncidentDesk
from pulse_tui.services.alerts.incidents.export import as_data, markdown

_ABOUT = """list [--every]                     open incidents, the most urgent first; --every: those that ended in the last 30 days too
show ID                            alerts, causes with the evidence for each, timeline, who was notified, what helped before
confirm ID CAUSE [--why REASON]    this is the cause: its number in `show`, or a signal's id
split ID ALERT [--why REASON]      the alert does not belong to it: it gets an incident of its own
merge ID OTHER [--why REASON]      the alerts of ID belong to OTHER from now on
onset ID TIME [--why REASON]       it began then, whatever the signals say: a moment, or 2h for two hours ago
impact ID none|customers [TIME]    whether customers were affected, and since when
resolve ID --why REASON            it ended; alerts that are open stay so. --helped: what ended it, for the next time
undo ID                            take the last of these back
export ID --markdown|--json        all of it for the postmortem
ID is an incident, the beginning of its id, its name elsewhere (pagerduty/Q1ABC), or an alert of it. A cause is named only
where the evidence decides; else it is unknown. Exits with 1 when it is refused."""
_TAKES = {
    "list": (0, 0), "show": (1, 1), "confirm": (2, 2), "split": (2, 2), "merge": (2, 2), "onset": (2, 2),
    "impact": (2, 3), "resolve": (1, 1), "undo": (1, 1), "export": (1, 1),
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """An action, its incident and what else it needs."""
    del name
    parser.epilog = _ABOUT
    parser.add_argument("action", choices=list(_TAKES))
    parser.add_argument("id", nargs="?", default="", help="an incident, as list prints it")
    parser.add_argument("what", nargs="?", default="", help="a cause, an alert, another incident, a moment, an impact")
    parser.add_argument("since", nargs="?", default="", help="impact: since when")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log; resolve needs one")
    parser.add_argument("--helped", default="", help="resolve: what ended it")
    parser.add_argument("--every", action="store_true", help="list: those that ended in the last 30 days too")
    parser.add_argument("--markdown", action="store_true", help="export: as Markdown")


def run(options: argparse.Namespace, name: str) -> int:
    """0 done, 1 refused."""
    action = options.action
    given = [text for text in (options.id, options.what, options.since) if text]
    least, most = _TAKES[action]
    if not least <= len(given) <= most:
        raise WrongUse(
            f"{name} {action} takes {_counted(least, most)}, not {len(given)}", todo="See pulse-tui incident --help"
        )
    if action == "export" and options.markdown == bool(options.json):
        raise WrongUse("incident export needs --markdown or --json, one of them", todo="See pulse-tui incident --help")
    with opened(options) as house:
        house.sync()
        desk = house.desk()
        if action == "list":
            found = desk.incidents(every=options.every)
            emit(options, found, [row.line() for row in found] or ["no incident is open"])
            return 0
        if action in ("show", "export"):
            story = desk.incident_story(options.id)
            if options.markdown:
                emit(options, {}, markdown(story).splitlines())
            elif action == "export":
                put_json(as_data(story))
            else:
                emit(options, as_data(story), story.lines())
            return 0
        done = _decide(desk, options, house.clock())
    emit(options, {"done": done}, [done])
    return 0


def _decide(desk: IncidentDesk, options: argparse.Namespace, now: datetime) -> str:
    """What an operator decides of it; a sentence that says what was done."""
    ident, what, why = options.id, options.what, options.why
    if options.action == "onset":
        return desk.state_onset(ident, past(what, now), why)
    if options.action == "impact":
        return desk.state_impact(ident, what, past(options.since, now) if options.since else None, why)
    if options.action == "resolve":
        return desk.resolve_incident(ident, why, options.helped)
    if options.action == "undo":
        return desk.undo_incident(ident)
    of = {"confirm": desk.confirm_cause, "split": desk.split_incident, "merge": desk.merge_incident}
    return of[options.action](ident, what, why)


def _counted(least: int, most: int) -> str:
    words = ("nothing", "an incident", "an incident and one thing more", "an incident and two things more")
    return words[least] if least == most else f"{words[least]} or {words[most]}"
