"""A step kind that keeps its value in a file, as a deployment that reads a file would want it.

A module as :class:`pulse_tui.ports.Step` says. It is a real adapter: it compares and swaps through the context's files.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pulse_tui.domain.errors import PulseError, TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.ports import StepContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file; a relative path starts at the configuration's folder."""

    path: str


def target(options: Options) -> str:
    """The file's name as configured."""
    return f"file {options.path}"


def value_of(options: Options, release: Release) -> str:
    """The release's version."""
    del options
    return release.version


def read(options: Options, context: StepContext) -> str:
    """The file's text. Raises TargetError when it cannot be read."""
    try:
        return context.files.read(context.base / options.path).decode().strip()
    except PulseError as error:
        raise TargetError(str(error), ambiguous=False) from error


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Swap the text, if it is still the expected one. Raises TargetError."""
    del key, epoch
    try:
        context.files.replace(context.base / options.path, f"{value}\n".encode(), before=f"{expected}\n".encode())
    except PulseError as error:
        raise TargetError(str(error), ambiguous=False) from error


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The file is there."""
    del release
    there = (context.base / options.path).is_file()
    return (Check(name="file", ok=there, detail=f"{options.path} {'is' if there else 'is not'} there"),)
