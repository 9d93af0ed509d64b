"""Where somebody stands who looks at the tower as it stood."""

from __future__ import annotations

from typing import NamedTuple


class Landing(NamedTuple):
    """A moment of the past that is shown."""

    at_us: int
    """What is shown is of then, and ages are counted from then."""
    changed: str = ""
    """What changed with it: ``P1 opened: accuracy -5.2 pp on support-bot``; empty where nothing was stepped over."""
    missing: str = ""
    """What is not known of then: ``nothing was recorded from ... to ...``; empty where all is."""
