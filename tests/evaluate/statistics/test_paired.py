from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.judge import judge
from pulse_tui.evaluate.statistics.needed import more_for_t, more_repeats
from pulse_tui.evaluate.statistics.paired import FEWEST, judge_alike, judge_binary, judge_t, tango, tango_z

COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 400)).filter(lambda c: sum(c) >= FEWEST)


def test_tangos_interval_is_the_published_one() -> None:
    """Airway reactivity (Bentur et al. 2009), 1 and 7 discordant of 21: -0.517 to -0.026 in Fagerland, Lydersen and
    Laake 2014, Statistics in Medicine 33:2850, table of intervals for the paired difference."""
    found = tango(1, 7, 21, z=1.959963984540054, corrected=False)
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (-0.286, -0.517, -0.026)


@pytest.mark.parametrize(
    ("gains", "losses", "n", "difference"), [(3, 9, 60, -0.05), (0, 4, 50, 0.0), (7, 2, 40, 0.2), (0, 0, 80, -0.02)]
)
def test_the_score_statistic_uses_the_likeliest_rates_under_the_hypothesis(
    gains: int, losses: int, n: int, difference: float
) -> None:
    def unlikely(loss: float) -> float:
        gain, rest = loss + difference, 1.0 - 2.0 * loss - difference
        return -float(
            stats.multinomial.logpmf([gains, losses, n - gains - losses], n, [max(gain, 0), loss, max(rest, 0)])
        )

    low, high = max(0.0, -difference), (1.0 - difference) / 2.0
    loss = optimize.minimize_scalar(unlikely, bounds=(low + 1e-12, high - 1e-12), options={"xatol": 1e-12}).x
    variance = n * (2.0 * loss + difference - difference**2)
    expected = (gains - losses - n * difference) / math.sqrt(variance)
    found = tango_z(gains, losses, n, difference)
    assert found.plain == pytest.approx(expected, rel=1e-4)
    d, chances = np.array([1, -1, 0]), np.array([loss + difference, loss, 1 - 2 * loss - difference])
    skewness = float((chances * (d - difference) ** 3).sum()) / (variance / n) ** 1.5 / n**0.5
    s = found.corrected
    assert s + skewness * (s * s - 1) / 6 == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(COUNTS)
def test_the_bounds_are_where_the_score_test_turns(counts: tuple[int, int, int]) -> None:
    gains, losses, n = counts[0], counts[1], sum(counts)
    found = tango(gains, losses, n)
    assert -1.0 <= found.low <= found.value <= found.high <= 1.0
    for bound in (found.low, found.high):
        if abs(bound) < 1.0:
            assert min(map(abs, tango_z(gains, losses, n, bound))) == pytest.approx(1.6448536, abs=1e-4)


@given(COUNTS)
def test_one_more_item_lost_never_looks_better(counts: tuple[int, int, int]) -> None:
    gains, losses, n = counts[0], counts[1], sum(counts) + 1
    better, worse = judge_binary(gains, losses, n, 0.02), judge_binary(gains, losses + 1, n, 0.02)
    assert worse.p_worse <= better.p_worse + 1e-12
    assert worse.high <= better.high + 1e-9


def test_no_changed_item_is_no_certainty() -> None:
    few, many = judge_binary(0, 0, 100, 0.02), judge_binary(0, 0, 140, 0.02)
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.low < -0.02
    assert few.more_items is not None
    assert judge_binary(0, 0, 100 + few.more_items, 0.02).verdict is Verdict.PASS
    assert judge_binary(0, 0, 100 + few.more_items - 1, 0.02).verdict is Verdict.INCONCLUSIVE
    assert many.verdict is Verdict.PASS


def test_all_failed_on_both_sides_is_judged_like_any_unchanged_suite() -> None:
    zeros = np.zeros(30)
    said = judge(zeros, zeros, margin=0.02)
    assert (said.verdict, said.delta, said.method) == (Verdict.INCONCLUSIVE, 0.0, "tango score")


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_handful_of_yes_and_no_decides_nothing_however_bad(n: int) -> None:
    said = judge(np.ones(n), np.zeros(n), margin=0.02)
    assert said.verdict is Verdict.INCONCLUSIVE
    assert "at least 5" in said.note
    assert said.more_items == FEWEST - n
    assert said.p_worse > 0.05


def test_the_t_interval_is_scipys() -> None:
    chance = np.random.default_rng(1)
    base, cand = chance.normal(5, 2, 37), chance.normal(4.8, 2, 37)
    said, reference = judge(base, cand, margin=0.0), stats.ttest_rel(cand, base, alternative="less")
    interval = stats.ttest_rel(cand, base).confidence_interval(0.9)
    assert (said.low, said.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert said.p_worse == pytest.approx(reference.pvalue, rel=1e-9)
    assert said.method == "paired t"


def test_repeated_scores_go_by_t_and_yes_and_no_by_tango() -> None:
    yes, share = np.array([1.0, 0, 1, 1, 0, 1]), np.array([1.0, 0.2, 1, 0.9, 0, 1])
    assert judge(yes, yes[::-1].copy(), margin=0.02).method == "tango score"
    assert judge(yes, share, margin=0.02).method == "paired t"


def test_one_item_without_a_scale_says_nothing() -> None:
    said = judge(np.array([5.0]), np.array([9.0]), margin=1.0)
    assert (said.verdict, said.more_items) == (Verdict.INCONCLUSIVE, None)
    assert "one item" in said.note


def test_two_items_have_one_degree_of_freedom_and_a_wide_interval() -> None:
    said = judge_t(np.array([-0.1, -0.3]), 0.02)
    assert said.verdict is Verdict.INCONCLUSIVE
    assert said.high == pytest.approx(-0.2 + 6.313751514675 * 0.1)


def test_items_that_all_moved_alike_pass_only_when_there_are_enough_and_the_metric_has_a_scale() -> None:
    alike = np.full(400, 0.5)
    assert judge(alike[:100], alike[:100], margin=0.02).verdict is Verdict.INCONCLUSIVE
    assert judge(alike, alike, margin=0.02).verdict is Verdict.PASS
    assert judge(alike * 50, alike * 50, margin=1.0).verdict is Verdict.INCONCLUSIVE
    assert judge(alike, alike - 0.3, margin=0.02).verdict is Verdict.FAIL


@given(st.integers(1, 300), st.floats(-0.9, 0.9), st.floats(0.0, 0.3))
def test_the_bound_for_items_that_moved_alike_is_the_exact_binomial_one(n: int, moved: float, margin: float) -> None:
    said = judge_alike(moved, n, margin, 1.0)
    other = float(stats.binomtest(0, n).proportion_ci(0.90, "exact").high)
    assert said.low == pytest.approx((1 - other) * moved - other, abs=1e-9)
    assert (said.verdict is Verdict.FAIL) == (said.p_worse < 0.05) or said.p_worse == pytest.approx(0.05, abs=1e-6)


def test_the_extra_items_decide_when_what_was_seen_goes_on() -> None:
    undecided = judge_binary(5, 9, 100, 0.0)
    assert undecided.verdict is Verdict.INCONCLUSIVE
    assert undecided.more_items is not None
    factor = (100 + undecided.more_items) / 100
    assert max(tango_z(5 * factor, 9 * factor, 100 * factor, 0.0)) == pytest.approx(-1.645, abs=0.01)


def test_the_extra_items_of_a_t_test_follow_the_formula_of_its_width() -> None:
    more = more_for_t(0.01, 0.3, 100)
    assert more is not None
    assert more + 100 == pytest.approx((1.645 * 0.3 / 0.01) ** 2, rel=0.01)


def test_nothing_decides_what_lies_exactly_on_the_margin() -> None:
    assert more_for_t(0.0, 0.3, 100) is None
    assert judge_binary(0, 2, 100, 0.02).more_items is None


def test_repeats_help_only_against_noise_within_the_items() -> None:
    chance = np.random.default_rng(3)
    share = np.full((60, 1), 0.7)
    noisy_base, noisy_cand = (chance.random((2, 60, 5)) < share).astype(float)
    needed = more_repeats(noisy_base, noisy_cand, 0.05)
    assert needed is not None
    assert needed > 0
    steady = np.tile(np.linspace(-1, 1, 60)[:, None], (1, 5))  # items differ, repeats hardly
    assert more_repeats(np.zeros((60, 5)), steady + chance.normal(0, 1e-3, (60, 5)), 0.02) is None


@pytest.mark.parametrize("margin", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("n", [20, 50, 100])
def test_at_the_margin_a_fail_is_no_more_frequent_than_by_the_plain_score_test_however_few_items_change(
    n: int, margin: float
) -> None:
    """Exact sums over all tables, for the worst rate of changed items."""
    tables = [(x, y) for x in range(n + 1) for y in range(n + 1 - x)]
    scores = [tango_z(x, y, n, -margin) for x, y in tables]
    corrected = np.array([max(s) < -1.6448536 for s in scores])
    plain = np.array([s.plain < -1.6448536 for s in scores])
    worst = [0.0, 0.0]
    for gain in np.linspace(0.0, (1.0 - margin) / 2.0, 25):
        chances = stats.multinomial.pmf(
            [(x, y, n - x - y) for x, y in tables], n, [gain, gain + margin, 1 - 2 * gain - margin]
        )
        for which, fails in enumerate((corrected, plain)):
            worst[which] = max(worst[which], float(chances[fails].sum()))
    assert worst[0] <= worst[1] + 1e-12
    assert worst[0] <= 0.07
    if (n, margin) == (100, 0.02):
        assert worst[0] < 0.055
        assert worst[1] > 0.065
