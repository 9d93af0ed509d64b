"""Holds where deploys happen: what a target was asked to enforce, and what it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Enforced(StrEnum):
    """How a target stands."""

    ASKED = "asked"
    """Sent, and not read back."""
    STANDS = "stands"
    """Read back: it enforces what it was asked to."""
    DIFFERS = "differs"
    """Read back: somebody changed it there."""
    LIFTED = "lifted"
    FAILED = "failed"


class Enforcement(msgspec.Struct, frozen=True, kw_only=True):
    """A hold at one target."""

    key: str
    route: str
    """The destination, by its id in the configuration."""
    hold_id: str
    scope: str
    """What is held there, as the target calls it."""
    state: Enforced
    asked_at: datetime
    seen_at: datetime | None = None
    """When it was last read back."""
    seen: str = ""
    """What it answered, in words."""
