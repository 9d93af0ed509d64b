"""``pulse-tui inventory``: what the sources and the estate do not agree about, and what nobody owns."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = (
        "undeclared  a source knows it, the estate does not      unseen  the estate has it, no source reports it\n"
        "disputed    two sources contradict each other          unowned no team answers for it\n"
        "concern     a standing conflict or problem              stale   its bill is older than what serves\n"
        "Exits with 1 when anything is listed."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everything adds up, 1 when something is listed."""
    from pulse_tui.services.registry.inventory import inventory  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        rows = inventory(house.judging)
    lines = []
    for row in rows:
        lines.append(f"{row.kind:<10} {row.subject}: {row.what} ({row.source})")
        lines.append(f"           {row.todo}")
    emit(options, rows, lines or ["everything that the sources know is in the estate, and the reverse"])
    return 1 if rows else 0
