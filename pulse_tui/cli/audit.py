"""``pulse-tui audit``: is the log whole and are the records as it says; the log as JSON Lines; its head as an anchor."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from pulse_tui.anchors import Anchors, anchors_in
from pulse_tui.cli.output import emit, opened, put_json
from pulse_tui.services.rollback.anchor import anchor_line
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.wiring import House


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """verify, export or anchor."""
    parser.add_argument(
        "action",
        choices=["verify", "export", "anchor"],
        help="is the log whole, and are the records as it says? / print it as JSON Lines / print its head, to be kept elsewhere",
    )
    parser.add_argument(
        "--anchor", metavar="FILE", action="append", default=[], type=Path,
        help="verify: a file with anchors (or a copy of the system's log), beside those of approvals: {anchors: [...]}",
    )  # fmt: skip
    parser.epilog = (
        "verify exits with 1 when the log was changed or cut, or a plan, approval, run, journal, hold or risk acceptance is\n"
        "not as the log recorded it. Whoever can write the database can also rewrite the log: only an anchor that they\n"
        "cannot change shows that, and only up to that anchor."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the log is whole and everything agrees with it, 1 when not."""
    with opened(options, read_only=True) as house, house.store.read() as tx:
        if options.action == "export":
            for entry in tx.log.entries():
                put_json(entry)
            return 0
        if options.action == "anchor":
            newest = tx.log.head()
            line = anchor_line(newest, house.clock(), "kept by hand")
            emit(options, newest._asdict(), [line])
            return 0
        anchors = [a for path in _files(house, options.anchor) for a in anchors_in(path)]
        lines, head, found = verified(tx, anchors)
    whole = not found
    last = max(anchors, default=None)
    words = [f"audit log of {lines} lines: " + ("whole" if whole else "BROKEN"), *(f"  {line}" for line in found)]
    words.append(
        f"  {len(anchors)} anchors, the newest at line {last.seq}: what came later is as sure as the database"
        if last
        else "  no anchor: lines at the end that were cut off together with all that names them would not be seen"
    )
    emit(options, {"lines": lines, "whole": whole, "found": found, "anchors": len(anchors), "head": head.hash}, words)
    return 0 if whole else 1


def _files(house: House, named: Sequence[Path]) -> Iterator[Path]:
    yield from named
    yield from (p for p in Anchors(house.settings.approvals.anchors, house.base).files if p.exists())
