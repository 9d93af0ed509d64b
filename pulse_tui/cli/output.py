"""What commands share: opening the house, printing text or JSON."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec

from pulse_tui.domain.lock import escaped, shown
from pulse_tui.domain.plain import plain
from pulse_tui.domain.text import clean
from pulse_tui.wiring import HERE, House, found_config

WARNINGS = 5
"""Shown of a configuration before every answer; the doctor shows all."""


@contextmanager
def opened(options: argparse.Namespace, *, read_only: bool = False) -> Iterator[House]:
    """The house of ``--config`` and ``--database``, closed at the end."""
    config, how = found_config(options.config)
    house = House(config, database=options.database, read_only=read_only)
    if how is HERE:
        print(f"pulse-tui: {configuration(options)}; --config or $PULSE_CONFIG names one", file=sys.stderr)
    warn(house)
    try:
        yield house
    finally:
        house.close()


def configuration(options: argparse.Namespace) -> str:
    """Which configuration is used, and how it was found."""
    config, how = found_config(options.config)
    return f"configuration {clean(str(config.resolve()), 300)} ({how})" if config is not None else "no configuration"


def warn(house: House) -> None:
    """What the configuration should say otherwise, on standard error: file:line, the key and its new name."""
    warnings = [w for w in house.settings.warnings if not w.standing]
    for problem in warnings[:WARNINGS]:
        print(f"pulse-tui: warning: {problem}", file=sys.stderr)
    if len(warnings) > WARNINGS:
        print(f"pulse-tui: {len(warnings) - WARNINGS} more warnings: pulse-tui doctor lists all", file=sys.stderr)


def emit(options: argparse.Namespace, data: Any, lines: Iterable[str]) -> None:
    """``data`` as JSON with ``--json``, else the lines."""
    if options.json:
        put_json(plain(data), order="sorted")
        return
    with last_words():  # the exit code is that of what was asked, read or not
        for line in lines:
            print(shown(line))


def put_json(data: Any, order: Literal["sorted"] | None = None) -> None:
    r"""One line of JSON. What could steer a terminal stands as ``\uXXXX``, wherever the output goes."""
    with last_words():
        sys.stdout.write(escaped(msgspec.json.encode(data, order=order).decode()) + "\n")


@contextmanager
def last_words() -> Iterator[None]:
    """What is printed in here may find nobody to read it (a closed pipe, a dropped session): that changes no outcome."""
    try:
        yield
        sys.stdout.flush()
    except OSError:
        nobody_reads()


def nobody_reads() -> None:
    """Standard output leads nowhere from now on, what is still in its buffer included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
