"""``python -m tests.bench.drift [ROUNDS]``: false alarms, found steps, F1 on annotated series, points a second.

The scorer is that of the Turing change point benchmark (van den Burg and Williams 2020): margin 5, index 0 counted as a
free change, precision on the union of the annotators, recall averaged over them, F1 averaged over the series.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pulse_tui.evaluate.drift import changes
from pulse_tui.evaluate.inputs import Unusable

Floats = NDArray[np.float64]
N, AT, NEAR, MARGIN = 60, 40, 3, 5
_DATA = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "evals"


def matched(truth: set[int], found: set[int], margin: int = MARGIN) -> int:
    """How many true changes have a found one within the margin; each found one counts once."""
    left, hits = set(found), 0
    for change in sorted(truth):
        near = min((f for f in left if abs(f - change) <= margin), key=lambda f: (abs(f - change), f), default=None)
        if near is not None:
            hits += 1
            left.remove(near)
    return hits


def f1(annotations: Sequence[Sequence[int]], found: Sequence[int], margin: int = MARGIN) -> float:
    """F1 of the found changes of one series against all its annotators."""
    told = {0, *found}
    truths = [{0, *a} for a in annotations]
    precision = matched(set().union(*truths), told, margin) / len(told)
    recall = float(np.mean([matched(t, told, margin) / len(t) for t in truths]))
    return 2 * precision * recall / (precision + recall)


def remembering(rng: np.random.Generator, rounds: int, phi: float) -> Floats:
    """AR(1) of standard deviation 1; shape (rounds, N)."""
    shocks = rng.standard_normal((rounds, N + 100))
    out = np.zeros_like(shocks)
    for i in range(1, N + 100):
        out[:, i] = phi * out[:, i - 1] + shocks[:, i]
    return np.asarray(out[:, 100:] * math.sqrt(1 - phi * phi))


def _near(found: list[int]) -> bool:
    return any(abs(c - AT) <= NEAR for c in found)


def _row(what: str, got: float, rounds: int, goal: float | None, *, least: bool = False) -> None:
    error = math.sqrt(max(got * (1 - got), 1e-9) / rounds)
    said = "no goal"
    if goal is not None:
        met = got >= goal - 2 * error if least else got <= goal + 2 * error
        said = f"goal {'>=' if least else '<='} {goal:<5g} {'met' if met else 'NOT MET'}"
    print(f"  {what:<58} {got:.4f}  {said}", flush=True)


def simulated(rounds: int) -> None:
    """Nulls and a step of 2 sd in series of 60."""
    rng = np.random.default_rng(2026)
    x = np.arange(N)
    sign = np.where(rng.random((rounds, N)) < 0.5, -1.0, 1.0)
    cases: list[tuple[str, Floats, float | None, float | None]] = [
        ("white noise", rng.standard_normal((rounds, N)), 0.01, 0.95),
        ("AR(1), phi 0.3", remembering(rng, rounds, 0.3), 0.02, 0.85),
        ("5 % outliers of 8 sd", rng.standard_normal((rounds, N)) + 8 * sign * (rng.random((rounds, N)) < 0.05), 0.10, 0.74),
        ("5 % outliers of +8 sd", rng.standard_normal((rounds, N)) + 8 * (rng.random((rounds, N)) < 0.05), 0.10, 0.74),
        ("AR(1), phi 0.6", remembering(rng, rounds, 0.6), None, None),
        ("random walk", np.cumsum(rng.standard_normal((rounds, N)), axis=1), None, None),
        ("trend of 5 sd", rng.standard_normal((rounds, N)) + 5 * x / N, None, None),
        ("bend to 6 sd", rng.standard_normal((rounds, N)) + 0.2 * np.maximum(x - 30, 0), None, None),
        ("season of 12, amplitude 2 sd", rng.standard_normal((rounds, N)) + 2 * np.sin(x * math.pi / 6), None, None),
    ]  # fmt: skip
    print(f"series of {N}, {rounds:,} rounds; met within two standard errors")
    for what, y, null, power in cases:
        _row(f"{what}: alarms without a change", float(np.mean([bool(changes(r)) for r in y.tolist()])), rounds, null)
        if power is not None:
            step = (y + 2.0 * (x >= AT)).tolist()
            found = float(np.mean([_near(changes(r)) for r in step]))
            _row(f"{what}: step of 2 sd at {AT} found within {NEAR}", found, rounds, power, least=True)


def annotated() -> None:
    """F1 on the annotated series, and of their halves by alternate names. A refused series counts as nothing found."""
    path = _DATA / "changepoints_tcpd.json.gz"
    if not path.exists():
        print("annotated series: the shared data is not here; set PULSE_SHARED_DATA to its folder")
        return
    ours, nothing = [], []
    for name, series in sorted(json.loads(gzip.decompress(path.read_bytes())).items()):
        annotators = list(series["annotations"].values())
        try:
            found = changes(series["y"])
        except Unusable as error:
            print(f"  {name} is refused: {error}")
            found = []
        ours.append(f1(annotators, found))
        nothing.append(f1(annotators, []))
    print(f"F1 on {len(ours)} annotated series (others: Otava .59-.66)")
    for what, part in (("all", slice(None)), ("one half", slice(0, None, 2)), ("other half", slice(1, None, 2))):
        got, none = float(np.mean(ours[part])), float(np.mean(nothing[part]))
        goal = f"goal > {max(none, 0.66):.3f} " + ("met" if got > max(none, 0.66) else "NOT MET")
        print(f"  {what:<12} {got:.3f}  report nothing {none:.3f}  {goal}")


def speed() -> None:
    """Points a second of processor time, after warm-up; the elapsed rate depends on who else is at work."""
    rng = np.random.default_rng(1)
    print("points a second (goal >= 80,000)")
    for what, n, height, count in (
        ("without a change", 60, 0, 1_000), ("with a step", 60, 4, 1_000), ("with a step", 600, 4, 100), ("with a step", 6_000, 4, 10),
    ):  # fmt: skip
        rows = (rng.standard_normal((count, n)) + height * (np.arange(n) >= n // 2)).tolist()
        changes(rows[0])
        begun, wall = time.process_time(), time.perf_counter()
        for row in rows:
            changes(row)
        took, elapsed = time.process_time() - begun, time.perf_counter() - wall
        print(
            f"  series of {n:>5,} {what:<18} {count * n / took:>10,.0f} (elapsed {count * n / elapsed:,.0f})",
            flush=True,
        )


def main() -> None:
    """All three."""
    given = sys.argv[-1]
    simulated(int(given) if given.isdigit() else 2_000)
    annotated()
    speed()


if __name__ == "__main__":
    main()
