"""Catalogues of models: expected events found, milliseconds, and what raw additions make of the tempo.

``python -m tests.bench catalogue``: the real snapshots of the shared data.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from datetime import date
from pathlib import Path

from pulse_tui.domain.catalogue import CatalogueEvent, EventType
from pulse_tui.enrich.vendors.catalogues.diff import diff
from pulse_tui.enrich.vendors.catalogues.reading import Read, read
from pulse_tui.enrich.vendors.tempo import tempo

_DATA = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FOLDER = _DATA / "vendor" / "catalog"
LARGE = 4_500


def snapshot(name: str) -> Read:
    """A stored snapshot, read."""
    return read(name, (FOLDER / f"{name}.json.gz").read_bytes())


def pair(events: Path) -> None:
    """One pair of snapshots against its expected events."""
    begin, _, end = events.name.removesuffix(".events.jsonl").rpartition("_")
    shape = begin.partition("-")[0]
    started = time.perf_counter()
    old, new = snapshot(begin), snapshot(f"{shape}-{end}")
    found = diff(old.catalogue, new.catalogue, old.unread | new.unread)
    took = (time.perf_counter() - started) * 1_000
    got = {(e.type.value, e.model) for e in found}
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    want = {(e["type"], e["model"]) for e in lines}
    missing, extra = len(want - got), len(got - want) + len(found) - len(got)
    print(
        f"  {events.name.removesuffix('.events.jsonl'):<34} {len(want):>4} expected, {len(want) - missing} found, "
        f"{extra} extra; {len(new.catalogue.models):,} models in {took:.0f} ms"
    )


def large() -> None:
    """A catalogue of models.dev made as large as its largest: read and compared."""
    document = json.loads(gzip.decompress((FOLDER / "models.dev-2026-03-01.json.gz").read_bytes()))
    many = {f"{provider}-{copy}": value for copy in range(LARGE // 1_000 + 1) for provider, value in document.items()}
    data = json.dumps(many).encode()
    started = time.perf_counter()
    old, new = read("old", data), read("new", data)
    events: tuple[CatalogueEvent, ...] = diff(old.catalogue, new.catalogue)
    took = (time.perf_counter() - started) * 1_000
    print(
        f"  {len(new.catalogue.models):,} models read twice and compared in {took:.0f} ms (goal < 1000), {len(events)} events"
    )


def pace() -> None:
    """Raw additions between snapshots beside the releases that count."""
    days = sorted(
        f.name.removeprefix("models.dev-").removesuffix(".json.gz") for f in FOLDER.glob("models.dev-*.json.gz")
    )
    sides = [snapshot(f"models.dev-{day}").catalogue for day in days]
    made = tempo(sides[-1].models, date.fromisoformat(days[-1]))
    print(f"tempo: index {made.index} on {made.at}, {made.recent} releases in 28 days, mean {made.mean:.1f}")
    for day, nextday, old, new in zip(days, days[1:], sides, sides[1:], strict=False):
        raw = sum(e.type is EventType.MODEL_ADDED for e in diff(old, new))
        begin, end = date.fromisoformat(day), date.fromisoformat(nextday)
        real = sum(begin <= r.on < end for r in made.counted)
        print(f"  {day} to {nextday}: {raw} entries added, {real} releases: {raw / max(real, 1):.0f} times as many")


def main() -> None:
    """All of it, or why not."""
    if not FOLDER.is_dir():
        print("catalogue: skipped, the shared data is not here; set PULSE_SHARED_DATA to its folder")
        return
    print("catalogue diff (goal: all expected, 0 extra)")
    for events in sorted(FOLDER.glob("*.events.jsonl")):
        pair(events)
    large()
    pace()
