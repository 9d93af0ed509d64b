"""Changes of policy: what was in force from when, who changed it, what that would have done, who approved it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class PolicyState(StrEnum):
    """Where a policy stands."""

    PROPOSED = "proposed"
    """It waits for a second person."""
    IN_FORCE = "in force"
    REPLACED = "replaced"
    REJECTED = "rejected"


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One policy, by the digest of what decides."""

    digest: str
    seen_at: datetime
    by: str
    """The account that runs the program which read it first."""
    state: PolicyState
    changed: tuple[str, ...] = ()
    """What is different from the one before, a line each: ``latency-breach: p95 > 1.15 -> 1.25``."""
    effect: str = ""
    """What it would have done over the stored history, in words."""
    approved_by: str | None = None
    approved_at: datetime | None = None
    why: str = ""
    rejected_by: str | None = None
    rejected_at: datetime | None = None
    phase: str = ""
    """Of the estate under it; empty: not recorded."""
    approvals: int = 0
    """How many people beside the one who proposes it a change of this policy needs."""
    text: str = ""
    """The section as JSON, without tests and prose: it stays in force when the files already have another one."""

    @property
    def unsettled(self) -> bool:
        """Whether the files have it and it is not in force."""
        return self.state in (PolicyState.PROPOSED, PolicyState.REJECTED)

    @property
    def words(self) -> str:
        """``policy 41c9ab3f41c9 waits for a second person (proposed by ana 2026-11-29 21:00)``."""
        name = f"policy {self.digest[:12]}"
        if self.state is PolicyState.REJECTED:
            return f"{name} of the files was rejected by {self.rejected_by}: {self.why}; the former one stays in force"
        if self.state is PolicyState.PROPOSED:
            return (
                f"{name} of the files waits for a second person ({self.by} proposed it); the former one stays in force"
            )
        return f"{name} is {self.state.value}"
