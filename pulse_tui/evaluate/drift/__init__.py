"""Change points of a series over releases or time, that outliers, trends and memory do not feign.

1. Outliers are put on their running median (``drift_noise``).
2. Every split of seeded intervals is weighed as a jump against level, trend and bend (``drift_layout``, ``drift_fits``).
3. Of the candidates the cheapest explanation of the whole series is kept, exactly.
4. Noise and lag-1 memory are taken from what it leaves over, and 3 is repeated until every change holds between its
   neighbours at that noise, also against slow curves and a level that wanders (``drift_rivals``).
5. Each is reported at the point that is most surely near it (``drift_place``).

A change is confirmed when enough points after it stayed. Pure and deterministic; needs no random numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pulse_tui.evaluate.drift.fits import JUMP, SIFTING, Jumps, Sums, cheapest, jumps
from pulse_tui.evaluate.drift.layout import SIDE, Floats, Layout, seeded, whole
from pulse_tui.evaluate.drift.noise import Noise, from_differences, from_residuals, without_outliers
from pulse_tui.evaluate.drift.place import Stretch, fitted, stretches, surest
from pulse_tui.evaluate.drift.rivals import curve, wandering
from pulse_tui.evaluate.inputs import numbers

CONFIRM = 5
"""Points after a change that confirm it."""
PENDING = 3
"""With fewer points than this after a change nothing is reported yet."""
_ROUNDS = 12
_EASING = 6
"""Rounds after which a price only rises, so that the search ends."""
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Change:
    """One jump of the level."""

    index: int
    """0-based index of the first point after it."""
    before: float
    """The fitted level (or trend) right before and right after, in the unit of the series."""
    after: float
    size: float
    """after - before in robust standard deviations of the noise."""
    confidence: float
    """1 - the chance that noise alone, of the same memory, shows a jump like this somewhere in its stretch."""
    points_after: int
    """Points until the next change or the end."""
    confirmed: bool


class Drift(NamedTuple):
    """The changes found in a series."""

    changes: tuple[Change, ...]
    """In order; the last one may be unconfirmed."""
    sd: float
    """Robust standard deviation of the noise, in the unit of the series."""
    memory: float
    """Lag-1 autocorrelation of the noise that was allowed for, 0 to 0.97."""


_NOTHING = Drift((), 0.0, 0.0)


def changes(y: Sequence[float], *, confirm: int = CONFIRM, material: float = 0.0) -> list[int]:
    """0-based indices of the first point after each confirmed change; see :func:`drift`."""
    return [c.index for c in drift(y, confirm=confirm, material=material).changes if c.confirmed]


def drift(y: Sequence[float], *, confirm: int = CONFIRM, material: float = 0.0) -> Drift:
    """The changes of level of a series of shape (n,), n >= 0.

    ``confirm``: points after a change that confirm it, at least 5. ``material``: the least absolute difference of
    levels, in the unit of the series, that is reported. Fewer than ten points hold no confirmed change, fewer than four none.

    :raises Unusable: for a value that is no finite number, naming its place
    :raises ValueError: for a ``confirm`` below 5 or a negative ``material``
    """
    if confirm < CONFIRM or not material >= 0.0:
        raise ValueError(f"confirm is {confirm} and material {material}: at least {CONFIRM} and 0 are needed")
    values = numbers(y, "y") if len(y) else np.zeros(0)
    size = float(np.abs(values).max()) if len(values) else 0.0
    if len(values) <= PENDING or size == 0.0:
        return _NOTHING
    flat = without_outliers(values / size)
    low, high = float(flat.min()), float(flat.max())
    if high - low <= _ROUNDING:
        return _NOTHING
    centre, scale = (low + high) / 2, (high - low) / 2
    found = _found((flat - centre) / scale)
    sd = found.noise.variance**0.5
    out = []
    for left, right, gain, index in found.differences:
        before, after = left.at(index - 0.5), right.at(index - 0.5)
        out.append(
            Change(
                index=index,
                before=(before * scale + centre) * size,
                after=(after * scale + centre) * size,
                size=(after - before) / sd,
                confidence=1.0 - _by_chance(gain, right.end - left.start),
                points_after=right.end - index,
                confirmed=right.end - index >= confirm,
            )
        )
    differences = tuple(c for c in out if abs(c.after - c.before) >= material)
    return Drift(differences, sd * scale * size, found.noise.memory)


class _Found(NamedTuple):
    differences: list[tuple[Stretch, Stretch, float, int]]
    """Of each change: the stretches beside it, what it explains beyond its rivals, its index."""
    noise: Noise


def _found(y: Floats) -> _Found:
    """The changes of a series scaled to [-1, 1] without outliers."""
    n = len(y)
    sums = Sums.of(y)
    rough = from_differences(y)
    at, gains, noise = _settled(y, sums, rough) if n >= 2 * SIDE else ([], [], rough)
    kept = [i for i, index in enumerate(at) if _lasts(sums, index, [0, *at, n][i], [*at, n, n][i + 1])]
    at, gains = [at[i] for i in kept], [gains[i] for i in kept]
    if at:
        at = surest(y, stretches(sums, at, n, noise.long_run), noise)
    else:
        noise = _noise_of(y, stretches(sums, [], n, rough.long_run))
    fits = stretches(sums, at, n, noise.long_run)
    differences = list(zip(fits, fits[1:], gains, at, strict=False))
    pending = _pending(y, sums, fits, rough)
    return _Found([*differences, pending] if pending else differences, noise)


def _settled(y: Floats, sums: Sums, rough: Noise) -> tuple[list[int], list[float], Noise]:
    """Candidates, of which the cheapest explanation is taken until noise and changes agree."""
    n = len(y)
    layout = seeded(n)
    at = _candidates(jumps(sums, layout, rough.variance, 1.0, SIFTING * JUMP), layout)
    at = _between(sums, at, n, rough)
    noise = _noise_of(y, stretches(sums, at, n, rough.variance)) if at else rough
    fee = noise.long_run * JUMP
    settled, gains = False, list[float]()
    for turn in range(_ROUNDS):
        kept = cheapest(sums, [0, *at, n], fee)
        if not kept:
            break
        if settled and kept == at:
            return at, [g + JUMP for g in gains], noise
        at = kept
        noise = _noise_of(y, stretches(sums, at, n, fee / JUMP))
        places, gains = _weighed(y, sums, at, noise)
        before, fee = fee, max(noise.long_run * JUMP, fee if turn >= _EASING else 0.0)
        weakest = min(range(len(at)), key=gains.__getitem__)
        settled = places == at and gains[weakest] > 0.0
        if gains[weakest] <= 0.0:
            at = at[:weakest] + at[weakest + 1 :]
        elif settled and fee <= before * (1.0 + 1e-4):
            return at, [g + JUMP for g in gains], noise
        else:
            at = places
    return [], [], rough


def _candidates(sifted: Jumps, layout: Layout) -> list[int]:
    """The best jumps, each taking with it every interval that it lies in."""
    open_ = sifted.excess > 0.0
    start, end = layout.start[layout.first], layout.end[layout.first]
    ends = np.append(layout.first[1:], len(layout.at))
    found: list[int] = []
    while open_.any():
        best = int(np.argmax(np.where(open_, sifted.excess, -np.inf)))
        splits = slice(layout.first[best], ends[best])
        index = int(layout.at[splits][np.argmax(sifted.worth[splits])])
        found.append(index)
        open_ &= ~((start < index) & (end > index))
    return _apart(sorted(found))


def _between(sums: Sums, at: list[int], n: int, rough: Noise) -> list[int]:
    """``at`` and the best jump between each two: a short level's other end lies in no seeded interval of its own."""
    found = list(at)
    for start, end in pairwise([0, *at, n]):
        if at and end - start >= 2 * SIDE:
            layout = whole(end - start)
            judgement = jumps(sums, layout, rough.variance, 1.0, SIFTING * JUMP, offset=start)
            if judgement.excess[0] > 0.0:
                found.append(start + int(layout.at[np.argmax(judgement.worth)]))
    return sorted(found)


def _apart(at: list[int]) -> list[int]:
    out: list[int] = []
    for index in at:
        if not out or index - out[-1] >= SIDE:
            out.append(index)
    return out


def _weighed(y: Floats, sums: Sums, at: list[int], noise: Noise) -> tuple[list[int], list[float]]:
    """Each change between its neighbours: its best place there, and by how much it beats every rival."""
    edges = [0, *at, len(y)]
    inflation = noise.long_run / noise.variance
    places, gains = [], []
    for start, end in zip(edges, edges[2:], strict=False):
        layout, part = whole(end - start), y[start:end]
        judgement = jumps(sums, layout, noise.variance, inflation, JUMP, offset=start)
        unit, place = float(judgement.unit[0]), int(layout.at[np.argmax(judgement.worth)])
        places.append(start + place)
        above = (float(judgement.worth.max()) - curve(part, JUMP * unit)) / unit
        gains.append(min(float(judgement.excess[0]), above, wandering(part, place, unit)))
    return _apart(places), gains


def _noise_of(y: Floats, fits: list[Stretch]) -> Noise:
    rest = np.concatenate([fit.off(y, fit.start, fit.end) for fit in fits])
    levels = len(fits) + sum(1 for fit in fits if fit.slope)
    return from_residuals(rest, levels=levels, parameters=levels + len(fits) - 1)


def _lasts(sums: Sums, index: int, start: int, end: int) -> bool:
    """False for the shortest possible level at either end of the series that is rather three or four odd points."""
    n = len(sums.y) - 1
    if index == n - SIDE:
        shorter = range(n - SIDE + 1, n - PENDING + 1)
    elif index == SIDE:
        shorter = range(PENDING, SIDE)
    else:
        return True
    return all(_step(sums, start, at, end) <= _step(sums, start, index, end) for at in shorter)


def _step(sums: Sums, start: int, at: int, end: int) -> float:
    left, right = at - start, end - at
    gap = float(sums.y[end] - sums.y[at]) / right - float(sums.y[at] - sums.y[start]) / left
    return gap * gap * left * right / (left + right)


def _pending(y: Floats, sums: Sums, fits: list[Stretch], rough: Noise) -> tuple[Stretch, Stretch, float, int] | None:
    """A jump in the last points, too few of them to confirm it: they lie off what went before, by the noise of that."""
    best = None
    *earlier, last = fits
    for many in range(PENDING, CONFIRM):
        index = last.end - many
        length = index - last.start
        if length < SIDE:
            continue
        before = fitted(sums, last.start, index, rough.long_run)
        noise = _noise_of(y[:index], [*earlier, before])
        level = float(sums.y[last.end] - sums.y[index]) / many
        middle = (index + last.end - 1) / 2
        off = level - before.at(middle)
        factor = 1 / many + 1 / length
        if before.slope:
            factor += (middle - (last.start + index - 1) / 2) ** 2 / (length * (length * length - 1) / 12)
        gain = off * off / (noise.long_run * factor)
        if gain > JUMP and (best is None or gain > best[2]):
            best = before, Stretch(index, last.end, level, 0.0), gain, index
    return best


def _by_chance(gain: float, n: int) -> float:
    """The chance that the largest squared t of all splits of ``n`` points exceeds ``gain`` without any change.

    Miller and Siegmund 1982 (Biometrics 38:1011), splits at least SIDE points from the ends. They let the split run
    continuously: of few points it is an upper bound.
    """
    b = math.sqrt(gain)
    share = min(SIDE / n, 0.49)
    width = 2.0 * math.log((1.0 - share) / share)
    density = math.exp(-gain / 2.0) / math.sqrt(2.0 * math.pi)
    return min(density * (4.0 / b + (b - 1.0 / b) * width), 1.0)
