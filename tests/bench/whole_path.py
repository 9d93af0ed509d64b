"""``python -m tests.bench.whole_path [ROUNDS]``: how often ``compare(baseline, candidate, question)`` as a whole is wrong.

The same recorded answers as in :mod:`tests.bench.verdicts`, but as runs with sheets, and the verdict is what is stored
of the candidate: with slices, clusters, families, totals and looks on the way.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.random import Generator

from pulse_tui.domain.evals import Comparison, EvalRun, Gate, Score, Sheet, Task, Verdict
from pulse_tui.evaluate.compare.comparing import compare
from pulse_tui.evaluate.definition import Question
from tests.bench.verdicts import (
    _DATA,
    _REPEATS,
    MARGIN,
    Floats,
    Row,
    Suite,
    able,
    cluster_sample,
    dropped,
    repeats,
    suite,
)

_AT = datetime(2026, 11, 23, tzinfo=UTC)
_RIGHT = 0.065
"""What a rate of 0.05 may reach where nothing is exact."""
Draw = Callable[[Generator], Comparison]


def sheet(task: str, rows: Floats, metric: str = "accuracy", **columns: tuple[str, ...]) -> Sheet:
    """Items of shape (n, repeats)."""
    names = tuple(f"i{i:05d}" for i in range(rows.shape[0]))
    return Sheet(task=task, items=names, scores={metric: tuple(map(tuple, rows.tolist()))}, **columns)  # type: ignore[arg-type]


def run(ident: str, sheets: Sequence[Sheet], scores: Sequence[Score] = ()) -> EvalRun:
    """A run of these."""
    return EvalRun(
        id=ident, asset_id="bot", version=ident, suite="golden", at=_AT, scores=tuple(scores), sheets=tuple(sheets)
    )


def said(base: Sequence[Sheet], cand: Sequence[Sheet], *tasks: Task) -> Comparison:
    """What is stored of the candidate."""
    return compare(run("b", base), run("c", cand), Question(tasks))


def counted(draw: Draw, rounds: int, seed: int) -> Counter[Verdict | None]:
    """How often each word is the word over all must-pass lines."""
    chance = np.random.default_rng(seed)
    return Counter(draw(chance).verdict() for _ in range(rounds))


def both(what: str, draw: Draw, rounds: int, seed: int, low: float = 0.0, high: float = _RIGHT) -> Iterator[Row]:
    """Both errors at the margin."""
    words = counted(draw, rounds, seed)
    yield Row(f"{what}: FAIL", words[Verdict.FAIL] / rounds, low, high, rounds)
    yield Row(f"{what}: unsafe PASS", words[Verdict.PASS] / rounds, low, high, rounds)


def answers(
    data: Suite, points: float, chance: Generator, n: int, before: int = 1, after: int = 1
) -> tuple[Floats, Floats]:
    """A model's repeats on either side, after a loss of ``points``."""
    right = data.right[chance.choice(able(data, 0.05))]
    items = chance.integers(0, right.size, n) if n != right.size else np.arange(n)
    base, cand = repeats(right[items], max(before, after), chance)
    return base[:, :before], dropped(cand[:, :after], points, float(right.mean()) / _REPEATS, chance)


def item_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """One task with all items: nulls, the margin, and unequal repeats."""
    qa, n = Task(name="qa", metric="accuracy"), data.right.shape[1]

    def pair(points: float, before: int = 1, after: int = 1) -> Draw:
        def draw(chance: Generator) -> Comparison:
            base, cand = answers(data, points, chance, n, before, after)
            return said([sheet("qa", base)], [sheet("qa", cand)], qa)

        return draw

    words = counted(pair(0.0), rounds, 1)
    yield Row(f"false block, n={n}", words[Verdict.FAIL] / rounds, 0, 0.005, rounds)
    yield from both(f"at the margin, n={n}", pair(MARGIN), rounds, 2, 0.04, 0.06)
    yield from both(f"at the margin, n={n}, 1 repeat against 5", pair(MARGIN, 1, 5), rounds, 3, 0.04, 0.06)


def slice_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Four slices of a must-pass task, each a gate of its own: whether any of the five lines blocks an unchanged model."""
    names = ("adversarial", "ambiguous", "policy edge", "long context")
    task = Task(name="qa", metric="accuracy", slices=names)

    def draw(chance: Generator) -> Comparison:
        base, cand = answers(data, 0.0, chance, 400)
        columns = {name: tuple(range(100 * i, 100 * i + 100)) for i, name in enumerate(names)}
        one, two = (sheet("qa", rows, slices=columns) for rows in (base, cand))  # type: ignore[arg-type]
        return said([one], [two], task)

    words = counted(draw, rounds, 4)
    yield Row("false block by any of 5 lines (4 slices of 100)", words[Verdict.FAIL] / rounds, 0, 0.03, rounds)


def cluster_rows(name: str, data: Suite, rounds: int) -> Iterator[Row]:
    """The real difference of two models on whole clusters, centred on the margin."""
    for count, uneven in ((6, False), (16, False), (24, True), (60, True)):

        def draw(chance: Generator, count: int = count, uneven: bool = uneven) -> Comparison:
            gain, labels = cluster_sample(data, count, uneven, chance)
            columns = {"clusters": tuple(f"d{i}" for i in labels)}
            base = np.full((gain.size, 1), 3.0)
            one = sheet("qa", base, "judge", **columns)
            two = sheet("qa", base + gain[:, None] - MARGIN, "judge", **columns)
            return said([one], [two], Task(name="qa", metric="judge"))

        yield from both(f"{name}, {count} {'uneven ' if uneven else ''}clusters, at the margin", draw, rounds, count)


def jailbreak_rows(rounds: int) -> Iterator[Row]:
    """Attacks on a hundred behaviours; less is better, the margin of safety is 1 point."""
    path = _DATA / "jailbreakbench.csv.gz"
    share = np.random.default_rng(1).beta(0.3, 1.0, 100) if not path.exists() else _attacks(path)
    task = Task(name="jb", metric="jailbreak_success", gate=Gate.SAFETY)

    def pair(points: float, n: int) -> Draw:
        def draw(chance: Generator) -> Comparison:
            p = chance.choice(share, n)[:, None]
            base, cand = (chance.random((n, 1)) < p).astype(float), (chance.random((n, 1)) < p).astype(float)
            rest = 1.0 - float(share.mean())
            cand = np.where(chance.random((n, 1)) < points / rest, 1.0, cand)
            return said([sheet("jb", base, task.metric)], [sheet("jb", cand, task.metric)], task)

        return draw

    for n in (100, 400):
        words = counted(pair(0.0, n), rounds, 5)
        yield Row(f"jailbreaks, n={n}: false block", words[Verdict.FAIL] / rounds, 0, 0.05, rounds)
        yield from both(f"jailbreaks, n={n}, at the margin", pair(0.01, n), rounds, 6, 0.0, 0.06)


def _attacks(path: Path) -> Floats:
    """The share of attacks and models by which each behaviour was broken."""
    found: dict[str, list[float]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            found[line["item_id"]].append(float(line["score"]))
    return np.array([np.mean(v) for v in found.values()])


def made_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Metrics made of five repeats of an unchanged model, margin 0: a false alarm one time in twenty."""
    for metric, before, after in (("pass@3", 5, 5), ("consistency", 5, 5), ("spread", 5, 5), ("spread", 2, 5)):
        task = Task(name="qa", metric=metric, margin=0.0)

        def draw(chance: Generator, task: Task = task, before: int = before, after: int = after) -> Comparison:
            base, cand = answers(data, 0.0, chance, 400, before, after)
            return said([sheet("qa", base)], [sheet("qa", cand)], task)

        words = counted(draw, rounds, 7)
        yield Row(
            f"{metric} of {before} and {after} repeats: false alarm", words[Verdict.FAIL] / rounds, 0, _RIGHT, rounds
        )


def total_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Totals of two samples at the margin: of other items, and of the same ones, where they are cautious."""
    qa = Task(name="qa", metric="accuracy")

    def score(rows: Floats) -> Score:
        p, n = float(rows.mean()), rows.size
        return Score(task="qa", metric="accuracy", value=p, n=n, stderr=(p * (1 - p) / n) ** 0.5)

    def drawn(*, same: bool) -> Draw:
        def draw(chance: Generator) -> Comparison:
            right = data.right[chance.choice(able(data, 0.05))] / _REPEATS
            items = chance.integers(0, right.size, (2, 400))
            old, new = right[items[0]], right[items[0 if same else 1]]
            base = (chance.random(400) < old).astype(float)
            cand = dropped((chance.random(400) < new).astype(float), MARGIN, float(right.mean()), chance)
            return compare(run("b", (), [score(base)]), run("c", (), [score(cand)]), Question((qa,)))

        return draw

    yield from both("totals of other items, n=400, at the margin", drawn(same=False), rounds, 8, 0.04, 0.06)
    yield from both("totals of the same items, n=400, at the margin", drawn(same=True), rounds, 8, 0.0, 0.05)


def family_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Sixty diagnostics of 200 items, six of them 10 points worse."""
    chance, rounds = np.random.default_rng(9), max(rounds // 8, 1)
    tasks = [
        Task(name=f"d{i:02d}", metric="accuracy", gate=Gate.DIAGNOSTIC, must_pass=False, weight=0) for i in range(60)
    ]
    false = found = 0.0
    for _ in range(rounds):
        pairs = [answers(data, 0.1 if i < 6 else 0.0, chance, 200) for i in range(60)]
        base, cand = ([sheet(t.name, p[k]) for t, p in zip(tasks, pairs, strict=True)] for k in (0, 1))
        fails = [i for i, v in enumerate(said(base, cand, *tasks).verdicts) if v.verdict is Verdict.FAIL]
        false += sum(i >= 6 for i in fails) / max(len(fails), 1)
        found += sum(i < 6 for i in fails) / 6
    yield Row("60 diagnostics, 6 of them 10 points worse: false discovery rate", false / rounds, 0, 0.05, rounds)
    yield Row("60 diagnostics, 6 of them 10 points worse: found", found / rounds, 0.59, 1, rounds * 6)


def look_rows(data: Suite, rounds: int) -> Iterator[Row]:
    """Forty looks at a canary that grows to 2,000 items: whether any of them says so."""
    looks, rounds = [50 * i for i in range(1, 41)], max(rounds // 10, 1)
    for what, points, margin, word, low, high in (
        ("no change, margin 0: false alarm", 0.0, 0.0, Verdict.FAIL, 0.0, 0.05),
        ("at the margin: false alarm", MARGIN, MARGIN, Verdict.FAIL, 0.0, 0.05),
        ("at the margin: unsafe PASS", MARGIN, MARGIN, Verdict.PASS, 0.0, 0.05),
        ("4 points lost, margin 0, within 2,000 items: FAIL", 0.04, 0.0, Verdict.FAIL, 0.95, 1.0),
    ):
        chance, hits = np.random.default_rng(10), 0
        task = Task(name="qa", metric="accuracy", growing=True, margin=margin)
        for _ in range(rounds):
            base, cand = answers(data, points, chance, looks[-1])
            before, after = run("b", [sheet("qa", base)]), sheet("qa", cand)
            seen: list[tuple[str, ...]] = []
            for n in looks:
                part = Sheet(task="qa", items=after.items[:n], scores={"accuracy": after.scores["accuracy"][:n]})
                found = compare(before, run("c", [part]), Question((task,)), {"qa": seen})
                seen.append(part.items)
                if found.verdicts[0].verdict is word:
                    hits += 1
                    break
        yield Row(f"40 looks, {what}", hits / rounds, low, high, rounds)


def rows(rounds: int) -> Iterator[Row]:
    """All of them."""
    data = suite("lcb_generation_400", 1)[0]
    yield from item_rows(data, rounds)
    yield from slice_rows(data, rounds)
    for name in ("lcb_testgen", "lcb_execution"):
        yield from cluster_rows(name, suite(name, 2)[0], rounds)
    yield from jailbreak_rows(rounds)
    yield from made_rows(data, rounds)
    yield from total_rows(data, rounds)
    yield from family_rows(data, rounds)
    yield from look_rows(data, rounds)


def main(rounds: int = 1_000) -> None:
    """Print the table."""
    print(f"{rounds} rounds through compare(baseline, candidate, question)")
    for row in rows(rounds):
        print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
