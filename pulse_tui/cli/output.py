"""What commands share: opening the house, printing text or JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from pulse_tui.wiring import House, find_config

WARNINGS = 5
"""Shown of a configuration before every answer; the doctor shows all."""


@contextmanager
def opened(options: argparse.Namespace, *, read_only: bool = False) -> Iterator[House]:
    """The house of ``--config`` and ``--database``, closed at the end."""
    house = House(find_config(options.config), database=options.database, read_only=read_only)
    warn(house)
    try:
        yield house
    finally:
        house.close()


def warn(house: House) -> None:
    """What the configuration should say otherwise, on standard error: file:line, the key and its new name."""
    warnings = house.settings.warnings
    for problem in warnings[:WARNINGS]:
        print(f"pulse-tui: warning: {problem}", file=sys.stderr)
    if len(warnings) > WARNINGS:
        print(f"pulse-tui: {len(warnings) - WARNINGS} more warnings: pulse-tui doctor lists all", file=sys.stderr)


def emit(options: argparse.Namespace, data: Any, lines: Iterable[str]) -> None:
    """``data`` as JSON with ``--json``, else the lines."""
    if options.json:
        sys.stdout.write(msgspec.json.encode(plain(data), order="sorted").decode() + "\n")
        return
    for line in lines:
        print(line)


def plain(data: Any) -> Any:
    """Named tuples as objects with names: their positions mean nothing to a reader."""
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return {k: plain(v) for k, v in data._asdict().items()}
    if isinstance(data, (list, tuple)):
        return [plain(v) for v in data]
    if isinstance(data, dict):
        return {k: plain(v) for k, v in data.items()}
    return data
