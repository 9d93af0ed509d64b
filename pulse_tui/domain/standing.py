"""The state in which a deployment, or a stage of a workflow, is shown."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """The state of a deployment, the worst first: of several that hold at once the first one is its word.

    What the header counts as at risk comes before all else, so that nothing that is found besides makes a row read
    better; and what is not known comes before what is known to matter little.
    """

    FAIL = "FAIL"
    """An urgent alert is open here and what it measured has failed."""
    QUARANTINED = "quarantined"
    """The release is quarantined and still serves."""
    RISK = "risk"
    """Another urgent alert is open here, or a rollback stopped half-way."""
    CONFLICT = "conflict"
    """What is known of it is inconsistent."""
    UNKNOWN = "unknown"
    """The version that serves is not in the registry."""
    MISSING = "missing"
    """A stage that is deployed neither here nor in production."""
    PAUSED = "paused"
    FROZEN = "frozen"
    BLOCKED = "blocked"
    UNDECLARED = "not declared"
    """The asset is no part of the declared estate: nobody owns it, and neither its exposure nor its data are known."""
    STALE = "stale"
    """Nothing came for too long from a source that would report what is wrong."""
    MIGRATE = "migrate"
    """The day has passed by which nothing should use a model any more that its vendor shuts down."""
    RETEST = "retest"
    WATCH = "watch"
    """A less urgent alert is open here."""
    OK = "ok"

    @property
    def rank(self) -> int:
        """Sort key, worst first."""
        return STANDING_RANK[self]


STANDING_RANK: dict[str, int] = {s: i for i, s in enumerate(Standing)}
"""By the word, for rows that carry it as text."""
RISKY = frozenset({Standing.FAIL, Standing.QUARANTINED, Standing.RISK, Standing.CONFLICT, Standing.UNKNOWN})
"""What the header counts as at risk."""
