"""Runs that must not be held against each other, and what differs."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from pulse_tui.domain.evals import EvalRun, Score, Sheet, Task
from pulse_tui.evaluate.compare.comparable import better, refusal, source_of
from pulse_tui.evaluate.definition import Question
from tests.evaluate.runs import only, run, said, sheet

QA = Task(name="qa", metric="accuracy")


def refused(base: EvalRun, cand: EvalRun, *tasks: Task, digest: str | None = None) -> str:
    return refusal(base, cand, Question(tasks or (QA,), digest))


def of(*items: str, **columns: object) -> Sheet:
    scores = {"accuracy": ((1.0,),) * len(items)}
    return Sheet(**{"task": "qa", "items": items, "scores": scores, **columns})  # type: ignore[arg-type]


def total(n: int | None, task: str = "qa", metric: str = "accuracy", **fields: object) -> Score:
    return Score(**{"task": task, "metric": metric, "value": 0.9, "n": n, **fields})  # type: ignore[arg-type]


def test_runs_of_the_same_items_and_prompts_are_compared_in_whatever_order_these_stand() -> None:
    base, cand = run("b", of("x", "y", prompts=("1", "2"))), run("c", of("y", "x", prompts=("2", "1")))
    assert refused(base, cand) == ""


def test_another_suite_is_refused_by_its_name() -> None:
    told = refused(run("b"), run("c", suite="golden-v8"))
    assert told == "run c is of suite golden-v8, the baseline b of golden"


def test_another_content_is_refused_with_both_digests() -> None:
    base, cand = run("b", suite_digest="sha256:" + "a" * 64), run("c", suite_digest="sha256:" + "b" * 64)
    assert refused(base, cand) == "the suite's content differs: aaaaaaaaaaaa in v-b, bbbbbbbbbbbb in v-c"
    assert refused(base, run("c")) == ""


@pytest.mark.parametrize(("one", "two", "named"), [("a", "f", "run b"), ("f", "a", "run c"), ("a", "a", "run c")])
def test_a_content_that_is_not_the_frozen_one_is_refused_on_either_side(one: str, two: str, named: str) -> None:
    base, cand = run("b", suite_digest=one), run("c", suite_digest=two)
    told = refused(base, cand, digest="f")
    assert told.startswith(named)
    assert "was of the content a, frozen is f" in told
    assert refused(run("b", suite_digest="f"), run("c"), digest="f") == ""


def test_items_that_only_one_side_has_are_named_and_counted() -> None:
    told = refused(run("b", of("a", "b", "c", "d", "e", "f")), run("c", of("a", "x")))
    assert told == "qa: the items differ: 5 only in the baseline (b, c, d and 2 more), 1 only in the candidate (x)"


def test_an_item_that_was_asked_otherwise_is_named() -> None:
    base, cand = run("b", of("a", "b", prompts=("1", "2"))), run("c", of("a", "b", prompts=("1", "3")))
    assert refused(base, cand) == "qa: 1 of 2 items had another prompt (b)"
    assert refused(base, run("c", of("a", "b"))) == ""


def test_tasks_that_the_suite_does_not_ask_for_may_differ() -> None:
    base, cand = run("b", of("a"), sheet("other", np.ones(3))), run("c", of("a"), sheet("other", np.ones(4)))
    assert refused(base, cand) == ""
    assert "other: the items differ" in refused(base, cand, QA, Task(name="other", metric="accuracy"))


def test_of_many_differences_the_first_are_told() -> None:
    names = [f"t{i}" for i in range(6)]
    base, cand = (run(i, *(sheet(n, np.ones(k)) for n in names)) for i, k in (("b", 2), ("c", 3)))
    told = refused(base, cand, *(Task(name=n, metric="accuracy") for n in names))
    assert told.count("the items differ") == 3
    assert told.endswith("; and 3 tasks more")


def test_a_growing_candidate_may_have_fewer_items_and_no_others() -> None:
    growing = msgspec.structs.replace(QA, growing=True)
    full = run("b", of("a", "b"))
    assert refused(full, run("c", of("a")), growing) == ""
    assert "1 only in the candidate (x)" in refused(full, run("c", of("a", "x")), growing)
    assert "1 only in the baseline (b)" in refused(full, run("c", of("a")), growing, Task(name="qa", metric="f1"))


def test_totals_of_another_number_of_items_are_of_other_items() -> None:
    """The first hundred of a thousand are no sample of them."""
    told = refused(run("b", total(1_000)), run("c", total(100)))
    assert told == "qa: accuracy is of 1000 items in the baseline and of 100 in the candidate"
    assert refused(run("b", total(1_000)), run("c", total(None))) == ""
    assert refused(run("b", total(1_000)), run("c", total(1_000))) == ""
    assert refused(run("b", total(1_000)), run("c", total(100)), msgspec.structs.replace(QA, growing=True)) == ""
    p95 = Task(name="qa", metric="p95_latency")  # of that the number is of requests
    assert refused(run("b", total(9, metric="p95_latency")), run("c", total(8, metric="p95_latency")), p95) == ""


def test_items_on_one_side_and_a_total_on_the_other_are_compared_by_their_totals() -> None:
    base, cand = run("b", of("a", "b"), total(2)), run("c", total(2))
    assert refused(base, cand) == ""
    assert "of 2 items in the baseline and of 3" in refused(base, run("c", total(3)))


def test_the_direction_is_that_of_the_first_run_that_tells_it() -> None:
    down = run("c", total(9, higher_is_better=False))
    assert not better("qa", "accuracy", run("b"), down)
    assert better("qa", "accuracy", run("b"))
    assert not better("qa", "error_rate")


def test_a_made_metric_comes_from_the_column_that_is_named_or_the_only_one() -> None:
    one, two = of("a"), msgspec.structs.replace(of("a"), scores={"f1": ((1.0,),), "em": ((1.0,),)})
    plain, named = Task(name="qa", metric="pass@2"), Task(name="qa", metric="pass@2", of="em")
    assert [source_of(s, t) for s in (one, two) for t in (plain, named)] == ["accuracy", None, None, "em"]


# --------------------------------------------------------------------------- how it was measured


def test_runs_that_were_measured_under_other_conditions_are_refused_with_the_difference() -> None:
    base = run("b", total(100), conditions={"qa: shots": "0", "limit": "none", "only here": "1"})
    same = run("c", total(100), conditions={"qa: shots": "0", "limit": "none"})
    assert refused(base, same) == "", "what only one states is not compared"
    other = run("c", total(100), conditions={"qa: shots": "5", "limit": "100"})
    told = refused(base, other)
    assert "limit none in the baseline, 100 in the candidate" in told
    assert "qa: shots 0 in the baseline, 5 in the candidate" in told


def test_totals_say_which_condition_only_one_of_them_states() -> None:
    base = run("b", total(100), conditions={"qa: shots": "5", "limit": "none"})
    cand = run("c", total(100), conditions={"limit": "none", "qa: task version": "2"})
    note = only(said(base, cand, QA)).note
    assert "only the baseline states its shots (5): it is not known whether they agree" in note
    assert "only the candidate states its task version (2)" in note
    assert "states" not in only(said(base, run("c", total(100), conditions=base.conditions), QA)).note


def test_the_conditions_of_tasks_that_nobody_asks_about_do_not_matter() -> None:
    base, cand = (run(i, total(100), conditions={"other: shots": s}) for i, s in (("b", "0"), ("c", "5")))
    assert refused(base, cand) == ""
    assert "other: shots" in refused(base, cand, QA, Task(name="other", metric="accuracy"))


@pytest.mark.parametrize(("then", "now"), [(0.85, 67.7), (67.7, 0.85), (0.03, 1.5)])
def test_parts_of_one_and_hundredths_are_not_compared(then: float, now: float) -> None:
    base, cand = (run(i, total(100, metric="exact", value=v)) for i, v in (("b", then), ("c", now)))
    told = refused(base, cand, Task(name="qa", metric="exact", margin=0.5))
    assert told == f"qa: exact is {then:g} in the baseline and {now:g} in the candidate: not in one unit"


@pytest.mark.parametrize(("then", "now"), [(0.9, 1.2), (0.0, 60.0), (3.1, 3.6), (-0.5, 20.0), (0.9, 130.0)])
def test_numbers_that_may_be_of_one_unit_are_compared(then: float, now: float) -> None:
    base, cand = (run(i, total(100, metric="exact", value=v)) for i, v in (("b", then), ("c", now)))
    assert refused(base, cand, Task(name="qa", metric="exact", margin=0.5)) == ""


def test_a_loss_that_became_large_is_no_other_unit() -> None:
    base, cand = (run(i, total(100, metric="loss", value=v)) for i, v in (("b", 0.5), ("c", 50.0)))
    assert refused(base, cand, Task(name="qa", metric="loss", margin=0.5)) == ""
