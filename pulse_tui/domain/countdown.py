"""Sentences that count the days to a date: kept with the date, so that the count is right whenever they are read."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

_COUNT = re.compile(
    r"(?:(shuts|shut|was shut|were shut) down (?:in \d+ d|today|\d+ d ago)"
    r"|(is|are) \d+ d past (?:its|their) announced end) \((\d{4}-\d\d-\d\d)\)"
)
_READ = re.compile(r"shuts? down (?:in \d+ d|today|\d+ d ago)|\d+ d past (?:its|their) announced end")
_MANY = frozenset({"shut", "were shut", "are"})


def days_left(until: datetime, now: datetime) -> int:
    """Whole days by the calendar (UTC), as people count them; negative once the date has passed."""
    return (until.date() - now.date()).days


def shutdown(until: datetime, now: datetime, *, many: bool) -> str:
    """``shuts down in 7 d (2026-12-05)``, for a title that is kept."""
    return f"{_phrase(until.date(), now.date(), many=many)} ({until:%Y-%m-%d})"


def counts_down(text: str) -> bool:
    """Whether it reads otherwise tomorrow; a sentence of :func:`as_of` as well."""
    return _may(text) and _READ.search(text) is not None


def as_of(text: str, now: datetime) -> str:
    """The sentence as it reads at ``now``; the date itself is left out where it is counted."""
    return _as_of(text, now.date()) if _may(text) else text


def _may(text: str) -> bool:
    return " down " in text or " announced end" in text


@lru_cache(2_000)
def _as_of(text: str, today: date) -> str:
    return _COUNT.sub(lambda m: _phrase(date.fromisoformat(m[3]), today, many=(m[1] or m[2]) in _MANY), text)


def _phrase(until: date, today: date, *, many: bool) -> str:
    left = (until - today).days
    if left < 0:  # nobody has seen that it ended: it may answer still
        return f"{'are' if many else 'is'} {-left} d past {'their' if many else 'its'} announced end"
    return f"{'shut' if many else 'shuts'} down {f'in {left} d' if left else 'today'}"
