"""Metrics that a file does not state and its items do: pass@k, consistency, spread, p95 latency, cost, Brier score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pulse_tui.domain.evals import EvalRun, Score, Sheet, Task
from pulse_tui.domain.metrics import Made, k_of, made_of
from pulse_tui.evaluate.compare.comparable import better, source_of
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.calibration import brier
from pulse_tui.evaluate.statistics.consistency import agreements
from pulse_tui.evaluate.statistics.values import Floats, chances, error_of_mean, p95, right_share, spreads


def made_scores(run: EvalRun, tasks: Sequence[Task]) -> tuple[Score, ...]:
    """A score for each task whose metric is made from items that the run has, so that it has a trend like any other.

    Each once, with the standard error of the mean over its items (over clusters where there are any); a p95 has none.
    What cannot be computed is left out: the comparison gives the reason.
    """
    found = {(s.task, s.metric): s for s in reversed([*_found(run, tasks)])}
    return tuple(reversed(found.values()))


def _found(run: EvalRun, tasks: Sequence[Task]) -> Iterator[Score]:
    for task in tasks:
        sheet, made = run.sheet(task.name), made_of(task.metric)
        if sheet is None or made is Made.SCORES or task.metric in sheet.scores or run.score(task.name, task.metric):
            continue
        up = made in (Made.PASS_AT_K, Made.CONSISTENCY) and task.higher_is_better is not False
        if made is Made.LATENCY:
            if sheet.latencies:
                value, n = p95(sheet.latencies), len(sheet.latencies)
                yield Score(task=task.name, metric=task.metric, value=value, higher_is_better=up, n=n)
            continue
        try:
            values, places = _values(run, task, made, sheet)
        except Unusable:
            continue
        if not values.size:
            continue
        clusters = [sheet.clusters[n] for n in places] if sheet.clusters else []
        yield Score(
            task=task.name,
            metric=task.metric,
            value=float(values.mean()),
            higher_is_better=up,
            stderr=error_of_mean(values, clusters),
            n=values.size,
        )


def _values(run: EvalRun, task: Task, made: Made, sheet: Sheet) -> tuple[Floats, Sequence[int]]:
    """One value an item, and which items these are."""
    everything = range(len(sheet.items))
    if made is Made.COST:
        return np.asarray(sheet.costs, np.float64), everything
    if made is Made.CONSISTENCY and sheet.answers:
        return agreements(sheet.answers), everything
    name = source_of(sheet, task)
    places = [n for n in everything if sheet.scores[name][n]] if name is not None else []
    if name is None or not places:
        return np.zeros(0), ()
    rows, up = [sheet.scores[name][n] for n in places], better(task.name, name, run)
    if made is Made.CONSISTENCY:
        return agreements(rows), places
    if made is Made.SPREAD:
        return spreads(rows), places
    if made is Made.PASS_AT_K:
        hits = up or task.higher_is_better is False
        return chances(task, rows, k_of(task.metric), higher_is_better=hits), places
    if not sheet.probabilities:
        return np.zeros(0), ()
    stated = np.array([sheet.probabilities[n] for n in places], np.float64)
    return brier(stated, right_share(task, rows, higher_is_better=up)), places
