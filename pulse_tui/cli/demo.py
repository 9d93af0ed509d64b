"""``pulse-tui demo``: the night, with the tower or without a screen."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.wiring import House, bundled, now

if TYPE_CHECKING:
    from pulse_tui.demo.night import Night

FIRST_S, EVERY_S = 6.0, 5.0


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How to play it."""
    parser.add_argument("--headless", action="store_true", help="no screen: print the story, exit 0 only when verified")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave configuration and database in DIR")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, help="another night than the bundled one")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the rollback was verified (headless), or the tower was left."""
    from pulse_tui.demo.night import Night  # noqa: PLC0415

    night = Night(options.fixtures or bundled("fixtures") / "night", now(), options.keep)
    try:
        if options.headless or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _headless(night)
        return _tower(night)
    finally:
        night.close()
        if options.keep:
            print(f"kept: pulse-tui --config {options.keep} opens the same estate")


def _headless(night: Night) -> int:
    from pulse_tui.demo.story import headless  # noqa: PLC0415

    house = House(night.folder)
    try:
        house.sync()
        return 0 if headless(night, house, print) else 1
    finally:
        house.close()


def _tower(night: Night) -> int:
    """The evening is ingested first, so that the tower opens on an estate at rest; then the night begins."""
    from pulse_tui.cli.tower import open_tower  # noqa: PLC0415
    from pulse_tui.demo.night import OPERATOR  # noqa: PLC0415
    from pulse_tui.services.refresh import refresh  # noqa: PLC0415
    from pulse_tui.wiring import holder_name  # noqa: PLC0415

    house = House(night.folder)
    house.sync()
    night.play(night.acts[0])
    for source in house.judging.sources:
        refresh(source, house.judging, holder_name())
    house.close()
    done = threading.Event()
    player = threading.Thread(target=night.play_slowly, args=(FIRST_S, EVERY_S, done, lambda _says: None), daemon=True)
    player.start()
    try:
        return open_tower(night.folder, None, read_only=False, session=night.folder / "session.json", operator=OPERATOR)
    finally:
        done.set()
        player.join(2)
