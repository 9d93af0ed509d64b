"""What to do about an alert, in the same words wherever it is shown."""

from __future__ import annotations

from typing import NamedTuple


class Advice(NamedTuple):
    """The steps, the first one first, and whether a rollback is one of them."""

    lines: tuple[str, ...]
    rollback: bool = False
    """Whether going back to the last good release can answer the cause at all."""
    answers: bool = False
    """Whether that is the first thing to do, and nothing known speaks against it."""
