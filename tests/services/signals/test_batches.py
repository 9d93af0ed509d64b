"""A stream is judged alike however it is cut into transactions: what a batch looks up at once changes nothing."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.alerts import silences
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW, evidence, later, signal
from tests.policy.build import load
from tests.services.estates import fill

_POLICY = """
storm: 4
rules:
- {id: very-slow, owner: t, review: 2099-01-01, on: [latency_breach], priority: P3, actions: [notify, page], all: [service.ratio > 1.3],
   keep_firing_for: 10m}
- {id: slow, owner: t, review: 2099-01-01, on: [latency_breach], priority: P2, actions: [notify, ticket], all: [service.ratio > 1.15]}
- {id: wrong, owner: t, review: 2099-01-01, on: [error_rate_breach], priority: P3, actions: [notify], all: [service.ratio > 1.0]}
- id: hole
  owner: t
  review: 2099-01-01
  on: [cve]
  priority: P2
  actions: [ticket]
  all: [advisory.cvss > 5.0]
  context: [{when: advisory.known_exploited, priority: P1}]
- {id: drop, owner: t, review: 2099-01-01, on: [benchmark_regression], priority: P2, actions: [notify, block], all: [eval.worse_pp > 2.0]}
- {id: seen, owner: t, review: 2099-01-01, on: [vendor_note], priority: note, actions: [notify],
   all: ['note.labels.exists(label, label == "behaviour_change")']}
"""
_PLACES = (("support-bot", Environment.CANARY), ("support-bot", Environment.PRODUCTION), ("nobody", None))
_TYPES = (
    SignalType.LATENCY_BREACH,
    SignalType.LATENCY_BREACH,
    SignalType.ERROR_RATE_BREACH,
    SignalType.CVE,
    SignalType.BENCHMARK_REGRESSION,
    SignalType.VENDOR_NOTE,
)
_LEFT = {
    **{
        t: f"SELECT * FROM {t}"
        for t in ("alerts", "decisions", "holds", "incident_alerts", "notices", "responses", "signals")
    },
    "outbox": "SELECT key, route, state, json_remove(payload, '$.cause', '$.causes') FROM outbox",
    "audit": "SELECT actor, action, subject, detail FROM audit WHERE action != 'incident.cause' ORDER BY seq",
}
"""What is compared. Which causes an incident has depends on the signals that are stored already, which are those of the batch."""


def _stream(seed: int, count: int = 160) -> Iterator[Signal]:
    """Conditions that open, get worse, end and come again, several rules for one of them, some under a silence."""
    chance = random.Random(seed)
    for number in range(count):
        kind, (asset_id, environment) = chance.choice(_TYPES), chance.choice(_PLACES)
        bad = chance.random() < 0.6
        proof: dict[SignalType, dict[str, object]] = {
            SignalType.LATENCY_BREACH: {"value": chance.choice((1_200.0, 1_400.0)) if bad else 900.0},
            SignalType.ERROR_RATE_BREACH: {"value": 1_200.0 if bad else 900.0},
            SignalType.BENCHMARK_REGRESSION: {"current": 0.8 if bad else 0.92},
            SignalType.CVE: {"cvss": 9.1 if bad else 3.0, "known_exploited": chance.random() < 0.3},
            SignalType.VENDOR_NOTE: {"labels": ["behaviour_change" if bad else "new_model"]},
        }
        at = NOW + timedelta(seconds=number)
        yield signal(
            number,
            kind,
            asset_id=asset_id,
            environment=environment,
            evidence=evidence(kind, **proof[kind]),
            occurred_at=at,
            observed_at=at,
            fingerprint=f"{kind}-{asset_id}-{environment}-{chance.randrange(3)}",
        )


def _judged(folder: Path, seed: int, batch: int) -> dict[str, list[str]]:
    """What is stored of it afterwards, table by table."""
    folder.mkdir()
    path = folder / "pulse.db"
    store = SqlStore(sqlite_file(path), folder)
    try:
        fill(store)
        parts = judging(store, folder, Clock())._replace(policy=load(_POLICY))
        quiet = silences.Wanted(
            'service.ratio < 1.3 && deployment.environment == "canary"', NOW, later(hours=2), "upgrade"
        )
        silences.place(parts, quiet, "ana", NOW)
        signals = list(_stream(seed))
        for at in range(0, len(signals), batch):
            ingest(signals[at : at + batch], [], parts, later(minutes=5))
    finally:
        store.close()
    with sqlite3.connect(path) as connection:
        found = {table: list(map(repr, connection.execute(query))) for table, query in _LEFT.items()}
    connection.close()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_by_one_seven_by_seven_and_all_at_once_leave_the_same_behind(tmp_path: Path, seed: int) -> None:
    alone = _judged(tmp_path / "1", seed, 1)
    assert min(len(alone[t]) for t in ("alerts", "holds", "notices", "outbox", "responses")) > 0
    assert {"resolved", "suppressed", "firing"} <= {word for row in alone["alerts"] for word in row.split("'")}
    for batch in (7, 160):
        together = _judged(tmp_path / str(batch), seed, batch)
        for table, rows in alone.items():
            assert together[table] == rows, (batch, table)
