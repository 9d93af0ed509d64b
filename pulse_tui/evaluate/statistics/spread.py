"""Did answers spread out: the Brown-Forsythe test on distances from the median, which outlasts outliers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.verdict import ALPHA


class Spread(NamedTuple):
    """How far values lie from their median on either side, and whether the candidate's lie farther."""

    verdict: Verdict
    base: float
    """Mean distance from the median, in the metric's unit."""
    cand: float
    low: float
    """90 % interval of ``cand - base``."""
    high: float
    statistic: float
    """The F of Brown and Forsythe (1974) for two groups."""
    p_wider: float
    """One-sided."""


def judge_spread(base: NDArray[np.float64], cand: NDArray[np.float64], *, margin: float = 0.0) -> Spread:
    """FAIL when the candidate's mean distance from its median is proven larger by more than ``margin``.

    PASS when that is proven not to be so. The groups are taken as independent (repeats of one prompt, or runs):
    paired items correlate, which makes the test cautious.
    """
    if min(base.size, cand.size) < 3:
        return Spread(Verdict.INCONCLUSIVE, math.nan, math.nan, -math.inf, math.inf, math.nan, 1.0)
    left, right = np.abs(base - np.median(base)), np.abs(cand - np.median(cand))
    before, after = float(left.mean()), float(right.mean())
    change, freedom = after - before, base.size + cand.size - 2
    squares = float(((left - before) ** 2).sum() + ((right - after) ** 2).sum())
    error = math.sqrt(squares / freedom * (1.0 / base.size + 1.0 / cand.size))
    if error <= 1e-12 * max(before, after, 1e-300):
        return Spread(Verdict.INCONCLUSIVE, before, after, -math.inf, math.inf, math.nan, 1.0)
    reach = float(special.stdtrit(freedom, 1 - ALPHA)) * error
    low, high = change - reach, change + reach
    verdict = Verdict.FAIL if low > margin else Verdict.PASS if high < margin else Verdict.INCONCLUSIVE
    p = float(special.stdtr(freedom, -(change - margin) / error))
    return Spread(verdict, before, after, low, high, (change / error) ** 2, p)
