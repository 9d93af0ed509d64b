"""Calibration, consistency, spread, cost and pass@k, each against SciPy, its definition or its enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.calibration import brier, calibration_error
from pulse_tui.evaluate.statistics.consistency import agreement, agreements
from pulse_tui.evaluate.statistics.cost import judge_cost
from pulse_tui.evaluate.statistics.judge import judge
from pulse_tui.evaluate.statistics.passk import pass_at_k
from pulse_tui.evaluate.statistics.spread import judge_spread


def test_an_overconfident_candidate_fails_by_its_brier_score() -> None:
    chance = np.random.default_rng(1)
    true = chance.uniform(0.3, 0.9, 800)
    outcome = (chance.random(800) < true).astype(float)
    said = judge(brier(true, outcome), brier(np.full(800, 0.99), outcome), margin=0.02, higher_is_better=False)
    assert said.verdict is Verdict.FAIL
    assert said.delta == pytest.approx(float(brier(np.full(800, 0.99), outcome).mean() - brier(true, outcome).mean()))
    reference = stats.ttest_rel(brier(np.full(800, 0.99), outcome), brier(true, outcome)).confidence_interval(0.9)
    assert (said.low, said.high) == pytest.approx((reference.low, reference.high))


def test_the_calibration_error_is_that_of_its_definition() -> None:
    probability, outcome = np.array([0.1, 0.15, 0.9, 0.95, 1.0]), np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    found = calibration_error(probability, outcome, bins=2)
    assert found.error == pytest.approx((2 * abs(0.5 - 0.125) + 3 * abs(2 / 3 - 0.95)) / 5)


def test_a_calibrated_model_lies_in_its_null_band_nine_times_in_ten_and_is_not_at_zero() -> None:
    inside = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        probability = chance.random(200)
        found = calibration_error(probability, (chance.random(200) < probability).astype(float), rounds=200, seed=seed)
        inside += found.null_low <= found.error <= found.null_high
        assert found.null_low > 0.02
    assert 0.83 <= inside / 200 <= 0.96


def test_a_miscalibrated_model_lies_over_its_null_band() -> None:
    chance = np.random.default_rng(3)
    assert calibration_error(np.full(300, 0.9), (chance.random(300) < 0.6).astype(float)).notable


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=9))
def test_agreement_is_the_share_of_pairs_that_agree(answers: list[str]) -> None:
    pairs = list(itertools.combinations(answers, 2))
    assert agreement(answers) == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


def test_agreement_does_not_depend_on_the_number_of_repeats() -> None:
    chance = np.random.default_rng(4)
    means = [np.mean([agreement(list(chance.random(r) < 0.7)) for _ in range(6_000)]) for r in (2, 5, 10)]
    assert means == pytest.approx([0.7**2 + 0.3**2] * 3, abs=0.02)


def test_a_candidate_that_answers_at_random_is_less_consistent() -> None:
    chance = np.random.default_rng(5)
    steady, loose = [["a"] * 5] * 80, [list(chance.choice(list("abcd"), 5)) for _ in range(80)]
    assert judge(agreements(steady), agreements(loose), margin=0.05, span=1.0).verdict is Verdict.FAIL
    assert judge(agreements(loose), agreements(steady), margin=0.05, span=1.0).verdict is Verdict.PASS


def test_consistency_needs_pairs_of_repeats() -> None:
    with pytest.raises(Unusable, match="two repeats"):
        agreements([["a"], ["a", "b"]])


def test_the_spread_is_tested_as_scipy_does() -> None:
    chance = np.random.default_rng(6)
    base, cand = chance.normal(0, 1, 40), chance.normal(3, 1.6, 55)
    found, reference = judge_spread(base, cand), stats.levene(base, cand, center="median")
    assert found.statistic == pytest.approx(reference.statistic)
    assert found.p_wider == pytest.approx(reference.pvalue / 2)
    assert found.verdict is Verdict.FAIL
    assert judge_spread(cand, base).verdict is Verdict.PASS


@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_a_shift_and_a_unit_change_no_spread_verdict(shift: float, scale: float) -> None:
    chance = np.random.default_rng(7)
    base, cand = chance.normal(0, 1, 30), chance.normal(0, 1.3, 30)
    one, two = judge_spread(base, cand), judge_spread(base * scale + shift, cand * scale)
    assert two.p_wider == pytest.approx(one.p_wider, rel=1e-6)


def test_no_spread_or_two_values_decide_nothing() -> None:
    assert judge_spread(np.ones(20), np.ones(20)).verdict is Verdict.INCONCLUSIVE
    assert judge_spread(np.array([1.0, 2.0]), np.arange(20.0)).verdict is Verdict.INCONCLUSIVE


def test_a_dearer_candidate_fails_and_the_bounds_are_ratios_that_a_t_test_does_not_reject() -> None:
    chance = np.random.default_rng(8)
    base = chance.gamma(4.0, 0.01, 200)
    cand = base * chance.normal(1.25, 0.1, 200)
    said = judge_cost(base, cand, margin=0.1)
    assert said.verdict is Verdict.FAIL
    assert said.low < said.delta < said.high
    for ratio in (1 + said.low, 1 + said.high):
        assert stats.ttest_1samp(cand - ratio * base, 0.0).pvalue == pytest.approx(0.1, abs=1e-6)
    assert judge_cost(base, cand * 1_000 / 1_250, margin=0.1).verdict is Verdict.PASS


def test_a_cost_without_a_baseline_or_without_spread_decides_nothing() -> None:
    assert judge_cost(np.zeros(9), np.ones(9), margin=0.1).verdict is Verdict.INCONCLUSIVE
    assert judge_cost(np.ones(9), np.ones(9), margin=0.1).verdict is Verdict.INCONCLUSIVE
    assert judge_cost(np.ones(2), np.ones(2), margin=0.1).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("right", "tries", "k"), [(0, 5, 2), (1, 5, 1), (2, 7, 3), (5, 5, 5), (3, 10, 10)])
def test_pass_at_k_is_the_share_of_choices_with_a_right_one(right: int, tries: int, k: int) -> None:
    marks = [1] * right + [0] * (tries - right)
    choices = list(itertools.combinations(marks, k))
    assert pass_at_k(right, tries, k)[0] == pytest.approx(sum(any(c) for c in choices) / len(choices))


def test_pass_at_k_is_unbiased_where_the_plug_in_is_not() -> None:
    drawn = np.random.default_rng(9).binomial(10, 0.2, 40_000)
    assert pass_at_k(drawn, 10, 5).mean() == pytest.approx(1 - 0.8**5, abs=0.005)
    assert (1 - (1 - drawn / 10) ** 5).mean() < 1 - 0.8**5 - 0.02


def test_pass_at_k_needs_k_tries() -> None:
    for wrong in ((1, 3, 5), (1, 3, 0), (4, 3, 2)):
        with pytest.raises(Unusable):
            pass_at_k(*wrong)
