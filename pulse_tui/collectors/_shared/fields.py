"""Fields beside the numbers: texts, slices, moments; and canonical bytes for any value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pulse_tui.collectors._shared.sheets import labels
from pulse_tui.domain.errors import SourceError


def canonical(value: Any) -> bytes:
    """The same bytes for the same value. Raises SourceError for a value that is nested too deeply."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    except (RecursionError, ValueError):  # the latter for an integer of many thousand digits
        raise SourceError("a value in it is nested too deeply or too long to be read") from None


def plain_text(value: Any) -> str:
    """A text without the blanks around it; "" for nothing, and anything else as JSON."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else canonical(value).decode()


def slices_of(metadata: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    """The slices under ``slice`` (a text, separated by ``|``, or a list), and ``key=value`` of each of ``keys``."""
    own = metadata.get("slice")
    for text in own if isinstance(own, list) else (own,):
        yield from (part.strip() for part in plain_text(text).split("|") if part.strip())
    for key in keys:
        yield from labels(key, metadata.get(key))


def moment(text: Any) -> datetime | None:
    """An ISO 8601 time in UTC (one without an offset is taken as UTC); None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is None:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
