from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.latency import inflation, judge_latency, tail, tail_correlation


@given(st.integers(0, 60), st.integers(1, 400), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_tail_is_the_binomial_one(count: int, n: int, share: float) -> None:
    assert tail(count, n, share) == pytest.approx(float(stats.binom.sf(count - 1, n, share)), rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("r", [0.0, 0.2, 0.5, 0.9])
def test_the_tail_correlation_is_that_of_two_normal_values(r: float) -> None:
    h = float(stats.norm.ppf(0.05))
    both = float(stats.multivariate_normal.cdf([h, h], cov=[[1, r], [r, 1]]))
    assert tail_correlation(r) == pytest.approx((both - 0.0025) / 0.0475, abs=2e-4)


def test_requests_over_the_limit_are_counted_against_one_in_twenty() -> None:
    chance = np.random.default_rng(1)
    calm = chance.permutation(np.concatenate([np.linspace(50, 100, 279), np.linspace(116, 200, 21)]))
    found = judge_latency(calm, 100.0, 1.15)
    assert (found.exceedances, found.judgement.n) == (21, 300)
    assert found.allowed == pytest.approx(115.0)
    if found.n_effective == 300:
        assert found.judgement.p_worse == pytest.approx(stats.binomtest(21, 300, 0.05, "greater").pvalue)
    assert found.p95 == np.sort(calm)[284]


def test_far_over_fails_and_far_under_passes() -> None:
    chance = np.random.default_rng(2)
    values = chance.lognormal(4.0, 0.4, 400)
    assert judge_latency(values, 50.0).judgement.verdict is Verdict.FAIL
    assert judge_latency(values, 500.0).judgement.verdict is Verdict.PASS


def test_fewer_than_fifty_nine_quiet_requests_prove_nothing_about_one_in_twenty() -> None:
    few, enough = judge_latency(np.full(58, 1.0), 100.0), judge_latency(np.full(59, 1.0), 100.0)
    assert (few.judgement.verdict, few.judgement.more_items) == (Verdict.INCONCLUSIVE, 1)
    assert enough.judgement.verdict is Verdict.PASS


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=120), st.floats(1, 1000))
def test_the_interval_of_p95_says_what_the_test_says(values: list[float], allowed: float) -> None:
    found = judge_latency(np.array(values), allowed, 1.0)
    said = found.judgement
    assert said.low <= said.delta <= said.high
    assert (said.verdict is Verdict.FAIL) == (said.low > 0)
    assert (said.verdict is Verdict.PASS) == (said.high <= 0)


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=120), st.floats(0.5, 20))
def test_another_unit_of_time_changes_nothing(values: list[float], scale: float) -> None:
    one = judge_latency(np.round(np.array(values), 3), 200.0005, 1.0)
    two = judge_latency(np.round(np.array(values), 3) * scale, 200.0005 * scale, 1.0)
    assert (one.exceedances, one.judgement.verdict) == (two.exceedances, two.judgement.verdict)


def series(correlation: float, seed: int, n: int = 300) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    noise = np.random.default_rng(seed).standard_normal(n)
    for i in range(1, n) if correlation else ():
        noise[i] = correlation * noise[i - 1] + math.sqrt(1 - correlation**2) * noise[i]
    return np.exp(0.8 * noise)


def test_requests_in_a_row_that_are_alike_count_less_and_independent_ones_in_full() -> None:
    limit = math.exp(0.8 * 1.645)
    alone = [inflation(x, x > limit) for x in (series(0.0, s) for s in range(60))]
    alike = [inflation(x, x > limit) for x in (series(0.7, s) for s in range(60))]
    assert float(np.mean(alone)) < 1.1
    true = 1 + 2 * sum(tail_correlation(0.7**k) for k in range(1, 40))
    assert float(np.median(alike)) == pytest.approx(true, rel=0.35)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_at_the_limit_it_alarms_no_more_than_one_time_in_twenty(correlation: float) -> None:
    rounds, limit = 800, math.exp(0.8 * 1.6448536)
    fails = sum(
        judge_latency(series(correlation, s), limit, 1.0).judgement.verdict is Verdict.FAIL for s in range(rounds)
    )
    assert fails / rounds <= 0.05 + 2.6 * (0.05 * 0.95 / rounds) ** 0.5


def test_a_burst_that_only_the_tail_shows_is_no_independent_evidence() -> None:
    values = np.random.default_rng(5).uniform(50, 90, 300)
    spread_out = values.copy()
    values[100:124] = 400.0
    spread_out[::13] = 400.0
    burst, even = judge_latency(values, 100.0), judge_latency(spread_out, 100.0)
    assert burst.exceedances == even.exceedances == 24
    assert burst.n_effective < 60 < even.n_effective
    assert even.judgement.verdict is Verdict.FAIL
    assert burst.judgement.verdict is Verdict.INCONCLUSIVE
    assert "deflated" in burst.judgement.method
