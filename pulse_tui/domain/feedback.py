"""What people say of alerts, and what no alert said: the loop by which policy learns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.words import Environment


class Usefulness(StrEnum):
    """What an alert was worth to whoever got it."""

    USEFUL = "useful"
    NOISE = "noise"
    DUPLICATE = "duplicate"
    LATE = "late"


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody thinks of an alert. The last one counts; the log keeps all."""

    alert_id: str
    usefulness: Usefulness
    by: str
    at: datetime
    why: str = ""


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and that no alert reported, or reported too late."""

    id: str
    what: str
    by: str
    at: datetime
    onset_at: datetime
    """When it began."""
    asset_id: str | None = None
    environment: Environment | None = None
    incident_id: str | None = None
