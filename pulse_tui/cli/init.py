"""``pulse-tui init``: a first configuration, ready to be edited."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import Refused, WrongUse
from pulse_tui.settings.trusted import keep_own
from pulse_tui.wiring import bundled

_FOLDERS = ("signals", "results", "advisories")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Where to write."""
    parser.add_argument("folder", nargs="?", default="config", help="the folder to write to (default: config)")


def run(options: argparse.Namespace, _name: str) -> int:
    """Write pulse.yaml and policy.yaml; nothing that is there is touched."""
    folder = Path(options.folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(f"{folder} cannot be made: {error.strerror}", todo="Choose another folder") from None
    there = [n for n in ("pulse.yaml", "policy.yaml") if (folder / n).exists()]
    if there:
        raise Refused(f"{folder} holds {' and '.join(there)} already", todo="Choose another folder")
    for name in ("pulse.yaml", "policy.yaml"):
        shutil.copyfile(bundled("config") / name, folder / name)
        keep_own(folder / name)
    if made:
        keep_own(folder)
    for below in _FOLDERS:  # the sources read them: a first round must not begin with errors
        (folder / below).mkdir(exist_ok=True)
    lines = [
        f"wrote {folder}/pulse.yaml (what runs, where news comes from, who approves) and {folder}/policy.yaml (what it means)",
        "next:",
        f"  edit {folder}/pulse.yaml",
        f"  pulse-tui --config {folder} doctor     checks every part of it",
        f"  pulse-tui --config {folder} refresh    reads every source once",
        f"  pulse-tui --config {folder}            opens the tower",
    ]
    emit(options, {"folder": str(folder)}, lines)
    return 0
