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
    rules: dict[str, str] = {}
    """The text of each rule, to tell what changed."""
