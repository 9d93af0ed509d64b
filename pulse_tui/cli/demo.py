"""``pulse-tui demo``: the night, with the tower or without a screen."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import WrongUse
from pulse_tui.wiring import House, bundled, now

if TYPE_CHECKING:
    from pulse_tui.demo.night import Night

FIRST_S, EVERY_S = 6.0, 5.0
GREETING = "a recorded night begins: Enter opens an alert, p plans a rollback"
"""The first sentence in the tower. It fits 80 columns."""
HINT = "Enter opens  ? keys"
"""What stands in the first line, beside the state of a quiet evening: together they fit 80 columns."""
PACE = "PULSE_DEMO_PACE"
"""Environment variable: seconds between two acts, for a quick look and for tests."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How to play it."""
    parser.add_argument("--headless", action="store_true", help="no screen: print the story, exit 0 only when verified")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave configuration and database in DIR")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, help="another night than the bundled one")
    parser.epilog = (
        "Without a terminal, or with --json, it plays headless. Everything is on 127.0.0.1 and in a temporary folder.\n"
        "Headless it exits with 0 only when every row of the alert matrix decided and the rollback was verified."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the rollback was verified (headless), or the tower was left."""
    from pulse_tui.demo.night import Night  # noqa: PLC0415

    first_s, every_s = _pace()
    night = Night(options.fixtures or bundled("fixtures") / "night", now(), options.keep)
    try:
        if options.headless or options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _headless(night, options)
        return _tower(night, first_s, every_s)
    finally:
        night.close()
        if options.keep and not options.json:
            print(f"kept: pulse-tui --config {options.keep} opens the same estate")
            print("  (its registry, feeds and target ended with the demo: they will be shown as unreachable)")


def _pace() -> tuple[float, float]:
    given = os.environ.get(PACE)
    if not given:
        return FIRST_S, EVERY_S
    try:
        seconds = float(given)
    except ValueError:
        raise WrongUse(f"${PACE} is {given!r}, no number of seconds", todo="For example 2.5") from None
    return seconds, seconds


def _headless(night: Night, options: argparse.Namespace) -> int:
    from pulse_tui.demo.story import headless  # noqa: PLC0415

    story: list[str] = []
    house = House(night.folder)
    try:
        house.sync()
        verified = headless(night, house, story.append if options.json else print)
    finally:
        house.close()
    if options.json:
        emit(options, {"verified": verified, "story": story}, ())
    return 0 if verified else 1


def _tower(night: Night, first_s: float, every_s: float) -> int:
    """The first frame stands before the evening is read, and the night begins on an estate at rest."""
    from pulse_tui.cli.tower import open_tower  # noqa: PLC0415
    from pulse_tui.demo.night import OPERATOR  # noqa: PLC0415

    done = threading.Event()
    player = threading.Thread(target=night.play_slowly, args=(first_s, every_s, done, lambda _says: None), daemon=True)

    def evening() -> None:
        from pulse_tui.process import holder_name  # noqa: PLC0415  the first frame needs none of it
        from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415

        with contextlib.closing(House(night.folder)) as house:
            house.sync()
            night.play(night.acts[0])
            for source in house.judging.sources:
                refresh(source, house.judging, holder_name())
        player.start()

    try:
        return open_tower(
            night.folder, None, read_only=False, session=night.folder / "session.json", operator=OPERATOR,
            greeting=GREETING, hint=HINT, prepare=evening,
        )  # fmt: skip
    finally:
        done.set()
        if player.ident is not None:
            player.join(2)
