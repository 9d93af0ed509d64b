"""Two totals without items: the interval of Agresti and Caffo for shares, plain errors for the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Basis, Score, Task, TaskVerdict, Verdict
from pulse_tui.evaluate.compare.totals import judge_totals
from pulse_tui.evaluate.verdict import Judgement
from tests.evaluate.runs import only, run, said

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
Z = 1.6448536269514722


def score(value: float, n: int | None = None, stderr: float | None = None, metric: str = "accuracy") -> Score:
    return Score(task="qa", metric=metric, value=value, n=n, stderr=stderr)


def judged(base: Score, cand: Score, margin: float = 0.02, *, up: bool = True, share: bool = True) -> Judgement:
    return judge_totals(base, cand, margin, higher_is_better=up, span=1.0 if share else None)[0]


def line(base: Score, cand: Score, **task: object) -> TaskVerdict:
    asked = Task(**{"name": "qa", "metric": base.metric, **task})  # type: ignore[arg-type]
    return only(said(run("b", base), run("c", cand), asked))


@given(st.integers(0, 80), st.integers(5, 80), st.integers(0, 80), st.integers(5, 80))
def test_shares_have_the_interval_of_agresti_and_caffo(x: int, n: int, y: int, m: int) -> None:
    x, y = min(x, n), min(y, m)
    left, right = (x + 1) / (n + 2), (y + 1) / (m + 2)
    error = math.sqrt(left * (1 - left) / (n + 2) + right * (1 - right) / (m + 2))
    found = judged(score(x / n, n), score(y / m, m))
    assert (found.low, found.high) == pytest.approx(
        (max(right - left - Z * error, -1.0), min(right - left + Z * error, 1.0))
    )
    assert found.delta == pytest.approx(y / m - x / n)


@given(st.integers(1, 79), st.integers(1, 79))
def test_a_stated_error_of_yes_and_no_answers_says_the_same_as_their_number(x: int, y: int) -> None:
    """Harnesses state sqrt(p (1 - p) / n); taken plainly, that passes 30 % of candidates at the margin near 0 or 1."""
    p, q = x / 80, y / 80
    by_number = judged(score(p, 80), score(q, 80))
    one, two = (score(share, 80, math.sqrt(share * (1 - share) / 80)) for share in (p, q))
    stated = judged(one, two)
    assert (stated.low, stated.high) == pytest.approx((by_number.low, by_number.high))


def _wrong(n: int, m: int, better: float, worse: float) -> tuple[float, float]:
    """(FAIL, PASS) of a candidate at the margin, by exact sums over all tables."""
    wrong = [0.0, 0.0]
    x, y = stats.binom.pmf(np.arange(n + 1), n, better), stats.binom.pmf(np.arange(m + 1), m, worse)
    for i in np.flatnonzero(x > 1e-7):
        for j in np.flatnonzero(y > 1e-7):
            verdict = judged(score(i / n, n), score(j / m, m)).verdict
            wrong[0] += x[i] * y[j] * (verdict is FAIL)
            wrong[1] += x[i] * y[j] * (verdict is PASS)
    return wrong[0], wrong[1]


@pytest.mark.parametrize("share", [0.99, 0.97, 0.9, 0.5, 0.03])
def test_at_the_margin_either_verdict_is_wrong_one_time_in_twenty_by_exact_sums(share: float) -> None:
    fails, passes = _wrong(60, 60, share, share - 0.02)
    assert max(fails, passes) <= 0.056


@pytest.mark.parametrize(("x", "n", "y", "m"), [(56, 70, 48, 80), (9, 10, 3, 10), (391, 400, 370, 400)])
def test_the_interval_is_close_to_newcombes(x: int, n: int, y: int, m: int) -> None:
    """Newcombe 1998, Statistics in Medicine 17:873, method 10: from Wilson's bounds of either share."""

    def wilson(k: int, size: int) -> tuple[float, float]:
        bounds = stats.binomtest(k, size).proportion_ci(0.9, "wilson")
        return bounds.low, bounds.high

    (l1, u1), (l2, u2), p, q = wilson(x, n), wilson(y, m), x / n, y / m
    low = q - p - math.hypot(q - l2, u1 - p)
    high = q - p + math.hypot(u2 - q, p - l1)
    found = judged(score(p, n), score(q, m))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.08 if n < 20 else 0.012)


def test_other_numbers_go_by_the_errors_that_they_state() -> None:
    found = judged(score(5.4, None, 0.3), score(5.1, None, 0.4), 0.1, up=False, share=False)
    assert (found.low, found.high) == pytest.approx((-0.3 - Z * 0.5, -0.3 + Z * 0.5))
    assert found.p_worse == pytest.approx(stats.norm.cdf((0.3 + 0.1) / 0.5))
    assert (found.more_items, found.n) == (None, 0)  # how many there were is not known


def test_clustered_totals_are_as_wide_as_their_errors_say() -> None:
    plain, clustered = (judged(score(0.9, 400, e), score(0.88, 400, e)) for e in (None, 0.03))
    assert clustered.high - clustered.low > 1.9 * (plain.high - plain.low)
    assert clustered.high - clustered.low == pytest.approx(2 * Z * 0.03 * math.sqrt(2), rel=0.05)


def test_the_extra_items_decide_when_what_was_seen_goes_on() -> None:
    found = judged(score(0.914, 500), score(0.866, 500))
    assert found.verdict is OPEN
    assert found.more_items
    more = 500 + found.more_items
    assert judged(score(0.914, more), score(0.866, more)).verdict is FAIL


@pytest.mark.parametrize(
    ("base", "cand", "why"),
    [
        (score(0.9), score(0.8), "the baseline and the candidate have totals without their errors"),
        (score(0.9, 100), score(0.8), "the candidate has a total without its error"),
        (score(0.9, 3), score(0.8, 100), "3 items are too few"),
    ],
)
def test_totals_without_a_noise_that_is_known_decide_nothing(base: Score, cand: Score, why: str) -> None:
    found, basis = judge_totals(base, cand, 0.02, higher_is_better=True, span=1.0)
    assert (found.verdict, basis) == (OPEN, Basis.RAW)
    assert why in found.note
    assert found.delta == pytest.approx(-0.1)


def test_an_error_of_zero_is_no_certainty() -> None:
    assert "error of zero" in judged(score(5.0, 90, 0.0), score(9.0, 90, 0.0), share=False).note
    assert "too large" in judged(score(5.0, 90, 1e200), score(9.0, 90, 0.0), share=False).note
    assert judged(score(1.0, 90, 0.0), score(1.0, 90, 0.0)).verdict is OPEN  # 90 right answers leave 2.4 % open


@given(st.floats(0, 1), st.floats(0, 1), st.integers(5, 500), st.sampled_from([None, 0.01, 0.1]))
def test_swapping_the_totals_turns_the_interval_around(p: float, q: float, n: int, error: float | None) -> None:
    there, back = judged(score(p, n, error), score(q, n, error)), judged(score(q, n, error), score(p, n, error))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    less = judged(score(p, n, error), score(q, n, error), up=False)
    assert (less.low, less.high) == pytest.approx((there.low, there.high), abs=1e-12)


def test_two_samples_of_the_same_questions_are_judged_with_caution() -> None:
    """Their errors go together, which totals do not tell."""
    chance, fails, rounds = np.random.default_rng(1), 0, 400
    for _ in range(rounds):
        share = chance.beta(0.5, 0.3, 150)
        right: NDArray[np.bool_] = chance.random((2, 150)) < share * np.array([[1.0], [1 - 0.02 / float(share.mean())]])
        one, two = (score(float(r.mean()), 150) for r in right)
        fails += judged(one, two).verdict is FAIL
    assert fails / rounds < 0.03


# --------------------------------------------------------------------------- as lines


def test_percentages_are_shares_too() -> None:
    ratio, per_cent = line(score(0.914, 500), score(0.862, 500)), line(score(91.4, 500), score(86.2, 500), scale=1.0)
    assert (per_cent.low, per_cent.high) == pytest.approx((100 * (ratio.low or 0), 100 * (ratio.high or 0)))
    assert per_cent.margin == 2.0


def test_a_cost_is_told_as_its_relative_change_with_or_without_items() -> None:
    found = line(score(0.004, 300, 0.0001, "cost"), score(0.0052, 300, 0.0001, "cost"))
    assert (found.verdict, found.margin) == (FAIL, 0.1)
    assert found.delta == pytest.approx(0.3)
    error = math.hypot(0.0001 / 0.004, 1.3 * 0.0001 / 0.004)
    assert (found.low, found.high) == pytest.approx((0.3 - Z * error, 0.3 + Z * error))
    assert "cost nothing" in line(score(0.0, 300, 0.1, "cost"), score(1.0, 300, 0.1, "cost")).note


def test_a_total_of_a_growing_candidate_cannot_be_looked_at_again_and_again() -> None:
    found = line(score(0.9, 500), score(0.5, 500), growing=True)
    assert (found.verdict, found.basis) == (OPEN, Basis.RAW)
    assert "cannot be watched" in found.note


def test_a_total_that_one_side_lacks_is_told_with_the_side() -> None:
    task = Task(name="qa", metric="accuracy")
    lone = only(said(run("b"), run("c", score(0.9, 9)), task))
    assert (lone.note, lone.current, lone.delta) == ("the baseline has no accuracy of qa", 0.9, None)
    assert only(said(run("b"), run("c"), task)).note == "the baseline and the candidate have no accuracy of qa"
