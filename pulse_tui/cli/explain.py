"""``pulse-tui explain``: an alert's page as text, or the conditions of a decision with the values that they saw."""

from __future__ import annotations

import argparse
from typing import Any

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.status import story_lines
from pulse_tui.domain.errors import ConfigError, NotFound, WrongUse
from pulse_tui.domain.pruned import Kept
from pulse_tui.domain.text import many
from pulse_tui.domain.views.alerts import AlertStory
from pulse_tui.wiring import House


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """The id of an alert, a decision, a signal or an incident."""
    parser.add_argument("id", help="an alert, a decision, a signal or an incident, or the beginning of its id")
    parser.add_argument(
        "--for",
        default="",
        dest="whom",
        metavar="NAME",
        help="of an alert: was this person, team, role or route notified, by what, or why not",
    )
    parser.epilog = (
        "Prints what changed, the risk and what to do, or the rule's conditions with the values they saw and what was done, of\n"
        "any decision: one that fired, one that did not, and one that was indeterminate."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the id is one of something."""
    from pulse_tui.services.conditions.explained import Judged, meant  # noqa: PLC0415

    def plain(judged: Judged) -> dict[str, Any]:
        decision = judged.decision
        fields = {name: getattr(decision, name) for name in decision.__struct_fields__}
        return {**fields, "reasons": judged.reasons, "responses": judged.responses}

    with opened(options, read_only=True) as house:
        with house.store.read() as tx:
            found = meant(tx, options.id)
            pruned = [one.words() for kind, one in tx.pruned.all().items() if kind in (Kept.SIGNALS, Kept.DECISIONS)]
        if found is None:
            todo = "see the open ones: pulse-tui status"
            what = f"{options.id!r} names no alert, decision, signal or incident"
            raise NotFound(what + "".join(f"; {line}" for line in pruned), todo=todo)
        if options.whom:
            if found.alert is None:
                raise WrongUse(
                    f"{options.id!r} is no alert: --for asks who was notified of one", todo="pulse-tui status"
                )
            head, *rest = house.desk().why_called(found.alert.id, options.whom)
            plain_answer = {"alert": found.alert.id, "for": options.whom, "lines": [head, *rest]}
            emit(options, plain_answer, [head, *(f"  {line}" for line in rest)])
            return 0
        if found.alert is not None:
            story = house.desk().story(found.alert.id)
            emit(options, story, [*story_lines(story), *_commands(story)])
            return 0
        if (incident := found.incident) is not None:
            lines = [f"incident {incident.id}: {incident.title} ({incident.state.value})"]
            lines += [f"  {a.priority.glyph:<4} {a.id}  {a.title}  ({a.state.value})" for a in found.members]
            data = {"incident": incident, "alerts": [a.id for a in found.members]}
            emit(options, data, [*lines, f"  pulse-tui incident show {incident.id}"])
            return 0
        in_force = _in_force(house)
        lines = [line for judged in found.decisions for line in (*judged.lines(in_force), "")]
        if found.signal is not None and not found.decisions:
            lines = [f"{found.signal.title}: no rule is about a {found.signal.signal_type.value}, nothing was decided"]
        elif found.signal is not None:
            lines.insert(0, f"{found.signal.title}: {many(len(found.decisions), 'decision')}")
        emit(options, [plain(judged) for judged in found.decisions], lines)
    return 0


def _in_force(house: House) -> str:
    try:
        return house.policy.digest
    except ConfigError:  # what was decided is shown while the policy of today cannot be read, too
        return ""


def _commands(story: AlertStory) -> list[str]:
    """The story names the tower's keys; here is how the same is done from a shell."""
    alert = story.alert
    if alert.state == "resolved":
        return []
    lines = ["FROM THE SHELL"]
    if story.plan_hash:
        lines.append(f"  pulse-tui rollback show {story.plan_hash[:12]}")
    elif story.rollback_possible:
        lines.append(f"  pulse-tui rollback plan {alert.asset} --env {alert.environment} --alert {alert.id}")
    return [*lines, f"  pulse-tui alert ack {alert.id}   (or resolve, silence, waive with --why)"]
