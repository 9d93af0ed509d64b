"""``pulse-tui rehearse``: a scenario through the configured estate, policy, routes and schedules, on a clock of its own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pulse_tui.cli.json_lines import lines, opened_file, unreadable
from pulse_tui.cli.output import configuration, put_json, warn
from pulse_tui.domain.errors import Problem, WrongUse
from pulse_tui.domain.lock import shown
from pulse_tui.domain.text import clean
from pulse_tui.wiring import HERE, found_config

if TYPE_CHECKING:
    from pulse_tui.rehearsal.events import Event


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``SCENARIO``, or ``-``."""
    parser.add_argument("scenario", metavar="SCENARIO", help="JSON Lines, or - for standard input")
    parser.add_argument("--config", metavar="PATH", help="configuration folder or file")
    parser.add_argument(
        "--only", metavar="EVENT", action="append", default=[], help="show these events only: paged, cause ..."
    )
    parser.add_argument("--until", metavar="TIME", help="leave out the lines after this moment: 2026-11-23T03:00:00Z")
    parser.epilog = (
        "Nothing is sent, no ticket is written, and the configured database is not touched.\n"
        "`pulse-tui help rehearsal` describes the lines that go in and the events that come out."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when it was played. Raises WrongUse with every problem of the scenario, ConfigError with those of the configuration."""
    from pulse_tui.rehearsal.play import UNREAD, Player, prepared, scenario_of  # noqa: PLC0415
    from pulse_tui.rehearsal.words import Lines, ending  # noqa: PLC0415

    only, until = _only(options.only), _moment(options.until)
    file = "standard input" if options.scenario == "-" else clean(options.scenario)
    try:
        with opened_file(options.scenario) as stream:
            given = list(lines(stream))
    except OSError as error:  # a folder
        raise unreadable(options.scenario, error) from None
    config, how = found_config(options.config)
    with prepared(config, _first(given) or UNREAD, lambda house: scenario_of(file, given, house)) as ready:
        if ready.scenario.problems:
            raise _refused(file, ready.scenario.problems)
        if how is HERE:
            print(f"pulse-tui: {configuration(options)}; --config or $PULSE_CONFIG names one", file=sys.stderr)
        warn(ready.house)
        text = Lines()

        def show(event: Event) -> None:
            if only and event["event"] not in only:
                return
            if options.json:
                put_json(event)
            else:
                _print(text.of(event))

        chosen = [line for line in ready.scenario.lines if until is None or line.at <= until]
        if not chosen:
            raise WrongUse(f"no line of {file} is before {options.until}", todo="Choose a later moment")
        player = Player(ready, show)
        summary = player.play(chosen)
        if options.json:
            put_json({"summary": summary})
        else:
            _print(ending(summary, player.summary.unreached()))
    return 0


def _print(texts: Iterable[str]) -> None:
    for text in texts:
        print(shown(text))


def _refused(file: str, problems: Sequence[Problem]) -> WrongUse:
    head = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return WrongUse(f"{head} in {file}, nothing was played:\n" + "\n".join(f"  {p}" for p in problems))


def _only(given: Sequence[str]) -> frozenset[str]:
    from pulse_tui.rehearsal.events import Word  # noqa: PLC0415
    from pulse_tui.settings.check import nearest  # noqa: PLC0415

    known = [word.value for word in Word]
    for name in given:
        if name not in known:
            raise WrongUse(f"--only {clean(name, 60)}: there is no such event", todo=nearest(name, known))
    return frozenset(given)


def _moment(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongUse(f"--until {clean(given, 60)}: not a time with its offset", todo="Write 2026-11-23T03:00:00Z")
    return moment


def _first(given: Iterable[tuple[int, bytes | None]]) -> datetime | None:
    """The moment of the first line, as far as it can be read."""
    for _, raw in given:
        try:
            line: Any = json.loads(raw or b"")
            moment = datetime.fromisoformat(line["at"])
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    return None
