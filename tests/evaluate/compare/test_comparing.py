"""Two runs held against each other: what holds for every valid pair of runs, and what is told of single ones."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Basis, Comparison, Score, Task, TaskVerdict, Verdict
from pulse_tui.evaluate.compare.comparing import compare
from pulse_tui.evaluate.compare.mean import MEAN
from pulse_tui.evaluate.definition import Question
from pulse_tui.storage.sql.codec import Codec
from tests.evaluate.runs import ANY_CASE, Case, cases, lines_of, of_scores, only, run, said, sheet, shuffled

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


# --------------------------------------------------------------------------- every valid pair


@ANY_CASE
@given(cases())
def test_any_two_valid_runs_are_compared_or_refused_with_a_reason_and_stored_as_they_are(case: Case) -> None:
    found = compare(case.base, case.cand, case.question)
    assert bool(found.refused) != bool(found.verdicts)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Comparison) == found  # finite numbers only
    codec = Codec(TaskVerdict)
    assert tuple(codec.item(codec.row(v)) for v in found.verdicts) == found.verdicts
    for line in found.verdicts:
        if line.verdict is OPEN:
            assert line.more_items or line.more_repeats or line.note
        if line.low is not None and line.high is not None:
            assert line.low <= line.high
        assert 0.0 <= line.p_worse <= 1.0
        assert line.verdict is not FAIL or line.p_worse <= 0.05 + 1e-9
        assert line.verdict is OPEN or not line.more_items
        if line.basis in (Basis.PAIRED, Basis.UNPAIRED) and "e-process" not in line.method:
            sign = 1.0 if line.higher_is_better else -1.0
            worst, best = sorted(
                sign * (math.copysign(math.inf, s) if b is None else b) for s, b in ((-1, line.low), (1, line.high))
            )
            assert line.verdict is not PASS or worst > -line.margin
            assert line.verdict is not FAIL or best < -line.margin


@ANY_CASE
@given(cases())
def test_no_line_that_the_suite_asks_for_is_left_out(case: Case) -> None:
    found = compare(case.base, case.cand, case.question)
    if found.refused:
        return
    asked = [(t.name, t.metric, s) for t in case.question.tasks for s in ("", *t.slices)]
    asked += [(t.name, t.metric, "zero tolerance") for t in case.question.tasks if t.zero_tolerance]
    assert sorted((v.task, v.metric, v.slice) for v in found.verdicts if v.task != MEAN) == sorted(asked)


@ANY_CASE
@given(cases())
def test_swapping_the_sides_turns_every_difference_of_items_around(case: Case) -> None:
    tasks = tuple(msgspec.structs.replace(t, higher_is_better=True, growing=False) for t in case.question.tasks)
    there, back = (
        compare(a, b, case.question._replace(tasks=tasks)) for a, b in ((case.base, case.cand), (case.cand, case.base))
    )
    assert bool(there.refused) == bool(back.refused)
    for one, two in zip(there.verdicts, back.verdicts, strict=True):
        if one.basis not in (Basis.PAIRED, Basis.UNPAIRED) or one.metric == "cost":
            continue  # a limit has one side only, and a ratio is not turned around by a minus
        if one.baseline is not None and two.baseline is not None and case.base.sheets and case.cand.sheets:
            assert one.delta == pytest.approx(-two.delta, rel=1e-9, abs=1e-9) if two.delta is not None else True
        both_labelled = all(
            (s := r.sheet(one.task)) is not None and s.clusters for r in (case.base, case.cand)
        )  # where they differ the candidate's are used
        if not both_labelled and one.task != MEAN:
            for mine, theirs in ((one.low, two.high), (one.high, two.low)):
                assert (mine is None) == (theirs is None)
                assert mine is None or mine == pytest.approx(-theirs, rel=1e-6, abs=1e-6)  # type: ignore[operator]


@ANY_CASE
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_items_in_the_files_is_of_no_account(case: Case, chance: object) -> None:
    def other(of: str) -> object:
        found = getattr(case, of)
        orders = [list(range(len(s.items))) for s in found.sheets]
        for order in orders:
            chance.shuffle(order)  # type: ignore[attr-defined]
        sheets = tuple(shuffled(s, o) for s, o in zip(found.sheets, orders, strict=True))
        return msgspec.structs.replace(found, sheets=sheets)

    one = compare(case.base, case.cand, case.question)
    two = compare(other("base"), other("cand"), case.question)  # type: ignore[arg-type]
    assert one.verdicts == two.verdicts
    assert bool(one.refused) == bool(two.refused)


# --------------------------------------------------------------------------- single lines


def test_one_repeat_of_yes_and_no_goes_by_tango_and_five_against_one_by_t() -> None:
    """One and five repeats estimate the same share of each item: the difference of their means has no bias."""
    chance = np.random.default_rng(1)
    share = chance.beta(2, 1, 300)
    base = (chance.random((300, 1)) < share[:, None]).astype(float)
    cand = (chance.random((300, 5)) < share[:, None]).astype(float)
    line = of_scores(base, cand)
    reference = stats.ttest_rel(cand.mean(axis=1), base[:, 0]).confidence_interval(0.9)
    assert (line.low, line.high) == pytest.approx((reference.low, reference.high))
    assert (line.method, line.repeats, line.more_repeats) == ("paired t", 1, None)
    assert of_scores(base, cand[:, :1]).method == "tango score"


def test_two_repeats_against_five_are_right_at_the_margin() -> None:
    chance, said_fail, said_pass, rounds = np.random.default_rng(2), 0, 0, 400
    for _ in range(rounds):
        share = chance.beta(2, 1, 120)
        lost = share * (1 - 0.02 / float(share.mean()))
        base = (chance.random((120, 1)) < share[:, None]).astype(float)
        cand = (chance.random((120, 5)) < lost[:, None]).astype(float)
        verdict = of_scores(base, cand).verdict
        said_fail += verdict is FAIL
        said_pass += verdict is PASS
    assert max(said_fail, said_pass) / rounds <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rounds)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=20), st.integers(2, 4))
def test_a_repeat_that_says_what_the_first_said_changes_no_verdict(base: list[float], times: int) -> None:
    cand = base[1:] + base[:1]
    once = of_scores([[x] for x in base], [[x] for x in cand])
    again = of_scores([[x] * times for x in base], [[x] * times for x in cand])
    assert (again.verdict, again.more_items) == (once.verdict, once.more_items)
    assert again.delta == pytest.approx(once.delta, abs=1e-12)


def test_items_with_unequal_numbers_of_repeats_count_alike() -> None:
    line = of_scores([[1.0], [0.0, 1.0], [1.0, 1.0, 0.0]], [[0.0, 0.0], [1.0], [1.0]])
    assert line.baseline == pytest.approx((1 + 0.5 + 2 / 3) / 3)
    assert line.current == pytest.approx(2 / 3)
    assert (line.repeats, line.n) == (1, 3)


def test_an_item_that_lost_its_score_is_not_quietly_left_out() -> None:
    """A candidate that crashes on the hard items would look better for it."""
    full, holes = [[1.0]] * 8, [[1.0]] * 7 + [[]]
    line = of_scores(full, holes)
    assert (line.verdict, line.current) == (OPEN, None)
    assert "accuracy is of other items: 1 only in the baseline (i007)" in line.note
    assert "1 only in the candidate (i007)" in of_scores(holes, full).note
    assert of_scores(holes, holes).n == 7  # of neither side: it is no item of this metric


def test_a_candidate_that_grows_may_lack_items_of_the_baseline() -> None:
    base, part = run("b", sheet("qa", np.ones(60))), run("c", sheet("qa", np.zeros(30)))
    assert "30 only in the baseline" in said(base, part, Task(name="qa", metric="accuracy")).refused
    line = only(said(base, part, Task(name="qa", metric="accuracy", growing=True)))
    assert (line.verdict, line.n, line.method) == (FAIL, 30, "always-valid e-process")
    assert "growing" not in only(said(base, base, Task(name="qa", metric="accuracy"))).method


def test_a_slice_holds_the_items_that_either_side_counts_to_it() -> None:
    base = run("b", sheet("qa", np.ones(20), slices={"hard": (0, 1, 2)}))
    cand = run("c", sheet("qa", np.ones(20), slices={"hard": (2, 3)}))
    found = lines_of(said(base, cand, Task(name="qa", metric="accuracy", slices=("hard", "soft"))))
    assert found["qa", "accuracy", "hard"].n == 4
    assert (found["qa", "accuracy", "soft"].verdict, found["qa", "accuracy", "soft"].note) == (OPEN, "it has no items")


def test_slices_of_which_only_totals_are_known_hold_the_gate() -> None:
    full = run("b", sheet("qa", np.ones(200), slices={"hard": (0, 1)}), _total(200))
    bare = run("c", _total(200))
    task = Task(name="qa", metric="accuracy", slices=("hard",), zero_tolerance=("i000",))
    found = lines_of(said(full, bare, task))
    assert found["qa", "accuracy", ""].basis is Basis.UNPAIRED
    assert "the candidate has no items" in found["qa", "accuracy", "hard"].note
    assert "the run has no items" in found["qa", "accuracy", "zero tolerance"].note
    assert said(full, bare, task).verdict() is OPEN


def _total(n: int) -> Score:
    return Score(task="qa", metric="accuracy", value=0.97, n=n)


@pytest.mark.parametrize("labelled", ["b", "c"])
def test_clusters_that_only_one_side_tells_are_clusters(labelled: str) -> None:
    chance = np.random.default_rng(3)
    labels = tuple(f"d{i // 10}" for i in range(200))
    one, two = (
        run(name, sheet("qa", chance.integers(0, 2, 200), clusters=labels if name == labelled else ())) for name in "bc"
    )
    line = only(said(one, two, Task(name="qa", metric="accuracy")))
    assert line.clusters == pytest.approx(20)
    assert "cluster t" in line.method


def test_an_item_without_a_cluster_is_one_of_its_own() -> None:
    labels = ("a", "a", "", "", "b", "b")
    assert of_scores(np.ones(6), np.ones(6), columns={"clusters": labels}).clusters == pytest.approx(36 / 10)


def test_no_interval_reaches_beyond_what_shares_can_differ_by() -> None:
    labels = ("a", *"b" * 11)
    line = of_scores(np.tile([1.0, 0.0], 6), np.tile([0.0, 0.0, 1.0], 4), columns={"clusters": labels})
    assert (line.low, line.high) == (-1.0, 1.0)


def test_repeats_are_counted_by_clusters_where_there_are_any() -> None:
    chance = np.random.default_rng(2)
    labels = {"clusters": tuple(f"d{i // 5}" for i in range(60))}
    base, cand = ((chance.random((60, 4)) < 0.6).astype(float) for _ in range(2))
    alone, together = of_scores(base, cand, margin=0.05), of_scores(base, cand, margin=0.05, columns=labels)
    assert alone.more_repeats
    assert together.more_repeats
    assert together.more_repeats > alone.more_repeats
    few = of_scores([[1.0, 0.0]] * 6, [[1.0, 0.0]] * 6, margin=0.001)  # thousands would be needed, and nobody runs them
    assert (few.verdict, few.more_repeats) == (OPEN, None)
    documents = np.repeat(chance.normal(0, 0.2, 12), 5)[:, None]  # they differ in themselves: only more of them help
    steady = np.full((60, 3), 0.5) + chance.normal(0, 0.01, (60, 3))
    apart = of_scores(steady, steady + documents, columns=labels)
    assert (apart.verdict, apart.more_repeats) == (OPEN, None)
    assert apart.more_items


def test_the_suite_says_the_direction_then_the_results_then_the_name() -> None:
    zeros, ones = sheet("qa", np.zeros(200), "leaks"), sheet("qa", np.ones(200), "leaks")
    stated = Score(task="qa", metric="leaks", value=0.0, higher_is_better=False)
    plain = Task(name="qa", metric="leaks")
    assert only(said(run("b", zeros), run("c", ones), plain)).verdict is OPEN, "nobody says it"
    assert only(said(run("b", zeros, stated), run("c", ones), plain)).verdict is FAIL
    up = msgspec.structs.replace(plain, higher_is_better=True)
    assert only(said(run("b", zeros, stated), run("c", ones), up)).verdict is PASS
    assert of_scores(np.zeros(200), np.ones(200), metric="jailbreak_success").verdict is FAIL


def test_what_lies_exactly_on_the_margin_says_that_nothing_would_decide() -> None:
    line = of_scores(np.ones(100), np.r_[np.zeros(2), np.ones(98)])
    assert (line.verdict, line.more_items) == (OPEN, None)
    assert "lies on the margin" in line.note


# --------------------------------------------------------------------------- what is shown beside


def test_latencies_costs_and_calibration_are_shown_of_both_sides_as_the_verdicts_use_them() -> None:
    chance = np.random.default_rng(9)
    right = chance.integers(0, 2, 120)
    latencies = tuple(chance.gamma(3, 100, 300))
    cand = run("c", sheet("qa", right, latencies=latencies, costs=(0.5,) * 120, probabilities=(0.9,) * 120))
    found = said(run("b", sheet("qa", right)), cand, Task(name="qa", metric="p95_latency", slo=500.0))
    shown = {m.name: m for m in found.measures}
    assert shown["p95 latency"].current == only(found).current
    assert all(shown[f"{p} latency"].current in latencies for p in ("p50", "p95", "p99"))
    assert (shown["cost an item"].current, shown["cost an item"].baseline) == (0.5, None)
    assert shown["calibration error"].current == pytest.approx(abs(0.9 - right.mean()))
    assert "more than chance" in shown["calibration error"].note


def test_a_refused_comparison_says_why_and_shows_its_numbers_all_the_same() -> None:
    base, cand = run("b", sheet("qa", np.ones(3))), run("c", sheet("qa", np.ones(4), latencies=(5.0,)))
    found = compare(base, cand, Question((Task(name="qa", metric="accuracy"),)))
    assert "qa: the items differ: 1 only in the candidate (i003)" in found.refused
    assert found.verdicts == ()
    assert [m.name for m in found.measures] == ["p50 latency", "p95 latency", "p99 latency"]
    assert found.verdict() is OPEN


# --------------------------------------------------------------------------- which way is better, when nobody says it


def undirected_total(value: float) -> Score:
    return Score(task="qa", metric="pct_stereotype", value=value, stderr=0.004, n=4_000, directed=False)


def test_a_metric_that_nobody_gives_a_direction_is_not_judged_until_the_suite_states_one() -> None:
    worse, better = run("w", undirected_total(0.6)), run("b", undirected_total(0.4))
    plain = Task(name="qa", metric="pct_stereotype", margin=0.02)
    for base, cand in ((worse, better), (better, worse)):
        line = only(said(base, cand, plain))
        assert (line.verdict, line.delta, line.worse) == (OPEN, None, 0.0)
        assert "nobody states which way pct_stereotype is better: say it in the suite" in line.note
        assert line.current == cand.scores[0].value
    down = msgspec.structs.replace(plain, higher_is_better=False)
    assert only(said(worse, better, down)).verdict is PASS
    assert only(said(better, worse, down)).verdict is FAIL


def test_what_is_made_of_such_scores_or_must_never_fail_by_them_is_not_judged_either() -> None:
    rows = [[1.0, 0.0]] * 50
    base, cand = (
        run(i, sheet("qa", rows, "stereo"), Score(task="qa", metric="stereo", value=0.5, directed=False)) for i in "bc"
    )
    passed = only(said(base, cand, Task(name="qa", metric="pass@2", of="stereo")))
    assert (passed.verdict, "nobody states" in passed.note) == (OPEN, True)
    found = said(base, cand, Task(name="qa", metric="stereo", zero_tolerance=("i000",), margin=0.1)).verdicts
    assert [v.verdict for v in found] == [OPEN, OPEN]
