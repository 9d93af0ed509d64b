"""How much a series jitters and how long it remembers, told apart from its levels, trends and outliers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from pulse_tui.evaluate.drift_layout import Floats

WINDOW = 7
"""Up to three outliers in a row are outvoted by their neighbours."""
_CLIP = 3.0
_MAD = 1.4826022185056018
"""Standard deviations per median absolute deviation, under the normal."""
_Z95 = 1.6448536269514722
_OWN_SHARE = 0.8
"""A running median of seven contains its own middle: what is left scatters by this much less (simulated)."""
FLOOR = 1e-10
"""The least variance, of a series scaled to [-1, 1]: below it is rounding."""
CEILING = 0.97
"""The strongest memory that is told from a wandering level."""


class Noise(NamedTuple):
    """What scatters around the levels."""

    variance: float
    memory: float
    """Lag-1 autocorrelation in [0, CEILING]."""

    @property
    def long_run(self) -> float:
        """The variance that a mean of many points has, times their number: AR(1) inflates it by (1 + phi) / (1 - phi)."""
        return self.variance * (1.0 + self.memory) / (1.0 - self.memory)


def without_outliers(y: Floats) -> Floats:
    """``y`` with what is farther than 3 sd from its running median of seven pulled in to 3 sd. Levels and trends stay."""
    if len(y) < WINDOW:
        return y
    half = WINDOW // 2
    padded = np.concatenate([y[half:0:-1], y, y[-2 : -2 - half : -1]])
    middle = np.sort(np.lib.stride_tricks.sliding_window_view(padded, WINDOW), axis=1)[:, half]
    rest = y - middle
    limit = _CLIP * _scale(np.abs(rest)) / _OWN_SHARE
    clipped: Floats = middle + np.minimum(np.maximum(rest, -limit), limit)
    return clipped


def _scale(size: Floats) -> float:
    """A robust sd of absolute deviations; where most are 0 (few distinct values) from their 90 % quantile."""
    ordered = np.sort(size)
    middle = _middle(ordered)
    return middle * _MAD if middle > 0 else float(ordered[int(0.9 * len(ordered))]) / _Z95


def _middle(ordered: Floats) -> float:
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0


def _mean_square(differences: Floats) -> float:
    """Mean square about the median with what is beyond 3 sd clipped: a level's jump is one difference of many."""
    centred = np.abs(differences - _middle(np.sort(differences)))
    clipped = np.minimum(centred, _CLIP * _scale(centred))
    return float(clipped @ clipped) / len(clipped)


def from_differences(y: Floats, *, discount: float) -> Noise:
    """Noise from first and second-lag differences, which know nothing of levels.

    For AR(1) the mean square of first differences is 2 v (1 - phi), that of lag-2 differences 2 v (1 - phi^2), so their
    ratio is 1 + phi. ``discount``: standard errors by which phi is lowered, that white noise is not taken for memory.
    """
    one, two = max(_mean_square(y[1:] - y[:-1]), FLOOR), _mean_square(y[2:] - y[:-2])
    memory = min(max(two / one - 1.0 - discount * 1.2 / math.sqrt(len(y)), 0.0), CEILING)
    return Noise(one / 2.0 / (1.0 - memory), memory)


def from_residuals(rest: Floats, *, levels: int, parameters: int, floor: float) -> Noise:
    """Noise of what an explanation leaves over.

    Fitting ``levels`` levels biases the lag-1 correlation down by about (1 + 3 phi) a level / n (Kendall 1954 for one
    level). Of few points it is an uncertain number (standard error 1 / sqrt(n)), so it is drawn towards ``_USUAL``,
    never by more than 0.1 downwards, nor below ``floor`` (of the differences): what wanders must not pass for levels.
    """
    n = len(rest)
    square = float(rest @ rest)
    found = float(rest[1:] @ rest[:-1]) / square if square > n * FLOOR * 1e-3 else 0.0
    found += (1.0 + 3.0 * found) * levels / n
    weight = _USUAL_SD**2 / (_USUAL_SD**2 + 1.0 / n)
    drawn = max(_USUAL + weight * (found - _USUAL), found - 0.1)
    memory = min(max(drawn, floor, 0.0), CEILING)
    return Noise(max(square / max(n - parameters, 1), FLOOR), memory)


_USUAL, _USUAL_SD = 0.3, 0.1
"""What is believed of the memory of a series of releases before it is seen: some, as suites and judges are shared."""
