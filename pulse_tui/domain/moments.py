"""Time as a value: aware UTC moments, stored as integer microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICRO
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICRO


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch. Raises ValueError for a naive moment, and for one that no UTC calendar has."""
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment.isoformat()}: add an offset, for example Z")
    us = (moment - EPOCH) // _MICRO
    if not _FIRST <= us <= _LAST:  # its zone moves it out of the years 1 to 9999: stored, it could not be read again
        raise ValueError(f"time {moment.isoformat()} is before the year 1 or after the year 9999 in UTC")
    return us


def from_us(us: int) -> datetime:
    """The aware UTC moment of ``us`` microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=us)


def iso(moment: datetime) -> str:
    """``2026-11-23T03:10:00Z``: to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(us: int | None, now_us: int) -> str:
    """A coarse age such as ``3m``, ``4h`` or ``6d``; ``-`` when unknown.

    Coarse on purpose: a table that shows ages repaints a cell only when it ticks over.
    """
    if us is None:
        return "-"
    seconds = max(0, (now_us - us) // 1_000_000)
    if seconds < 60:
        return "<1m"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    raise AssertionError("unreachable")
