"""``pulse-tui`` without a command: the tower."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pulse_tui.ports import Desk
    from pulse_tui.scheduling import Scheduler
    from pulse_tui.wiring import House


def run(options: argparse.Namespace) -> int:
    """Open the tower; refuses politely where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WrongUse(
            "the tower needs a terminal",
            todo="Use `pulse-tui status` for text, or `pulse-tui agent` to collect without a screen",
        )
    from pulse_tui import wiring  # noqa: PLC0415  after the cheap refusals

    return open_tower(wiring.find_config(options.config), options.database, read_only=options.read_only)


def open_tower(
    config: Path | None,
    database: str | None,
    *,
    read_only: bool,
    session: Path | None = None,
    operator: str | None = None,
) -> int:
    """Run the tower until the operator leaves. The house is opened after the first frame, in a thread."""
    from pulse_tui.tui.app import Tower  # noqa: PLC0415
    from pulse_tui.wiring import House, quick_board, state_dir  # noqa: PLC0415

    houses: list[House] = []

    def open_desk() -> Desk:
        house = House(config, database=database, read_only=read_only)
        houses.append(house)
        house.sync()
        return house.desk(operator)

    tower = Tower(
        open_desk,
        quick_board=lambda: quick_board(config, database),
        scheduler=None if read_only else scheduler(lambda: houses[-1], config, database),
        read_only=read_only,
        session_file=session if session is not None else state_dir() / "session.json",
        title="pulse-tui",
    )
    tower.run(mouse=False)
    for house in houses:
        house.close()
    return tower.return_code or 0


def scheduler(house: Callable[[], House], config: Path | None, database: str | None) -> Scheduler:
    """The in-process scheduler with its worker process."""
    from pulse_tui.scheduling import Scheduler, WorkerRunner  # noqa: PLC0415

    arguments = ["worker"]
    if config is not None:
        arguments += ["--config", str(config)]
    if database is not None:
        arguments += ["--database", database]

    def sources() -> dict[str, float]:
        found = house().judging.sources
        return {s.id: s.every for s in found.values()}

    return Scheduler(sources, lambda: WorkerRunner(arguments))
