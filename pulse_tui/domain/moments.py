"""Time as a value: aware UTC moments, stored as integer microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch. Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment.isoformat()}: add an offset, for example Z")
    return (moment - EPOCH) // _MICRO


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
