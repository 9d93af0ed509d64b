"""A baseline is compared with nothing, but what must never fail and what has an objective is asked of it as well."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.evals import EvalRun, Gate, Task
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.words import SignalType
from pulse_tui.services.evals.baselines import accept_risk, pin_baseline, rejudge
from pulse_tui.services.evals.story import bench_story
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import PRODUCTION, changed
from tests.fakes.runs import GOLDEN, run_of_sheets, run_with_items, sheet, suited, take, without_items
from tests.services.said import asked, holds, standing, told

(QA,) = GOLDEN.tasks
NEVER = changed(QA, zero_tolerance=("item-00000", "item-00950"))


def strict(judge: JudgeParts, *tasks: Task, **fields: Any) -> JudgeParts:
    return suited(judge, changed(GOLDEN, tasks=tasks or (NEVER,), **fields))


def slow(ident: str, version: str, over: int, n: int = 500) -> EvalRun:
    latencies = tuple(
        2_000.0 if i % (n // over) == 0 else 500.0 for i in range(n)
    )  # apart: in a row they are one event
    return run_of_sheets(ident, version, [sheet(0.96, latencies=latencies)])


def test_the_first_run_of_all_may_not_fail_what_must_never_fail(judge: JudgeParts) -> None:
    known = strict(judge)
    tally = take(known, run_with_items("r1", "3.8.1", 0.914))
    assert tally.remarks == ("run r1 is now the baseline of support-bot on golden",)
    assert standing(known) == ["zero-tolerance"]
    assert holds(known) == [(HoldKind.BLOCK, "3.8.1")]
    word = asked(known, "3.8.1")
    assert (word.status, word.blocking) == ("failed", True)
    assert "must never fail, but failed: item-00950" in word.detail


def test_one_that_keeps_them_is_well(judge: JudgeParts) -> None:
    known = strict(judge)
    take(known, run_with_items("r1", "3.8.1", 0.96))
    assert (standing(known), asked(known, "3.8.1").status) == ([], "ok")
    assert asked(known, "3.8.1").detail == "run r1 is the baseline of golden itself"


def test_a_baseline_of_which_only_totals_are_known_leaves_it_open_until_its_items_come(
    judge: JudgeParts, clock: Clock
) -> None:
    known = strict(judge)
    run = run_with_items("r1", "3.8.1", 0.96)
    take(known, without_items(run))
    assert asked(known, "3.8.1").status == "undecided"
    clock.pass_(minutes=1)
    take(known, run)
    rejudge(known)
    assert (standing(known), asked(known, "3.8.1").status) == ([], "ok")


@pytest.mark.parametrize(("over", "status"), [(100, "failed"), (10, "ok")])
def test_an_objective_binds_the_baseline_too(judge: JudgeParts, over: int, status: str) -> None:
    known = strict(judge, QA, Task(name="qa", metric="p95_latency", slo=800.0))
    take(known, slow("r1", "3.8.1", over))
    assert asked(known, "3.8.1").status == status
    assert len(told(known, SignalType.LATENCY_BREACH)) == (status == "failed")


def test_a_doubt_about_a_baseline_can_be_accepted_for_some_days(judge: JudgeParts) -> None:
    known = strict(judge, QA, Task(name="qa", metric="p95_latency", slo=800.0))
    take(known, slow("r1", "3.8.1", 1, 20))
    assert asked(known, "3.8.1").status == "undecided"
    accept_risk(known, "r1", PRODUCTION, Gate.FUNCTIONAL, 7, "ana", "the first one")
    assert (asked(known, "3.8.1").status, asked(known, "3.8.1").blocking) == ("accepted", False)


def test_a_baseline_of_another_content_than_is_frozen_does_not_do(judge: JudgeParts) -> None:
    known = strict(judge, QA, digest="sha256:cccc")
    tally = take(known, run_with_items("r1", "3.8.1", 0.9, suite_digest="sha256:aaaa"))
    assert tally.remarks[0].endswith(", but run r1 of 3.8.1 was of the content aaaa, frozen is cccc")
    assert standing(known) == ["suite-changed"]
    word = asked(known, "3.8.1")
    assert (word.status, word.todo) == ("failed", "Pin a run of the content that is frozen")


def test_a_pinned_run_is_asked_only_what_needs_no_other_run(judge: JudgeParts, clock: Clock) -> None:
    known = strict(judge)
    take(known, run_with_items("r1", "3.8.1", 0.96), run_with_items("r2", "3.8.2", 0.955))
    clock.pass_(hours=1)
    pin_baseline(known, "r2", "ana", "the next line")
    story = bench_story(known, "support-bot", "golden", "r2")
    assert [(r.slice, r.verdict) for r in story.rows] == [("zero tolerance", "PASS")]
    assert (story.verdict, asked(known).status) == ("baseline", "ok")


def test_a_story_of_a_baseline_that_does_not_do_says_so(judge: JudgeParts) -> None:
    known = strict(judge)
    take(known, run_with_items("r1", "3.8.1", 0.914))
    story = bench_story(known, "support-bot", "golden")
    assert "item-00950" in story.risk[0]
    assert story.todo == ("pin another run as the baseline: this one is not valid, whatever is compared with it",)


def test_a_suite_that_comes_to_ask_more_asks_it_of_the_baseline_too(judge: JudgeParts, clock: Clock) -> None:
    take(suited(judge, GOLDEN), run_with_items("r1", "3.8.1", 0.914))
    known = strict(judge)
    word = asked(known, "3.8.1")
    assert (word.status, word.blocking) == ("missing", True)
    clock.pass_(minutes=1)
    assert rejudge(known) == 1
    assert asked(known, "3.8.1").status == "failed"
    assert standing(known) == ["zero-tolerance"]
