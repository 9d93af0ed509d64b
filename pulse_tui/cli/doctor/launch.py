"""The launch checklist among the doctor's lines: the same lines as ``pulse-tui checklist``."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.wiring import House

SHOWN = 4
"""Of what lacks something, so many are named."""


def launch(house: House) -> Iterator[Line]:
    """Each line with its evidence, or what is missing and what to do."""
    from pulse_tui.services.learning.launch import checklist  # noqa: PLC0415

    for line in checklist(house.rollback).lines:
        named = ", ".join(line.missing[:SHOWN]) + (" ..." if line.missing[SHOWN:] else "")
        what = f"{line.what}: {line.evidence}"
        if line.ok is not True:
            what += (f"; lacks it: {named}" if named else "") + (f". {line.todo}" if line.todo else "")
        yield Line(f"launch {line.id}", line.ok, what, todo=line.ok is False)
