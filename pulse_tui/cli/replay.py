"""``pulse-tui replay``: the tower as it stood at a moment."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.cli.status import board_lines
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.when import FORMS, moment, on_the_wall

if TYPE_CHECKING:
    from pulse_tui.ports.tower import PastDesk
    from pulse_tui.tui.app import Tower

EPILOG = f"""\
AT is {FORMS}; an hour alone is the last such one. What names no offset is on the operator's clock (`time_zone` in
tower.yaml, or $TZ), as in the tower's `:replay`, else in UTC; the answer says which.
In a terminal the whole tower, read-only: , and . step to the change before and after, {{ and }} by ten minutes. With --json, or
without a terminal, the three questions as of then. What is shown was recorded by a tower or an agent while it ran (`recording:` in
the configuration), or with `pulse-tui --record FILE`. To run another policy over what came in is `pulse-tui policy replay`.
Exits with 0 when the moment is on record."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """When, and of what."""
    parser.add_argument("at", metavar="AT", help="when: " + FORMS)
    parser.add_argument("--file", metavar="FILE", type=Path, help="a recording that --record wrote, no database")
    parser.epilog = EPILOG
    # "-2h" is a moment and no option: what looks like a negative number is taken as an argument.
    parser._negative_number_matcher = re.compile(r"^-\d+(s|m|min|h|d)$")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the moment is on record."""
    with _past(options) as desk:
        if options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _print(options, desk)
        return _show(desk)


@contextmanager
def _past(options: argparse.Namespace) -> Iterator[PastDesk]:
    """The desk as of the moment, of the database or of the file."""
    if options.file is None:
        with opened(options, read_only=True) as house:
            yield house.desk().past(moment(options.at, house.clock(), _zone()))
        return
    from pulse_tui.services.past.replay import replay_desk  # noqa: PLC0415
    from pulse_tui.storage.service.recording import FilePast, read_recording  # noqa: PLC0415
    from pulse_tui.wiring import now  # noqa: PLC0415

    found = read_recording(options.file)
    past = FilePast(found.frames)
    if found.damaged or found.cut:
        last = f"the last whole frame is of {iso(found.frames[-1].at)}" if found.frames else "no whole frame is left"
        how = (
            f"{many(found.damaged, 'damaged frame')} left out" if found.damaged else "it ends in the middle of a frame"
        )
        print(f"pulse-tui: {options.file}: {how}; {last}", file=sys.stderr)
    yield replay_desk(lambda: contextlib.nullcontext(past), moment(options.at, now(), _zone()), now())


def _zone() -> tzinfo:
    """Of the operator's clock, as their tower has it. Raises ConfigError for a broken tower.yaml."""
    from pulse_tui.cli.estates import preferences  # noqa: PLC0415
    from pulse_tui.tui.kit.manners import manners_of  # noqa: PLC0415
    from pulse_tui.wiring import config_dir  # noqa: PLC0415

    return manners_of(preferences(config_dir()), os.environ).zone or UTC


def _print(options: argparse.Namespace, desk: PastDesk) -> int:
    from pulse_tui.tui.kit.manners import clocked  # noqa: PLC0415

    landing, board = desk.landed(), desk.board()
    at, zone = iso(from_us(landing.at_us)), _zone()
    data = {"replay": at, "zone": str(zone), "missing": landing.missing, **board._asdict()}
    read = f"  ({clean(options.at, 40)} is read in {zone})" if on_the_wall(options.at) else ""
    head = [f"REPLAY {clocked(at, zone)}  not live" + (f": {landing.missing}" if landing.missing else "") + read]
    lines = (
        "WHAT WAS TO DO THEN" if line == "WHAT TO DO NOW" else line for line in board_lines(board, {}, landing.at_us)
    )
    emit(options, data, [*head, *lines])
    return 0


def _show(desk: PastDesk) -> int:
    tower = tower_of(desk)
    asyncio.run(tower.run_async(mouse=False))
    return tower.return_code or 0


def tower_of(desk: PastDesk) -> Tower:
    """Read-only, with the operator's own keys, clock and links. Raises ConfigError for a broken tower.yaml."""
    from pulse_tui.cli.estates import preferences  # noqa: PLC0415
    from pulse_tui.cli.tower import kept_in_state, to_tmux  # noqa: PLC0415
    from pulse_tui.tui.app import Tower  # noqa: PLC0415
    from pulse_tui.tui.kit.manners import manners_of  # noqa: PLC0415
    from pulse_tui.wiring import config_dir  # noqa: PLC0415

    chosen = preferences(config_dir())
    tower = Tower(
        lambda: desk,
        quick_board=lambda: None,
        scheduler=None,
        read_only=True,
        session_file=None,
        title=desk.estate_name,
        hand_out=to_tmux,
        replay=True,
        preferences=chosen,
    )
    tower.context.keep = kept_in_state
    tower.manners = manners_of(chosen, os.environ)
    return tower
