"""What a rehearsal came to."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.rehearsal.summary import Summary


def _event(word: str, priority: str, **more: Any) -> dict[str, Any]:
    base = {"at": "2026-11-24T01:00:00Z", "event": word, "id": "a", "priority": priority, "to": None, "route": None}
    return {**base, **more}


@pytest.mark.parametrize("word", ["raised", "escalated"])
def test_an_alert_that_became_urgent_and_reached_nobody_is_named(word: str) -> None:
    summary = Summary()
    for event in (_event("opened", "P3"), _event("suppressed", "P3"), _event(word, "P1")):
        summary.take(event)
    assert [event["priority"] for event in summary.unreached()] == ["P1"]


def test_one_that_was_kept_quiet_after_it_became_urgent_is_not() -> None:
    summary = Summary()
    for event in (_event("opened", "P3"), _event("raised", "P2"), _event("suppressed", "P2")):
        summary.take(event)
    assert summary.unreached() == []


def test_one_that_is_not_urgent_is_not() -> None:
    summary = Summary()
    summary.take(_event("opened", "P3"))
    assert summary.unreached() == []
