"""Composed nights: how often the right cause is first and named, and how often "unknown" is stated where it should be.

``python -m tests.bench nights``; ``python -m tests.bench.nights FOLDER`` writes them as scenario files.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec

from pulse_tui.domain.incident import CauseVerdict, Incident
from pulse_tui.domain.signal import decode
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nights import Night, config, fill, nights


def play(night: Night, folder: Path) -> list[Incident]:
    """The incidents that a night leads to, the oldest first."""
    store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
    clock = Clock()
    try:
        fill(store)
        parts = judging(store, folder, clock, routes=[])
        for line in night.lines:
            clock.now = datetime.fromisoformat(line["at"])
            ingest([decode(msgspec.json.encode(line["signal"]))], [], parts, clock.now)
        with store.read() as tx:
            return tx.incidents.all()[::-1]
    finally:
        store.close()


def outcome(night: Night, incidents: list[Incident]) -> str:
    """``right``, ``first`` (first and not named), ``wrong``, ``missed`` (the cause is not first); of those that should be
    unknown ``right`` or ``wrong`` (something is named)."""
    if not incidents:
        return "no incident"
    incident = max(incidents, key=lambda i: i.alerts)
    first = incident.causes[0] if incident.causes else None
    named = incident.verdict is CauseVerdict.NAMED
    if not night.causes:
        return "wrong" if named else "right"
    right = first is not None and night.causes.intersection((first.signal_id, *first.also))
    if right:
        return "right" if named else "first"
    return "wrong" if named else "missed"


def main() -> None:
    """Print the shares, for the nights that were looked at while the table was written and for those held out."""
    counts: dict[tuple[bool, bool], Counter[str]] = {}
    apart = 0
    verbose = "-v" in sys.argv
    for night in nights():
        with tempfile.TemporaryDirectory() as folder:
            incidents = play(night, Path(folder))
        result = outcome(night, incidents)
        apart += len(incidents) > 1
        counts.setdefault((night.held_out, bool(night.causes)), Counter())[result] += 1
        if verbose and result != "right" and not night.held_out:
            print(night.name, result, sorted(night.causes))
            for incident in incidents:
                for cause in incident.causes[:3]:
                    print(
                        "   ", incident.id, incident.alerts, incident.verdict, cause.score, cause.signal_id, cause.why
                    )
    for (held_out, known), found in sorted(counts.items()):
        every = sum(found.values())
        what = "a cause" if known else "unknown"
        first = found["right"] + found["first"] * known
        words = f"right cause first {first / every:.3f}, named {found['right'] / every:.3f}"
        words = words if known else f"unknown {first / every:.3f}"
        print(f"{'held out' if held_out else 'seen':9} {what:8} {every:3} nights: {words}", dict(found))
    print(f"nights with more than one incident: {apart}")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        target = Path(sys.argv[1])
        target.mkdir(parents=True, exist_ok=True)
        (target / "pulse.yaml").write_text(json.dumps(config(), indent=1))
        for each in nights():
            text = "".join(json.dumps(line) + "\n" for line in each.lines)
            (target / f"{each.name}.jsonl").write_text(text)
            (target / f"{each.name}.cause.json").write_text(json.dumps(sorted(each.causes)))
    else:
        main()
