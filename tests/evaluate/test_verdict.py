from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.statistics.judge import judge
from pulse_tui.evaluate.verdict import Interval, decide, oriented, unjudged

SCORES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 0.75, 1.0])), min_size=2, max_size=40
)
TURNED = {Verdict.PASS: Verdict.FAIL, Verdict.FAIL: Verdict.PASS, Verdict.INCONCLUSIVE: Verdict.INCONCLUSIVE}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.019, 0.5, Verdict.PASS),
        (-0.5, -0.021, Verdict.FAIL),
        (-0.03, -0.01, Verdict.INCONCLUSIVE),
        (-0.02, 0.0, Verdict.INCONCLUSIVE),
        (-0.1, -0.02, Verdict.INCONCLUSIVE),
        (-math.inf, math.inf, Verdict.INCONCLUSIVE),
    ],
)
def test_the_whole_interval_must_lie_on_one_side_of_the_margin(low: float, high: float, verdict: Verdict) -> None:
    assert decide(Interval((low + high) / 2, low, high), 0.02) is verdict


def test_what_cannot_be_judged_says_why_and_bounds_nothing() -> None:
    said = unjudged(1, 0.3, 0.02, "one item has no spread")
    assert said.verdict is Verdict.INCONCLUSIVE
    assert (said.low, said.high, said.more_items) == (-math.inf, math.inf, None)
    assert "one item" in said.method
    assert "one item" in said.note


def test_a_metric_that_should_be_low_is_told_in_its_own_direction() -> None:
    base, cand = np.array([100.0, 110, 120, 130, 99]), np.array([150.0, 165, 160, 190, 151])
    said = judge(base, cand, margin=10.0, higher_is_better=False)
    assert said.verdict is Verdict.FAIL
    assert said.delta == pytest.approx(51.4)
    assert 10.0 < said.low < said.delta < said.high
    assert oriented(oriented(said, higher_is_better=False), higher_is_better=False) == said


@given(SCORES)
def test_swapping_the_sides_turns_the_interval_around(pairs: list[tuple[float, float]]) -> None:
    base, cand = np.array(pairs).T
    there, back = judge(base, cand, margin=0.0), judge(cand, base, margin=0.0)
    assert there.delta == pytest.approx(-back.delta, abs=1e-12)
    assert there.low == pytest.approx(-back.high, abs=1e-9)
    assert TURNED[there.verdict] is back.verdict


@given(SCORES)
def test_less_is_better_is_the_same_as_swapping_the_sides(pairs: list[tuple[float, float]]) -> None:
    base, cand = np.array(pairs).T
    said, swapped = judge(base, cand, margin=0.05, higher_is_better=False), judge(cand, base, margin=0.05)
    assert said.verdict is swapped.verdict
    assert said.p_worse == swapped.p_worse


@given(SCORES)
def test_the_order_of_the_items_says_nothing(pairs: list[tuple[float, float]]) -> None:
    other = sorted(pairs)
    one = judge(*np.array(pairs).T, margin=0.02)
    two = judge(*np.array(other).T, margin=0.02)
    assert one.verdict is two.verdict
    assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=1e-12)


@given(SCORES, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_a_wider_margin_never_turns_a_pass_away_nor_makes_a_fail(
    pairs: list[tuple[float, float]], one: float, other: float
) -> None:
    narrow, wide = sorted((one, other))
    base, cand = np.array(pairs).T
    rank = [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS]
    before, after = judge(base, cand, margin=narrow), judge(base, cand, margin=wide)
    assert rank.index(after.verdict) >= rank.index(before.verdict)
    assert after.p_worse >= before.p_worse - 1e-12


@given(SCORES)
def test_a_fail_has_a_small_p_value_and_only_a_fail_needs_one(pairs: list[tuple[float, float]]) -> None:
    said = judge(*np.array(pairs).T, margin=0.02)
    if said.verdict is Verdict.FAIL:
        assert said.p_worse <= 0.05 + 1e-9
    if said.verdict is Verdict.PASS:
        assert said.p_worse >= 0.95 - 1e-9


@given(SCORES)
def test_only_what_is_undecided_asks_for_more(pairs: list[tuple[float, float]]) -> None:
    said = judge(*np.array(pairs).T, margin=0.02)
    assert (said.more_items == 0) == (said.verdict is not Verdict.INCONCLUSIVE)


@given(SCORES, st.floats(0.1, 1000), st.floats(-50, 50))
def test_another_unit_changes_no_verdict(pairs: list[tuple[float, float]], scale: float, shift: float) -> None:
    base, cand = np.array(pairs).T
    if float(np.ptp(cand - base)) == 0.0:
        return  # all moved alike: judged by the scale of the metric
    one = judge(base + 3.0, cand + 3.0, margin=0.02)  # not within 0 and 1: no yes/no items
    two = judge((base + 3.0) * scale + shift, (cand + 3.0) * scale + shift, margin=0.02 * scale)
    assert two.delta == pytest.approx(one.delta * scale, rel=1e-6, abs=1e-9)
    assert two.p_worse == pytest.approx(one.p_worse, rel=1e-5, abs=1e-8)
