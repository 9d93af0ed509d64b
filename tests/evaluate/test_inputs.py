from __future__ import annotations

import math

import numpy as np
import pytest

from pulse_tui.domain.metrics import bounds_of
from pulse_tui.evaluate.inputs import Unusable, labels, margin_of, numbers, paired, positive


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, math.nan, 2.0], "base[1] is NaN"),
        ([1.0, math.inf], "base[1] is inf"),
        ([1.0, None, None], "base[1] is missing, and 1 more"),
        ([1, "0.5"], "base[1] is the text '0.5'"),
        (["1", "2"], "base[0] is the text '1', and 1 more"),
        ([[1.0], [2.0]], "base[0] is a list, and 1 more"),
        ([1.0, [2.0, 3.0]], "base[1] is a list"),
        ([{}, 1], "base[0] is an object"),
        ([10**400, 1], "base[0] is too large"),
        ([1.0, -1e200], "base[1] is -1e+200: too large to calculate with"),
        ([], "base is empty"),
        (None, "base is missing"),
        ("0.5", "base is the text '0.5', not a list of numbers"),
        (np.array(0.5), "base"),
    ],
)
def test_what_is_no_list_of_finite_numbers_is_refused_with_its_first_place(values: object, said: str) -> None:
    with pytest.raises(Unusable) as caught:
        numbers(values, "base")
    assert said in str(caught.value)


def test_booleans_and_whole_numbers_are_scores() -> None:
    assert numbers([True, False, 1], "base").tolist() == [1.0, 0.0, 1.0]
    assert numbers(np.array([1, 2]), "base").dtype == np.float64


def test_a_control_sequence_in_a_score_does_not_reach_the_screen() -> None:
    with pytest.raises(Unusable) as caught:
        numbers(["\x1b[2Jgone"], "base")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("metric", "bounds"),
    [
        ("accuracy", (0.0, 1.0)),
        ("tool_call_accuracy", (0.0, 1.0)),
        ("pass@5", (0.0, 1.0)),
        ("error_rate", (0.0, 1.0)),
        ("jailbreak_success", (0.0, 1.0)),
        ("p95_latency", (0.0, math.inf)),
        ("latency_ms", (0.0, math.inf)),
        ("cost_usd", (0.0, math.inf)),
        ("judge_points", (-math.inf, math.inf)),
        ("", (-math.inf, math.inf)),
    ],
)
def test_a_metric_allows_what_its_name_says(metric: str, bounds: tuple[float, float]) -> None:
    assert bounds_of(metric) == bounds


@pytest.mark.parametrize(
    ("metric", "values", "said"),
    [
        ("accuracy", [0.5, 1.2], "base[1] is 1.2: outside 0 to 1"),
        ("accuracy", [-0.1], "outside 0 to 1"),
        ("latency_ms", [3.0, -2.0], "base[1] is -2: negative"),
    ],
)
def test_a_score_outside_what_the_metric_allows_is_refused(metric: str, values: list[float], said: str) -> None:
    with pytest.raises(Unusable) as caught:
        paired(values, values, bounds=bounds_of(metric))
    assert said in str(caught.value)


def test_sides_of_another_length_are_refused_with_both_lengths() -> None:
    with pytest.raises(Unusable, match="base has 2 items and cand 3"):
        paired([1, 0], [1, 0, 1])


@pytest.mark.parametrize("value", [-0.01, math.nan, math.inf, "0.02", None, True])
def test_a_margin_is_a_number_that_is_not_negative(value: object) -> None:
    with pytest.raises(Unusable, match="margin is"):
        margin_of(value, 1.0)


def test_a_margin_in_points_is_refused_where_it_would_pass_anything() -> None:
    with pytest.raises(Unusable, match=r"did you mean 0\.02"):
        margin_of(2, 1.0)
    assert margin_of(2, None) == 2.0
    assert margin_of(0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"], "1 labels for 2 items"),
        (["a", None], "cluster[1] is missing"),
        ("ab", "not a list"),
        ([1.0, math.nan], "NaN"),
    ],
)
def test_every_item_needs_a_cluster(values: object, said: str) -> None:
    with pytest.raises(Unusable) as caught:
        labels(values, 2)
    assert said in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, None, "x", math.inf, True, 10**400])
def test_an_objective_is_above_zero(value: object) -> None:
    with pytest.raises(Unusable, match="slo is"):
        positive(value, "slo")
    assert positive(3, "slo") == 3.0
