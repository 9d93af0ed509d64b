"""``pulse-tui drift``: change points of one series, or of many (JSON Lines in, one line out per line in)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pulse_tui.domain.errors import SourceError, WrongUse
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from pulse_tui.evaluate.drift import Drift

SHOWN = 200
"""Characters of a message about one line."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``FILE``, or ``--batch FILE``; ``-`` is standard input."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a JSON list of numbers, or one number a line; or -")
    parser.add_argument("--batch", metavar="FILE", help='JSON Lines of {"id", "y": [...]}; or -')
    parser.add_argument(
        "--material", type=float, default=0.0, metavar="X", help="the least change of level that is reported"
    )
    parser.epilog = (
        'Empty lines are skipped. --batch prints {"id", "changes": [index, ...]} a line: 0-based indices of the first point after each confirmed\n'
        'change; a line that cannot be judged gives {"id", "error"} and exit code 1.'
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everything was judged, 1 when something was refused."""
    if (options.file is None) == (options.batch is None):
        raise WrongUse("one of FILE and --batch FILE is needed", todo="See pulse-tui drift --help")
    if not 0.0 <= options.material < float("inf"):
        raise WrongUse(f"--material {options.material:g} is no amount", todo="Give a number from 0 up")
    if options.batch is not None:
        return _batch(options.batch, options.material)
    from pulse_tui.evaluate.drift import drift  # noqa: PLC0415  brings numpy

    values, shown = _series(options.file)
    found = drift(values, material=options.material)
    if options.json:
        print(json.dumps(_plain(found)))
    else:
        for line in _lines(found, shown, len(values)):
            print(line)
    return 0


def _batch(name: str, material: float) -> int:
    refused = False
    with _opened(name) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            answer = judged(line, number, material)
            refused = refused or "error" in answer
            sys.stdout.write(json.dumps(answer) + "\n")
    return 1 if refused else 0


def judged(line: bytes, number: int, material: float = 0.0) -> dict[str, Any]:
    """The answer to one line of a batch: ``{"id", "changes"}``, or ``{"id", "error"}`` naming the line."""
    from pulse_tui.evaluate.drift import changes  # noqa: PLC0415  brings numpy
    from pulse_tui.evaluate.inputs import Unusable  # noqa: PLC0415

    record: dict[str, Any] = {}
    try:
        record = _record(line)
        return {"id": _id(record.get("id")), "changes": changes(_y(record), material=material)}
    except (SourceError, Unusable) as error:
        return {"id": _id(record.get("id")), "error": f"line {number}: {clean(str(error), SHOWN)}"}


def _record(line: bytes) -> dict[str, Any]:
    record = _parsed(line)
    if not isinstance(record, dict):
        raise SourceError("not an object with id and y")
    return record


def _y(record: dict[str, Any]) -> list[Any]:
    if "y" not in record:
        raise SourceError("y is missing")
    if not isinstance(record["y"], list):
        raise SourceError("y is not a list of numbers")
    return record["y"]


def _id(value: object) -> str | int | float | None:
    if isinstance(value, str):
        return clean(value, SHOWN)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise SourceError("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise SourceError(f"not JSON: {why}") from None


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror or error}", todo="Check the path and its rights") from None


def _series(name: str) -> tuple[list[Any], str]:
    with _opened(name) as stream:
        try:
            data = stream.read()
        except OSError as error:
            raise SourceError(f"{name}: {error.strerror or error}", todo="Check the path and its rights") from None
    shown = "stdin" if name == "-" else clean(name)
    if data.lstrip().startswith((b"[", b"{")):
        try:
            values = _parsed(data)
        except SourceError as error:
            raise SourceError(f"{shown}: {error}", todo="Write a list of numbers") from None
        if not isinstance(values, list):
            raise SourceError(f"{shown} is no list of numbers", todo="For objects with id and y use --batch")
        return values, shown
    return list(_numbers(data, shown)), shown


def _numbers(data: bytes, shown: str) -> Iterator[float]:
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield float(line)
        except ValueError:
            raise SourceError(f"{shown}:{number}: {clean(line, 40)!r} is no number", todo="One number a line") from None


def _plain(found: Drift) -> dict[str, Any]:
    changes = [dataclasses.asdict(c) for c in found.changes]
    return {"changes": changes, "sd": found.sd, "memory": found.memory}


def _lines(found: Drift, shown: str, n: int) -> Iterator[str]:
    if not found.changes:
        yield f"{shown}: no change of level in {n} points (noise sd {found.sd:.4g}, memory {found.memory:.2f})"
        return
    for c in found.changes:
        state = "confirmed" if c.confirmed else f"unconfirmed: only {c.points_after} points after it"
        sure = f"confidence {c.confidence:.4f}"
        yield f"{shown}: at {c.index}: {c.before:.6g} -> {c.after:.6g} ({c.size:+.1f} sd), {sure}, {state}"
