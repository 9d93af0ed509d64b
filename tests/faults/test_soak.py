"""Eight hours of rounds on a fake clock: what a process holds does not grow with what it has seen."""

from __future__ import annotations

import contextlib
import gc
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import iso
from pulse_tui.rounds.work import Rounds
from pulse_tui.wiring import House
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file

CONFIG = """
name: soak
database: sqlite:///pulse.db
recording: {keep: 1d}
sources:
  - {id: drop, kind: signals, every: 60s, path: drop}
routes:
  - {id: tickets, kind: ticket, path: tickets}
estate:
  assets:
"""
ASSET = "    - {id: bot-%d, asset_type: service, owner_team: ml-%d, tier: customer-facing, exposure: public, environments: {production: {version: 1.0.0}, canary: {version: 1.1.0}}, releases: [{version: 1.0.0}, {version: 1.1.0}]}\n"
MOST_MB = 2.0
"""How much more may be held at the end than after the first quarter: one pool of the allocator, not one round each."""


def written(number: int, clock: Clock, assets: int, signals: int) -> str:
    """The signals of a round: four of five are builds, the rest breaches that come and go."""
    lines = []
    for each in range(signals):
        asset, slow = f"bot-{(number + each) % assets}", each % 5 == 0
        told = {
            "id": f"s-{number}-{each}", "source": "drop", "asset_id": asset, "environment": "canary", "severity": "high",
            "confidence": 1.0, "recommended_action": "notify", "occurred_at": iso(clock()), "observed_at": iso(clock()),
        }  # fmt: skip
        if slow:
            value = 1_300.0 if number // 3 % 2 else 900.0
            more = {
                "signal_type": "latency_breach", "title": f"{asset} is slow", "fingerprint": f"slow:{asset}",
                "evidence": {"metric": "p95_latency", "value": value, "objective": 1_000.0, "unit": "ms"},
            }  # fmt: skip
        else:
            more = {
                "signal_type": "version_event", "change": "build", "title": f"{asset} was built", "current_version": "1.1.0",
                "fingerprint": f"build:{number}:{each}", "evidence": {"ref": f"{number}-{each}"},
            }  # fmt: skip
        lines.append(json.dumps({**told, **more}))
    return "\n".join(lines)


def soak(folder: Path, hours: float, every_s: float, *, signals: int = 20, assets: int = 40) -> list[float]:
    """Megabytes held after each quarter of the time, beginning with the first."""
    sqlite_file(folder / "pulse.db")
    (folder / "drop").mkdir()
    (folder / "pulse.yaml").write_text(CONFIG + "".join(ASSET % (n, n % 4) for n in range(assets)))
    clock = Clock()
    house = House(folder, clock=clock)
    house.sync()
    rounds, desk = Rounds(house), house.desk("ana")
    count, held = int(hours * 3600 / every_s), list[float]()
    tracemalloc.start()
    try:
        for number in range(1, count + 1):
            clock.pass_(seconds=every_s)
            (folder / "drop" / f"{number % 3}.jsonl").write_text(written(number, clock, assets, signals))
            assert not (outcome := rounds.round("drop")).failed, outcome.message
            assert "Error" not in (message := rounds.housekeeping().message), message
            board = desk.board()
            if number % 20 == 0 and board.alerts:
                desk.story(board.alerts[0].id)
                with contextlib.suppress(PulseError):  # it ended meanwhile
                    desk.acknowledge(board.alerts[0].id)
            if number * 4 % count < 4:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0] / 2**20)
    finally:
        tracemalloc.stop()
        rounds.leave()
        rounds.lanes.wait(2.0)
        house.close()
    assert clock() - timedelta(hours=hours * 0.99) >= Clock()()
    return held


def test_eight_hours_of_rounds_hold_no_more_than_two(tmp_path: Path) -> None:
    held = soak(tmp_path, hours=8, every_s=900, signals=12)
    assert held[-1] - held[0] < MOST_MB, held


@pytest.mark.slow
def test_eight_hours_at_a_round_a_minute_hold_no_more_than_two(tmp_path: Path) -> None:
    held = soak(tmp_path, hours=8, every_s=60)
    assert held[-1] - held[0] < MOST_MB, held
