"""A canary that is judged repeatedly while it grows: an e-process, valid at every look.

A gambler who bets against "not worse than the margin" at fair odds cannot multiply a stake by 20 with a chance of
more than 1 in 20, however often anyone looks (Ville 1939). The bets are a mixture over fixed stakes, so nothing is
tuned to the data, and the scores need only lie on a known scale (Waudby-Smith and Ramdas 2024, JRSS-B 86:1).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.verdict import ALPHA

_STAKES = np.geomspace(0.03, 0.75, 20)
"""Shares of the stake put at risk, spread evenly over the sizes of effect. The best one is loss / variance: 0.3 for 4
points at a variance of 0.13, 0.75 for 10; 0.03 for half a point, which takes 40,000 items to see."""
_LOOKS = 32
"""The interval is taken from this many looks, spread over the sizes of the canary, and the two most informative ones."""


class Looked(NamedTuple):
    """The result after the latest item, valid for all earlier looks together."""

    verdict: Verdict
    delta: float
    low: float
    """Always-valid 90 % interval of the mean gain: it held at every look so far with at least 95 % a side."""
    high: float
    e_worse: float
    """The largest evidence so far against "not worse than the margin"; FAIL from 20 on."""
    n: int
    decided_at: int | None
    """The number of items after which the verdict stood; a later look does not change it."""


def watch(gain: NDArray[np.float64], *, margin: float = 0.0, span: float = 1.0) -> Looked:
    """Judge a growing canary after its latest item.

    ``gain`` (items,) in order of arrival: candidate minus baseline, more is better, each within ``-span`` and
    ``span``. Valid when, given the past, the next item's expected gain is the same; that needs items in random
    order, not sorted by difficulty.

    :raises Unusable: when a gain lies outside the scale
    """
    if not gain.size:
        return Looked(Verdict.INCONCLUSIVE, math.nan, -span, span, 1.0, 0, None)
    if float(np.abs(gain).max()) > span:
        raise Unusable(f"a gain of {float(np.abs(gain).max()):g} is outside the scale of {span:g}")
    scaled, edge, needed = gain / span, -margin / span, -math.log(ALPHA)
    worse, better = evidence(scaled, edge), evidence(-scaled, -edge)
    fails, passes = np.flatnonzero(worse >= needed), np.flatnonzero(better >= needed)
    first_fail = int(fails[0]) + 1 if fails.size else None
    first_pass = int(passes[0]) + 1 if passes.size else None
    verdict, at = Verdict.INCONCLUSIVE, None
    if first_fail is not None and (first_pass is None or first_fail < first_pass):
        verdict, at = Verdict.FAIL, first_fail
    elif first_pass is not None:
        verdict, at = Verdict.PASS, first_pass
    looks = np.unique([*np.geomspace(1, gain.size, _LOOKS).astype(np.intp) - 1, worse.argmax(), better.argmax()])
    low, high = -_bound(-scaled, looks) * span, _bound(scaled, looks) * span
    e_worse = math.exp(min(float(worse.max()), 700.0))
    return Looked(verdict, float(gain.mean()), low, high, e_worse, gain.size, at)


def evidence(gain: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Log of the e-process against "the expected gain is at least ``mean``" after each item, shape (items,).

    The mean over the stakes of the product of 1 - stake x (gain - mean) / (1 - mean): each factor is at least
    1 - stake and expects at most 1. ``gain`` within -1 and 1.
    """
    if mean >= 1.0:
        return np.full(gain.size, math.inf)
    if mean <= -1.0:
        return np.zeros(gain.size)
    return _mixed(np.cumsum(_logs(gain, mean), axis=0))


def _logs(gain: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    out: NDArray[np.float64] = np.log1p(np.multiply.outer((mean - gain) / (1.0 - mean), _STAKES))
    return out


def _mixed(grown: NDArray[np.float64]) -> NDArray[np.float64]:
    top = grown.max(axis=1)
    out: NDArray[np.float64] = top + np.log(np.exp(grown - top[:, None]).mean(axis=1))
    return out


def _bound(gain: NDArray[np.float64], looks: NDArray[np.intp]) -> float:
    """The smallest expected gain that the e-process has ruled out at one of ``looks``; 1 when it ruled out none.

    Fewer looks are as valid and hardly wider, and gains of equal value are bet on once.
    """
    values, place = np.unique(gain, return_inverse=True)
    seen = np.zeros((looks.size, values.size))
    np.add.at(seen, (np.searchsorted(looks, np.arange(looks[-1] + 1)), place[: looks[-1] + 1]), 1.0)
    seen = np.cumsum(seen, axis=0)
    inside, outside = float(np.clip(gain.mean(), -1.0, 1.0)), 1.0
    if inside >= outside:
        return outside
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        if float(_mixed(seen @ _logs(values, middle)).max()) >= -math.log(ALPHA):
            outside = middle
        else:
            inside = middle
    return outside
