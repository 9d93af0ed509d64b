"""The health of a source: the one definition, for code that has the whole value and code that has columns."""

from __future__ import annotations

from enum import StrEnum

ROUNDS_MISSED = 3
"""A source is late after this many intervals without a good round."""


class Health(StrEnum):
    """The health of a source, the worst first."""

    FAILING = "failing"
    LATE = "late"
    NEVER = "never"
    """It has not been read yet."""
    GOOD = "good"


def health(failures: int, silent_s: float | None, every_s: float) -> Health:
    """``failures`` in a row; ``silent_s`` seconds since the last good round (None: there was none); the interval."""
    if failures:
        return Health.FAILING
    if silent_s is None:
        return Health.NEVER
    return Health.LATE if silent_s > ROUNDS_MISSED * every_s else Health.GOOD
