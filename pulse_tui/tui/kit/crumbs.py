"""The path to a page in words: ``Alerts > a1b2 accuracy… > support-bot >``, shortened from the left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from pulse_tui.tui.kit.canvas import fit

WIDEST: Final = 24
"""Columns of one step."""
LEAST: Final = 8
"""Columns of the last step below which it says nothing."""
_CUT: Final = "…"


def crumb(words: str) -> str:
    """A title as a step: its first two parts (parts are apart by two blanks or more), not too wide."""
    parts = [part for part in re.split(r"\s{2,}", words.strip()) if part]
    text = " ".join(parts[:2])
    return fit(text, WIDEST).rstrip() if cell_len(text) > WIDEST else text


def path_words(path: Sequence[str], room: int) -> str:
    """The steps, each with `` >`` behind it, in ``room`` columns; what does not fit goes from the left. Empty without room."""
    for first in range(len(path)):
        steps = [*([_CUT] if first else []), *path[first:]]
        text = "".join(f" {step} >" for step in steps)
        if cell_len(text) <= room:
            return text
    if not path or room < cell_len(whole := f" {_CUT} >"):
        return ""
    left = room - cell_len(f"{whole}  >")
    return f"{whole} {fit(path[-1], left).rstrip()} >" if left >= LEAST else whole
