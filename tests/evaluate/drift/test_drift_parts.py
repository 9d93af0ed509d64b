"""The parts against plain least squares and published values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pulse_tui.evaluate.drift import _by_chance
from pulse_tui.evaluate.drift.fits import BEND, JUMP, Sums, cheapest, jumps
from pulse_tui.evaluate.drift.layout import SIDE, seeded, whole
from pulse_tui.evaluate.drift.noise import (
    CEILING,
    Noise,
    from_differences,
    from_residuals,
    innovations,
    without_outliers,
)
from pulse_tui.evaluate.drift.place import Stretch, fitted, surest
from pulse_tui.evaluate.drift.rivals import curve, wandering

Floats = NDArray[np.float64]


def unexplained(y: Floats, *columns: Floats) -> float:
    design = np.column_stack([np.ones(len(y)), *columns])
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(rest @ rest)


def test_what_a_jump_is_worth_is_what_least_squares_says() -> None:
    y = np.random.default_rng(1).standard_normal(30) + 0.2 * np.arange(30) + 3 * (np.arange(30) >= 12)
    x = np.arange(30.0)
    said = jumps(Sums.of(y), whole(30), 100.0, 1.0, 0.02)
    total = unexplained(y)
    worth, bends = [], []
    for at in range(SIDE, 30 - SIDE + 1):
        after = (x >= at).astype(float)
        step = total - unexplained(y, after)
        sloped = total - unexplained(y, after, x)
        lines = total - unexplained(y, after, x, x * after)
        worth.append(max(step - 2, sloped - 4, lines - 6))
        bends.append(total - unexplained(y, x, np.maximum(x - at + 0.5, 0)))
    plain = max(total - unexplained(y, x) - 2, max(bends) - 2 * BEND, 0.0)
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


def remembering(seed: int, n: int, phi: float) -> Floats:
    shocks = np.random.default_rng(seed).standard_normal(n)
    y = np.zeros(n)
    for i in range(1, n):
        y[i] = phi * y[i - 1] + shocks[i]
    return y


def covariance(n: int, phi: float) -> Floats:
    """Of an AR(1) whose innovations have variance 1."""
    places = np.arange(n)
    return np.asarray(phi ** np.abs(places[:, None] - places) / (1 - phi * phi))


def test_outliers_are_dropped_and_levels_and_trends_stay() -> None:
    y = np.random.default_rng(5).standard_normal(80) + 0.1 * np.arange(80) + 9 * (np.arange(80) >= 40)
    spoiled = y.copy()
    spoiled[[10, 25, 60]] += 50
    assert np.abs(without_outliers(spoiled) - y).max() < 3
    assert without_outliers(y) == pytest.approx(y)


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_the_first_guess_knows_the_scatter_of_neighbours_in_spite_of_jumps(phi: float) -> None:
    said = from_differences(remembering(6, 20_000, phi) + 30 * (np.arange(20_000) // 1_000 % 2))
    assert said.variance == pytest.approx(1 / (1 + phi), rel=0.06)
    assert said.memory == 0.0


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.9])
def test_of_many_points_variance_and_memory_are_what_they_are(phi: float) -> None:
    said = from_residuals(remembering(6, 20_000, phi), levels=1, parameters=1)
    assert said.memory == pytest.approx(phi, abs=0.02)
    assert said.variance == pytest.approx(1 / (1 - phi * phi), rel=0.1)


def test_of_few_points_the_memory_is_drawn_to_the_usual_and_a_strong_one_is_believed() -> None:
    white = [from_residuals(remembering(s, 40, 0.0), levels=1, parameters=1).memory for s in range(50)]
    strong = [from_residuals(remembering(s, 40, 0.9), levels=1, parameters=1).memory for s in range(50)]
    assert 0.2 < np.mean(white) < 0.3
    assert 0.65 < np.mean(strong) <= CEILING


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.95])
def test_innovations_are_those_of_the_best_memory(phi: float) -> None:
    y = remembering(7, 60, phi)
    squares = [float(y @ np.linalg.inv(covariance(60, memory)) @ y) for memory in np.linspace(0, CEILING, 98)]
    assert innovations(y) == pytest.approx(min(squares), rel=2e-3)


def test_slow_waves_that_pay_are_what_a_curve_explains() -> None:
    x = np.arange(50)
    y = 4 * np.cos(np.pi * 2 * (x + 0.5) / 50) + np.random.default_rng(8).standard_normal(50)
    waves = [np.cos(np.pi * k * (x + 0.5) / 50) for k in range(1, 9)]
    gains = [unexplained(y) - unexplained(y, wave) for wave in waves]
    assert gains[1] > 100
    assert curve(y, 9.0) == pytest.approx(sum(max(g - 9, 0) for g in gains))
    assert curve(y, 1e6) == 0.0


def test_a_jump_beats_a_level_that_wanders_and_not_where_it_wanders() -> None:
    y = np.random.default_rng(9).standard_normal(60) + 3 * (np.arange(60) >= 40)
    assert wandering(y, 40, 1.0) > 10
    assert wandering(y + 0.5 * np.arange(60), 40, 1.0) > 5
    walks = [np.cumsum(np.random.default_rng(s).standard_normal(60)) for s in range(50)]
    best = [int(np.argmax(jumps(Sums.of(w), whole(60), 1.0, 1.0, JUMP).worth)) + SIDE for w in walks]
    assert np.mean([wandering(w, at, 1.0) > 0 for w, at in zip(walks, best, strict=True)]) < 0.3


def test_the_surest_place_is_that_with_most_of_the_likelihood_near_it() -> None:
    n, phi = 40, 0.5
    y = remembering(33, n, phi) + 2.0 * (np.arange(n) >= 25) + 0.1 * np.arange(n)
    fits = [Stretch(0, 22, 1.0, 0.1), Stretch(22, n, 5.0, 0.0)]
    inverse = np.linalg.inv(covariance(n, phi))
    likely = {}
    for at in range(SIDE, n - SIDE + 1):
        rest = np.concatenate([fits[0].off(y, 0, at), fits[1].off(y, at, n)])
        likely[at] = np.exp(-float(rest @ inverse @ rest) / 2)
    near = {-3: 1.0, -2: 1.0, -1: 1.1, 0: 1.2, 1: 1.1, 2: 1.0, 3: 1.0}
    worth = {at: sum(likely.get(at + d, 0.0) * much for d, much in near.items()) for at in likely}
    assert surest(y, fits, Noise(1 / (1 - phi * phi), phi)) == [max(worth, key=worth.__getitem__)]


def test_places_that_would_leave_too_short_a_level_stay_where_they_were() -> None:
    fits = [Stretch(0, 20, 0.0, 0.0), Stretch(20, 30, 1.0, 0.0), Stretch(30, 46, 2.0, 0.0)]
    assert surest(np.repeat([0.0, 1.0, 2.0], [18, 11, 17]), fits, Noise(0.01, 0.0)) == [18, 29]
    assert surest(np.repeat([0.0, 2.0], [25, 21]), fits, Noise(0.01, 0.0)) == [20, 30]


def test_a_line_is_fitted_where_its_slope_pays() -> None:
    sums = Sums.of(np.linspace(3.0, 11.0, 41))
    line = fitted(sums, 10, 30, 0.1)
    assert line == pytest.approx((10, 30, 3 + 0.2 * 19.5, 0.2))
    assert line.at(5) == pytest.approx(4)
    assert fitted(sums, 10, 30, 10.0).slope == 0.0


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
