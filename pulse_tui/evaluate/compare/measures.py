"""What is shown beside the verdicts and decides nothing: quantiles of latency, cost an item, the calibration error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pulse_tui.domain.evals import EvalRun, Measure, Sheet, Task
from pulse_tui.domain.metrics import Made, made_of
from pulse_tui.evaluate.compare.comparable import better, source_of
from pulse_tui.evaluate.statistics.calibration import Calibration, calibration_error
from pulse_tui.evaluate.statistics.values import quantile, right_share

_SHOWN = ((0.5, "p50 latency"), (0.95, "p95 latency"), (0.99, "p99 latency"))


def measures(base: EvalRun, cand: EvalRun, tasks: Sequence[Task]) -> Iterator[Measure]:
    """The numbers of each task of which the candidate has items."""
    for name in dict.fromkeys(t.name for t in tasks):
        before, after = base.sheet(name), cand.sheet(name)
        if after is None:
            continue
        yield from _quantiles(name, before, after)
        if after.costs:
            old = float(np.mean(before.costs)) if before is not None and before.costs else None
            yield Measure(task=name, name="cost an item", unit="", baseline=old, current=float(np.mean(after.costs)))
        yield from _calibration(_asking(name, after, tasks), base, cand)


def _quantiles(name: str, before: Sheet | None, after: Sheet) -> Iterator[Measure]:
    if not after.latencies:
        return
    for share, word in _SHOWN:
        old = quantile(before.latencies, share) if before is not None and before.latencies else None
        new, note = quantile(after.latencies, share), f"{len(after.latencies)} requests"
        yield Measure(task=name, name=word, unit="ms", baseline=old, current=new, note=note)


def _asking(name: str, sheet: Sheet, tasks: Sequence[Task]) -> Task:
    """The task whose metric decides right or wrong: one of calibration, else one of scores."""
    mine = [t for t in tasks if t.name == name]
    by_brier = [t for t in mine if made_of(t.metric) is Made.BRIER]
    by_score = [t for t in mine if t.metric in sheet.scores]
    return next(iter((*by_brier, *by_score)), Task(name=name, metric=""))


def _calibration(task: Task, base: EvalRun, cand: EvalRun) -> Iterator[Measure]:
    now, before = _error(task, cand, 500), _error(task, base, 1)
    if now is None:
        return
    band = f"a calibrated model would show {now.null_low:.3f} to {now.null_high:.3f} with {now.n} items"
    note = ("more than chance: " if now.notable else "within chance: ") + band
    old = before.error if before is not None else None
    yield Measure(task=task.name, name="calibration error", unit="", baseline=old, current=now.error, note=note)


def _error(task: Task, run: EvalRun, rounds: int) -> Calibration | None:
    """None when not every item states a probability and is known to be right or wrong."""
    sheet = run.sheet(task.name)
    if sheet is None or not sheet.probabilities:
        return None
    metric = task.metric if task.metric in sheet.scores else source_of(sheet, task)
    if metric is None or not all(sheet.scores[metric]):
        return None
    up = task.higher_is_better if metric == task.metric else None
    up = better(task.name, metric, run) if up is None else up
    right = right_share(task, sheet.scores[metric], higher_is_better=up)
    return calibration_error(np.asarray(sheet.probabilities, np.float64), right, rounds=rounds)
