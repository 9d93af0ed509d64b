"""The events of an OSV range as pairs of bounds (OSV schema 1.7, "Evaluation").

Events are put in the order of their versions; a version is affected when the last event at or before it is an
``introduced``, and it is before one of the ``limit``\\ s, where there are any. Where an event's version cannot be read, the
pairs are such that whatever depends on it is not known, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pulse_tui.domain.advisory import VersionRange
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import ecosystem_key

Event: TypeAlias = tuple[str, str]
"""(``introduced``, ``fixed``, ``last_affected`` or ``limit``; its version)."""

NOWHERE = ""
"""The beginning of a range that names none."""
_TIES = {"fixed": 0, "introduced": 1, "last_affected": 2}
_FIRST: tuple[int, Any] = (0, ())


def ranges(events: Sequence[Event], ecosystem: str) -> tuple[VersionRange, ...]:
    """The pairs, in the order of their versions; none for no event."""
    if len(events) == 2:  # most are
        (first, start), (second, end) = events
        if first == "introduced" and start == "0" and second in ("fixed", "last_affected"):
            return (VersionRange("0", end) if second == "fixed" else VersionRange("0", None, end),)
    limits = [version for kind, version in events if kind == "limit"]
    rest = [event for event in events if event[0] != "limit"]
    if not events:
        return ()
    if not any(kind == "introduced" for kind, _ in rest):
        rest.insert(0, ("introduced", NOWHERE))
    read = order(ecosystem_key(ecosystem)) or _nothing
    out = _pairs(rest, read)
    if limits and "*" not in limits:
        limit = _latest(limits, read)
        out = [_cut(pair, limit, read) for pair in out]
    return tuple(out)


def _nothing(_: str) -> Any:
    return None


def _place(event: Event, read: Callable[[str], Any]) -> tuple[int, Any] | None:
    """Where an event lies in the order; None when its version cannot be read."""
    if event == ("introduced", "0"):
        return _FIRST
    key = read(event[1])
    return None if key is None else (1, key)


def _pairs(events: list[Event], read: Callable[[str], Any]) -> list[VersionRange]:
    places = [_place(event, read) for event in events]
    known = [(place, event) for place, event in zip(places, events, strict=True) if place is not None]
    if len(known) < len(events) and _written_in_pairs(events, places):
        return _closed(events)
    if len(events) > 2 or (len(events) == 2 and not _written_in_pairs(events, places)):
        known.sort(key=lambda one: (one[0], _TIES[one[1][0]]))
    out = _closed([event for _, event in known])
    # One of each is enough: whatever depends on it is not known.
    unread = {
        kind == "introduced": version for (kind, version), place in zip(events, places, strict=True) if place is None
    }
    if False in unread:
        out = [_doubtful(pair, unread[False]) for pair in out]
    return [*out, VersionRange(unread[True])] if True in unread else out


def _written_in_pairs(events: list[Event], places: list[tuple[int, Any] | None]) -> bool:
    """Whether each ``introduced`` is followed by its own end, not before it as far as can be read."""
    for number, (kind, _) in enumerate(events):
        if (kind == "introduced") is bool(number % 2):
            return False
        start, end = places[number - 1], places[number]
        if number % 2 and start is not None and end is not None and end < start:
            return False
    return True


def _closed(events: list[Event]) -> list[VersionRange]:
    out: list[VersionRange] = []
    start: str | None = None
    for kind, version in events:
        if kind == "introduced":
            start = version if start is None else start
        elif start is not None:
            out.append(VersionRange(start, version) if kind == "fixed" else VersionRange(start, None, version))
            start = None
    return out if start is None else [*out, VersionRange(start)]


def _doubtful(pair: VersionRange, unread: str) -> VersionRange:
    """The same pair, with an end more: whether it is over before its own end is not known."""
    if pair.fixed is None:
        return VersionRange(pair.introduced, unread, pair.last_affected)
    return VersionRange(pair.introduced, pair.fixed, unread)


def _latest(limits: list[str], read: Callable[[str], Any]) -> str:
    """The limit that counts: a version is affected before any of them. One that cannot be read makes the end unknown."""
    keys = {limit: read(limit) for limit in limits}
    unread = next((limit for limit, key in keys.items() if key is None), None)
    return unread if unread is not None else max(limits, key=keys.__getitem__)


def _cut(pair: VersionRange, limit: str, read: Callable[[str], Any]) -> VersionRange:
    """The pair, ended by ``limit`` if not earlier."""
    if pair.fixed is None:
        return VersionRange(pair.introduced, limit, pair.last_affected)
    bound, end = read(limit), read(pair.fixed)
    earlier = limit if bound is None or (end is not None and bound < end) else pair.fixed
    return VersionRange(pair.introduced, earlier, pair.last_affected)
