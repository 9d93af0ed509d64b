"""What prevents a promotion: blocks, pauses and freezes.

None of them ever prevents a rollback or its undo.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.words import Environment


class HoldKind(StrEnum):
    """How wide a hold is."""

    BLOCK = "block"
    """This version must not be promoted."""
    PAUSE = "pause"
    """The rollout of this asset stays where it is."""
    FREEZE = "freeze"
    """No promotion in the scope until the stated condition holds."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold on an asset, or on everything (``asset_id`` None)."""

    id: str
    kind: HoldKind
    asset_id: str | None
    why: str
    until_condition: str
    placed_by: str
    placed_at: datetime
    environment: Environment | None = None
    version: str | None = None
    decision_id: str | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    reviewed_by: str | None = None
    reviewed_until: datetime | None = None
    review_why: str | None = None

    def reviewed(self, now: datetime) -> bool:
        """Whether somebody reviewed it and lets releases pass for now; it stands all the same."""
        return self.reviewed_until is not None and now < self.reviewed_until

    @property
    def review(self) -> str:
        """``reviewed by ana until 2026-12-01: the fix is on its way``; empty where nobody reviewed it."""
        if self.reviewed_until is None:
            return ""
        return f"reviewed by {self.reviewed_by} until {self.reviewed_until:%Y-%m-%d %H:%M}: {self.review_why}"

    @property
    def standing(self) -> bool:
        """Whether it is still active."""
        return self.lifted_at is None

    def stood(self, then: datetime) -> bool:
        """Whether it was active at a moment of the past."""
        return self.placed_at <= then and (self.lifted_at is None or self.lifted_at > then)

    def again(self, now: datetime) -> Hold:
        """The same hold, placed again."""
        return msgspec.structs.replace(
            self, placed_at=now, lifted_at=None, lifted_by=None, reviewed_by=None, reviewed_until=None, review_why=None
        )

    def covers(self, asset_id: str, version: str) -> bool:
        """Whether it prevents promoting ``version`` anywhere."""
        return self.standing and self.asset_id in (None, asset_id) and (self.version is None or self.version == version)
