"""Metrics that a file does not state and its items do: pass@k, consistency, spread, p95 latency, cost, Brier score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import EvalRun, Score, Sheet, Task
from pulse_tui.domain.metrics import Made, k_of, made_of
from pulse_tui.evaluate.calibration import brier
from pulse_tui.evaluate.comparable import source_of
from pulse_tui.evaluate.consistency import agreements
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.passk import pass_at_k

Floats = NDArray[np.float64]


def made_scores(run: EvalRun, tasks: Sequence[Task]) -> tuple[Score, ...]:
    """A score for each task whose metric is made from items that the run has, so that it has a trend like any other."""
    return tuple(_found(run, tasks))


def _found(run: EvalRun, tasks: Sequence[Task]) -> Iterator[Score]:
    for task in tasks:
        sheet, made = run.sheet(task.name), made_of(task.metric)
        if sheet is None or made is Made.SCORES or task.metric in sheet.scores or run.score(task.name, task.metric):
            continue
        try:
            values = _values(task, made, sheet)
        except Unusable:
            continue  # the comparison says why
        if values.size == 0:
            continue
        p95 = made is Made.LATENCY
        spread = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 and not p95 else None
        yield Score(
            task=task.name,
            metric=task.metric,
            value=float(np.quantile(values, 0.95)) if p95 else float(values.mean()),
            higher_is_better=made in (Made.PASS_AT_K, Made.CONSISTENCY),
            stderr=spread,
            n=values.size,
        )


def _values(task: Task, made: Made, sheet: Sheet) -> Floats:
    """One value an item; of a latency one a request."""
    if made is Made.LATENCY:
        return np.asarray(sheet.latencies, np.float64)
    if made is Made.COST:
        return np.asarray(sheet.costs, np.float64)
    if made is Made.CONSISTENCY and sheet.answers:
        return agreements(sheet.answers)
    name = source_of(sheet, task)
    rows = [r for r in sheet.scores[name] if r] if name is not None else []
    if not rows:
        return np.zeros(0)
    if made is Made.CONSISTENCY:
        return agreements(rows)
    if made is Made.SPREAD:
        return np.array([float(np.abs(np.asarray(r) - np.median(r)).mean()) for r in rows])
    right = [sum(task.is_right(s, higher_is_better=True) for s in row) for row in rows]
    if made is Made.PASS_AT_K:
        return pass_at_k(right, [len(r) for r in rows], k_of(task.metric))
    if len(rows) != len(sheet.items) or not sheet.probabilities:
        return np.zeros(0)
    shares = np.array([r / len(row) for r, row in zip(right, rows, strict=True)])
    return brier(np.asarray(sheet.probabilities, np.float64), shares)
