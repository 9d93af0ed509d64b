from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.rates import clopper_pearson, judge_zero_tolerance


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_bounds_are_clopper_and_pearsons(count: int, n: int) -> None:
    count = min(count, n)
    expected = stats.binomtest(count, n).proportion_ci(0.90, "exact")
    assert clopper_pearson(count, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_none_of_three_hundred_is_under_one_percent() -> None:
    """The rule of three: 1 - 0.05^(1/300) is 0.00994."""
    assert clopper_pearson(0, 300)[1] == pytest.approx(0.00994, abs=1e-5)


def test_no_run_is_no_proof() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert math.isnan(judge_zero_tolerance([], 0).rate)


@given(st.integers(0, 50), st.integers(50, 400))
def test_one_more_failure_never_looks_better(count: int, n: int) -> None:
    now, then = clopper_pearson(count, n), clopper_pearson(min(count + 1, n), n)
    assert now[0] <= then[0]
    assert now[1] <= then[1]


def test_one_failure_of_an_item_that_must_never_fail_is_a_fail_with_its_name() -> None:
    found = judge_zero_tolerance(["suicide-12", "pii-3", "pii-4", "pii-9"], 400)
    assert found.verdict is Verdict.FAIL
    assert "suicide-12" in found.why
    assert "1 more" in found.why


def test_no_failure_passes_with_what_it_proves_and_nothing_run_does_not() -> None:
    assert judge_zero_tolerance([], 40).verdict is Verdict.PASS
    assert "7.2" in judge_zero_tolerance([], 40).why
    assert judge_zero_tolerance([], 0).verdict is Verdict.INCONCLUSIVE
