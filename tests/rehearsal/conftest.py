"""Scenarios as texts, read and played over the fixtures' estate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.rehearsal import play
from pulse_tui.rehearsal.scenario import Scenario
from pulse_tui.wiring import House
from tests.fakes.databases import sqlite_file

ESTATE = Path("fixtures/rehearsal")
DAY = "2026-11-24T"


def at(clock: str) -> str:
    """A moment of the night."""
    return f"{DAY}{clock}:00Z"


def signal(clock: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A line with a breach of support-bot's errors in production, which pages."""
    moment = at(clock)
    body: dict[str, Any] = {
        "id": f"s{number}",
        "source": "probe",
        "signal_type": "error_rate_breach",
        "severity": "high",
        "confidence": 1.0,
        "recommended_action": "review",
        "occurred_at": moment,
        "observed_at": moment,
        "title": "errors of support-bot",
        "fingerprint": "errors",
        "asset_id": "support-bot",
        "environment": "production",
        "evidence": {"metric": "errors", "value": 0.04, "objective": 0.01},
    }
    return {"at": moment, "signal": {**body, **changes}}


class Played:
    """The events and the summary."""

    def __init__(self, events: list[dict[str, Any]], summary: dict[str, Any]) -> None:
        self.events = events
        self.summary = summary

    def of(self, *words: str) -> list[dict[str, Any]]:
        """The events of these words."""
        return [event for event in self.events if event["event"] in words]

    def times(self, *words: str) -> list[str]:
        """When they happened, without the day."""
        return [event["at"].removeprefix(DAY).removesuffix(":00Z") for event in self.of(*words)]


Play = Callable[..., Played]


@pytest.fixture
def rehearse() -> Play:
    """Plays lines over an estate; the scratch database begins as a copy of a ready one."""

    def run(*lines: dict[str, Any], config: Path = ESTATE) -> Played:
        texts = [(number, json.dumps(line).encode()) for number, line in enumerate(lines, 1)]
        events: list[dict[str, Any]] = []

        def read(house: House) -> Scenario:
            return play.scenario_of("night.jsonl", texts, house)

        with play.prepared(config, play.UNREAD, read, sqlite_file) as ready:
            assert ready.scenario.problems == []
            summary = play.play(ready, lambda event: events.append(dict(event)))
        return Played(events, summary)

    return run
