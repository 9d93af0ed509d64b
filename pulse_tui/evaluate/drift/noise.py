"""The noise and memory of a series, separated from its levels, trends and outliers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pulse_tui.evaluate.drift.layout import Floats

WINDOW = 7
"""Up to three outliers in a row are outvoted by their neighbours."""
_OUTLYING = 4.0
"""Standard deviations off the running median that make an outlier; of normal values one in 16,000. To drop them finds .93 of
the 2-sd steps among outliers, to pull them in to 3 sd .81: half an outlier is still louder than its neighbours."""
_CLIP = 3.0
_MAD = 1.4826022185056018
"""Standard deviations per median absolute deviation, under the normal."""
_Z95 = 1.6448536269514722
_OWN_SHARE = 0.8
"""A running median of seven contains its own middle: what is left scatters by this much less (simulated)."""
FLOOR = 1e-10
"""The least variance, of a series scaled to [-1, 1]: below it is rounding."""
CEILING = 0.97
"""The strongest memory that can be distinguished from a wandering level."""


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
    """``y`` with what is farther than 4 sd from its running median of seven put on that median. Levels and trends stay."""
    if len(y) < WINDOW:
        return y
    half = WINDOW // 2
    padded = np.concatenate([y[half:0:-1], y, y[-2 : -2 - half : -1]])
    middle = np.sort(np.array([padded[i : i + len(y)] for i in range(WINDOW)]), axis=0)[half]
    off = np.abs(y - middle)
    kept: Floats = np.where(off > _OUTLYING * _scale(off) / _OWN_SHARE, middle, y)
    return kept


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


_USUAL, _USUAL_SD = 0.3, 0.07
"""What is believed of the memory of a series of releases before it is seen: some, as suites and judges are shared. A wider
belief trusts the few points more: at 0.1 alarms of AR(1) with phi 0.3 rise from .016 to .020, and no more steps are found."""


def from_differences(y: Floats) -> Noise:
    """A first guess without levels: half the mean square of differences, as if there were no memory."""
    return Noise(max(_mean_square(y[1:] - y[:-1]), FLOOR) / 2.0, 0.0)


def from_residuals(rest: Floats, *, levels: int, parameters: int) -> Noise:
    """Noise of what an explanation leaves over.

    Fitting ``levels`` levels biases the lag-1 correlation down by about (1 + 3 phi) a level / n (Kendall 1954 for one
    level). Of few points it is an uncertain number (standard error 1 / sqrt(n)), so it is drawn towards ``_USUAL``,
    but never by more than 0.1 downwards: memory must not be taken for levels.
    """
    n = len(rest)
    square = float(rest @ rest)
    found = float(rest[1:] @ rest[:-1]) / square if square > n * FLOOR * 1e-3 else 0.0
    found += (1.0 + 3.0 * found) * levels / n
    weight = _USUAL_SD**2 / (_USUAL_SD**2 + 1.0 / n)
    drawn = max(_USUAL + weight * (found - _USUAL), found - 0.1)
    return Noise(max(square / max(n - parameters, 1), FLOOR), min(max(drawn, 0.0), CEILING))


def innovations(rest: Floats) -> float:
    """Sum of squares of what a lag-1 memory does not foretell of ``rest``, with the memory that foretells most."""
    inner, product = float(rest[1:-1] @ rest[1:-1]), float(rest[1:] @ rest[:-1])
    memory = min(max(product / inner, 0.0), CEILING) if inner > 0.0 else 0.0
    return float(rest @ rest) - memory * (2.0 * product - memory * inner)
