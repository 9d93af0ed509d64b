"""Are stated probabilities calibrated: the Brier score judges, the calibration error is shown.

The expected calibration error of a perfectly calibrated model is not zero but depends on n and the bins; it is
therefore only ever shown with the band in which it lies when the model is calibrated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Calibration(NamedTuple):
    """The expected calibration error and where it would lie without any miscalibration."""

    error: float
    null_low: float
    null_high: float
    """The central 90 % of the error when every stated probability is true."""
    n: int

    @property
    def notable(self) -> bool:
        """Larger than calibrated models show."""
        return self.error > self.null_high


def brier(probability: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared error of each item's probability, shape (items,); less is better (Brier 1950)."""
    loss: NDArray[np.float64] = (probability - outcome) ** 2
    return loss


def calibration_error(
    probability: NDArray[np.float64],
    outcome: NDArray[np.float64],
    *,
    bins: int = BINS,
    rounds: int = 500,
    seed: int = 0,
) -> Calibration:
    """The expected calibration error over ``bins`` equal widths, with its null band from ``rounds`` drawn outcomes."""
    n = probability.size
    place = np.minimum((probability * bins).astype(np.intp), bins - 1)
    stated = np.bincount(place, probability, bins)

    def error(right: NDArray[np.float64]) -> float:
        return float(np.abs(np.bincount(place, right, bins) - stated).sum()) / n

    chance = np.random.default_rng(seed)
    drawn = np.sort([error((chance.random(n) < probability).astype(np.float64)) for _ in range(rounds)])
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Calibration(error(outcome), float(low), float(high), n)
