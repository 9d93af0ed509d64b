"""``python -m tests.bench.verdicts [ROUNDS]``: how often each verdict is wrong or right, on real per-item results.

A null is any model against other repeats of itself: of the ten recorded repeats of an item some are drawn for
either side, none twice. A drop is made by turning right answers wrong with a chance that loses exactly so many
points over all items, in models that vary and can lose them. Cluster rows resample whole clusters of the real difference of two models, centred.
Without the shared data the same is drawn from a beta mixture of item difficulties, and that is said.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.calibration import brier
from pulse_tui.evaluate.statistics.clustered import gathered, judge_clusters
from pulse_tui.evaluate.statistics.family import adjusted
from pulse_tui.evaluate.statistics.judge import judge
from pulse_tui.evaluate.statistics.latency import judge_latency
from pulse_tui.evaluate.statistics.sequential import watch
from pulse_tui.evaluate.verdict import Judgement

Floats = NDArray[np.float64]
MARGIN = 0.02
_DATA = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "evals"
_REPEATS = 10


class Suite(NamedTuple):
    """Right answers of ten repeats for each model and item, and the cluster of each item."""

    right: NDArray[np.int64]
    cluster: NDArray[np.intp]


class Row(NamedTuple):
    """One line of the table: met when within two standard errors of the goal."""

    what: str
    got: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        error = math.sqrt(max(self.got * (1 - self.got), 1e-9) / self.rounds)
        met = self.low - 2 * error <= self.got <= self.high + 2 * error
        goal = (
            f">= {self.low:g}"
            if self.high >= 1
            else f"<= {self.high:g}"
            if self.low <= 0
            else f"{self.low:g}-{self.high:g}"
        )
        return f"{self.what:<72} {goal:>10}  {self.got:.4f}  {'met' if met else 'NOT MET'}"


def suite(name: str, seed: int) -> tuple[Suite, bool]:
    """A recorded suite, or a drawn one where the data is absent; and whether it is real."""
    path = _DATA / f"{name}.csv.gz"
    if not path.exists():
        chance = np.random.default_rng(seed)
        share = chance.beta(0.4, 0.4, (8, 400))
        return Suite(chance.binomial(_REPEATS, share), np.arange(400) // 4), False
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    clusters: dict[str, str] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            scores[line["model"]][line["item_id"]] = float(line["score"])
            clusters[line["item_id"]] = line["cluster"]
    items = sorted(clusters)
    right = np.array([[round(s[i] * _REPEATS) for i in items] for s in scores.values() if len(s) == len(items)])
    known = sorted(set(clusters.values()))
    return Suite(right, np.array([known.index(clusters[i]) for i in items], np.intp)), True


def repeats(right: NDArray[np.int64], count: int, chance: Generator) -> tuple[Floats, Floats]:
    """``count`` repeats for either side of each item, drawn from its ten without putting back; shape (items, count)."""
    order = np.argsort(chance.random((right.size, _REPEATS)), axis=1)
    answers = (order < right[:, None]).astype(np.float64)
    return answers[:, :count], answers[:, count : 2 * count]


def dropped(answers: Floats, points: float, mean: float, chance: Generator) -> Floats:
    """Right answers turned wrong with a chance of ``points / mean``."""
    out: Floats = answers * (chance.random(answers.shape) >= points / mean)
    return out


def able(data: Suite, points: float) -> list[int]:
    """Models that vary between repeats and can lose so many points."""
    share = data.right / _REPEATS
    varies = ((share > 0) & (share < 1)).mean(axis=1)
    return [m for m in range(share.shape[0]) if varies[m] > 0.05 and share[m].mean() > 3 * points]


def compared(data: Suite, n: int, count: int, points: float, rounds: int, seed: int) -> Iterator[Judgement]:
    """Comparisons of a model with itself after losing ``points``."""
    chance = np.random.default_rng(seed)
    models = able(data, 0.05) if points else list(range(data.right.shape[0]))
    for _ in range(rounds):
        right = data.right[chance.choice(models)]
        mean = float(right.mean()) / _REPEATS
        items = chance.integers(0, right.size, n) if n != right.size else np.arange(n)
        base, cand = repeats(right[items], count, chance)
        cand = dropped(cand, points, mean, chance)
        yield judge(base.mean(axis=1), cand.mean(axis=1), margin=MARGIN)


def rate(said: Iterator[Judgement], verdict: Verdict) -> float:
    """The share of a verdict."""
    verdicts = [j.verdict for j in said]
    return verdicts.count(verdict) / len(verdicts)


def paired_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Nulls, the margin, power."""
    n = data.right.shape[1]
    for size in (100, 200, n):
        yield Row(
            f"false block, a model against itself, n={size}",
            rate(compared(data, size, 1, 0.0, rounds, 1), Verdict.FAIL),
            0,
            0.005,
            rounds,
        )
    for size in (100, 200, n, 1_000):
        yield Row(
            f"at the margin, n={size}: FAIL",
            rate(compared(data, size, 1, MARGIN, rounds, 2), Verdict.FAIL),
            0.04,
            0.06,
            rounds,
        )
        yield Row(
            f"at the margin, n={size}: unsafe PASS",
            rate(compared(data, size, 1, MARGIN, rounds, 2), Verdict.PASS),
            0.04,
            0.06,
            rounds,
        )
    yield Row(
        f"at the margin, n={n} x 5 repeats: FAIL",
        rate(compared(data, n, 5, MARGIN, rounds, 3), Verdict.FAIL),
        0.04,
        0.06,
        rounds,
    )
    yield Row(
        f"at the margin, n={n} x 5 repeats: unsafe PASS",
        rate(compared(data, n, 5, MARGIN, rounds, 3), Verdict.PASS),
        0.04,
        0.06,
        rounds,
    )
    for count, least in ((1, 0.53), (5, 0.96)):
        times = "" if count == 1 else f" x {count} repeats"
        yield Row(
            f"5 points lost, n={n}{times}: FAIL",
            rate(compared(data, n, count, 0.05, rounds, 4), Verdict.FAIL),
            least,
            1,
            rounds,
        )
        yield Row(
            f"5 points lost, n={n}{times}: unsafe PASS",
            rate(compared(data, n, count, 0.05, rounds, 4), Verdict.PASS),
            0,
            0.002,
            rounds,
        )


def cluster_sample(data: Suite, count: int, uneven: bool, chance: Generator) -> tuple[Floats, NDArray[np.intp]]:
    """The centred difference of two real models on ``count`` clusters; uneven: some clusters hold many times more."""
    a, b = chance.choice(data.right.shape[0], 2, replace=False)
    difference = (data.right[b] - data.right[a]) / _REPEATS
    members = [np.flatnonzero(data.cluster == c) for c in range(int(data.cluster.max()) + 1)]
    sizes = np.array([m.size for m in members], np.float64)
    means = np.array([difference[m].mean() for m in members])
    centred = difference - float((sizes * means).sum() / sizes.sum())
    picked = chance.integers(0, len(members), count)
    parts, labels = [], []
    for number, c in enumerate(picked):
        own = centred[members[c]]
        if uneven:
            own = np.tile(own, 1 + int(chance.geometric(0.3)))
        parts.append(own)
        labels.append(np.full(own.size, number, np.intp))
    return np.concatenate(parts), np.concatenate(labels)


def cluster_rows(name: str, data: Suite, rounds: int) -> Iterator[Row]:
    """False alarms at the nominal 0.05 (margin 0) by the number of clusters, and unsafe passes."""
    for count, uneven in (
        (4, False),
        (6, False),
        (8, False),
        (8, True),
        (12, True),
        (16, False),
        (24, True),
        (40, False),
        (60, True),
    ):
        chance, fails, passes, effective = np.random.default_rng(count), 0, 0, 0.0
        for _ in range(rounds):
            gain, labels = cluster_sample(data, count, uneven, chance)
            said = judge_clusters(gathered(gain, labels, count), 0.0, span=1.0)
            fails += said.verdict is Verdict.FAIL
            passes += said.verdict is Verdict.PASS
            effective += (said.clusters_effective or 0.0) / rounds
        label = f"{name}, {count} {'uneven ' if uneven else ''}clusters ({effective:.1f} effective)"
        yield Row(f"{label}: false alarm", fails / rounds, 0, 0.065, rounds)
        yield Row(f"{label}: unsafe PASS", passes / rounds, 0, 0.065, rounds)


def look_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Forty looks at a canary that grows to 2,000 items. Every item is a look here, so forty are fewer."""
    models = able(data, 0.05)
    for points, what, low, high in (
        (0.0, "40 looks, no change: false alarm", 0.0, 0.05),
        (0.04, "40 looks, 4 points lost within 2,000 items: FAIL", 0.95, 1.0),
    ):
        chance, fails = np.random.default_rng(5), 0
        for _ in range(rounds):
            right = data.right[chance.choice(models)]
            base, cand = repeats(right[chance.integers(0, right.size, 2_000)], 1, chance)
            cand = dropped(cand, points, float(right.mean()) / _REPEATS, chance)
            fails += watch((cand - base)[:, 0]).verdict is Verdict.FAIL
        yield Row(what, fails / rounds, low, high, rounds)


def family_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Sixty diagnostics of 200 items each, six of them 10 points worse, margin 2."""
    chance, models = np.random.default_rng(6), able(data, 0.1)
    false = found = 0.0
    rounds = max(rounds // 4, 1)
    for _ in range(rounds):
        p = []
        for task in range(60):
            right = data.right[chance.choice(models)]
            base, cand = repeats(right[chance.integers(0, right.size, 200)], 1, chance)
            cand = dropped(cand, 0.1 if task < 6 else 0.0, float(right.mean()) / _REPEATS, chance)
            p.append(judge(base[:, 0], cand[:, 0], margin=MARGIN).p_worse)
        hits = adjusted(p) <= 0.05
        false += float(hits[6:].sum()) / max(int(hits.sum()), 1)
        found += float(hits[:6].mean())
    yield Row("60 diagnostics, 6 of them 10 points worse: false discovery rate", false / rounds, 0, 0.05, rounds)
    yield Row("60 diagnostics, 6 of them 10 points worse: found", found / rounds, 0.59, 1, rounds * 6)


def latency_rows(rounds: int) -> Iterator[Row]:
    """Lognormal latencies whose p95 is at the limit, or 30 % over it; in a row alike (AR(1)) as well."""
    for spread, correlation, over, what, low, high in (
        (0.8, 0.0, 1.0, "p95 at the limit, n=300: false alarm", 0.0, 0.055),
        (0.8, 0.3, 1.0, "p95 at the limit, n=300, AR(1) 0.3: false alarm", 0.0, 0.055),
        (0.8, 0.6, 1.0, "p95 at the limit, n=300, AR(1) 0.6: false alarm", 0.0, 0.055),
        (0.5, 0.0, 1.3, "p95 30 % over, n=300, log-sd 0.5: FAIL", 0.89, 1.0),
        (0.8, 0.0, 1.3, "p95 30 % over, n=300, log-sd 0.8: FAIL", 0.89, 1.0),
    ):
        chance, fails = np.random.default_rng(7), 0
        for _ in range(rounds):
            noise = chance.standard_normal(300)
            for i in range(1, 300) if correlation else ():
                noise[i] = correlation * noise[i - 1] + math.sqrt(1 - correlation**2) * noise[i]
            values = 1.15 * over * np.exp(spread * (noise - 1.6448536269514722))
            fails += judge_latency(values, 1.0, 1.15).judgement.verdict is Verdict.FAIL
        yield Row(what, fails / rounds, low, high, rounds)


def speed() -> str:
    """Sixty tasks of 1,000 items: every statistic on each, after one warm-up; the median of five."""
    chance = np.random.default_rng(8)
    tasks = [
        (
            chance.integers(0, 2, 1_000).astype(float),
            chance.random(1_000),
            chance.random(1_000),
            chance.integers(0, 25, 1_000).tolist(),
        )
        for _ in range(60)
    ]

    def once() -> None:
        p = []
        for yes, score, other, labels in tasks:
            p.append(judge(yes, 1.0 - yes[::-1], margin=MARGIN).p_worse)
            judge(score, other, margin=MARGIN)
            judge(score, other, margin=MARGIN, clusters=labels)
            judge_latency(score * 100.0, 80.0)
            judge(brier(score, yes), brier(other, yes), margin=MARGIN, higher_is_better=False)
        adjusted(p)

    return f"{'60 tasks x 1,000 items, all statistics (ms, median of 5)':<72} {'<= 100':>10}  {_median_ms(once):.0f}"


def _median_ms(what: Callable[[], None]) -> float:
    what()
    spans = []
    for _ in range(5):
        begun = time.perf_counter()
        what()
        spans.append((time.perf_counter() - begun) * 1e3)
    return sorted(spans)[2]


def main(rounds: int = 2_000) -> None:
    """Print the table."""
    data, real = suite("lcb_generation_400", 1)
    print(f"{rounds} rounds on {'recorded results' if real else 'DRAWN results (the shared data is absent)'}")
    rows: list[Iterator[Row]] = [paired_rows(data, rounds)]
    rows += [cluster_rows(n, suite(n, 2)[0], rounds) for n in ("lcb_testgen", "lcb_execution")]
    rows += [look_rows(data, rounds), family_rows(data, rounds), latency_rows(rounds)]
    for group in rows:
        for row in group:
            print(row, flush=True)
    print(speed())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
