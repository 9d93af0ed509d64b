from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.clustered import Clusters, flipped, gathered, judge_clusters, numbered, subsets
from pulse_tui.evaluate.statistics.judge import judge

SIZES = st.lists(st.integers(1, 30), min_size=2, max_size=12)


def clusters(sizes: list[int], correlation: float, seed: int, shift: float = 0.0) -> Clusters:
    chance = np.random.default_rng(seed)
    many = np.array(sizes, np.float64)
    own = many * chance.standard_normal(many.size) * correlation**0.5
    noise = np.sqrt(many * (1 - correlation)) * chance.standard_normal(many.size)
    return Clusters(own + noise + shift * many, many)


def test_the_variance_is_cr2_by_its_definition() -> None:
    """Bell and McCaffrey 2002: residuals of a cluster times (I - H)^(-1/2), H the cluster's block of the hat matrix."""
    chance = np.random.default_rng(2)
    sizes = [3, 5, 9, 4, 12, 7] * 8
    label = np.repeat(np.arange(len(sizes)), sizes)
    gain = chance.normal(0, 1, label.size) + chance.normal(0, 1, len(sizes))[label]
    n, mean, total = gain.size, gain.mean(), 0.0
    for g in range(len(sizes)):
        own = gain[label == g] - mean
        adjust = linalg.fractional_matrix_power(np.eye(own.size) - np.ones((own.size, own.size)) / n, -0.5)
        total += float(np.ones(own.size) @ adjust @ own) ** 2
    said = judge_clusters(gathered(gain, label, len(sizes)), 0.1)
    effective = n**2 / sum(s**2 for s in sizes)
    reach = stats.t.ppf(0.95, effective - 1) * total**0.5 / n
    assert said.clusters_effective == pytest.approx(effective)
    assert (said.low, said.high) == pytest.approx((mean - reach, mean + reach))
    assert said.p_worse == pytest.approx(stats.t.cdf((mean + 0.1) / (total**0.5 / n), effective - 1))
    assert said.method == "cluster t"


def test_equal_clusters_are_judged_as_a_t_test_of_their_means() -> None:
    chance = np.random.default_rng(4)
    means = chance.normal(0, 1, 40)
    gain, label = np.repeat(means, 5), np.repeat(np.arange(40), 5)
    said, reference = judge_clusters(gathered(gain, label, 40), 0.0), stats.ttest_1samp(means, 0.0)
    assert said.low == pytest.approx(reference.confidence_interval(0.9).low)


def test_the_sign_flip_test_is_scipys_permutation_test() -> None:
    drawn = clusters([7] * 9, 0.5, 5, shift=-0.2)
    reference = stats.permutation_test(
        (drawn.sums,),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        alternative="less",
        n_resamples=np.inf,
    )
    assert flipped(drawn, 0.0).p_worse == pytest.approx(reference.pvalue)


@given(SIZES, st.integers(0, 2**32 - 1))
def test_a_bound_of_the_sign_flip_test_is_where_it_turns(sizes: list[int], seed: int) -> None:
    drawn = clusters(sizes, 0.3, seed)
    found = flipped(drawn, 0.0)
    if np.isfinite(found.high):
        assert flipped(drawn, -(found.high + 1e-9)).p_worse <= 0.05
        assert flipped(drawn, -(found.high - 1e-9)).p_worse > 0.05
    else:
        assert len(sizes) < 5


@given(SIZES, st.integers(0, 2**32 - 1))
def test_swapping_the_sides_turns_the_interval_of_clusters_around(sizes: list[int], seed: int) -> None:
    drawn = clusters(sizes, 0.3, seed)
    there, back = judge_clusters(drawn, 0.0), judge_clusters(drawn._replace(sums=-drawn.sums), 0.0)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 15), st.floats(-1, 1)), min_size=3, max_size=60))
def test_the_order_of_items_and_the_names_of_clusters_say_nothing(items: list[tuple[int, float]]) -> None:
    def said(pairs: list[tuple[int, float]]) -> tuple[float, float, float]:
        gain = np.array([p[1] for p in pairs])
        answer = judge(np.zeros(gain.size), gain + 2.0, margin=0.02, clusters=[f"c{p[0]}" for p in pairs])
        return answer.low, answer.high, answer.p_worse

    assert said(items) == pytest.approx(said([(99 - c, g) for c, g in reversed(items)]), abs=1e-9)


def test_every_subset_of_a_few_clusters_is_looked_at_once() -> None:
    rows = {tuple(int(v) for v in row) for row in subsets(4)}
    assert rows == set(itertools.product((0, 1), repeat=4)) - {(0, 0, 0, 0)}
    assert subsets(20).shape == (3_999, 20)
    assert (subsets(20).sum(axis=1) > 0).all()


def test_under_five_effective_clusters_nothing_fails_and_that_is_said() -> None:
    gain = np.repeat([-0.5, -0.49, -0.51, -0.52], 50)
    said = judge(np.full(200, 0.9), 0.9 + gain, margin=0.02, clusters=np.repeat(list("abcd"), 50).tolist())
    assert said.verdict is Verdict.INCONCLUSIVE
    assert "cannot FAIL" in said.method
    assert "4.0 effective clusters" in said.note
    assert said.p_worse > 0.05
    assert said.more_items == 50
    five = judge(
        np.full(250, 0.9),
        0.9 + np.append(gain, [-0.5] * 50),
        margin=0.02,
        clusters=np.repeat(list("abcde"), 50).tolist(),
    )
    assert five.verdict is Verdict.FAIL


def test_many_clusters_of_which_one_is_huge_count_as_few() -> None:
    said = judge_clusters(clusters([1000] + [2] * 50, 0.5, 6, shift=-3.0), 0.0)
    assert said.clusters_effective is not None
    assert said.clusters_effective < 2
    assert said.verdict is Verdict.INCONCLUSIVE


def test_one_cluster_says_nothing_about_others() -> None:
    said = judge(np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.4, 0.1]), margin=0.02, clusters=["a", "a", "a"])
    assert (said.verdict, said.clusters_effective, said.more_items) == (Verdict.INCONCLUSIVE, 1.0, None)
    assert "one cluster" in said.note


def test_clusters_of_one_item_are_no_clusters() -> None:
    base, cand = np.array([1.0, 0, 1, 1, 0, 1, 1]), np.array([1.0, 1, 1, 0, 0, 1, 0])
    plain, named = judge(base, cand, margin=0.02), judge(base, cand, margin=0.02, clusters=list("abcdefg"))
    assert named == plain._replace(clusters_effective=7.0)


def test_clusters_that_all_moved_alike_are_counted_as_clusters_not_as_items() -> None:
    same = np.tile([0.0, 1.0], 300)
    few = judge(same, same, margin=0.02, clusters=(np.arange(600) // 60).tolist())
    many = judge(same, same, margin=0.02, clusters=(np.arange(600) // 3).tolist())
    assert (few.verdict, many.verdict) == (Verdict.INCONCLUSIVE, Verdict.PASS)


def test_labels_are_numbered_as_they_come() -> None:
    number, count = numbered(["b", "a", "b", 3])
    assert (number.tolist(), count) == ([0, 1, 0, 2], 3)


@pytest.mark.parametrize("sizes", [[10] * 5, [40, 30, 30, 20, 10, 10, 5], [100] + [10] * 20, [60] * 5 + [5] * 10])
def test_an_unchanged_suite_of_few_uneven_clusters_fails_no_more_than_one_time_in_twenty(sizes: list[int]) -> None:
    rounds = 1_500
    fails = sum(judge_clusters(clusters(sizes, 0.4, seed), 0.0).verdict is Verdict.FAIL for seed in range(rounds))
    assert fails / rounds <= 0.05 + 2.6 * (0.05 * 0.95 / rounds) ** 0.5
