"""Tests of a JUnit report as items: what pairs them, what repeats are, what refuses the report."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from pulse_tui.collectors import junit
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Sheet
from tests.collectors.contexts import context
from tests.collectors.shared_data import shared_data


def case(name: str, classname: str = "c", inside: str = "", time: str | None = None, **properties: str) -> str:
    told = "".join(f"<property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in properties.items())
    took = f" time={quoteattr(time)}" if time is not None else ""
    return f'<testcase classname="{classname}" name="{name}"{took}><properties>{told}</properties>{inside}</testcase>'


def run_of(*cases: str, properties: str = "", **options: Any) -> EvalRun:
    text = f'<testsuites><testsuite name="golden"><properties>{properties}</properties>{"".join(cases)}</testsuite></testsuites>'
    (run,) = junit.parse(
        "r.xml", text.encode(), junit.Options(asset="a", version="1", **options), context()
    ).observations
    assert isinstance(run, EvalRun)
    return run


def sheet_of(*cases: str, **options: Any) -> Sheet:
    (sheet,) = run_of(*cases, **options).sheets
    return sheet


FAILED, ERROR, SKIPPED = "<failure/>", "<error/>", "<skipped/>"


def test_each_test_that_ran_is_an_item() -> None:
    sheet = sheet_of(case("b"), case("a", inside=FAILED), case("e", inside=ERROR), case("s", inside=SKIPPED))
    assert sheet.items == ("c::a", "c::b", "c::e")
    assert sheet.scores == {"pass_rate": ((0.0,), (1.0,), (0.0,))}


def test_a_stated_score_stands_beside_passed_and_failed() -> None:
    sheet = sheet_of(case("a", score="0.25", inside=FAILED), case("b", gate="must-pass"))
    assert sheet.scores == {"pass_rate": ((0.0,), (1.0,)), "score": ((0.25,), ())}


def test_the_same_test_again_is_a_repeat() -> None:
    run = run_of(case("a", inside=FAILED), case("a"), case("a"), case("b"))
    (sheet,) = run.sheets
    assert sheet.scores["pass_rate"] == ((0.0, 1.0, 1.0), (1.0,))
    (score,) = run.scores
    assert (score.value, score.n) == (0.75, 4), "the totals count every execution"


def test_times_are_latencies_in_milliseconds_in_the_order_of_the_report() -> None:
    sheet = sheet_of(case("z", time="0.5"), case("a", time="1,234.5"), case("b", time=""), case("c"))
    assert sheet.latencies == (500.0, 1_234_500.0)


def test_classes_are_clusters_when_there_are_several() -> None:
    both = (case("a", "x"), case("b", "y"))
    assert sheet_of(*both).clusters == ("x", "y")
    assert sheet_of(case("a"), case("b")).clusters == (), "one cluster would make one observation of all"
    assert sheet_of(*both, cluster="").clusters == ()
    assert sheet_of(case("a", topic="geo"), case("b", topic="math"), cluster="topic").clusters == ("geo", "math")


def test_a_test_is_in_as_many_slices_as_it_names() -> None:
    two = case("a", slice="long").replace("</properties>", '<property name="slice" value="edge"/></properties>')
    assert sheet_of(two, case("b", slice="long")).slices == {"long": (0, 1), "edge": (0,)}


def test_tasks_have_sheets_of_their_own() -> None:
    run = run_of(case("a", suite="safety"), case("a"), case("b", suite="safety"))
    assert [(s.task, s.items) for s in run.sheets] == [("safety", ("c::a", "c::b")), ("golden", ("c::a",))]


def test_the_content_of_the_suite_is_known_when_the_report_says_it() -> None:
    assert run_of(case("a")).suite_digest is None
    told = run_of(case("a"), properties='<property name="suite_digest" value="sha256:41c9"/>')
    assert told.suite_digest == "sha256:41c9"


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (case("b", score="NaN"), "score is nan, not a finite number"),
        (case("b", score="inf"), "score is inf, not a finite number"),
        (case("b", score=""), "score is '', not a finite number"),
        (case("b", score="high"), "score is 'high', not a finite number"),
    ],
)
def test_a_bad_number_refuses_the_report_by_its_test(bad: str, what: str) -> None:
    with pytest.raises(SourceError, match=f"r.xml is refused: test c::b: {what}"):
        run_of(case("a"), bad)


@pytest.mark.parametrize("time", ["-0.1", "nan", "1 s"])
def test_a_time_that_is_none_is_left_out_and_the_test_stands(time: str) -> None:
    text = f"<testsuite name='s'>{case('a', time='0.1')}{case('b', time=time)}</testsuite>"
    got = junit.parse("r.xml", text.encode(), junit.Options(asset="a", version="1"), context())
    (run,), (left,) = got.observations, got.rejected
    assert isinstance(run, EvalRun)
    assert (run.sheets[0].items, run.sheets[0].latencies) == (("c::a", "c::b"), (100.0,))
    assert "is left out: test c::b: its latency is" in left.problem.what


def test_a_task_with_a_score_that_is_none_is_refused_and_the_others_land() -> None:
    text = f"<testsuite name='s'>{case('a')}{case('b', suite='odd', score='NaN')}{case('c', suite='odd')}</testsuite>"
    got = junit.parse("r.xml", text.encode(), junit.Options(asset="a", version="1"), context())
    (run,), (refused,) = got.observations, got.rejected
    assert isinstance(run, EvalRun)
    assert [s.task for s in run.scores] == [s.task for s in run.sheets] == ["s"]
    assert refused.problem.where == "r.xml: task odd"
    assert "test c::b: score is nan, not a finite number" in refused.problem.what


@pytest.mark.parametrize(
    "attributes", ['status="notrun"', 'status="notrun" result="suppressed"', 'result="skipped"', 'status="Disabled"']
)
def test_a_test_that_was_disabled_or_not_run_has_not_passed(attributes: str) -> None:
    run = run_of(case("a"), f'<testcase classname="c" name="b" {attributes}/>')
    assert (run.scores[0].value, run.scores[0].n, run.sheets[0].items) == (1.0, 1, ("c::a",))
    with pytest.raises(SourceError, match="reports no test that ran"):
        run_of(f'<testcase classname="c" name="b" {attributes}/>')


@pytest.mark.parametrize(
    "inside",
    [
        "<flakyFailure message='m'><stackTrace>x</stackTrace></flakyFailure>",
        "<flakyError/>",
        "<failure/><rerunFailure/>",
        "<rerunError/>",
    ],
)
def test_a_test_that_failed_before_it_passed_counts_its_first_outcome(inside: str) -> None:
    run = run_of(case("a"), case("b", inside=inside))
    assert run.sheets[0].scores["pass_rate"] == ((1.0,), (0.0,))
    assert run.scores[0].value == 0.5


def test_a_status_that_says_failed_is_a_failure_without_an_element_too() -> None:
    run = run_of(
        '<testcase classname="c" name="a" status="failed"/>', '<testcase classname="c" name="b" status="run"/>'
    )
    assert run.sheets[0].scores["pass_rate"] == ((0.0,), (1.0,))


def test_names_that_only_blanks_tell_apart_are_tests_of_their_own() -> None:
    assert len(sheet_of(case("a b"), case("a  b", inside=FAILED)).items) == 2


def test_suites_where_all_pass_all_fail_or_one_test_ran_are_read() -> None:
    for inside, value in (("", 1.0), (FAILED, 0.0)):
        for n in (1, 2, 50):
            run = run_of(*(case(f"t{i}", inside=inside) for i in range(n)))
            assert (run.scores[0].value, run.scores[0].n, len(run.sheets[0].items)) == (value, n, n)


def test_a_megabyte_of_traceback_in_each_failure_is_read_past() -> None:
    trace = f"<failure>{'Traceback (most recent call last) ' * 30_000}</failure>"
    sheet = sheet_of(*(case(f"t{i}", inside=trace) for i in range(5)))
    assert sheet.scores["pass_rate"] == ((0.0,),) * 5


def test_what_pytest_really_wrote_has_its_items() -> None:
    folder = shared_data("eval_samples", "junit")
    (run,) = junit.collect(junit.Options(path=str(folder), asset="a", version="1"), context()).observations
    assert isinstance(run, EvalRun)
    safety = run.sheet("safety")
    assert safety is not None
    assert safety.items == tuple(f"tmp.test_gate::test_must_pass[{n}]" for n in range(3))
    assert safety.scores == {"pass_rate": ((1.0,), (1.0,), (0.0,)), "score": ((1.0,), (1.0,), (0.0,))}


def counted(*cases: str, **totals: object) -> bytes:
    stated = " ".join(f'{name}="{value}"' for name, value in totals.items())
    return f'<testsuites><testsuite name="s" {stated}>{"".join(cases)}</testsuite></testsuites>'.encode()


PASSES, FAILS = '<testcase classname="c" name="a"/>', '<testcase classname="c" name="b"><failure/></testcase>'


@pytest.mark.parametrize(
    "data",
    [
        counted(PASSES, tests=2, failures=1),
        counted(PASSES, '<error message="the suite did not start"/>', tests=1, errors=1),
        counted(PASSES, FAILS, tests=3, failures=2),
    ],
)
def test_a_report_that_lists_fewer_failures_than_it_counts_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"s reports [12] failed tests and lists [01]"):
        junit.parse("r.xml", data, junit.Options(asset="bot", version="1"), context())


def test_a_report_that_lists_fewer_tests_than_it_counts_says_so_and_is_used() -> None:
    got = junit.parse(
        "r.xml", counted(PASSES, FAILS, tests=5, failures=1), junit.Options(asset="b", version="1"), context()
    )
    assert len(got.observations) == 1
    assert [r.problem.what for r in got.rejected] == ["it reports 5 tests and lists 2"]


@pytest.mark.parametrize(
    "data",
    [
        counted(PASSES, FAILS, tests=2, failures=1),
        counted(PASSES, '<testcase name="x"><failure/><error/></testcase>', tests=3, failures=1, errors=1),
        counted(PASSES, '<testcase name="x"><flakyFailure/></testcase>', tests=2, failures=0),
        counted(PASSES, tests="many", failures="none"),
    ],
)
def test_a_report_whose_counts_are_those_of_its_list_is_read(data: bytes) -> None:
    got = junit.parse("r.xml", data, junit.Options(asset="bot", version="1"), context())
    assert len(got.observations) == 1
    assert not any("failed tests and lists" in r.problem.what for r in got.rejected)
