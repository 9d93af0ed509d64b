"""Where a level may have jumped: every split of seeded intervals, as flat arrays that depend on the length alone.

Seeded intervals (Kovacs, Li, Bühlmann and Munk 2023, Biometrika 110:249) hold every change rather centrally in an
interval of about its own scale, with O(n log n) splits in all.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE = 5
"""Points that a level must last: four outliers in a row are no level."""
_SHORTEST = 12
_DECAY = 0.6
CACHED_UP_TO = 2_000
"""Points; a layout of a longer series is some tens of megabytes and is not kept."""


class Layout(NamedTuple):
    """Splits of intervals: interval ``[start, end)`` is split before ``at``. One entry a split, grouped by interval."""

    start: Ints
    end: Ints
    at: Ints
    first: Ints
    """Where each interval's splits begin. Shape (intervals,); all others (splits,)."""
    group: Ints
    """The interval of each split."""
    n: Floats
    n_left: Floats
    n_right: Floats
    step: Floats
    """n_left n_right / n: what a squared difference of means explains."""
    spread: Floats
    """1 / sum of squared deviations of the positions; likewise for the sides and for both sides pooled."""
    spread_left: Floats
    spread_right: Floats
    spread_pooled: Floats
    meet: Floats
    """1 / variance factor of the gap between two lines where they meet."""


def spread_of(n: Floats) -> Floats:
    """Sum of squared deviations of n consecutive positions."""
    return n * (n * n - 1.0) / 12.0


def meeting(n_left: Floats, n_right: Floats) -> Floats:
    """Variance, in units of the noise, of the gap between two fitted lines at the boundary of their ranges."""
    return (
        1.0 / n_left
        + n_left * n_left / (4.0 * spread_of(n_left))
        + 1.0 / n_right
        + n_right * n_right / (4.0 * spread_of(n_right))
    )


def seeded(n: int) -> Layout:
    """The layout of a series of n >= 2 * SIDE points; read-only."""
    return _kept_seeded(n) if n <= CACHED_UP_TO else _layout(_intervals(n))


@lru_cache(64)
def _kept_seeded(n: int) -> Layout:
    return _layout(_intervals(n))


def whole(n: int) -> Layout:
    """Every split of one stretch of n >= 2 * SIDE points; read-only."""
    return _kept_whole(n) if n <= CACHED_UP_TO else _layout([(0, n)])


@lru_cache(512)
def _kept_whole(n: int) -> Layout:
    return _layout([(0, n)])


def _intervals(n: int) -> list[tuple[int, int]]:
    """All of it, then ever shorter intervals that overlap by half; the same read backwards."""
    out = [(0, n)]
    length = n * _DECAY
    while length >= _SHORTEST:
        width = round(length)
        count = max(2, math.ceil((n - width) / (width * 0.5)) + 1)
        starts = {round(i * (n - width) / (count - 1)) for i in range(count)}
        out += [(start, start + width) for start in sorted(starts | {n - width - s for s in starts})]
        length *= _DECAY
    return out


def _layout(intervals: list[tuple[int, int]]) -> Layout:
    starts = np.array([start for start, _ in intervals], dtype=np.int64)
    ends = np.array([end for _, end in intervals], dtype=np.int64)
    splits = ends - starts - 2 * SIDE + 1
    first = np.concatenate([[0], np.cumsum(splits)[:-1]]).astype(np.int64)
    group = np.repeat(np.arange(len(splits), dtype=np.int64), splits)
    start, end = starts[group], ends[group]
    at = np.arange(len(group), dtype=np.int64) - first[group] + start + SIDE
    left, right = (at - start).astype(np.float64), (end - at).astype(np.float64)
    n = left + right
    a, b = spread_of(left), spread_of(right)
    return Layout(
        start, end, at, first, group, n, left, right, left * right / n,
        1.0 / spread_of(n), 1.0 / a, 1.0 / b, 1.0 / (a + b), 1.0 / meeting(left, right),
    )  # fmt: skip
