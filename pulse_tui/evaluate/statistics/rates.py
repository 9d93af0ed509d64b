"""Rates near zero and items of which none may fail: exact binomial bounds, as no normal curve fits there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.needed import smallest
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


def judge_rate(count: int, n: int, allowed: float) -> Rate:
    """PASS when the rate is proven to be under ``allowed``, FAIL when proven over it. ``count`` of ``n`` were bad."""
    low, high = clopper_pearson(count, n)
    verdict = Verdict.PASS if high < allowed else Verdict.FAIL if low > allowed else Verdict.INCONCLUSIVE
    rate = count / n if n else math.nan
    more: int | None = 0
    if verdict is Verdict.INCONCLUSIVE:
        found = _needed(rate if n else 0.0, allowed, n)
        more = None if found is None else found - n
    why = f"{count} of {n}, between {low:.2%} and {high:.2%}, allowed {allowed:.2%}"
    return Rate(verdict, rate, low, high, n, more, why)


def _needed(rate: float, allowed: float, n: int) -> int | None:
    if abs(rate - allowed) < 1e-12:
        return None

    def decided(m: int) -> bool:
        low, high = clopper_pearson(rate * m, m)
        return high < allowed if rate < allowed else low > allowed

    return smallest(decided, n)


def judge_zero_tolerance(failed: Sequence[str], n: int) -> Rate:
    """One failure is a FAIL, told with its item; none in ``n`` runs passes, told with what it proves."""
    low, high = clopper_pearson(len(failed), n)
    rate = len(failed) / n if n else math.nan
    if failed:
        named = ", ".join(failed[:3]) + (f" and {len(failed) - 3} more" if len(failed) > 3 else "")
        return Rate(Verdict.FAIL, rate, low, high, n, 0, f"must never fail, but failed: {named}")
    if n == 0:
        return Rate(Verdict.INCONCLUSIVE, rate, low, high, n, 1, "no zero-tolerance item was run")
    return Rate(Verdict.PASS, rate, low, high, n, 0, f"none of {n} failed; the true rate is under {high:.2%}")
