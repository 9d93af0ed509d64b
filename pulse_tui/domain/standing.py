"""The state in which a deployment, or a stage of a workflow, is shown."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """The state of a deployment, the most urgent first."""

    FAIL = "FAIL"
    """An urgent alert is open here and what it measured has failed."""
    RISK = "risk"
    """Another urgent alert is open here."""
    PAUSED = "paused"
    FROZEN = "frozen"
    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    """The release is quarantined and still serves."""
    RETEST = "retest"
    CONFLICT = "conflict"
    """What is known of it is inconsistent."""
    MISSING = "missing"
    """A stage that is deployed neither here nor in production."""
    UNKNOWN = "unknown"
    """The version that serves is not in the registry."""
    STALE = "stale"
    """Nothing is known to be wrong, but nothing came for too long from the sources that would report it."""
    WATCH = "watch"
    """A less urgent alert is open here."""
    OK = "ok"

    @property
    def rank(self) -> int:
        """Sort key, most urgent first."""
        return STANDING_RANK[self]


STANDING_RANK: dict[str, int] = {s: i for i, s in enumerate(Standing)}
"""By the word, for rows that carry it as text."""
RISKY = frozenset({Standing.FAIL, Standing.RISK, Standing.QUARANTINED, Standing.CONFLICT, Standing.UNKNOWN})
"""What the header counts as at risk."""
