"""``pulse-tui asset``: all that is recorded of one asset."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.process import operator_name

EPILOG = """\
show ASSET   what changed, what is the risk, what to do; what runs of it where, its releases, holds and dependencies"""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and an asset."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=["show"])
    parser.add_argument("asset", metavar="ASSET", help="its id")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when it is known."""
    from pulse_tui.services.objects import asset_data  # noqa: PLC0415

    with opened(options, read_only=True) as house:
        lines = house.desk(operator_name()).asset_story(options.asset)
    emit(options, asset_data(options.asset, lines), _page(lines))
    return 0


def _page(lines: tuple[tuple[str, str], ...]) -> list[str]:
    out, before = list[str](), ""
    for label, text in lines:
        if label and label != before:
            out.append(f"{label}:")
            before = label
        out += [f"  {part}" for part in text.split("\n")]
    return out
