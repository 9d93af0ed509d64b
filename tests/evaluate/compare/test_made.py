"""Scores that a file does not state and its items do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import EvalRun, Score, Task
from pulse_tui.evaluate.compare.comparing import compare
from pulse_tui.evaluate.compare.made import made_scores
from tests.evaluate.runs import ANY_CASE, Case, cases, only, run, said, sheet

RIGHT = [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]


def task(metric: str, **fields: object) -> Task:
    return Task(**{"name": "qa", "metric": metric, **fields})  # type: ignore[arg-type]


def one(of: EvalRun, metric: str, **fields: object) -> Score:
    (score,) = made_scores(of, [task(metric, **fields)])
    return score


def test_each_made_metric_is_the_mean_over_its_items() -> None:
    whole = run("b", sheet("qa", RIGHT, costs=(1.0, 2.0, 3.0, 6.0), probabilities=(0.9, 0.3, 0.1, 0.7)))
    assert one(whole, "pass@2").value == pytest.approx((1 + 2 / 3 + 0 + 1) / 4)
    assert one(whole, "consistency").value == pytest.approx((1 + 1 / 3 + 1 + 1 / 3) / 4)
    assert one(whole, "spread").value == pytest.approx((0 + 1 / 3 + 0 + 1 / 3) / 4)
    assert one(whole, "cost").value == 3.0
    stated, seen = np.array([0.9, 0.3, 0.1, 0.7]), np.array([1, 1 / 3, 0, 2 / 3])
    assert one(whole, "brier").value == pytest.approx(((stated - seen) ** 2).mean())
    assert one(whole, "cost").stderr == pytest.approx(stats.sem([1.0, 2.0, 3.0, 6.0]))
    assert [one(whole, m).higher_is_better for m in ("pass@2", "consistency", "spread", "cost", "brier")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_the_error_is_over_clusters_where_there_are_any() -> None:
    whole = run("b", sheet("qa", RIGHT, costs=(1.0, 2.0, 3.0, 6.0), clusters=("a", "a", "b", "b")))
    assert one(whole, "cost").stderr == pytest.approx(math.sqrt(2 * (3.0**2 + 3.0**2)) / 4)


def test_a_p95_is_a_latency_that_was_seen_and_has_no_error() -> None:
    whole = run("b", sheet("qa", RIGHT, latencies=tuple(float(i) for i in range(100, 0, -1))))
    score = one(whole, "p95_latency")
    assert (score.value, score.n, score.stderr, score.higher_is_better) == (95.0, 100, None, False)


def test_of_attacks_a_hit_counts_and_of_errors_their_absence() -> None:
    attacks = run("b", sheet("qa", RIGHT, "jailbreak_success"))
    score = one(attacks, "pass@1", higher_is_better=False)
    assert (score.value, score.higher_is_better) == (0.5, False)
    assert one(run("b", sheet("qa", np.ones((4, 3)), "error")), "pass@1").value == 0.0


def test_items_without_the_column_are_left_out_with_their_clusters() -> None:
    holes = run("b", sheet("qa", [[1.0, 1.0], [], [0.0, 0.0], [1.0, 1.0]], clusters=("a", "a", "b", "c")))
    score = one(holes, "consistency")
    assert (score.value, score.n) == (1.0, 3)


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        ("pass@4", "too few repeats"),
        ("brier", "no probabilities"),
        ("cost", "no costs"),
        ("p95_latency", "no latencies"),
    ],
)
def test_what_cannot_be_made_is_left_out(metric: str, why: str) -> None:
    assert why
    assert made_scores(run("b", sheet("qa", RIGHT)), [task(metric)]) == ()


def test_what_the_file_states_is_not_made_again_and_nothing_twice() -> None:
    stated = Score(task="qa", metric="pass@2", value=0.5)
    whole = run("b", sheet("qa", RIGHT), stated)
    assert made_scores(whole, [task("pass@2"), task("accuracy"), task("consistency", slices=("x",)), task("consistency")]) == (
        one(whole, "consistency"),
    )  # fmt: skip
    assert made_scores(run("b", sheet("qa", {"cost": np.ones(4)}, costs=(2.0,) * 4)), [task("cost")]) == ()
    assert made_scores(run("b"), [task("pass@2")]) == ()


@pytest.mark.parametrize("metric", ["pass@2", "consistency", "spread", "cost", "brier", "p95_latency"])
def test_the_line_of_a_comparison_tells_the_same_number_as_the_trend(metric: str) -> None:
    chance = np.random.default_rng(1)
    columns = {
        "costs": tuple(chance.gamma(3, 1, 40)),
        "probabilities": tuple(chance.random(40)),
        "latencies": tuple(chance.gamma(3, 50, 70)),
    }
    runs = [run(name, sheet("qa", chance.integers(0, 2, (40, 4)), "accuracy", **columns)) for name in "bc"]
    line = only(said(*runs, task(metric, slo=100.0)))  # type: ignore[arg-type]
    assert (line.baseline, line.current) == pytest.approx(tuple(one(r, metric).value for r in runs))
    assert line.higher_is_better == one(runs[0], metric).higher_is_better


@ANY_CASE
@given(cases())
def test_whatever_is_made_of_a_valid_run_is_finite_and_can_be_compared_as_a_total(case: Case) -> None:
    for of in (case.base, case.cand):
        for score in made_scores(of, case.question.tasks):
            assert math.isfinite(score.value)
            assert score.stderr is None or math.isfinite(score.stderr)
            assert score.n
    totals = [
        run(r.id, *made_scores(r, case.question.tasks), suite_digest=r.suite_digest) for r in (case.base, case.cand)
    ]
    compare(totals[0], totals[1], case.question)
