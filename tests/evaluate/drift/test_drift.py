from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pulse_tui.evaluate.drift import CONFIRM, changes, drift
from pulse_tui.evaluate.inputs import Unusable
from tests.servers.forms import examples


def noise(seed: int, n: int = 60) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(n)


def remembering(seed: int, phi: float, n: int = 60) -> NDArray[np.float64]:
    shocks = np.random.default_rng(seed).standard_normal(n + 100)
    out = np.zeros(n + 100)
    for i in range(1, n + 100):
        out[i] = phi * out[i - 1] + shocks[i]
    return out[100:] * math.sqrt(1 - phi * phi)


def step(n: int, at: int, height: float) -> NDArray[np.float64]:
    return np.where(np.arange(n) >= at, height, 0.0)


def share(alarms: list[bool]) -> float:
    return sum(alarms) / len(alarms)


@pytest.mark.parametrize("y", [[], [1.0], [1.0, 9.0], [0.0, 0.0, 9.0], [0.5] * 50, [1e9 + 0.1] * 9, [0.0] * 1000])
def test_short_and_constant_series_have_no_changes(y: list[float]) -> None:
    assert drift(y).changes == ()


def test_a_clear_step_is_one_change_with_its_levels_size_and_confidence() -> None:
    (change,) = drift(list(10 + noise(1) + step(60, 40, 5.0))).changes
    assert change.index == 40
    assert change.before == pytest.approx(10, abs=0.6)
    assert change.after == pytest.approx(15, abs=0.8)
    assert change.size == pytest.approx(5, abs=1.5)
    assert change.confidence > 0.999
    assert (change.points_after, change.confirmed) == (20, True)


def test_a_step_without_any_noise_is_found_where_it_is() -> None:
    assert changes([0.8] * 20 + [0.9] * 20) == [20]
    assert changes([0.8] * 20 + [0.9] * 15 + [0.7] * 15) == [20, 35]


def test_a_trend_without_any_noise_is_no_change_but_a_jump_in_it_is() -> None:
    line = np.arange(60) * 0.5
    assert changes(list(line)) == []
    assert changes(list(line + step(60, 30, 10.0))) == [30]


def test_a_steep_trend_in_noise_is_rarely_taken_for_a_staircase() -> None:
    trend = 5 * np.arange(60) / 60
    assert share([bool(changes(list(noise(s) + trend))) for s in range(200)]) <= 0.08


def test_a_bend_is_rarely_taken_for_a_jump() -> None:
    bend = 0.2 * np.maximum(np.arange(60) - 30, 0)
    assert share([bool(changes(list(noise(s) + bend))) for s in range(200)]) <= 0.12


def test_a_season_is_no_change() -> None:
    season = 3 * np.sin(np.arange(96) * math.pi / 6)
    assert share([bool(changes(list(noise(s, 96) + season))) for s in range(100)]) <= 0.03


def test_slow_curves_are_no_changes() -> None:
    x = np.arange(300)
    curves = [4 * np.sin(4 * np.pi * x / 300), np.interp(x, [0, 90, 180, 299], [0, 10, 2, 12])]
    for curve in curves:
        assert share([bool(changes(list(noise(s, 300) + curve))) for s in range(40)]) <= 0.05


def test_noise_alone_is_hardly_ever_a_change() -> None:
    assert share([bool(changes(list(noise(s)))) for s in range(400)]) <= 0.02


def test_memory_is_not_taken_for_levels() -> None:
    assert share([bool(changes(list(remembering(s, 0.3)))) for s in range(400)]) <= 0.04


def test_a_random_walk_seldom_has_changes() -> None:
    assert share([bool(changes(list(np.cumsum(noise(s))))) for s in range(200)]) <= 0.12
    assert share([bool(changes(list(np.cumsum(noise(s, 300))))) for s in range(40)]) <= 0.05


def test_lone_outliers_are_no_change_and_hide_none() -> None:
    alarms, found = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.standard_normal(60) + 8 * (rng.random(60) < 0.05) * np.where(rng.random(60) < 0.5, -1, 1)
        alarms.append(bool(changes(list(y))))
        found.append(any(abs(c - 40) <= 3 for c in changes(list(y + step(60, 40, 2.0)))))
    assert share(alarms) <= 0.1
    assert share(found) >= 0.87


@pytest.mark.parametrize("outliers", [1, 2, 3])
def test_up_to_three_outliers_in_a_row_are_no_level(outliers: int) -> None:
    y = noise(5)
    y[30 : 30 + outliers] += 12
    assert changes(list(y)) == []


def test_a_step_of_two_sd_is_found_within_three_points() -> None:
    found = [changes(list(noise(s) + step(60, 40, 2.0))) for s in range(300)]
    assert share([any(abs(c - 40) <= 3 for c in f) for f in found]) >= 0.91


def test_a_step_of_two_sd_in_noise_that_remembers_is_found_within_three_points() -> None:
    found = [changes(list(remembering(s, 0.3) + step(60, 40, 2.0))) for s in range(300)]
    assert share([any(abs(c - 40) <= 3 for c in f) for f in found]) >= 0.81


def test_a_trend_hides_no_jump() -> None:
    line = 20 * np.arange(200) / 200
    found = [changes(list(noise(s, 200) + line - step(200, 120, 4.0))) for s in range(50)]
    assert share([len(f) == 1 and abs(f[0] - 120) <= 3 for f in found]) >= 0.9


def test_a_short_level_is_found_with_both_its_ends() -> None:
    found = [changes(list(noise(s, 100) + step(100, 40, 5.0) - step(100, 46, 5.0))) for s in range(60)]
    assert share([f == [40, 46] for f in found]) >= 0.85


def test_a_level_and_its_return_are_two_changes() -> None:
    assert changes(list(noise(3, 90) + step(90, 30, 6.0) - step(90, 60, 6.0))) == [30, 60]


@pytest.mark.parametrize("later", [3, 4])
def test_too_few_points_after_a_change_leave_it_unconfirmed(later: int) -> None:
    y = list(noise(8, 40) + step(40, 40 - later, 9.0))
    (change,) = drift(y).changes
    assert (change.index, change.points_after, change.confirmed) == (40 - later, later, False)
    assert changes(y) == []


@pytest.mark.parametrize("later", [1, 2])
def test_one_or_two_odd_points_at_the_end_say_nothing_yet(later: int) -> None:
    assert drift(list(noise(8, 40) + step(40, 40 - later, 9.0))).changes == ()


def test_more_points_can_be_asked_for_before_a_change_is_confirmed() -> None:
    y = list(noise(8, 40) + step(40, 32, 9.0))
    assert changes(y) == [32]
    assert changes(y, confirm=9) == []


def test_a_change_that_does_not_matter_is_not_told() -> None:
    y = list(noise(2) * 0.001 + step(60, 30, 0.01))
    assert changes(y) == [30]
    assert changes(y, material=0.02) == []


def test_a_wandering_series_has_a_strong_memory() -> None:
    assert drift(list(np.cumsum(noise(4, 300)))).memory > 0.7
    assert drift(list(noise(4, 300))).memory < 0.3


def test_the_noise_is_in_the_unit_of_the_series_and_blind_to_steps() -> None:
    assert drift(list(7 * noise(6, 400) + step(400, 200, 100.0))).sd == pytest.approx(7, rel=0.15)


@pytest.mark.parametrize("bad", [math.nan, math.inf, None, "0.5", [1.0], {}, 10**400])
def test_what_is_no_finite_number_is_refused_with_its_place(bad: Any) -> None:
    with pytest.raises(Unusable, match=r"y\[3\]"):
        drift([0.1, 0.2, 0.3, bad, 0.4])


@pytest.mark.parametrize("wrong", [{"confirm": 4}, {"material": -1.0}, {"material": math.nan}])
def test_settings_that_make_no_sense_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="at least"):
        drift([1.0] * 20, **wrong)


@given(st.integers(0, 10_000), st.integers(12, 150), st.floats(-8, 8))
@settings(max_examples=examples(60), deadline=None)
def test_reversing_a_series_mirrors_its_changes(seed: int, n: int, height: float) -> None:
    y = noise(seed, n) + step(n, n // 2, height)
    assert changes(list(y[::-1])) == sorted(n - c for c in changes(list(y)))


@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.booleans())
@settings(max_examples=examples(60), deadline=None)
def test_shifting_scaling_and_flipping_move_no_change(seed: int, by: float, scale: float, flip: bool) -> None:
    y = noise(seed) + step(60, 25, 4.0)
    moved = (-y if flip else y) * scale + by
    assert changes(list(moved)) == changes(list(y))


@given(st.lists(st.floats(-1e99, 1e99), max_size=80))
@settings(max_examples=examples(150), deadline=None)
def test_any_finite_series_has_ordered_changes_that_last(y: list[float]) -> None:
    found = changes(y)
    edges = [0, *found, len(y)]
    assert not found or min(b - a for a, b in pairwise(edges)) >= CONFIRM
    assert found == changes(y)


def test_a_long_series_is_searched_through() -> None:
    places = [3_000, 6_500, 9_000]
    y = noise(11, 12_000) + sum(step(12_000, at, 3.0) for at in places)
    assert all(any(abs(c - at) <= 4 for c in changes(list(y))) for at in places)
