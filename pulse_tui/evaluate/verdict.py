"""The result of a comparison: PASS, FAIL or INCONCLUSIVE by non-inferiority with a margin, and its certainty.

Inside this package more is better: a metric that should be low is turned around before it is judged and turned
back in what is reported.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from pulse_tui.domain.evals import Verdict

ALPHA = 0.05
"""Error of either side: the interval holds 1 - 2 x ALPHA, and each bound is wrong once in twenty times."""
TIE = 1e-12
"""Differences of this size come from adding floats in another order."""


class Interval(NamedTuple):
    """An estimate with its bounds, in the metric's unit, more is better. A bound may be infinite."""

    value: float
    low: float
    high: float


class Judgement(NamedTuple):
    """The result of one comparison. ``delta`` is candidate minus baseline in the metric's own unit."""

    verdict: Verdict
    delta: float
    low: float
    """Lower bound of the 90 % interval of ``delta``; minus infinity when the data give no bound."""
    high: float
    margin: float
    """How much worse is still accepted, in the metric's unit, positive."""
    method: str
    n: int
    """Paired items."""
    clusters_effective: float | None
    """The number of clusters of equal size with the same information: (sum of sizes)^2 / sum of squared sizes. None without clusters."""
    p_worse: float
    """One-sided p-value of "not worse than the margin": small means worse than the margin. FAIL needs p <= 0.05."""
    more_items: int | None
    """How many more items would decide if what was seen goes on. 0 when decided; None when unknown."""
    note: str = ""
    """One sentence for an operator when something limits the verdict."""


def decide(interval: Interval, margin: float) -> Verdict:
    """PASS: the whole interval above ``-margin``. FAIL: the whole interval below it. Else INCONCLUSIVE."""
    if interval.low > -margin + TIE:
        return Verdict.PASS
    if interval.high < -margin - TIE:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def oriented(judgement: Judgement, *, higher_is_better: bool) -> Judgement:
    """A judgement in the metric's own direction: turned back when less is better."""
    if higher_is_better:
        return judgement
    return judgement._replace(
        delta=0.0 - judgement.delta, low=0.0 - judgement.high, high=0.0 - judgement.low
    )  # 0.0 - x: no minus zero


def unjudged(n: int, delta: float, margin: float, why: str, *, clusters: float | None = None) -> Judgement:
    """INCONCLUSIVE without an interval, and why."""
    nothing = (-math.inf, math.inf)
    return Judgement(Verdict.INCONCLUSIVE, delta, *nothing, margin, f"none: {why}", n, clusters, 1.0, None, why)
