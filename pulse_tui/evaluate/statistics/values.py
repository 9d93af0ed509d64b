"""One number for each item, from its repeats: a derived metric is the mean of these."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import Task
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.passk import pass_at_k

Floats = NDArray[np.float64]
Rows = Sequence[Sequence[float]]
"""The scores of each item, one a repeat; as many repeats as it has."""


def matrix(rows: Rows) -> Floats | None:
    """Shape (items, repeats); None when items have different numbers of repeats."""
    if len({len(r) for r in rows}) > 1:
        return None
    return np.asarray(rows, np.float64)


def means(rows: Rows) -> Floats:
    """The mean of each item, shape (items,)."""
    whole = matrix(rows)
    if whole is not None:
        found: Floats = whole.mean(axis=1)
        return found
    return np.array([math.fsum(r) / len(r) for r in rows], np.float64)


def right_share(task: Task, rows: Rows, *, higher_is_better: bool = True) -> Floats:
    """The share of right answers of each item; ``higher_is_better`` is of the scores."""
    return means([[float(task.is_right(s, higher_is_better=higher_is_better)) for s in row] for row in rows])


def chances(task: Task, rows: Rows, k: int, *, higher_is_better: bool = True) -> Floats:
    """The chance of each item that one of ``k`` tries is right, without bias.

    :raises Unusable: when an item has fewer tries than k
    """
    right = [sum(task.is_right(s, higher_is_better=higher_is_better) for s in row) for row in rows]
    return pass_at_k(right, [len(row) for row in rows], k)


def spreads(rows: Rows, limits: Sequence[int] | None = None) -> Floats:
    """The mean distance of each item's repeats from their median (Brown and Forsythe 1974), shape (items,).

    It grows with the number of repeats. Two sides are therefore compared over equally many:
    ``limits`` gives how many of each item's repeats are used.

    :raises Unusable: with fewer than two repeats there is no spread
    """
    found = []
    for row, limit in zip(rows, limits if limits is not None else map(len, rows), strict=True):
        if limit < 2:
            raise Unusable("an item has one repeat: the spread needs two", todo="Run every item twice or more")
        values = np.asarray(row[:limit], np.float64)
        found.append(float(np.abs(values - np.median(values)).mean()))
    return np.array(found, np.float64)


def quantile(latencies: Sequence[float], share: float) -> float:
    """The latency that this share of requests does not exceed: an observed one, not interpolated."""
    ordered = sorted(latencies)
    return float(ordered[max(math.ceil(share * len(ordered)), 1) - 1])


def p95(latencies: Sequence[float]) -> float:
    """The latency that 95 % of the requests do not exceed, as it is judged."""
    return quantile(latencies, 0.95)


def error_of_mean(values: Floats, clusters: Sequence[str]) -> float | None:
    """The standard error of the mean of all items; items of one cluster count as one, "" is a cluster of its own."""
    groups: dict[object, float] = {}
    mean = float(values.mean())
    for place, value in enumerate(values.tolist()):
        key: object = clusters[place] if place < len(clusters) and clusters[place] else place
        groups[key] = groups.get(key, 0.0) + value - mean
    if len(groups) < 2:
        return None
    total = math.fsum(g * g for g in groups.values()) * len(groups) / (len(groups) - 1)
    return math.sqrt(total) / values.size
