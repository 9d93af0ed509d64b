"""Which explanation of a stretch is the cheapest: a level, a trend, a bend, or a jump.

Every feature has a price, in units of the long-run variance of the noise. A jump is reported only where no explanation
without one is cheaper: a trend is not a change, and neither is a bend.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pulse_tui.evaluate.drift.layout import Floats, Ints, Layout, meeting, spread_of

JUMP = 12.25
"""The price of a jump: 3.5 standard errors, squared. Calibrated on simulated series of 60 points, not on annotated ones: the
least that keeps alarms of AR(1) noise with phi 0.3 clearly below 0.02 (.016 to .018; at 13 a 2-sd step in 200 is lost). A
slope costs as much: a tenth dearer takes half as many slight trends again for a jump."""
BEND = 1.5
"""The price of two slopes that meet, in jumps: less than a jump with a slope, which imitates a bend. At 1.7 twice as many
bends to 6 sd are taken for a jump (.15 for .07), and 7 in 1,000 more 2-sd steps of AR(1) are found."""
SIFTING = 1.25
"""The price of a candidate, in jumps. The first guess of the noise knows no memory, so this is still a low price."""
_KINKS: Floats = np.arange(1, 5) / 8.0
"""Where a bend of a stretch is sought, as shares of its length from either end."""


class Sums(NamedTuple):
    """Running sums of y, position times y, and y squared; shapes (n + 1,)."""

    y: Floats
    xy: Floats
    yy: Floats

    @classmethod
    def of(cls, y: Floats) -> Sums:
        """Of a series of shape (n,)."""
        out = np.zeros((3, len(y) + 1))
        np.cumsum(y, out=out[0, 1:])
        np.cumsum(y * np.arange(len(y)), out=out[1, 1:])
        np.cumsum(y * y, out=out[2, 1:])
        return cls(out[0], out[1], out[2])


class Jumps(NamedTuple):
    """The best jump of each interval; shapes (intervals,), and ``worth`` (splits,)."""

    excess: Floats
    """How much cheaper the best explanation with a jump is than the best without, in units of the noise."""
    worth: Floats
    """What a jump at each split explains, less its price."""
    unit: Floats
    """The long-run variance that each interval was judged by."""


def jumps(sums: Sums, layout: Layout, variance: float, inflation: float, price: float, *, offset: int = 0) -> Jumps:
    """Weigh a jump at every split of ``layout``, which begins at position ``offset``, against level, trend and bend.

    An interval that is noisier than ``variance`` is judged by its own noise. ``inflation`` is that of the memory.
    """
    start, end, at = layout.start + offset, layout.end + offset, layout.at + offset
    y_start, y_at, y_end = sums.y[start], sums.y[at], sums.y[end]
    xy_start, xy_at, xy_end = sums.xy[start], sums.xy[at], sums.xy[end]
    left, right = y_at - y_start, y_end - y_at
    both = left + right
    tilt_left = xy_at - xy_start - (start + at - 1) * 0.5 * left
    tilt_right = xy_end - xy_at - (at + end - 1) * 0.5 * right
    tilt = xy_end - xy_start - (start + end - 1) * 0.5 * both
    mean_left, mean_right = left / layout.n_left, right / layout.n_right
    slope_left, slope_right = tilt_left * layout.spread_left, tilt_right * layout.spread_right
    step = layout.step * (mean_right - mean_left) ** 2
    pooled = tilt_left + tilt_right
    step_and_slope = step + pooled * pooled * layout.spread_pooled
    line = (tilt * tilt * layout.spread)[layout.first]
    two_lines = step + tilt_left * slope_left + tilt_right * slope_right
    gap = (mean_right - slope_right * layout.n_right * 0.5) - (mean_left + slope_left * layout.n_left * 0.5)
    bend = np.maximum.reduceat(two_lines - gap * gap * layout.meet, layout.first)
    total = sums.yy[end] - sums.yy[start] - both * both / layout.n
    own = np.minimum.reduceat(total - two_lines, layout.first) / (layout.n[layout.first] - 5.0)
    unit = inflation * np.maximum(variance, own)
    fee = price * unit
    each = fee[layout.group]
    worth = np.maximum(step - each, np.maximum(step_and_slope - 2.0 * each, two_lines - 3.0 * each))
    plain = np.maximum(np.maximum(line - fee, bend - BEND * fee), 0.0)
    return Jumps((np.maximum.reduceat(worth, layout.first) - plain) / unit, worth, unit)


@lru_cache(256)
def _pairs(count: int) -> tuple[Ints, Ints]:
    one, other = np.triu_indices(count, 1)
    return one, other


def cheapest(sums: Sums, edges: list[int], fee: float) -> list[int]:
    """Which of the inner ``edges`` the cheapest explanation of the whole series keeps; a jump costs ``fee``.

    Exact over all subsets, by dynamic programming: a staircase of jumps loses here against the one trend it imitates.
    """
    one, other = _pairs(len(edges))
    place = np.asarray(edges)
    costs = _costs(sums, place[one], place[other], fee).tolist()
    last = len(edges) - 1
    best, came = [0.0] + [float("inf")] * last, [0] * (last + 1)
    pair = 0
    for i in range(last):
        so_far = best[i] + (fee if i else 0.0)
        for j in range(i + 1, last + 1):
            if so_far + costs[pair] < best[j]:
                best[j], came[j] = so_far + costs[pair], i
            pair += 1
    kept: list[int] = []
    while (last := came[last]) > 0:
        kept.append(edges[last])
    return kept[::-1]


def _costs(sums: Sums, start: Ints, end: Ints, fee: float) -> Floats:
    """What each stretch leaves unexplained by the cheapest of level, trend and bend, with its price."""
    n = (end - start).astype(np.float64)
    both = sums.y[end] - sums.y[start]
    tilt = sums.xy[end] - sums.xy[start] - (start + end - 1) * 0.5 * both
    total = sums.yy[end] - sums.yy[start] - both * both / n
    line = tilt * tilt / spread_of(n)
    a, b = start[:, None], end[:, None]
    away = np.maximum((n[:, None] * _KINKS).astype(np.int64), 2)
    at = np.concatenate([a + away, b - away], axis=1)
    left, right = sums.y[at] - sums.y[a], sums.y[b] - sums.y[at]
    n_left, n_right = (at - a).astype(np.float64), (b - at).astype(np.float64)
    tilt_left = sums.xy[at] - sums.xy[a] - (a + at - 1) * 0.5 * left
    tilt_right = sums.xy[b] - sums.xy[at] - (at + b - 1) * 0.5 * right
    mean_left, mean_right = left / n_left, right / n_right
    slope_left, slope_right = tilt_left / spread_of(n_left), tilt_right / spread_of(n_right)
    gap = (mean_right - slope_right * n_right * 0.5) - (mean_left + slope_left * n_left * 0.5)
    two_lines = n_left * n_right / n[:, None] * (mean_right - mean_left) ** 2
    two_lines += tilt_left * slope_left + tilt_right * slope_right
    bend = (two_lines - gap * gap / meeting(n_left, n_right)).max(axis=1)
    explained = np.maximum(np.maximum(line - fee, bend - BEND * fee), 0.0)
    unexplained: Floats = total - explained
    return unexplained
