"""``python -m tests.bench past``: what a recording takes (bytes a day of a rehearsed month and of 10,000 assets), how fast a moment
is read, and what recording costs ingest and the board."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.views.advisories import AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.enrich.past.packing import difference, unpacked, whole
from pulse_tui.rehearsal import play
from pulse_tui.rounds.recording import Recording
from pulse_tui.services.past.recorder import Recorder
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import House
from tests.bench.estate import build
from tests.bench.feed30 import DAYS, Generator
from tests.bench.ingest import one
from tests.enrich.past.boards import board
from tests.fakes.nouns import NOW

BEGUN_US = 1_764_000_000_000_000
CHANGES = 100


def large() -> Board:
    """10,000 assets, 2,000 alerts, 5,000 advisories; seeded."""
    chance = random.Random(1)
    registry = [
        RegistryRow(
            f"asset-{n}", chance.choice(["production", "canary"]), f"{chance.randint(1, 9)}.{chance.randint(0, 40)}.1",
            chance.randint(1, 4_000), chance.choice(["ok", "ok", "ok", "risk", "stale"]), "P2 alert is open",
            BEGUN_US + chance.randint(0, 10**12), f"team-{n % 40}", "internal", 100.0, critical=False,
            release="promoted", pointer="1.2.3", source="mlflow", kind="adapter",
        )
        for n in range(10_000)
    ]  # fmt: skip
    alerts = [
        AlertRow(
            f"{chance.getrandbits(48):012x}", chance.choice(["P1", "P2", "P3", "P4"]), "firing",
            f"accuracy -{chance.random() * 9:.1f} pp on asset-{n} canary", "ml", f"asset-{n}", "production",
            BEGUN_US + chance.randint(0, 10**12), chance.randint(1, 9), "accuracy-regression", overdue=False,
            version="3.2.1", signal_type="benchmark_regression", verdict="FAIL", due_us=BEGUN_US + n,
        )
        for n in range(2_000)
    ]  # fmt: skip
    advisories = tuple(
        AdvisoryRow(f"CVE-2026-{n}", f"GHSA-{chance.getrandbits(40):x}", "P3", f"package-{n} 1.{n % 7}.0",
                    (("production", chance.randint(1, 9)),), "open", f"A title of a vulnerability in package-{n}")
        for n in range(5_000)
    )  # fmt: skip
    return board(registry=registry, alerts=alerts)._replace(advisories=advisories)


def packing() -> None:
    """A picture of 10,000 assets, 100 changes of it, and a moment read from them."""
    chance, present = random.Random(2), large()
    frames = [Frame(at=NOW, whole=True, body=whole(present, begins=True))]
    packed_s = 0.0
    for n in range(CHANGES):
        alerts = list(present.alerts)
        row = alerts.pop(chance.randrange(len(alerts)))
        alerts.insert(0, row._replace(state="acknowledged", by="ana", until_us=BEGUN_US + n))
        after = present._replace(alerts=tuple(alerts), header=present.header._replace(p1=n))
        begun = time.process_time()
        found = difference(present, after)
        packed_s += time.process_time() - begun
        assert found is not None
        frames.append(Frame(at=NOW, whole=False, body=found.body))
        present = after
    read_s = min(_timed(lambda: unpacked(frames))[0] for _ in range(5))
    assert unpacked(frames) == present
    each = sum(len(f.body) for f in frames[1:]) / CHANGES
    print(
        f"past: 10,000 assets, 2,000 alerts, 5,000 advisories: whole {len(frames[0].body) / 1e3:.0f} kB, a change {each:.0f} bytes "
        f"({packed_s / CHANGES * 1e3:.1f} ms); a moment behind {CHANGES} changes is read in {read_s * 1e3:.0f} ms of processor time"
    )
    # 1,000 changes a day, a sign of life every five minutes, a whole picture for each 100 of both
    frames_a_day = 1_000 + 288
    daily = 1_000 * each + 288 * 30 + (frames_a_day // 100 + 1) * len(frames[0].body)
    print(f"past: so 1,000 changes a day of it take {daily / 1e6:.1f} MB a day")


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    found = call()
    return time.process_time() - begun, found


def month() -> None:
    """A rehearsed month of 25 assets and 10,000 signals, a look for each second in which something happened."""
    feed = Generator(1).feed()
    frames = list[Frame]()
    recorder, last = Recorder(frames.append), NOW.replace(year=2000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pulse.yaml").write_text(json.dumps(feed.config), encoding="utf-8")
        lines = [(n, json.dumps(line).encode()) for n, line in enumerate(feed.lines, 1)]
        with play.prepared(folder, NOW, lambda house: play.scenario_of("feed30", lines, house)) as ready:

            def looked(_event: object) -> None:
                nonlocal last
                if (ready.clock.now - last).total_seconds() >= 1:
                    last = ready.clock.now
                    recorder.take(ready.house.store.board("feed30", None, last), last)

            play.play(ready, looked)
    size, wholes = sum(len(f.body) for f in frames), sum(f.whole for f in frames)
    beats = 288 * 30
    print(
        f"past: a rehearsed month of 25 assets: {len(frames):,} frames ({wholes} whole), {size / 1e6:.1f} MB, "
        f"{(size / DAYS + beats) / 1e3:.0f} kB a day with signs of life"
    )


def beside() -> None:
    """Ingest and the board, without a recorder and with one, in one run each."""
    for name, recorded in (("without", False), ("with", True), ("without again", False)):
        with tempfile.TemporaryDirectory() as folder:
            house = House(build(Path(folder), assets=1_000, signals=5_000, alerts=2_000))
            chance = random.Random(7)
            signals = [one(i, chance) for i in range(10_000)]
            recording = Recording(house)
            if recorded:
                recording.start()
                Event().wait(1.5)
            wall, begun = time.perf_counter(), time.process_time()
            ingest(signals, [], house.judging, NOW)
            wall, begun = time.perf_counter() - wall, time.process_time() - begun
            read = sorted(_timed(lambda h=house: h.store.board("bench", None, NOW))[0] for _ in range(15))[7]  # type: ignore[misc]
            recording.stop()
            with house.store.read() as tx:
                weight = tx.frames.weight()
            print(
                f"past: {name} a recorder: {10_000 / wall:,.0f} signals/s ({begun:.2f} s of processor), board {read * 1e3:.1f} ms, "
                f"{weight.frames} frames"
            )
            house.close()


def main() -> None:
    """All of it."""
    packing()
    month()
    beside()


if __name__ == "__main__":
    main()
