"""Each kind of metric as a line: made from an item's repeats, of a growing candidate, or of the candidate alone."""

from __future__ import annotations

import itertools
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Basis, Score, Task, TaskVerdict, Verdict
from pulse_tui.evaluate.compare.growing import settled
from pulse_tui.evaluate.compare.pairing import pair
from pulse_tui.evaluate.statistics.latency import judge_latency
from pulse_tui.evaluate.statistics.sequential import watch
from tests.evaluate.runs import Floats, lines_of, of_scores, only, run, said, sheet

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def made(metric: str, base: Any, cand: Any, of: str = "accuracy", columns: Any = None, **task: Any) -> TaskVerdict:
    """The line of a metric that is made from two columns of scores."""
    both = columns or {}
    one, two = (run(n, sheet("qa", rows, of, **both)) for n, rows in (("b", base), ("c", cand)))
    return only(said(one, two, Task(name="qa", metric=metric, **task)))


# --------------------------------------------------------------------------- from repeats


def test_pass_at_k_is_the_mean_over_all_choices_of_k_tries() -> None:
    chance = np.random.default_rng(1)
    base, cand = (chance.integers(0, 2, (40, 5)) for _ in range(2))

    def enumerated(rows: Any) -> Floats:
        return np.array([np.mean([max(c) for c in itertools.combinations(r, 3)]) for r in rows.tolist()])

    line = made("pass@3", base, cand)
    assert line.baseline == pytest.approx(enumerated(base).mean())
    reference = stats.ttest_rel(enumerated(cand), enumerated(base)).confidence_interval(0.9)
    assert (line.low, line.high) == pytest.approx((reference.low, reference.high))
    assert (line.repeats, line.higher_is_better) == (5, True)


def test_of_attacks_at_k_tries_less_is_better_and_a_hit_is_what_counts() -> None:
    quiet, loud = np.zeros((300, 3)), np.tile([1.0, 0.0, 0.0], (300, 1))
    line = made("pass@3", quiet, loud, "jailbreak_success", higher_is_better=False)
    assert (line.baseline, line.current, line.verdict, line.higher_is_better) == (0.0, 1.0, FAIL, False)
    failing = made("pass@3", np.ones((300, 3)), np.tile([1.0, 1.0, 0.0], (300, 1)), "error")
    assert (failing.baseline, failing.current, failing.verdict) == (0.0, 1.0, PASS)  # right is what shows no error


def test_pass_at_k_of_fewer_tries_says_so() -> None:
    line = made("pass@5", np.ones((9, 3)), np.ones((9, 3)))
    assert (line.verdict, line.current) == (OPEN, None)
    assert "pass@5 needs 5" in line.note


def test_a_made_metric_of_several_columns_must_name_one() -> None:
    both = sheet("qa", {"accuracy": np.ones((9, 2)), "f1": np.ones((9, 2))})
    line = only(said(run("b", both), run("c", both), Task(name="qa", metric="pass@2")))
    assert "'of' is one of accuracy, f1" in line.note
    assert only(said(run("b", both), run("c", both), Task(name="qa", metric="pass@2", of="f1"))).n == 9


def test_consistency_is_of_answers_where_both_sides_tell_them_else_of_scores() -> None:
    """Always wrong in another way is not consistent."""
    answers = (("x", "y"), ("x", "x")) * 20
    told, untold = sheet("qa", np.zeros((40, 2)), answers=answers), sheet("qa", np.zeros((40, 2)))
    task = Task(name="qa", metric="consistency")
    assert only(said(run("b", told), run("c", told), task)).current == 0.5
    assert only(said(run("b", told), run("c", untold), task)).current == 1.0


def test_consistency_with_one_repeat_has_no_pair() -> None:
    assert "no pair to agree" in made("consistency", np.ones(9), np.ones(9)).note


def test_a_brier_score_is_of_each_sides_own_answers() -> None:
    chance = np.random.default_rng(2)
    right, stated = chance.integers(0, 2, (2, 80)), chance.random((2, 80))
    one, two = (run(n, sheet("qa", r, probabilities=tuple(p))) for n, r, p in zip("bc", right, stated, strict=True))
    line = only(said(one, two, Task(name="qa", metric="brier")))
    losses = (stated - right) ** 2
    reference = stats.ttest_rel(losses[1], losses[0]).confidence_interval(0.9)
    assert (line.low, line.high) == pytest.approx((reference.low, reference.high))
    assert (line.baseline, line.current) == pytest.approx(tuple(losses.mean(axis=1)))
    bare = made("brier", np.ones(9), np.ones(9))
    assert (bare.verdict, bare.note) == (OPEN, "the answers state no probability of being right")


# --------------------------------------------------------------------------- spread


def test_the_spread_is_the_distance_from_each_items_median_compared_item_by_item() -> None:
    chance = np.random.default_rng(3)
    base, cand = chance.normal(5, 1, (50, 4)), chance.normal(5, 1.5, (50, 4))
    line = made("spread", base, cand, "score")

    def away(rows: Floats) -> Floats:
        found: Floats = np.abs(rows - np.median(rows, axis=1, keepdims=True)).mean(axis=1)
        return found

    reference = stats.ttest_rel(away(cand), away(base)).confidence_interval(0.9)
    assert (line.low, line.high) == pytest.approx((reference.low, reference.high))
    assert line.verdict is FAIL


@pytest.mark.parametrize("repeats", [(2, 2), (2, 5), (4, 4)])
@pytest.mark.parametrize("kind", ["alike", "items differ", "yes and no"])
def test_a_spread_that_did_not_widen_alarms_one_time_in_twenty(kind: str, repeats: tuple[int, int]) -> None:
    """Of repeats thrown together 97 % of two against five and 18 % of items that differ would be false alarms."""
    chance, fails, rounds = np.random.default_rng(4), 0, 250
    for _ in range(rounds):
        if kind == "yes and no":
            share = chance.beta(0.4, 0.4, (60, 1))
            base, cand = ((chance.random((60, r)) < share).astype(float) for r in repeats)
        else:
            noise = np.exp(chance.normal(0, 0.0 if kind == "alike" else 0.7, (2, 60, 1)))
            base, cand = (chance.normal(0, 1, (60, r)) * n for r, n in zip(repeats, noise, strict=True))
        fails += made("spread", base, cand, "score", margin=0.0).verdict is FAIL
    assert fails / rounds <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rounds)


def test_the_repeats_of_one_item_go_by_the_test_of_brown_and_forsythe() -> None:
    chance = np.random.default_rng(5)
    base, cand = chance.normal(0, 1, (1, 30)), chance.normal(0, 2.5, (1, 30))
    line = made("spread", base, cand, "score", margin=0.0)
    assert (line.method, line.verdict) == ("brown-forsythe", FAIL)
    assert line.p_worse == pytest.approx(stats.levene(base[0], cand[0], center="median").pvalue / 2)
    assert "more of its repeats" in made("spread", base, base, "score").note
    assert "needs two" in made("spread", np.ones(9), np.ones(9), "score").note


# --------------------------------------------------------------------------- cost


def _costs(base: Floats, cand: Floats, clusters: tuple[str, ...] = (), **task: Any) -> TaskVerdict:
    one, two = (
        run(n, sheet("qa", np.ones(c.size), costs=tuple(c), clusters=clusters)) for n, c in (("b", base), ("c", cand))
    )
    return only(said(one, two, Task(name="qa", metric="cost", **task)))


@pytest.mark.parametrize("unit", [1.0, 1e-90, 1e90])
def test_a_cost_is_judged_by_its_ratio_in_whatever_currency(unit: float) -> None:
    chance = np.random.default_rng(6)
    base = chance.gamma(4, 0.01, 120)
    dear = base * chance.normal(1.25, 0.1, 120)
    line = _costs(base * unit, dear * unit)
    assert line.verdict is FAIL
    assert line.delta == pytest.approx(dear.mean() / base.mean() - 1)
    assert line.current == pytest.approx(dear.mean() * unit)
    assert line.margin == 0.1
    for bound in (line.low, line.high):
        assert bound is not None
        assert stats.ttest_1samp(dear - (1 + bound) * base, 0.0).pvalue == pytest.approx(0.1, abs=1e-6)


def test_costs_of_a_cluster_are_summed_first() -> None:
    chance, fails, rounds = np.random.default_rng(7), 0, 300
    labels = tuple(f"d{i // 10}" for i in range(200))
    for _ in range(rounds):
        base = chance.gamma(4, 0.25, 200)
        cand = base * 1.1 * np.repeat(chance.lognormal(-0.02, 0.2, 20), 10)  # the mean ratio is the margin
        fails += _costs(base, cand, labels).verdict is FAIL
    assert fails / rounds <= 0.07 + 3 * math.sqrt(0.05 * 0.95 / rounds)
    line = _costs(base, cand, labels)
    assert line.n == 200
    assert line.clusters is not None
    assert 15 < line.clusters <= 20
    sums = _costs(*(x.reshape(20, 10).sum(axis=1) for x in (base, cand)))
    assert (line.low, line.high) == pytest.approx((sums.low, sums.high))


def test_under_five_clusters_no_cost_can_fail() -> None:
    base = np.random.default_rng(8).gamma(9, 1, 80)
    line = _costs(base, base * 2.0 + 0.01 * base[::-1], tuple("abcd" * 20))
    assert (line.verdict, line.more_items) == (OPEN, 20)
    assert "under 5 it cannot FAIL" in line.note


def test_costs_that_cannot_be_judged_say_why() -> None:
    ones = np.ones(20)
    assert "nothing" in _costs(np.zeros(20), ones).note
    assert "than can be calculated with" in _costs(np.full(20, 5e-324), np.full(20, 1e90)).note
    assert "has no scale" in _costs(ones, ones, growing=True).note
    assert "do not state the cost of each item" in made("cost", ones, ones).note


# --------------------------------------------------------------------------- while it grows


def test_a_growing_candidate_is_bet_on_in_the_order_of_its_looks_and_shuffled_within_each() -> None:
    items = tuple(f"i{i:03d}" for i in range(60))
    whole = sheet("qa", np.ones(60))
    looks = [items[40:], items[10:]]
    places = pair(whole, whole, looks, growing=True).new
    assert set(places[:20]) == set(range(40, 60))
    assert set(places[20:50]) == set(range(10, 40))
    assert list(places[20:50]) != sorted(places[20:50])
    assert pair(whole, whole, looks[:1], growing=True).new[:20] == places[:20]
    assert pair(whole, whole).new == tuple(range(60))


def test_an_item_order_that_follows_the_difficulty_alarms_no_more_than_another() -> None:
    """Ids are often sorted by topic: the first half is lost and the second won, and nothing got worse in all."""
    base = np.repeat([1.0, 0.0], 200)
    line = of_scores(base, 1.0 - base, growing=True, margin=0.0)
    assert watch(1.0 - 2.0 * base).verdict is FAIL
    assert line.verdict is OPEN
    assert "not decided after 400 items" in line.note


def test_a_cluster_is_bet_on_once() -> None:
    chance, fails, alone, rounds = np.random.default_rng(9), 0, 0, 200
    labels = {"clusters": tuple(f"d{i // 10}" for i in range(600))}
    for _ in range(rounds):
        gain = np.repeat(chance.choice([-0.5, 0.0, 0.5], 60), 10)
        base, cand = np.full(600, 0.5), 0.5 + gain
        fails += of_scores(base, cand, growing=True, margin=0.0, columns=labels).verdict is FAIL
        alone += of_scores(base, cand, growing=True, margin=0.0).verdict is FAIL
    assert fails / rounds <= 0.05
    assert alone / rounds > 0.1
    line = of_scores(np.ones(600), np.zeros(600), growing=True, columns=labels)
    assert (line.verdict, line.clusters, line.n) == (FAIL, 60.0, 600)


def test_proof_of_a_loss_counts_after_an_early_pass() -> None:
    gain = np.r_[np.zeros(2_000), np.full(400, -1.0)]
    seen = watch(gain, margin=0.02)
    assert (seen.verdict, settled(seen, "2400 items")[0]) == (PASS, FAIL)
    line = of_scores(np.ones(500), np.zeros(500), growing=True)
    assert (line.verdict, line.low is not None and line.high is not None and line.low <= line.high) == (FAIL, True)


def test_gains_of_shares_are_bet_on_within_their_scale_and_other_metrics_not_at_all() -> None:
    """The largest gain seen is no scale: a larger one may come."""
    chance = np.random.default_rng(10)
    share = chance.random((2, 300))
    assert of_scores(*share, growing=True).delta == pytest.approx(float((share[1] - share[0]).mean()))
    for metric in ("perplexity", "score"):
        line = of_scores(*(9.0 * share), metric=metric, growing=True)
        assert (line.verdict, line.current) == (OPEN, None)
        assert "has no scale of 0 to 1" in line.note


@pytest.mark.parametrize("metric", ["pass@2", "consistency", "spread"])
def test_what_is_made_of_repeats_is_watched_as_well(metric: str) -> None:
    chance = np.random.default_rng(11)
    base, cand = (chance.integers(0, 2, (200, 3)).astype(float) for _ in range(2))
    line = made(metric, base, cand, growing=True)
    assert line.method == "always-valid e-process"
    assert line.delta == pytest.approx(made(metric, base, cand).delta)


# --------------------------------------------------------------------------- against a limit


def _latency(latencies: Floats, base: tuple[float, ...] = (), **task: Any) -> TaskVerdict:
    one, two = (run(n, sheet("qa", np.ones(3), latencies=c)) for n, c in (("b", base), ("c", tuple(latencies))))
    return only(said(one, two, Task(name="qa", metric="p95_latency", **{"slo": 100.0, **task})))


def test_latency_is_judged_against_its_objective_whatever_the_baseline_had() -> None:
    values = np.random.default_rng(12).lognormal(4.5, 0.5, 300)
    line, found = _latency(values), judge_latency(values, 100.0)
    assert (line.verdict, line.current, line.delta) == (FAIL, found.p95, found.judgement.delta)
    assert (line.baseline, line.basis, line.objective) == (None, Basis.LIMIT, 100.0)
    assert line.note == f"{found.exceedances} of 300 over 115 ms (1.15 x 100)"
    old = tuple(np.linspace(1, 100, 100))
    assert _latency(values, old).baseline == 95.0  # the 95th of a hundred, nothing between two


def test_latency_without_requests_or_objective_is_not_decided() -> None:
    total = Score(task="qa", metric="p95_latency", value=90.0)
    task = Task(name="qa", metric="p95_latency", slo=100.0)
    bare = only(said(run("b"), run("c", total), task))
    assert (bare.verdict, bare.current, bare.basis) == (OPEN, 90.0, Basis.LIMIT)
    assert "no latencies of single requests" in bare.note
    values = np.random.default_rng(13).gamma(3, 20, 50)
    aimless = _latency(values, slo=None)
    assert (aimless.verdict, aimless.note) == (OPEN, "no objective (slo) is stated")
    assert aimless.current is not None


def test_a_slice_of_latencies_is_told_to_be_none() -> None:
    whole = run("b", sheet("qa", np.ones(3), latencies=(1.0, 2.0), slices={"hard": (0,)}))
    found = lines_of(said(whole, whole, Task(name="qa", metric="p95_latency", slo=9.0, slices=("hard",))))
    assert "of requests, not of items" in found["qa", "p95_latency", "hard"].note


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_latency_looked_at_while_requests_come_in_alarms_no_more_than_one_time_in_twenty(correlation: float) -> None:
    chance, fails, rounds = np.random.default_rng(14), 0, 120
    for _ in range(rounds):
        noise = chance.standard_normal(800)
        for i in range(1, 800 if correlation else 0):
            noise[i] = correlation * noise[i - 1] + math.sqrt(1 - correlation**2) * noise[i]
        values = 115.0 * np.exp(0.5 * (noise - 1.6448536))
        fails += any(_latency(values[:n], growing=True).verdict is FAIL for n in (200, 500, 800))
    assert fails / rounds <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / rounds)
    slow = _latency(1.3 * values, growing=True)
    assert (slow.verdict, slow.low, slow.high) == (FAIL, None, None)


# --------------------------------------------------------------------------- what must never fail


def _never(cand: Any, *items: str, metric: str = "accuracy", **task: Any) -> TaskVerdict:
    base = run("b", sheet("qa", np.ones(5), metric))
    found = said(base, cand, Task(name="qa", metric=metric, zero_tolerance=items, **task))
    return lines_of(found)["qa", metric, "zero tolerance"]


def test_one_failure_in_any_repeat_fails_and_names_the_item() -> None:
    rows = [[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    line = _never(run("c", sheet("qa", rows)), "i001", "i000", "i000")
    assert (line.verdict, line.note, line.n) == (FAIL, "must never fail, but failed: i001", 2)
    assert (line.current, line.p_worse, line.basis) == (0.5, 0.0, Basis.LIMIT)
    low, high = stats.binomtest(1, 2).proportion_ci(0.9, "exact")
    assert (line.low, line.high) == pytest.approx((low, high))


def test_none_that_failed_passes_with_what_it_proves() -> None:
    line = _never(run("c", sheet("qa", [[1.0], [1.0], [0.0], [0.0], [0.0]])), "i000", "i001")
    assert (line.verdict, line.p_worse) == (PASS, 1.0)
    assert "none of 2 failed; the true rate is under 77" in line.note


def test_one_that_was_not_run_leaves_it_open_and_a_failure_closes_it_all_the_same() -> None:
    whole = run("c", sheet("qa", [[1.0], [0.0], [1.0], [1.0], [1.0]]))
    lacking = _never(whole, "i000", "gone")
    assert (lacking.verdict, lacking.note, lacking.more_items) == (OPEN, "not run: gone", 1)
    assert _never(whole, "gone", "i001").verdict is FAIL
    assert (nothing := _never(whole, "gone")).current is None
    assert nothing.verdict is OPEN


def test_of_what_should_be_low_a_high_score_is_the_failure() -> None:
    cand = run("c", sheet("qa", [[0.0], [1.0], [0.0], [0.0], [0.0]], "jailbreak_success"))
    assert _never(cand, "i000", metric="jailbreak_success").verdict is PASS
    assert _never(cand, "i001", metric="jailbreak_success").verdict is FAIL


def test_items_without_a_score_that_tells_are_not_taken_for_right() -> None:
    total = Score(task="qa", metric="accuracy", value=1.0, n=5)
    two = sheet("qa", {"f1": np.ones(5), "em": np.ones(5)})
    base = msgspec.structs.replace(run("b", sheet("qa", np.ones(5))), scores=(total,))
    task = Task(name="qa", metric="accuracy", zero_tolerance=("i000",))
    for cand, why in ((run("c", total), "has no items"), (run("c", total, two), "no scores show")):
        line = lines_of(said(base, cand, task))["qa", "accuracy", "zero tolerance"]
        assert line.verdict is OPEN
        assert why in line.note


def test_a_latency_task_too_keeps_watch_over_items_that_must_never_fail() -> None:
    whole = run("b", sheet("qa", [[0.0], [1.0]], latencies=(1.0, 2.0)))
    task = Task(name="qa", metric="p95_latency", slo=9.0, zero_tolerance=("i000",))
    assert lines_of(said(whole, whole, task))["qa", "p95_latency", "zero tolerance"].verdict is FAIL


# --------------------------------------------------------------------------- on one side only


def test_a_metric_of_one_sides_items_goes_by_the_totals_of_both() -> None:
    told = Score(task="qa", metric="accuracy", value=0.9, n=200)
    lost = Score(task="qa", metric="accuracy", value=0.6, n=200)
    base = run("b", sheet("qa", {"accuracy": np.ones(200), "f1": np.ones(200)}), told)
    cand = run("c", sheet("qa", {"f1": np.ones(200)}), lost)
    line = only(said(base, cand, Task(name="qa", metric="accuracy")))
    assert (line.basis, line.verdict, line.baseline, line.current) == (Basis.UNPAIRED, FAIL, 0.9, 0.6)
    silent = only(said(base, run("c", sheet("qa", {"f1": np.ones(200)})), Task(name="qa", metric="accuracy")))
    assert (silent.verdict, silent.current) == (OPEN, None)
    assert silent.note == "the candidate has no accuracy of qa"


def test_a_score_of_the_very_name_comes_before_what_could_be_made() -> None:
    """Only when both sides have it: a cost as a score against a cost as a column are no pair."""
    costs = (1.0,) * 9
    scored, plain = sheet("qa", {"cost": np.full(9, 5.0)}, costs=costs), sheet("qa", np.ones(9), costs=costs)
    task = Task(name="qa", metric="cost")
    assert only(said(run("b", scored), run("c", scored), task)).baseline == 5.0
    for one, two in ((scored, plain), (plain, scored)):
        assert only(said(run("b", one), run("c", two), task)).baseline == 1.0
