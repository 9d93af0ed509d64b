"""Dates that others state: a text to a moment, and which of them can be when something was published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Vendors of models published nothing before; a zero written as a date is in 1970, or in the year 1."""
_AHEAD = timedelta(days=1)
"""How far clocks may differ."""


def moment(stated: str | None) -> datetime | None:
    """The moment that a text in ISO 8601 states, in UTC where it names no zone; None for none."""
    try:
        return datetime.fromisoformat(stated) if stated else None
    except ValueError:
        return None


def published(stated: datetime | None, now: datetime) -> datetime | None:
    """When something was published, in UTC. None for a date that cannot be right: long before anything, or yet to come.

    One from the future would be newer than all that its vendor publishes later, and keep its alert as it is for good.
    """
    if stated is None:
        return None
    aware = stated if stated.tzinfo is not None else stated.replace(tzinfo=UTC)
    return aware.astimezone(UTC) if _FIRST <= aware <= now + _AHEAD else None
