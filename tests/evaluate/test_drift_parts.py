"""The parts against plain least squares and published values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pulse_tui.evaluate.drift import _by_chance
from pulse_tui.evaluate.drift_fits import BEND, JUMP, SLOPE, Sums, cheapest, jumps
from pulse_tui.evaluate.drift_layout import SIDE, seeded, whole
from pulse_tui.evaluate.drift_noise import CEILING, from_differences, without_outliers

Floats = NDArray[np.float64]


def unexplained(y: Floats, *columns: Floats) -> float:
    design = np.column_stack([np.ones(len(y)), *columns])
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(rest @ rest)


def test_what_a_jump_is_worth_is_what_least_squares_says() -> None:
    y = np.random.default_rng(1).standard_normal(30) + 0.2 * np.arange(30) + 3 * (np.arange(30) >= 12)
    x = np.arange(30.0)
    layout = whole(30)
    said = jumps(Sums.of(y), layout, 100.0, 1.0, 0.02)
    total = unexplained(y)
    worth, bends = [], []
    for at in range(SIDE, 30 - SIDE + 1):
        after = (x >= at).astype(float)
        step = total - unexplained(y, after)
        sloped = total - unexplained(y, after, x)
        lines = total - unexplained(y, after, x, x * after)
        worth.append(max(step - 2, sloped - 2 * (1 + SLOPE), lines - 2 * (2 + SLOPE)))
        bends.append(total - unexplained(y, x, np.maximum(x - at + 0.5, 0)))
    plain = max(total - unexplained(y, x) - 2 * SLOPE, max(bends) - 2 * BEND, 0.0)
    assert said.worth == pytest.approx(worth)
    assert float(said.excess[0]) == pytest.approx((max(worth) - plain) / 100)


def test_an_offset_weighs_the_same_stretch_of_a_longer_series() -> None:
    y = np.random.default_rng(2).standard_normal(80)
    inside = jumps(Sums.of(y), whole(40), 1.0, 1.0, JUMP, offset=25)
    alone = jumps(Sums.of(y[25:65]), whole(40), 1.0, 1.0, JUMP)
    assert inside.worth == pytest.approx(alone.worth)


def test_of_candidates_only_those_that_pay_are_kept() -> None:
    y = np.random.default_rng(3).standard_normal(90) + 5 * (np.arange(90) >= 45)
    assert cheapest(Sums.of(y), [0, 20, 45, 70, 90], JUMP) == [45]


def test_a_staircase_loses_against_the_trend_it_imitates() -> None:
    y = np.random.default_rng(4).standard_normal(90) + 9 * np.arange(90) / 90
    assert cheapest(Sums.of(y), [0, 22, 45, 68, 90], JUMP) == []


@pytest.mark.parametrize("n", [10, 11, 12, 13, 37, 60, 61, 200, 2_500])
def test_the_layout_read_backwards_is_the_same(n: int) -> None:
    layout = seeded(n)
    splits = set(zip(layout.start.tolist(), layout.at.tolist(), layout.end.tolist(), strict=True))
    assert {(n - e, n - a, n - s) for s, a, e in splits} == splits
    assert {a for s, a, e in splits if (s, e) == (0, n)} == set(range(SIDE, n - SIDE + 1))


def test_outliers_are_pulled_in_and_levels_and_trends_stay() -> None:
    y = np.random.default_rng(5).standard_normal(80) + 0.1 * np.arange(80) + 9 * (np.arange(80) >= 40)
    spoiled = y.copy()
    spoiled[[10, 25, 60]] += 50
    assert np.abs(without_outliers(spoiled) - y).max() < 8
    assert np.abs(without_outliers(y) - y).max() < 2.5


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.9])
def test_variance_and_memory_are_known_in_spite_of_jumps(phi: float) -> None:
    rng = np.random.default_rng(6)
    y = np.zeros(20_000)
    shocks = rng.standard_normal(20_000)
    for i in range(1, len(y)):
        y[i] = phi * y[i - 1] + shocks[i]
    said = from_differences(y + 30 * (np.arange(len(y)) // 1_000 % 2), discount=0.0)
    assert said.memory == pytest.approx(phi, abs=0.03)
    assert said.variance == pytest.approx(1 / (1 - phi * phi), rel=0.2 if phi > 0.8 else 0.06)


def test_a_random_walk_has_the_strongest_memory() -> None:
    walk = np.cumsum(np.random.default_rng(7).standard_normal(5_000))
    assert from_differences(walk, discount=0.0).memory == pytest.approx(CEILING, abs=0.03)


def test_the_chance_of_the_largest_of_many_bounds_that_of_simulated_noise() -> None:
    """20,000 series of white noise with known variance: sup over splits of the squared t of two means."""
    y = np.random.default_rng(8).standard_normal((20_000, 60))
    running = np.cumsum(y, axis=1)
    at = np.arange(SIDE, 60 - SIDE + 1)
    left = running[:, at - 1]
    means = left / at - (running[:, -1:] - left) / (60 - at)
    largest = (means**2 * at * (60 - at) / 60).max(axis=1)
    for gain in (9.0, 12.0):
        simulated = float((largest > gain).mean())
        assert simulated <= _by_chance(gain, 60) <= 2.5 * simulated
