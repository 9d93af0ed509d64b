"""What else a jump must beat, once noise and jumps agree: a curve made of waves, and a level that wanders."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from pulse_tui.evaluate.drift.fits import JUMP
from pulse_tui.evaluate.drift.layout import CACHED_UP_TO, Floats
from pulse_tui.evaluate.drift.noise import FLOOR, innovations

WANDERING = 8.0
"""By how much twice the log-likelihood of a jump must beat that of a wandering level. Measured in series of 60: alarms of
random walks fall from .24 to .06, and 2 in 1,000 of the 2-sd steps in AR(1) noise with phi 0.3 are lost."""
_WAVES = 8
"""Half periods in a stretch: slow curves, which lines and bends follow badly. Without them every series of 600 points with
two bends, or with two periods of a season, has a jump; with them none has (a season of many periods never did)."""


def curve(y: Floats, fee: float) -> float:
    """What slow waves explain of ``y``, less their price: each costs ``fee``, as a jump does, and only those that pay count."""
    count = len(y)
    heights = (_waves(count) if count <= CACHED_UP_TO else _waves.__wrapped__(count)) @ y
    return float(np.maximum(heights * heights - fee, 0.0).sum())


@lru_cache(64)
def _waves(n: int) -> Floats:
    """Orthonormal cosines of 1, 2 ... half periods in n points; shape (waves, n)."""
    halves = np.arange(1, min(_WAVES, n // 4) + 1)[:, None]
    out: Floats = math.sqrt(2.0 / n) * np.cos(math.pi / n * halves * (np.arange(n) + 0.5))
    return out


def wandering(y: Floats, at: int, unit: float) -> float:
    """By how much a jump before ``at`` beats one level that wanders, each with the memory that it needs for itself.

    Both have the same slope where it pays beside the jump, at long-run variance ``unit``. In twice the log-likelihood,
    less ``WANDERING``.
    """
    n = len(y)
    along = np.arange(n) - (n - 1) / 2
    level, jump, beside = y - y.sum() / n, y.copy(), along.copy()
    for side in (slice(0, at), slice(at, n)):
        jump[side] -= y[side].sum() / len(y[side])
        beside[side] -= along[side].sum() / len(y[side])
    tilt, spread = float(beside @ jump), float(beside @ beside)
    if tilt * tilt > JUMP * unit * spread:
        jump -= tilt / spread * beside
        level -= float(along @ level) / float(along @ along) * along
    return n * math.log(max(innovations(level), FLOOR) / max(innovations(jump), FLOOR)) - WANDERING
