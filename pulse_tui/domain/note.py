"""Vendor notes: one entry of a changelog, a deprecation list, a price list or a status page."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Label(StrEnum):
    """What a note is about. A note may carry several."""

    BEHAVIOUR_CHANGE = "behaviour_change"
    DEPRECATION = "deprecation"
    RATE_LIMIT = "rate_limit"
    PRICING = "pricing"
    NEW_MODEL = "new_model"
    SECURITY = "security"
    INCIDENT = "incident"
    OTHER = "other"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as read. ``key`` is stable per source; the body may grow under the same key."""

    source: str
    key: str
    vendor: str
    title: str
    body: str
    published_at: datetime
    link: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What classification made of a note, with the phrase that decided."""

    labels: tuple[Label, ...]
    phrase: str | None = None
    effective_at: datetime | None = None
