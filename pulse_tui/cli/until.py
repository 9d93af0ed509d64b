"""Until when: a date, a moment, or some days from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pulse_tui.domain.errors import WrongUse

FORMS = "2026-12-23, 2026-12-23T09:00Z, or 30d"
_DAYS = re.compile(r"(\d{1,4})d\Z")


def until(text: str, now: datetime) -> datetime | None:
    """The moment; a date begins at midnight UTC, as does a moment without a zone. None for "". Raises WrongUse."""
    if not text:
        return None
    if days := _DAYS.match(text):
        return now + timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no date", todo=f"Write {FORMS}") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
