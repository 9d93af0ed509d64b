"""``python -m tests.bench.rehearse [FOLDER]``: how long rehearsals take, whether two give the same bytes, and the composed
nights played as scenarios (those of a folder instead: ``NAME.jsonl``, its cause's signal id or ``unknown`` in ``NAME.cause``)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.feed30 import rehearsed
from tests.fakes.nights import config, nights

WEEK = 7
"""Days of a scenario in which only time passes."""


class Told(NamedTuple):
    """A night as a scenario, and what is known of it."""

    name: str
    config: str
    lines: Sequence[dict[str, Any]]
    causes: frozenset[str]
    """Empty: the evidence does not decide."""


def composed() -> Iterator[Told]:
    """The nights of this repository."""
    for night in nights():
        yield Told(night.name, json.dumps(config()), night.lines, frozenset(night.causes))


def causes(events: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last that was stated of the causes of the incident with the most alerts."""
    joined = Counter(e["incident"] for e in events if e["event"] == "incident_joined")
    if not joined:
        return None
    most = joined.most_common(1)[0][0]
    return [e for e in events if e["event"] == "cause" and e["incident"] == most][-1]


def outcome(night: Told, said: dict[str, Any] | None) -> str:
    """``right``, ``first`` (and not named), ``missed``, ``wrong`` (another one is named), ``none``."""
    if said is None:
        return "none"
    named = said["verdict"] == "named"
    if not night.causes:
        return "wrong" if named else "right"
    first = said["ranked"][0] if said["ranked"] else [None, 0.0]
    same = {name for name, score in said["ranked"] if score == first[1]}
    if night.causes & same:
        return "right" if named else "first"
    return "wrong" if named else "missed"


def main() -> None:
    """Print the shares and the seconds."""
    counts: dict[str, Counter[str]] = {"known": Counter(), "unknown": Counter()}
    bytes_of = set[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, night in enumerate(composed()):
            where = folder / str(number)
            (where / "config").mkdir(parents=True)
            (where / "config" / "pulse.yaml").write_text(night.config)
            scenario = where / "night.jsonl"
            scenario.write_text("".join(json.dumps(line) + "\n" for line in night.lines))
            events, _, _ = rehearsed(where / "config", scenario)
            counts["known" if night.causes else "unknown"][outcome(night, causes(events))] += 1
            if number == 0:
                for _ in range(2):
                    again, _, _ = rehearsed(where / "config", scenario)
                    bytes_of.add(hashlib.sha256(json.dumps(again).encode()).hexdigest())
        known, unknown = counts["known"], counts["unknown"]
        right = known["right"] + known["first"]
        print(
            f"rehearse: {known.total()} nights with a cause: it is first in {right} ({right / max(1, known.total()):.2f}): {dict(known)}"
        )
        print(f"rehearse: {unknown.total()} nights that do not decide: unknown in {unknown['right']}: {dict(unknown)}")
        print(f"rehearse: twice the same bytes: {len(bytes_of) == 1}")
        quiet = folder / "quiet.jsonl"
        quiet.write_text('{"at": "2026-11-01T00:00:00Z"}\n' + f'{{"at": "2026-11-{WEEK + 1:02}T00:00:00Z"}}\n')
        _, _, seconds = rehearsed(folder / "0" / "config", quiet)
        print(f"rehearse: {WEEK} days in which nothing happens: {seconds:.2f} s")


if __name__ == "__main__":
    main()
