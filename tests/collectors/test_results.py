"""What lm_eval and junit make of result files: good, strange, broken, and without a name."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from pulse_tui.collectors import junit, lm_eval
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.domain.source import Collected
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

HARNESS: dict[str, Any] = {
    "results": {
        "arc": {"alias": " - arc", "acc,none": 0.914, "acc_stderr,none": 0.012, "acc_norm,none": 0.9},
        "gsm": {"exact_match,strict": 0.5, "exact_match_stderr,strict": "N/A", "sample_len": 4},
        "wiki": {"word_perplexity,none": 11.5},
    },
    "higher_is_better": {"arc": {"acc": True, "acc_norm": True}, "gsm": {"exact_match": True}, "wiki": {}},
    "n-samples": {"arc": {"original": 600, "effective": 500}},
    "task_hashes": {"arc": "h1", "gsm": "h2", "wiki": "h3"},
    "versions": {"arc": 1.0},
    "model_name": "support-bot@3.8.2",
    "date": 1795396924.5,
}


def harness(name: str = "results_1.json", options: lm_eval.Options | None = None, **changes: Any) -> Collected:
    return lm_eval.parse(name, json.dumps({**HARNESS, **changes}).encode(), options or lm_eval.Options(), context())


def run_of(collected: Collected) -> EvalRun:
    (run,) = collected.observations
    assert isinstance(run, EvalRun)
    return run


def test_metrics_are_read_with_error_direction_and_items() -> None:
    run = run_of(harness())
    assert run.score("arc", "acc") == Score(task="arc", metric="acc", value=0.914, stderr=0.012, n=500)
    assert run.score("gsm", "exact_match,strict") == Score(task="gsm", metric="exact_match,strict", value=0.5)
    perplexity = run.score("wiki", "word_perplexity")
    assert perplexity is not None
    assert not perplexity.higher_is_better
    assert len(run.scores) == 4


def test_asset_version_suite_and_time_come_from_the_file() -> None:
    run = run_of(harness())
    assert (run.asset_id, run.version, run.suite) == ("support-bot", "3.8.2", "lm_eval")
    assert run.at == datetime.fromtimestamp(1795396924.5, UTC)
    assert run.suite_digest is not None
    assert run_of(harness(date="?")).at == NOW
    assert run_of(harness(task_hashes={"arc": "h1"})).suite_digest is None


def test_options_and_the_folder_name_the_run_too() -> None:
    folder = run_of(harness("deep/gateway@1.0.0-rc.1/results_1.json", model_name="pretrained=x"))
    assert (folder.asset_id, folder.version) == ("gateway", "1.0.0-rc.1")
    given = run_of(harness(options=lm_eval.Options(asset="a", suite="golden")))
    assert (given.asset_id, given.version, given.suite) == ("a", "3.8.2", "golden")
    pattern = lm_eval.Options(pattern=r"(?P<asset>\w+)-bot@(?P<version>\S+)")
    assert run_of(harness(options=pattern)).asset_id == "support"


def test_a_run_that_nobody_claims_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"does not name its asset and version\. Set 'asset'"):
        harness(model_name="dummy")
    with pytest.raises(SourceError, match="does not name its version"):
        harness(model_name=None, options=lm_eval.Options(asset="a"))
    with pytest.raises(SourceError, match="is not a regular expression"):
        harness(options=lm_eval.Options(pattern="("))


def test_the_id_is_the_same_for_the_same_file_and_another_for_other_content() -> None:
    assert run_of(harness("a/results_1.json")).id == run_of(harness("b/results_1.json")).id
    assert run_of(harness()).id != run_of(harness(date=1)).id


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "nan, not a finite number"),
        (float("inf"), "inf, not a finite number"),
        (1.5, "1.5, outside 0 to 1"),
    ],
)
def test_a_total_that_cannot_be_is_refused_by_its_name_and_the_others_land(value: float, why: str) -> None:
    got = harness(results={"arc": {"ppl,none": 0.5, "acc,none": value}, "mmlu": {"acc,none": 0.25}})
    run = run_of(got)
    assert [(s.task, s.metric) for s in run.scores] == [("arc", "ppl"), ("mmlu", "acc")]
    (refused,) = got.rejected
    assert str(refused.problem).startswith(f"results_1.json: results.arc.acc,none: is {why}")
    assert run.refused == {"arc acc": refused.problem.what}
    with pytest.raises(SourceError, match=rf"results_1\.json is refused: results\.arc\.acc,none is {re.escape(why)}"):
        harness(results={"arc": {"acc,none": value}})


def test_shares_beside_percentages_of_the_same_task_are_of_no_known_unit() -> None:
    results = {"squad": {"f1,none": 67.7, "exact_match,none": 0.6, "ppl,none": 3.0}, "arc": {"acc,none": 0.5}}
    run = run_of(harness(results=results))
    assert [(s.task, s.metric) for s in run.scores] == [("squad", "ppl"), ("arc", "acc")]
    assert set(run.refused) == {"squad f1", "squad exact_match"}


def test_where_the_answers_were_only_kept_nothing_was_scored() -> None:
    with pytest.raises(SourceError, match="means that nothing was scored"):
        harness(results={"arc": {"bypass,none": 999}})


def test_a_metric_whose_direction_nobody_says_is_known_to_have_none() -> None:
    told = {"arc": {"pct_stereotype,none": 0.6, "likelihood_diff,none": 3.5, "acc,none": 0.5}}
    run = run_of(harness(results=told, higher_is_better={"arc": {"likelihood_diff": False}}))
    found = {s.metric: (s.directed, s.higher_is_better) for s in run.scores}
    assert found["likelihood_diff"] == (True, False)
    assert found["acc"] == (True, True)
    assert not found["pct_stereotype"][0]


def test_how_it_was_measured_is_kept_with_and_without_hashes() -> None:
    arguments = "pretrained=org/m@2,dtype=float16,max_length=2048,device=cuda:0,batch_size=8"
    more: dict[str, Any] = {
        "n-shot": {"arc": 5, "other": 1},
        "versions": {"arc": 1.0},
        "config": {"model_args": arguments, "limit": None, "gen_kwargs": {"temperature": 0.0}},
        "configs": {"arc": {"filter_list": [{"name": "strict"}], "doc_to_text": "<function f at 0x7f>"}},
    }
    found = run_of(harness(task_hashes={}, **more)).conditions
    assert found == {
        "arc: filters": '[{"name": "strict"}]',
        "arc: shots": "5",
        "arc: task version": "1",
        "generation": '{"temperature": 0.0}',
        "limit": "none",
        "model arguments": "dtype=float16, max_length=2048",
    }
    as_object = {"pretrained": "other", "dtype": "float16", "max_length": 2048, "device": "cpu"}
    again = run_of(harness(**more | {"config": {**more["config"], "model_args": as_object}})).conditions
    assert again == found, "the model that was measured and the machine are no conditions"


def test_a_section_that_is_no_set_of_metrics_is_told_and_the_others_land() -> None:
    got = harness(results={"arc": {"em,none": 0.5}, "odd": 3})
    assert [s.metric for s in run_of(got).scores] == ["em"]
    assert [r.problem.where for r in got.rejected] == ["results_1.json: results.odd"]
    with pytest.raises(SourceError, match="has no score"):
        harness(results={"arc": {"alias": "arc"}})


def test_truncated_and_foreign_json_are_errors_with_name_and_position() -> None:
    data = json.dumps(HARNESS, indent=1).encode()
    for cut in (30, 200, len(data) - 2):
        with pytest.raises(SourceError, match=r"r\.json:\d+:\d+: "):
            lm_eval.parse("r.json", data[:cut], lm_eval.Options(), context())
    for other in (b"[]", b"{}", b'{"results": []}', b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(SourceError, match=r"r\.json"):
            lm_eval.parse("r.json", other, lm_eval.Options(), context())


JUNIT = """<?xml version="1.0"?><testsuites name="all"><testsuite name="golden" timestamp="2026-11-23T01:00:00">
<properties><property name="asset" value="support-bot"/><property name="version" value="3.8.2"/></properties>
<testcase classname="c" name="a"><properties><property name="suite" value="safety"/>
<property name="score" value="1.0"/></properties></testcase>
<testcase classname="c" name="b"><properties><property name="suite" value="safety"/>
<property name="score" value="0.5"/></properties><failure message="no"/></testcase>
<testcase classname="c" name="s"><skipped/></testcase>
<testcase classname="c" name="d"><error/></testcase>
<testcase classname="c" name="e"/><testcase classname="c" name="f"/>
</testsuite></testsuites>"""


def report(text: str = JUNIT, name: str = "r.xml", **options: Any) -> Collected:
    return junit.parse(name, text.encode(), junit.Options(**options), context())


def test_a_report_becomes_pass_rates_and_mean_scores_by_task() -> None:
    run = run_of(report())
    assert (run.asset_id, run.version, run.suite) == ("support-bot", "3.8.2", "golden")
    assert run.at == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert run.score("safety", "pass_rate") == Score(task="safety", metric="pass_rate", value=0.5, n=2)
    score = run.score("safety", "score")
    assert score is not None
    assert (score.value, score.stderr, score.n) == (0.75, 0.25, 2)
    rate = run.score("golden", "pass_rate")
    assert rate is not None
    assert (rate.n, round(rate.value, 3), rate.higher_is_better) == (3, 0.667, True)


def test_a_score_that_is_no_number_refuses_its_task_by_its_test() -> None:
    got = report(JUNIT.replace('value="0.5"', 'value="NaN"'))
    assert {s.task for s in run_of(got).scores} == {"golden"}
    (refused,) = got.rejected
    assert str(refused.problem).startswith(
        "r.xml: task safety: is refused: test c::b: score is nan, not a finite number"
    )


def test_a_lone_testsuite_is_a_report_and_a_folder_names_it() -> None:
    text = '<testsuite name="smoke"><testcase name="a"/></testsuite>'
    run = run_of(report(text, "gateway@2.0/r.xml"))
    assert (run.asset_id, run.version, run.suite) == ("gateway", "2.0", "smoke")
    assert run_of(report(text, asset="a", version="1", suite="s")).suite == "s"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><testsuite name="&a;"/>', "DOCTYPE"),
        ("<!DOCTYPE testsuite><testsuite/>", "DOCTYPE"),
        (JUNIT[:200], r"r\.xml:\d+:\d+: "),
        ("", r"r\.xml:1:1: no element found"),
        ("<html/>", "not a JUnit report"),
        ('<testsuite><testcase name="a"><skipped/></testcase></testsuite>', "no test that ran"),
        ('<?xml version="1.0" encoding="klingon"?><testsuite/>', "r.xml"),
    ],
)
def test_what_is_no_whole_report_is_an_error(text: str, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        report(text)


def test_a_doctype_in_another_encoding_is_seen_as_well() -> None:
    data = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE t><testsuite/>'.encode("utf-16")
    with pytest.raises(SourceError, match="DOCTYPE"):
        junit.parse("r.xml", data, junit.Options(), context())


def test_files_of_each_kind_are_told_apart() -> None:
    head = json.dumps(HARNESS, indent=2).encode()[:4096]
    assert lm_eval.accepts("x/results_2026.json", Peek(head))
    assert not lm_eval.accepts("benchmark.json", Peek(b'{"machine_info": {}}'))
    assert not lm_eval.accepts("samples_arc.jsonl", Peek(b'{"doc_id": 0}'))
    assert junit.accepts("pytest.xml", Peek(JUNIT.encode()))
    assert not junit.accepts("output.xml", Peek(b"<promptfoo/>"))


def test_what_the_real_tools_wrote_is_read() -> None:
    folder = shared_data("eval_samples")
    options = lm_eval.Options(path=str(folder / "lm_eval"), asset="a", version="1")
    run = run_of(lm_eval.collect(options, context()))
    assert {(s.task, s.metric, s.n) for s in run.scores} == {("pulse_tiny", "acc", 4), ("pulse_tiny", "acc_norm", 4)}
    assert run.suite == "pulse_tiny"
    reports = junit.Options(path=str(folder / "junit"), asset="a", version="1")
    rate = run_of(junit.collect(reports, context())).score("safety", "pass_rate")
    assert rate is not None
    assert rate.n == 3


def test_kinds_are_told_by_their_keys_wherever_these_stand() -> None:
    long = {"config": {"model_args": "x" * 9_000}, "chat_template": None}
    late = json.dumps(long | {"n-shot": {"arc": 0}, "results": {"arc": {"acc,none": 0.5}}}).encode()
    assert lm_eval.accepts("mine.json", Peek(late))
    assert lm_eval.accepts("mine.json", Peek(b"\xef\xbb\xbf" + late))
    assert not lm_eval.accepts("mine.json", Peek(b'{"evalId": "x", "results": {"version": 3, "results": []}}'))
    assert lm_eval.accepts("results_1.json", Peek(json.dumps(HARNESS).encode()[:-9])), "half written: parse says so"
    comment = f"<!-- {'licence ' * 2_000} -->\n"
    for text in (f"<?xml version='1.0'?>\n{comment}<testsuites/>", "<testsuite name='s'/>"):
        assert junit.accepts("r.xml", Peek(text.encode()))
    assert junit.accepts("r.xml", Peek('<?xml version="1.0" encoding="UTF-16"?><testsuites/>'.encode("utf-16")))
    assert not junit.accepts("r.xml", Peek(b"<html><pre>&lt;testsuite</pre><testsuite/></html>"))


def test_a_report_in_utf_16_is_read() -> None:
    text = JUNIT.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')
    run = run_of(junit.parse("r.xml", text.encode("utf-16"), junit.Options(), context()))
    assert {s.task for s in run.scores} == {"safety", "golden"}
