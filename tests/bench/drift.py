"""``python -m tests.bench.drift [ROUNDS [SEED]]``: false alarms, found steps, F1 on annotated series, points a second.

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


def remembering(rng: np.random.Generator, rounds: int, phi: float, n: int = N) -> Floats:
    """AR(1) of standard deviation 1 (the innovations have less); shape (rounds, n)."""
    shocks = rng.standard_normal((rounds, n + 100))
    out = np.zeros_like(shocks)
    for i in range(1, n + 100):
        out[:, i] = phi * out[:, i - 1] + shocks[:, i]
    return np.asarray(out[:, 100:] * math.sqrt(1 - phi * phi))


def _alarms(y: Floats) -> float:
    return float(np.mean([bool(changes(row)) for row in y.tolist()]))


def _found(y: Floats) -> float:
    return float(np.mean([any(abs(c - AT) <= NEAR for c in changes(row)) for row in y.tolist()]))


def _row(what: str, got: float, rounds: int, goal: float | None = None, *, least: bool = False) -> None:
    error = math.sqrt(max(got * (1 - got), 1e-9) / rounds)
    said = "no goal"
    if goal is not None:
        met = got >= goal - 2 * error if least else got <= goal + 2 * error
        said = f"goal {'>=' if least else '<='} {goal:<5g} {'met' if met else 'NOT MET'}"
    print(f"  {what:<64} {got:.4f} +- {error:.4f}  {said}", flush=True)


def simulated(rounds: int, seed: int) -> None:
    """Nulls and a step of 2 sd in series of 60. The sd of an AR(1) is that of the series, or of its innovations."""
    rng = np.random.default_rng(seed)
    step = 2.0 * (np.arange(N) >= AT)
    sign = np.where(rng.random((rounds, N)) < 0.5, -1.0, 1.0)
    ar = remembering(rng, rounds, 0.3)
    cases: list[tuple[str, Floats, float, float]] = [
        ("white noise", rng.standard_normal((rounds, N)), 0.01, 0.95),
        ("AR(1), phi 0.3", ar, 0.02, 0.85),
        ("5 % outliers of 8 sd", rng.standard_normal((rounds, N)) + 8 * sign * (rng.random((rounds, N)) < 0.05), 0.10, 0.74),
        ("5 % outliers of +8 sd", rng.standard_normal((rounds, N)) + 8 * (rng.random((rounds, N)) < 0.05), 0.10, 0.74),
    ]  # fmt: skip
    print(f"series of {N}, {rounds:,} rounds, seed {seed}; met within two standard errors")
    for what, y, null, power in cases:
        _row(f"{what}: alarms without a change", _alarms(y), rounds, null)
        _row(f"{what}: step of 2 sd at {AT} found within {NEAR}", _found(y + step), rounds, power, least=True)
    smaller = math.sqrt(1 - 0.3**2)
    _row("AR(1), phi 0.3: the same with 2 sd of the innovations", _found(ar + smaller * step), rounds)


def _shapes(rng: np.random.Generator, many: int, n: int) -> list[tuple[str, Floats]]:
    x = np.arange(n) / n
    walk = np.cumsum(rng.standard_normal((many, n)), axis=1)
    white = rng.standard_normal((many, n))
    season = 2 * np.sin(np.arange(n) * math.pi / 6)
    return [
        *((f"AR(1), phi {phi}", remembering(rng, many, phi, n)) for phi in (0.0, 0.3, 0.5, 0.7)),
        ("random walk", walk),
        ("random walk, growing", walk + 0.5 * n * x),
        ("exponential of a random walk", np.exp(0.1 * walk)),
        ("trend of 5 sd", white + 5 * x),
        ("trend of 20 sd", white + 20 * x),
        ("bend to 6 sd", white + 12 * np.maximum(x - 0.5, 0)),
        ("two bends of 10 sd", white + np.interp(x, [0, 0.3, 0.6, 1], [0, 10, 2, 12])),
        ("two waves, amplitude 4 sd", white + 4 * np.sin(4 * math.pi * x)),
        ("season of 12, amplitude 2 sd", white + season),
        ("season of 12 on a trend of 10 sd", white + season + 10 * x),
        ("noise that grows fourfold", white * (1 + 3 * x)),
    ]


def shapes(rounds: int, seed: int) -> None:
    """Alarms where no level jumps: memory, walks, trends, curves and seasons, of several lengths."""
    rng = np.random.default_rng(seed)
    lengths = {30: rounds, 60: rounds, 120: rounds, 200: rounds // 2, 600: rounds // 10}
    print("alarms without a jump, by points in a series (rounds; no goals)")
    print(f"  {'':<34}" + "".join(f"{f'{n} ({many})':>12}" for n, many in lengths.items()), flush=True)
    columns = [_shapes(rng, max(many, 1), n) for n, many in lengths.items()]
    for cells in zip(*columns, strict=True):
        print(f"  {cells[0][0]:<34}" + "".join(f"{_alarms(y):>12.3f}" for _, y in cells), flush=True)


def annotated() -> None:
    """F1 on the annotated series, also without any one of them. A refused series counts as nothing found."""
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
    got, none = np.array(ours), np.array(nothing)
    goal = max(float(none.mean()), 0.66)
    spread = float(np.std(got - none, ddof=1)) / math.sqrt(len(got))
    without = (got.sum() - got) / (len(got) - 1) - (none.sum() - none) / (len(none) - 1)
    print(f"F1 on {len(got)} annotated series (others: Otava .59-.66)")
    print(
        f"  {got.mean():.3f}  report nothing {none.mean():.3f}  goal > {goal:.3f} {'met' if got.mean() > goal else 'NOT MET'}"
    )
    print(
        f"  above nothing by {(got - none).mean():.3f} +- {spread:.3f}, without any one series by {without.min():.3f} or more"
    )
    print(f"  better on {int((got > none).sum())} series, worse on {int((got < none).sum())}")


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
    """All four."""
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    rounds, seed = (*given, *(2_000, 2026)[len(given) :])[:2]
    simulated(rounds, seed)
    shapes(rounds // 4, seed)
    annotated()
    speed()


if __name__ == "__main__":
    main()
