"""Is it more expensive: the ratio of mean costs of the same items, with Fieller's interval."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.evaluate.statistics.needed import more_for_t
from pulse_tui.evaluate.verdict import ALPHA, Interval, Judgement, decide, oriented, unjudged


def judge_cost(base: NDArray[np.float64], cand: NDArray[np.float64], *, margin: float) -> Judgement:
    """The verdict on the relative change of mean cost (0.1: 10 % more), ``margin`` likewise; items are paired.

    The interval holds all ratios r for which the mean of ``cand - r * base`` is not off zero by the paired t test
    (Fieller 1954). It has no end when the baseline's own mean is not clear of zero: then nothing is decided.
    """
    n = base.size
    before, after = float(base.mean()), float(cand.mean())
    if before <= 0.0:
        return unjudged(n, math.nan, margin, "the baseline cost nothing: no ratio can be formed")
    change = after / before - 1.0
    if n < 3:
        return unjudged(n, change, margin, f"{n} items have no usable spread")
    table = np.cov(np.stack([base, cand])) / n
    squared = float(special.stdtrit(n - 1, 1 - ALPHA)) ** 2
    a = before**2 - squared * float(table[0, 0])
    b = before * after - squared * float(table[0, 1])
    c = after**2 - squared * float(table[1, 1])
    if a <= 0.0:
        return unjudged(n, change, margin, "the baseline's mean cost is not clear of zero")
    root = math.sqrt(max(b * b - a * c, 0.0))
    if root <= 1e-12 * abs(b):
        return unjudged(n, change, margin, f"all {n} items cost the same multiple: unseen items have no bound")
    gain = Interval(-change, 1.0 - (b + root) / a, 1.0 - (b - root) / a)
    contrast = cand - (1.0 + margin) * base
    deviation = float(contrast.std(ddof=1))
    p = float(special.stdtr(n - 1, -float(contrast.mean()) * math.sqrt(n) / deviation)) if deviation > 0 else 1.0
    verdict = decide(gain, margin)
    more = more_for_t(float(contrast.mean()), deviation, n) if verdict.value == "INCONCLUSIVE" else 0
    judgement = Judgement(verdict, *gain, margin, "fieller ratio of means", n, None, p, more)
    return oriented(judgement, higher_is_better=False)
