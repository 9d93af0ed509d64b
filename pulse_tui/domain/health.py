"""The health of a source: the one definition, for code that has the whole value and code that has columns."""

from __future__ import annotations

from enum import StrEnum

PUSHED = "pushed"
"""The kind of a source that is not asked: it sends."""

ROUNDS_MISSED = 3
"""A source is late after this many intervals without a good round."""

LATE_LEAST_S = 15.0
"""And never sooner than this: a source that is asked every second or two is not late because a round took longer."""


class Health(StrEnum):
    """The health of a source, the worst first."""

    FAILING = "failing"
    LATE = "late"
    SUSPECT = "suspect"
    """It answers, and something of what it brought was refused, or is not believed, or it has gone silent."""
    NEVER = "never"
    """It has not been read yet."""
    GOOD = "good"


AHEAD_S = 120.0
"""A round may be dated so far ahead of this clock (two machines are never quite together). What is dated later was
written under a clock that has been set back since: how long ago it was is not known."""


def late_after_s(every_s: float) -> float:
    """Seconds without a good round after which a source that is asked every ``every_s`` is late."""
    return max(ROUNDS_MISSED * every_s, LATE_LEAST_S)


def health(failures: int, silent_s: float | None, every_s: float, *, refused: bool = False) -> Health:
    """``failures`` in a row; ``silent_s`` seconds since the last good round (None: there was none; negative: it is yet to
    come); the interval; whether something of what it brought stands refused."""
    if failures:
        return Health.FAILING
    if silent_s is None:
        return Health.NEVER
    if silent_s > late_after_s(every_s) or silent_s < -AHEAD_S:
        return Health.LATE
    return Health.SUSPECT if refused else Health.GOOD
