"""Change requests that sources have read: kept as each source lists them now."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.change import ChangeRequest, ChangeRequests
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts, Made

KEY = "changes/"
"""Of what a source lists now, before its name."""
LATE = timedelta(minutes=30)
"""What was read longer ago than this, and than three of its rounds, may have changed since."""


def take_changes(item: ChangeRequests, tx: Transaction) -> Made:
    """Keep what a source lists now, whole."""
    before = tx.plumbing.get_value(KEY + item.source)
    tx.plumbing.put_value(KEY + item.source, msgspec.json.encode(item).decode())
    known = before is not None and _read(before).requests == item.requests
    return Made([], [], known=known)


def listed(tx: Transaction, parts: JudgeParts, now: datetime) -> tuple[list[ChangeRequest], str]:
    """The change requests of all sources, and why they may be out of date; empty when they are not."""
    found: list[ChangeRequest] = []
    doubts: list[str] = []
    for source in parts.sources.values():
        text = tx.plumbing.get_value(KEY + source.id)
        if text is None:
            continue
        item = _read(text)
        found += item.requests
        if now - item.at > max(LATE, timedelta(seconds=3 * source.every)):
            doubts.append(f"{source.id} was last read at {iso(item.at)}")
    return found, "; ".join(doubts)


def _read(text: str) -> ChangeRequests:
    return msgspec.json.decode(text, type=ChangeRequests)
