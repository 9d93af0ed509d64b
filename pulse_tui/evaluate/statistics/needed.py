"""How much more would decide: the smallest sample at which the present estimate, unchanged, leaves the margin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.evaluate.verdict import ALPHA

MOST = 10_000_000
"""More items than this are not collected: then the number is unknown."""


def smallest(decided: Callable[[int], bool], above: int) -> int | None:
    """The smallest sample > ``above`` that decides, by doubling and halving; None beyond ten million.

    ``decided`` must stay true once it is true.
    """
    low, high = above, max(above + 1, 2)
    while not decided(high):
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


def more_for_t(distance: float, deviation: float, n: int) -> int | None:
    """More items for a t interval: the smallest m with ``t(.95, m - 1) * deviation / sqrt(m) < |distance|``, minus n.

    ``distance`` is the estimate's distance from the margin, ``deviation`` the standard deviation of one item.
    By normal approximation this is (1.645 x deviation / distance)^2 - n.
    """
    gap = abs(distance)
    if gap <= 0 or deviation <= 0:
        return None
    found = smallest(lambda m: float(special.stdtrit(m - 1, 1 - ALPHA)) * deviation < gap * m**0.5, n)
    return None if found is None else found - n


def more_repeats(base: NDArray[np.float64], cand: NDArray[np.float64], margin: float) -> int | None:
    """More repeats of the same items on each side that would decide, from scores of shape (items, repeats >= 2).

    The variance of an item's mean difference is *between + within / repeats*; the within part is what repeats
    lower. 0 when decided; None when the items themselves differ too much: then only more items help.
    """
    n, repeats = base.shape
    if repeats < 2 or cand.shape != base.shape or n < 2:
        return None
    differences = cand.mean(axis=1) - base.mean(axis=1)
    within = float((base.var(axis=1, ddof=1) + cand.var(axis=1, ddof=1)).mean())
    between = max(float(differences.var(ddof=1)) - within / repeats, 0.0)
    gap = abs(float(differences.mean()) + margin)
    quantile = float(special.stdtrit(n - 1, 1 - ALPHA))

    def decided(count: int) -> bool:
        return bool(quantile * ((between + within / count) / n) ** 0.5 < gap)

    if decided(repeats):
        return 0
    if quantile * (between / n) ** 0.5 >= gap:
        return None
    found = smallest(decided, repeats)
    return None if found is None else found - repeats
