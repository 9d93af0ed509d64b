"""Rates near zero and items of which none may fail: exact binomial bounds, as no normal curve fits there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.verdict import ALPHA


class Rate(NamedTuple):
    """A share of bad outcomes with exact bounds and what a limit makes of it."""

    verdict: Verdict
    rate: float
    low: float
    high: float
    n: int
    more_items: int | None
    why: str


def clopper_pearson(count: float, n: float, alpha: float = ALPHA) -> tuple[float, float]:
    """Exact bounds of a binomial share, each wrong with at most ``alpha`` (Clopper and Pearson 1934)."""
    if n <= 0:
        return 0.0, 1.0
    low = 0.0 if count <= 0 else float(special.betaincinv(count, n - count + 1.0, alpha))
    high = 1.0 if count >= n else float(special.betaincinv(count + 1.0, n - count, 1.0 - alpha))
    return low, high


def judge_zero_tolerance(failed: Sequence[str], n: int) -> Rate:
    """One failure is a FAIL, reported with its item; none in ``n`` runs passes, reported with the bound it proves."""
    low, high = clopper_pearson(len(failed), n)
    rate = len(failed) / n if n else math.nan
    if failed:
        named = ", ".join(failed[:3]) + (f" and {len(failed) - 3} more" if len(failed) > 3 else "")
        return Rate(Verdict.FAIL, rate, low, high, n, 0, f"must never fail, but failed: {named}")
    if n == 0:
        return Rate(Verdict.INCONCLUSIVE, rate, low, high, n, 1, "no zero-tolerance item was run")
    return Rate(Verdict.PASS, rate, low, high, n, 0, f"none of {n} failed; the true rate is under {high:.2%}")
