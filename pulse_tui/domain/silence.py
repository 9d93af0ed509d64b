"""Silences and maintenance windows: whom they keep from being called, until when, and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class SilenceKind(StrEnum):
    """Why nobody is called."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is called for the alerts it matches while it stands. State, rows, counters and gates stay as they are.

    ``match`` is an expression over the facts of policy (``asset.id == "support-bot"``); it always ends.
    """

    id: str
    kind: SilenceKind
    match: str
    starts_at: datetime
    ends_at: datetime
    by: str
    why: str
    created_at: datetime
    ended_at: datetime | None = None
    """Taken back before its end."""
    ended_by: str | None = None
    ended_why: str = ""

    def stands(self, now: datetime) -> bool:
        """Whether it keeps anybody from being called at ``now``."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at

    def to_come(self, now: datetime) -> bool:
        """Whether it has not begun yet."""
        return self.ended_at is None and now < self.starts_at
