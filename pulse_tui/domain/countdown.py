"""Sentences that count the days to a date: kept with the date, so that the count is right whenever they are read."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

_COUNT = re.compile(r"(shuts|shut|was shut|were shut) down (?:in \d+ d|today|\d+ d ago) \((\d{4}-\d\d-\d\d)\)")
_READ = re.compile(r"shuts? down (?:in \d+ d|today|\d+ d ago)")
_MANY = frozenset({"shut", "were shut"})


def days_left(until: datetime, now: datetime) -> int:
    """Whole days by the calendar (UTC), as people count them; negative once the date has passed."""
    return (until.date() - now.date()).days


def shutdown(until: datetime, now: datetime, *, many: bool) -> str:
    """``shuts down in 7 d (2026-12-05)``, for a title that is kept."""
    return f"{_phrase(until.date(), now.date(), many=many)} ({until:%Y-%m-%d})"


def counts_down(text: str) -> bool:
    """Whether it reads otherwise tomorrow; a sentence of :func:`as_of` as well."""
    return " down " in text and _READ.search(text) is not None


def as_of(text: str, now: datetime) -> str:
    """The sentence as it reads at ``now``; the date itself is left out where it is counted."""
    return _as_of(text, now.date()) if " down " in text else text


@lru_cache(2_000)
def _as_of(text: str, today: date) -> str:
    return _COUNT.sub(lambda m: _phrase(date.fromisoformat(m[2]), today, many=m[1] in _MANY), text)


def _phrase(until: date, today: date, *, many: bool) -> str:
    left = (until - today).days
    if left < 0:
        return f"{'were' if many else 'was'} shut down {-left} d ago"
    return f"{'shut' if many else 'shuts'} down {f'in {left} d' if left else 'today'}"
