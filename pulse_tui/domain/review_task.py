"""Reviews as work: somebody must look at something, and it has an owner, a state and an end."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ReviewTask(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person has to look at: what a rule asked for, a policy rule's own review, an override, a run alone."""

    key: str
    kind: str
    """``alert``, ``rule``, ``override``, ``run``, ``vendor``, ``retest`` ..."""
    what: str
    owner: str
    opened_at: datetime
    due_at: datetime | None = None
    alert_id: str | None = None
    asset_id: str | None = None
    taken_by: str | None = None
    """Who works on it."""
    done_at: datetime | None = None
    done_by: str | None = None
    how: str = ""
    """What was found: kept for good."""
