"""Items that come in clusters (variants of one problem, turns of one conversation): the cluster is what was sampled.

The interval is cluster-robust t with the small-sample variance CR2 (Bell and McCaffrey 2002) and effective
clusters minus one degrees of freedom. Under thirty effective clusters it is widened to the cluster sign-flip test,
which needs no variance at all: a bound is the mean of a subset of clusters (Hartigan 1969, JASA 64:1303).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.needed import smallest
from pulse_tui.evaluate.statistics.paired import judge_alike
from pulse_tui.evaluate.verdict import ALPHA, Interval, Judgement, decide, unjudged

FLIPS_UNDER = 30.0
"""Effective clusters under which the sign-flip test is used too."""
FAIL_FROM = 5.0
"""Effective clusters under which nothing can FAIL: four sign flips reach a p-value of 1/16 at best."""
_ALL_UP_TO = 12
"""Clusters of which every subset is evaluated; of more, a fixed sample of subsets."""
_SAMPLE = 3_999


class Clusters(NamedTuple):
    """What is needed of each cluster, in an order that does not depend on the order of the items."""

    sums: NDArray[np.float64]
    sizes: NDArray[np.float64]

    @property
    def effective(self) -> float:
        """The number of clusters of equal size with the same information."""
        return float(self.sizes.sum() ** 2 / (self.sizes**2).sum())


def numbered(labels: Sequence[Hashable]) -> tuple[NDArray[np.intp], int]:
    """Labels as numbers from 0, and how many there are."""
    known: dict[Hashable, int] = {}
    return np.fromiter((known.setdefault(x, len(known)) for x in labels), np.intp, len(labels)), len(known)


def gathered(gain: NDArray[np.float64], number: NDArray[np.intp], count: int) -> Clusters:
    """Sums and sizes of each cluster."""
    sums: NDArray[np.float64] = np.bincount(number, gain, count).astype(np.float64)
    sizes = np.bincount(number, minlength=count).astype(np.float64)
    order = np.lexsort((sums, np.abs(sums), sizes))
    return Clusters(sums[order], sizes[order])


def judge_clusters(clusters: Clusters, margin: float, *, span: float | None = None) -> Judgement:
    """The verdict on the mean gain of all items, with the cluster as the unit. ``span`` as in ``judge_t``."""
    sums, sizes = clusters
    n, count, effective = int(sizes.sum()), sizes.size, clusters.effective
    mean = float(sums.sum() / n)
    if count < 2:
        return unjudged(n, mean, margin, "one cluster gives no information about others", clusters=effective)
    rest = sums - sizes * mean
    if float(np.abs(rest).max()) <= 1e-12 * n * max(1.0, abs(mean)):
        alike = judge_alike(mean, max(int(effective), 1), margin, span)
        items = alike.more_items and math.ceil(alike.more_items * n / effective)
        return _capped(alike._replace(n=n, clusters_effective=effective, more_items=items), n)
    error = math.sqrt(float((rest**2 / (1.0 - sizes / n)).sum())) / n
    freedom = effective - 1.0
    reach = float(special.stdtrit(freedom, 1 - ALPHA)) * error
    p = float(special.stdtr(freedom, (mean + margin) / error))
    low, high, method = mean - reach, mean + reach, "cluster t"
    if effective < FLIPS_UNDER and count >= FAIL_FROM:  # fewer cannot reach 0.05 by flipping
        flip = flipped(clusters, margin)
        low, high, p = min(low, flip.low), max(high, flip.high), max(p, flip.p_worse)
        method = "cluster t and sign flip"
    verdict = decide(Interval(mean, low, high), margin)
    more: int | None = 0
    if verdict is Verdict.INCONCLUSIVE:
        more = _more(abs(mean + margin), error * math.sqrt(effective), effective, n)
    return _capped(Judgement(verdict, mean, low, high, margin, method, n, effective, p, more), n)


def _capped(judgement: Judgement, n: int) -> Judgement:
    """Under five effective clusters a FAIL is INCONCLUSIVE, with a note."""
    effective = judgement.clusters_effective or 0.0
    if effective >= FAIL_FROM:
        return judgement
    note = f"{effective:.1f} effective clusters: under {FAIL_FROM:g} it cannot FAIL"
    judgement = judgement._replace(method=f"{judgement.method} (cannot FAIL under 5 effective clusters)", note=note)
    judgement = judgement._replace(p_worse=max(judgement.p_worse, 0.5**4))
    if judgement.verdict is Verdict.FAIL:
        more = math.ceil((FAIL_FROM - effective) * n / effective)
        return judgement._replace(verdict=Verdict.INCONCLUSIVE, more_items=max(more, 1))
    return judgement


def _more(gap: float, deviation: float, effective: float, n: int) -> int | None:
    """Items in as many further clusters of the present size as bring the t interval off the margin."""
    if gap <= 0:
        return None
    each = n / effective

    def decided(count: int) -> bool:
        return bool(float(special.stdtrit(count - 1, 1 - ALPHA)) * deviation < gap * count**0.5)

    found = smallest(decided, max(math.floor(effective), 1))
    return None if found is None else max(math.ceil((found - effective) * each), 1)


class Flipped(NamedTuple):
    """The bounds and the p-value of the sign-flip test; a bound is infinite when so few clusters cannot give it."""

    low: float
    high: float
    p_worse: float


def flipped(clusters: Clusters, margin: float) -> Flipped:
    """The sign-flip test inverted: flipping clusters A lowers the sum exactly when the mean over A is above the
    hypothesis, so p(hypothesis) is the share of subsets whose mean is at least that, the empty one counted in."""
    chosen = subsets(clusters.sizes.size)
    means = (chosen @ clusters.sums) / (chosen @ clusters.sizes)
    total = means.size + 1
    spare = math.floor(ALPHA * total + 1e-9) - 1  # subsets that may still lie beyond a bound
    if spare < 0 or spare >= means.size:
        low, high = -math.inf, math.inf
    else:
        parts = np.partition(means, (spare, means.size - 1 - spare))
        low, high = float(parts[spare]), float(parts[means.size - 1 - spare])
    p = (1 + int((means >= -margin - 1e-12).sum())) / total
    return Flipped(low, high, p)


@lru_cache(maxsize=16)
def subsets(count: int) -> NDArray[np.float64]:
    """Non-empty subsets of ``count`` clusters as rows of 0 and 1: all of them up to twelve, else a fixed sample."""
    if count <= _ALL_UP_TO:
        numbers = np.arange(1, 2**count)
        return ((numbers[:, None] >> np.arange(count)) & 1).astype(np.float64)
    chosen = np.random.default_rng(count).integers(0, 2, (_SAMPLE, count)).astype(np.float64)
    chosen[chosen.sum(axis=1) == 0, 0] = 1.0
    return chosen
