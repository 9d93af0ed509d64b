"""One judgement of a task as a row of a table: what :func:`~pulse_tui.evaluate.compare.lines.lines` yields."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import Basis, Task
from pulse_tui.domain.metrics import bounds_of, is_amount
from pulse_tui.evaluate.statistics.judge import within_one
from pulse_tui.evaluate.verdict import Judgement, unjudged


class Line(NamedTuple):
    """A judgement of a task, with what a table shows beside it."""

    task: Task
    slice: str
    basis: Basis
    baseline: float | None
    current: float
    higher_is_better: bool
    judgement: Judgement
    repeats: int = 1
    more_repeats: int | None = None
    objective: float | None = None


def undecided_line(task: Task, part: str, up: bool, n: int, why: str) -> Line:
    """A line without a result, with the reason."""
    return Line(task, part, Basis.PAIRED, None, math.nan, up, unjudged(n, math.nan, task.allowed(), why))


def span_of(metric: str, *values: NDArray[np.float64]) -> float | None:
    """The length of the metric's scale: 1 for shares, and for what is not known and lies within 0 and 1; else None."""
    if bounds_of(metric) == (0.0, 1.0):
        return 1.0
    known = not is_amount(metric) and all(v.size and within_one(v, v) for v in values)
    return 1.0 if known and values else None
