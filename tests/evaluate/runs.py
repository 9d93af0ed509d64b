"""Pairs of runs for the statistics: short ways to make them, and every valid pair that hypothesis can think of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pulse_tui.domain.evals import Comparison, EvalRun, Gate, Score, Sheet, Task, TaskVerdict
from pulse_tui.domain.metrics import Made, bounds_of, made_of
from pulse_tui.evaluate.compare.comparing import compare
from pulse_tui.evaluate.definition import Question
from tests.fakes.nouns import NOW
from tests.servers.forms import examples

Floats = NDArray[np.float64]
Rows = Sequence[Sequence[float]] | Floats | NDArray[np.int64]


def sheet(task: str, scores: Mapping[str, Rows] | Rows, metric: str = "accuracy", **columns: Any) -> Sheet:
    """A sheet of items i000, i001 ...; a vector is one repeat an item."""
    by_metric = scores if isinstance(scores, Mapping) else {metric: scores}
    rows = {m: tuple(tuple(map(float, np.atleast_1d(r))) for r in s) for m, s in by_metric.items()}
    n = len(next(iter(rows.values())))
    return Sheet(**{"task": task, "items": tuple(f"i{i:03d}" for i in range(n)), "scores": rows, **columns})


def run(ident: str, *parts: Sheet | Score, **fields: Any) -> EvalRun:
    """A run of suite golden on support-bot with these items and totals."""
    values = {"id": ident, "asset_id": "support-bot", "version": f"v-{ident}", "suite": "golden", "at": NOW}
    scores = tuple(p for p in parts if isinstance(p, Score))
    return EvalRun(**{**values, "scores": scores, "sheets": tuple(p for p in parts if isinstance(p, Sheet)), **fields})


def said(base: EvalRun, cand: EvalRun, *tasks: Task, margin: float | None = None, **more: Any) -> Comparison:
    """What is said of the candidate."""
    return compare(base, cand, Question(tasks, None, margin), **more)


def only(comparison: Comparison) -> TaskVerdict:
    """The one line that it has."""
    assert not comparison.refused
    (line,) = comparison.verdicts
    return line


def lines_of(comparison: Comparison) -> dict[tuple[str, str, str], TaskVerdict]:
    """Its lines by (task, metric, slice)."""
    return {(v.task, v.metric, v.slice): v for v in comparison.verdicts}


def of_scores(before: Rows, after: Rows, *, metric: str = "accuracy", columns: Any = None, **task: Any) -> TaskVerdict:
    """The one line of two columns of scores; ``columns`` are of both sides."""
    both = columns or {}
    base, cand = (run(name, sheet("qa", rows, metric, **both)) for name, rows in (("b", before), ("c", after)))
    return only(said(base, cand, Task(name="qa", metric=metric, **task)))


# --------------------------------------------------------------------------- anything valid


METRICS = (
    "accuracy", "score", "jailbreak_success", "perplexity", "pass@2", "consistency", "spread", "brier", "cost", "p95_latency",
)  # fmt: skip


ANY_CASE = settings(
    max_examples=examples(120), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Case(NamedTuple):
    """Two runs and what is asked of them."""

    base: EvalRun
    cand: EvalRun
    question: Question


def _score(metric: str) -> st.SearchStrategy[float]:
    low, high = bounds_of(metric)
    if high == 1.0:
        return st.sampled_from([0.0, 1.0, 1.0, 0.5]) | st.floats(0.0, 1.0)
    return st.sampled_from([0.0, 1.0]) | st.floats(max(low, -1e100), min(high, 1e100)) | st.floats(0.0, 9.0)


@st.composite
def _sheet(draw: st.DrawFn, task: str, metrics: Sequence[str], n: int, *, whole: bool) -> Sheet:
    columns: dict[str, Any] = {}
    repeats = st.integers(1, 3) if draw(st.booleans()) else st.just(draw(st.sampled_from([1, 1, 2])))
    scores = {}
    for metric in metrics:
        rows = [draw(st.lists(_score(metric), min_size=(k := draw(repeats)), max_size=k)) for _ in range(n)]
        gaps = draw(st.sets(st.integers(0, max(n - 1, 0)), max_size=2)) if not whole and draw(st.booleans()) else ()
        scores[metric] = tuple(() if i in gaps else tuple(r) for i, r in enumerate(rows))
    numbers = st.sampled_from([0.0, 1.0, 250.0]) | st.floats(0.0, 1e100)
    if draw(st.booleans()):
        columns["clusters"] = tuple(draw(st.sampled_from(["", "a", "b", "c"])) for _ in range(n))
    if draw(st.booleans()):
        columns["slices"] = {"hard": tuple(draw(st.sets(st.integers(0, n - 1))) if n else ()), "empty": ()}
    if draw(st.booleans()):
        columns["costs"] = tuple(draw(numbers) for _ in range(n))
    if draw(st.booleans()):
        columns["probabilities"] = tuple(draw(st.floats(0.0, 1.0)) for _ in range(n))
    if draw(st.booleans()):
        columns["latencies"] = tuple(draw(st.lists(numbers, max_size=12)))
    if draw(st.booleans()):
        columns["answers"] = tuple(
            tuple(draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=3))) for _ in range(n)
        )
    return Sheet(task=task, items=tuple(f"i{i:03d}" for i in range(n)), scores=scores, **columns)


@st.composite
def _total(draw: st.DrawFn, task: str, metric: str) -> Score:
    errors = st.none() | st.just(0.0) | st.floats(0.0, 0.5)
    counts = st.none() | st.sampled_from([1, 40, 40, 40, 1_000])
    return Score(task=task, metric=metric, value=draw(_score(metric)), stderr=draw(errors), n=draw(counts))


@st.composite
def _side(draw: st.DrawFn, ident: str, tasks: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> EvalRun:
    parts: list[Sheet | Score] = []
    for name, metrics in tasks.items():
        if draw(st.sampled_from([True, True, True, False])):
            stated = [m for m in metrics if made_of(m) is Made.SCORES] or ["accuracy"]
            parts.append(draw(_sheet(name, stated, sizes[name], whole=draw(st.booleans()))))
        parts += [draw(_total(name, m)) for m in metrics if draw(st.booleans())]
    return run(ident, *parts, suite_digest=draw(st.sampled_from([None, None, None, "sha256:aa", "sha256:bb"])))


@st.composite
def _tasks(draw: st.DrawFn, names: Mapping[str, Sequence[str]]) -> list[Task]:
    return [
        Task(
            name=name,
            metric=metric,
            gate=draw(st.sampled_from(Gate)),
            must_pass=draw(st.booleans()),
            margin=draw(st.none() | st.sampled_from([0.0, 0.02, 0.3])),
            weight=draw(st.sampled_from([0.0, 1.0, 3.0])),
            slices=draw(st.sampled_from([(), ("hard",), ("hard", "empty", "unknown")])),
            zero_tolerance=draw(st.sampled_from([(), (), ("i000",), ("i000", "i000", "gone")])),
            of=draw(st.sampled_from(["", "", "accuracy", "score"])),
            slo=draw(st.none() | st.just(300.0)),
            growing=draw(st.sampled_from([False, False, True])),
            higher_is_better=draw(st.sampled_from([None, None, True, False])),
        )
        for name, metrics in names.items()
        for metric in metrics
    ]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any pair of runs that collectors let through, and any question."""
    names = {n: draw(st.lists(st.sampled_from(METRICS), min_size=1, max_size=3, unique=True)) for n in ("qa", "rag")}
    sizes = {n: draw(st.sampled_from([0, 1, 2, 3, 5, 8, 13])) for n in names}
    base, cand = draw(_side("b", names, sizes)), draw(_side("c", names, sizes))
    question = Question(tuple(draw(_tasks(names))), None, draw(st.none() | st.just(0.02)))
    return Case(base, cand, question)


def shuffled(of: Sheet, order: Sequence[int]) -> Sheet:
    """The same items in another order; latencies stay in order of time."""

    def moved(column: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(column[i] for i in order) if column else ()

    at = {old: new for new, old in enumerate(order)}
    return msgspec.structs.replace(
        of,
        items=moved(of.items),
        scores={m: moved(s) for m, s in of.scores.items()},
        slices={name: tuple(sorted(at[i] for i in places)) for name, places in of.slices.items()},
        **{c: moved(getattr(of, c)) for c in ("clusters", "prompts", "costs", "probabilities", "answers")},
    )
