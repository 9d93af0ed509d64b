"""The 95th percentile of latency against its objective, by the exact binomial test on the requests over the limit.

If p95 is at most the limit, at most one request in twenty is over it: the count of those is binomial, whatever
the shape of the tail. Requests that follow each other are alike, so fewer of them count: n is deflated by the
variance inflation 1 + 2 * (sum of autocorrelations) of the indicator "over the limit".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.needed import smallest
from pulse_tui.evaluate.verdict import ALPHA, Judgement

QUANTILE = 0.95
_LAGS = 1_000
_SURE = 2.33
"""A direct autocorrelation of the indicator counts from this many standard errors: rare events are noisy."""


class Latency(NamedTuple):
    """The verdict on a latency quantile. The judgement's ``delta`` is p95 minus the allowed p95, in its unit."""

    judgement: Judgement
    exceedances: int
    """Requests over the limit."""
    p95: float
    allowed: float
    """``slo`` x ``limit``."""
    n_effective: float
    """The number of independent requests with the same information."""


def judge_latency(latencies: NDArray[np.float64], slo: float, limit: float = 1.15) -> Latency:
    """FAIL when p95 is proven to be over ``slo * limit``, PASS when it is proven not to be. In order of time."""
    n, allowed = latencies.size, slo * limit
    over = latencies > allowed
    count = int(over.sum())
    effective = n / inflation(latencies, over)
    seen = count * effective / n
    p_worse = tail(seen, effective)
    p_better = 1.0 - tail(seen + 1.0, effective)
    verdict = Verdict.FAIL if p_worse <= ALPHA else Verdict.PASS if p_better <= ALPHA else Verdict.INCONCLUSIVE
    ordered = np.sort(latencies)
    p95 = float(ordered[math.ceil(QUANTILE * n) - 1])
    low, high = _bounds(ordered, effective)
    more: int | None = 0
    if verdict is Verdict.INCONCLUSIVE:
        share = seen / effective
        found = None
        if abs(share - (1 - QUANTILE)) > 1e-9:
            found = smallest(lambda m: _decided(share, m), math.ceil(effective))
        more = None if found is None else max(math.ceil((found - effective) * n / effective), 1)
    method = "exact binomial exceedance" + (f", n deflated to {effective:.0f}" if effective < 0.995 * n else "")
    judgement = Judgement(verdict, p95 - allowed, low - allowed, high - allowed, 0.0, method, n, None, p_worse, more)
    return Latency(judgement, count, p95, allowed, effective)


def tail(count: float, n: float, share: float = 1 - QUANTILE) -> float:
    """P(X >= count) of a binomial; by the incomplete beta function, so that counts and n may be fractional."""
    if count <= 0:
        return 1.0
    return 0.0 if count > n else float(special.betainc(count, n - count + 1.0, share))


def _decided(share: float, n: int) -> bool:
    count = share * n
    return tail(count, n) <= ALPHA or 1.0 - tail(count + 1.0, n) <= ALPHA


def _bounds(ordered: NDArray[np.float64], effective: float) -> tuple[float, float]:
    """Order statistics that hold p95 with 90 %: those at which the test turns. Infinite where there is none."""
    n = ordered.size
    factor = effective / n

    def first(true: Callable[[int], bool]) -> int:
        """The smallest count of requests over a value for which it holds, n + 1 when for none."""
        low, high = 0, n + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if true(middle) else (middle + 1, high)
        return low

    worse = first(lambda k: tail(k * factor, effective) <= ALPHA)  # so many over it prove that p95 is
    better = first(lambda k: 1.0 - tail(k * factor + 1.0, effective) > ALPHA) - 1  # so few prove that it is not
    low = float(ordered[n - worse]) if 0 < worse <= n else -math.inf
    high = float(ordered[n - 1 - better]) if 0 <= better < n else math.inf
    return low, high


def inflation(latencies: NDArray[np.float64], over: NDArray[np.bool_]) -> float:
    """By how much autocorrelation inflates the variance of the count of ``over``, at least 1.

    The larger of two estimates: the autocorrelations of normal scores (precise, as all requests take part),
    carried over to the indicator as for a bivariate normal tail; and those of the indicator itself (they see
    bursts that only the tail has), counted where they are clear of chance.
    """
    n = latencies.size
    if n < 10:
        return 1.0
    most = min(n // 4, _LAGS)
    ranks = _ranks(latencies)
    scores = special.ndtri((ranks - 0.375) / (n + 0.25))
    copula = 0.0
    for lag, r in enumerate(_autocorrelation(scores, most), start=1):
        if r <= (0.0 if lag == 1 else 2.0 / math.sqrt(n)):
            break
        copula += tail_correlation(r)
    direct = 0.0
    for r in _autocorrelation(over.astype(np.float64), most):
        if r <= _SURE / math.sqrt(n):
            break
        direct += r
    return max(1.0, min(1.0 + 2.0 * max(copula, direct), n / 2.0))


def tail_correlation(r: float) -> float:
    """Correlation of "over the 95th percentile" for two normal values with correlation ``r`` >= 0."""
    share = 1 - QUANTILE
    r = min(r, 0.999999)
    h = float(special.ndtri(QUANTILE))
    both = float(special.ndtr(-h)) - 2.0 * float(special.owens_t(h, math.sqrt((1 - r) / (1 + r))))
    return max((both - share * share) / (share * (1 - share)), 0.0)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties share their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: NDArray[np.float64] = ends - (counts - 1) / 2.0
    return mean[place]


def _autocorrelation(values: NDArray[np.float64], most: int) -> Iterator[float]:
    """Autocorrelations at lags 1 to ``most``, one by one as most series need few; none for a constant series."""
    centred = values - values.mean()
    scale = float(centred @ centred)
    if scale > 1e-12:
        for lag in range(1, most + 1):
            yield float(centred[:-lag] @ centred[lag:]) / scale
