"""Output of promptfoo: a run for each provider and prompt, tests told apart, and what refuses a run or a file."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import inspect_ai, promptfoo
from pulse_tui.collectors._shared.sheets import digest
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Sheet
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import is_clean
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.inspect_logs import as_eval, as_json, four
from tests.collectors.shared_data import shared_data

BOT = "support-bot@3.8.2"


def row(
    q: str, score: float | None = 1, *, test: int = 0, who: str = BOT, prompt: int = 0, **more: Any
) -> dict[str, Any]:
    """A row as promptfoo writes it; ``case`` in ``more`` is merged into its test."""
    case = {
        "vars": {"q": q},
        "assert": [{"type": "contains", "value": q, "metric": "accuracy"}],
        "options": {},
        "metadata": {},
        **more.pop("case", {}),
    }
    component = {"pass": bool(score), "score": score, "reason": "...", "assertion": case["assert"][0]}
    grading = {
        "pass": bool(score),
        "score": score,
        "namedScores": {"accuracy": score},
        "namedScoreWeights": {"accuracy": 1},
    }
    return {
        "cost": 0,
        "gradingResult": {**grading, "componentResults": [component]},
        "id": f"row-{test}-{prompt}",
        "latencyMs": 3,
        "namedScores": {"accuracy": score},
        "prompt": {"raw": f"Answer: {q}", "label": "Answer: {{q}}", "config": {}},
        "promptId": "9e88",
        "promptIdx": prompt,
        "provider": {"id": "echo", "label": who},
        "response": {"output": f"Answer: {q}", "cached": False, "metadata": {}},
        "score": score,
        "success": bool(score),
        "testCase": case,
        "testIdx": test,
        "vars": case["vars"],
        "failureReason": 0 if score else 1,
        **more,
    }


def failed(q: str, why: str = "429 Too Many Requests", **more: Any) -> dict[str, Any]:
    """A row that ended with an error."""
    gone: dict[str, Any] = {
        "gradingResult": None,
        "response": None,
        "namedScores": {},
        "failureReason": 2,
        "error": why,
    }
    return row(q, 0, **{**gone, **more})


def output(rows: list[dict[str, Any]], **changes: Any) -> bytes:
    results = {"version": 3, "timestamp": "2026-11-23T01:17:58.907Z", "prompts": [], "results": rows, "stats": {}}
    whole = {
        "evalId": "eval-82u-2026",
        "results": results,
        "config": {"description": "golden set"},
        "shareableUrl": None,
    }
    return json.dumps({**whole, **changes}, indent=2).encode()


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(r, separators=(",", ":")).encode() + b"\n" for r in rows)


def parse(data: bytes | list[dict[str, Any]], name: str = "out.json", **options: Any) -> Collected:
    raw = output(data) if isinstance(data, list) else data
    return promptfoo.parse(name, raw, promptfoo.Options(**options), context())


def runs_of(collected: Collected) -> list[EvalRun]:
    return [run for run in collected.observations if isinstance(run, EvalRun)]


def run_of(collected: Collected) -> EvalRun:
    (run,) = runs_of(collected)
    return run


def sheet_of(rows: list[dict[str, Any]], **options: Any) -> Sheet:
    (sheet,) = run_of(parse(rows, **options)).sheets
    return sheet


# --------------------------------------------------------------------------- what is read


def test_a_provider_and_a_prompt_are_a_run_and_their_rows_its_items() -> None:
    run = run_of(parse([row("Rome", 1), row("Oslo", 0, test=1)]))
    assert (run.asset_id, run.version, run.suite, run.format) == ("support-bot", "3.8.2", "golden set", "promptfoo")
    assert run.at == datetime(2026, 11, 23, 1, 17, 58, 907_000, tzinfo=UTC)
    assert {s.metric: (s.value, s.n) for s in run.scores} == {
        "score": (0.5, 2),
        "pass_rate": (0.5, 2),
        "accuracy": (0.5, 2),
    }
    (sheet,) = run.sheets
    assert sheet.task == "golden set"
    assert sheet.scores["accuracy"] in (((1.0,), (0.0,)), ((0.0,), (1.0,)))
    assert (sheet.latencies, sheet.costs) == ((3.0, 3.0), ())
    assert set(sheet.prompts) == {digest("Answer: Rome"), digest("Answer: Oslo")}


def test_json_and_json_lines_of_one_evaluation_are_one_run() -> None:
    rows = [row("Rome"), row("Oslo", 0, test=1)]
    one = run_of(parse(rows, suite="golden"))
    other = run_of(parse(lines(rows), "out.jsonl", suite="golden"))
    assert (one.id, one.sheets, one.suite_digest) == (other.id, other.sheets, other.suite_digest)
    assert other.at == NOW
    assert run_of(parse(json.dumps(json.loads(output(rows))).encode(), suite="golden")) == one
    single = run_of(parse(lines(rows[:1]), "out.jsonl"))
    assert (single.suite, single.sheets[0].task) == ("promptfoo", "promptfoo")


def test_a_repeat_counts_on_in_the_tests_and_is_the_same_item() -> None:
    sheet = sheet_of([row("Rome", 1), row("Rome", 0, test=1), row("Oslo", 1, test=2), row("Oslo", 1, test=3)])
    assert sorted(sheet.scores["pass_rate"]) == [(1.0, 0.0), (1.0, 1.0)]
    assert [len(a) for a in sheet.answers] == [2, 2]
    same_number = sheet_of([row("Rome", 1), row("Rome", 0)])
    assert same_number.scores["pass_rate"] == ((1.0, 0.0),)


def test_a_test_is_named_by_its_description_where_no_other_has_it() -> None:
    named = [row("Rome", case={"description": "capital of Italy"}), row("Oslo", test=1, case={"description": "about"})]
    named.append(row("Bern", test=2, case={"description": "about"}))
    sheet = sheet_of(named)
    assert "capital of Italy" in sheet.items
    assert [i for i in sheet.items if i.startswith("#")] == list(sheet.items[:2])
    assert sorted(sheet.names) == ["", "about · q=Bern", "about · q=Oslo"]


def test_names_of_tests_stay_the_same_when_others_come_and_repeats_change() -> None:
    few = sheet_of([row("Rome"), row("Oslo", test=1)])
    many = sheet_of([row(q, test=t) for t, q in enumerate(["Bern", "Rome", "Bern", "Rome", "Oslo"])])
    assert set(few.items) < set(many.items)


def test_one_question_with_two_sets_of_assertions_is_two_tests() -> None:
    other = {"assert": [{"type": "equals", "value": "x", "metric": "exact"}]}
    sheet = sheet_of([row("Rome"), row("Rome", test=1, case=other)])
    assert len(sheet.items) == 2


def test_a_variable_with_many_values_is_a_test_each() -> None:
    case = {"vars": {"q": ["Rome", "Oslo"]}}
    both = [row(q, test=t, case=case, vars={"q": q}) for t, q in enumerate(["Rome", "Oslo"])]
    assert len(sheet_of(both).items) == 2


def test_variables_that_are_another_in_each_run_can_be_passed_over() -> None:
    rows = [row("Rome", test=t, case={"vars": {"q": "Rome", "session": f"s{t}"}}) for t in range(2)]
    assert len(sheet_of(rows).items) == 2
    assert len(sheet_of(rows, ignore_vars=("session",)).items) == 1


def test_metadata_makes_tasks_clusters_and_slices() -> None:
    told = {"task": "safety", "cluster": "geo", "slice": ["easy", "edge"], "topic": "maps"}
    run = run_of(parse([row("Rome", case={"metadata": told}), row("Oslo", test=1)], slices=("topic",)))
    by_task = {s.task: s for s in run.sheets}
    assert list(by_task) == ["safety", "golden set"]
    assert by_task["safety"].clusters == ("geo",)
    assert by_task["safety"].slices == {"easy": (0,), "edge": (0,), "topic=maps": (0,)}
    assert by_task["golden set"].clusters == ()


def test_a_cached_answer_has_neither_time_nor_cost() -> None:
    priced = [row("Rome", cost=0.25), row("Oslo", test=1, cost=0.75)]
    assert sorted(sheet_of(priced).costs) == [0.25, 0.75]
    priced[0]["response"]["cached"] = True
    sheet = sheet_of(priced)
    assert (sheet.latencies, sheet.costs) == ((3.0,), ())


def test_of_a_released_prompt_the_variables_are_what_is_asked() -> None:
    def asked(raw: str, differ: str) -> tuple[str, ...]:
        one = row("Rome", id=raw)
        one["prompt"]["raw"] = raw
        return sheet_of([one], releases_differ_in=differ).prompts

    assert asked("v1: Rome", "model") != asked("v2: Rome", "model")
    assert asked("v1: Rome", "prompt") == asked("v2: Rome", "prompt")


def test_the_suite_digest_is_of_the_tests_alone() -> None:
    base = [row("Rome"), row("Oslo", test=1)]
    same = [row("Oslo", 0, who="b@2"), row("Rome", test=1, who="b@2"), row("Rome", test=2, who="b@2")]
    harder = [row("Rome", case={"assert": [{"type": "equals", "value": "Rome"}]}), row("Oslo", test=1)]
    digests = [run_of(parse(rows)).suite_digest for rows in (base, same, harder)]
    assert digests[0] == digests[1] != digests[2]


# --------------------------------------------------------------------------- scores


def test_of_an_assertion_more_is_better_whatever_it_is_called() -> None:
    checks = [{"type": "latency", "threshold": 5, "metric": "latency"}]
    one = row("Rome", case={"assert": checks}, namedScores={"latency": 1, "toxicity": 0.5, "sum": 12})
    found = {s.metric: s.higher_is_better for s in run_of(parse([one])).scores}
    assert found == {"score": True, "pass_rate": True, "latency": True, "toxicity": False, "sum": True}


def test_sums_of_older_versions_are_divided_again() -> None:
    one = row("Rome", namedScores={"accuracy": 2, "custom": 12})
    one["gradingResult"]["componentResults"] *= 3
    del one["gradingResult"]["namedScoreWeights"]
    sheet = sheet_of([one])
    assert (sheet.scores["accuracy"], sheet.scores["custom"]) == (((2 / 3,),), ((12.0,),))
    one["gradingResult"]["namedScoreWeights"] = {"accuracy": 3}
    with pytest.raises(SourceError, match="accuracy is 2: outside 0 to 1"):
        parse([one])


def test_a_named_score_does_not_hide_the_row_s_own() -> None:
    sheet = sheet_of([row("Rome", 0.5, namedScores={"score": 7})])
    assert (sheet.scores["score"], sheet.scores["named/score"]) == (((0.5,),), ((7.0,),))


def test_one_row_and_none_right_are_a_run() -> None:
    assert [s.value for s in run_of(parse([row("Rome", 0)])).scores] == [0.0, 0.0, 0.0]
    wrong = run_of(parse([row(f"q{i}", 0, test=i) for i in range(40)]))
    assert {(s.value, s.stderr, s.n) for s in wrong.scores} == {(0.0, 0.0, 40)}


# --------------------------------------------------------------------------- whose runs they are


def test_each_provider_of_a_file_is_a_run_of_its_own() -> None:
    rows = [row("Rome", who=who, prompt=p) for p, who in enumerate(["bot@1.0", "bot@1.1", "other@2"])]
    told = [(r.asset_id, r.version) for r in runs_of(parse(rows))]
    assert told == [("bot", "1.0"), ("bot", "1.1"), ("other", "2")]
    assert len({r.id for r in runs_of(parse(rows))}) == 3
    assert run_of(parse(rows, provider="bot@1.1")).version == "1.1"


def test_a_label_without_the_pattern_is_the_version_of_the_asset_that_is_set() -> None:
    assert run_of(parse([row("Rome", who="candidate-1.1")], asset="bot")).version == "candidate-1.1"
    assert run_of(parse([row("Rome", who="bot")], version="7")).asset_id == "bot"
    assert run_of(parse([row("Rome", who="")], asset="bot", version="7")).version == "7"
    with pytest.raises(SourceError, match=r"out\.json does not name its asset and version"):
        parse([row("Rome", who="candidate-1.1")])


def test_a_prompt_s_label_and_the_folder_name_a_run_before_the_model_s_id() -> None:
    one = row("Rome", who="")
    one["provider"] = {"id": "vertex:claude@20241022", "label": ""}
    assert run_of(parse([one], name="runs/gateway@2.0/out.json")).asset_id == "claude"
    at = context()._replace(folder=Path("runs/gateway@2.0"))
    assert run_of(promptfoo.parse("out.json", output([one]), promptfoo.Options(), at)).asset_id == "gateway"
    one["prompt"]["label"] = "Write to help@acme.com: {{q}}"
    assert run_of(promptfoo.parse("out.json", output([one]), promptfoo.Options(), at)).asset_id == "gateway"
    one["prompt"]["label"] = "refund-prompt@9"
    assert run_of(promptfoo.parse("out.json", output([one]), promptfoo.Options(), at)).asset_id == "refund-prompt"


def test_two_prompts_that_would_be_one_version_are_refused_until_one_is_picked() -> None:
    rows = [row("Rome", prompt=p) for p in range(2)] + [row("Rome", prompt=2, who="bot@1")]
    rows[1]["prompt"]["label"] = "short"
    got = parse(rows)
    assert [r.asset_id for r in runs_of(got)] == ["bot"]
    assert [r.problem.where for r in got.rejected] == [
        f"out.json: {BOT} · Answer: {{{{q}}}}",
        f"out.json: {BOT} · short",
    ]
    assert "are both support-bot 3.8.2" in got.rejected[0].problem.what
    assert run_of(parse(rows, prompt="short")).asset_id == "support-bot"
    with pytest.raises(SourceError, match="has no results of this 'provider' and 'prompt'"):
        parse(rows, prompt="long")


def test_what_ends_the_confusion_is_said_by_what_the_runs_differ_in() -> None:
    two = [row("Rome", who=who, prompt=n) for n, who in enumerate(("openai:gpt-5", "openai:o9"))]
    with pytest.raises(SourceError, match=r"--set provider=openai:gpt-5 .* give no version: each provider is then one"):
        parse(two, asset="a", version="1")
    assert run_of(parse(two, asset="a", version="1", provider="openai:o9")).version == "1"
    assert {r.version for r in runs_of(parse(two, asset="a"))} == {"openai:gpt-5", "openai:o9"}
    prompts = [row("Rome", prompt=p) for p in range(2)]
    prompts[1]["prompt"]["label"] = "short one"
    with pytest.raises(SourceError, match=r"--set prompt='Answer: {{q}}' .* label the prompts asset@version"):
        parse(prompts)


def test_repeats_that_the_cache_copied_count_once_and_that_is_said() -> None:
    def repeats(*outputs: tuple[str, bool]) -> Collected:
        told: list[Any] = [{"response": {"output": text, "cached": cached, "metadata": {}}} for text, cached in outputs]
        return parse([row("Rome", test=n, **more) for n, more in enumerate(told)])

    copied = repeats(("a", False), ("a", True), ("a", True))
    assert run_of(copied).sheets[0].scores["pass_rate"] == ((1.0,),)
    assert copied.rejected[0].problem.what.startswith("2 of 3 answers are copies from promptfoo's cache")
    for kept in ((("a", False), ("a", False)), (("a", True), ("b", True))):
        got = repeats(*kept)
        assert run_of(got).sheets[0].scores["pass_rate"] == ((1.0, 1.0),), "asked twice, or answers of their own"
        assert got.rejected == ()
    assert run_of(repeats(("a", True), ("a", True))).sheets[0].scores["pass_rate"] == ((1.0,),)


# --------------------------------------------------------------------------- what refuses a run or a file


def test_a_provider_with_errors_is_refused_with_their_count_and_the_others_land() -> None:
    bad = [
        failed(q, "Error: \x1b[31mboom\n" + "x" * 1_000, test=t, who="broken@1", prompt=1) for t, q in enumerate("abc")
    ]
    good = [row(q, test=t) for t, q in enumerate("abc")]
    got = parse([*bad[:2], row("c", test=2, who="broken@1", prompt=1), *good])
    assert run_of(got).asset_id == "support-bot"
    (problem,) = (r.problem for r in got.rejected)
    assert problem.where == "out.json: broken@1"
    assert problem.what == "is refused: 2 of 3 answers ended with an error: test 0: Error: boom"
    with pytest.raises(SourceError, match=r"out\.json: broken@1 is refused: 3 of 3 answers"):
        parse(bad)


def test_an_error_is_known_without_the_reason_that_older_versions_do_not_write() -> None:
    old = failed("Rome", failureReason=None)
    with pytest.raises(SourceError, match="1 of 1 answers ended with an error: test 0: 429"):
        parse([old])
    wrong = row("Rome", 0, failureReason=None, error="Expected output to contain Rome")
    assert run_of(parse([wrong])).scores[0].value == 0.0


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"score": None}, "score is missing, not a finite number"),
        ({"score": float("nan")}, "score is nan, not a finite number"),
        ({"score": float("inf")}, "score is inf, not a finite number"),
        ({"score": "1"}, "score is '1', not a finite number"),
        ({"success": None}, "pass_rate is missing"),
        ({"namedScores": {"accuracy": None}}, "accuracy is missing"),
        ({"namedScores": {"accuracy": 1.5}}, "accuracy is 1.5: outside 0 to 1"),
    ],
)
def test_a_bad_row_refuses_its_run_and_the_others_land(changes: dict[str, Any], what: str) -> None:
    rows = [
        row("Rome"),
        row("Oslo", test=1, who="bad@1", prompt=1, **changes),
        row("Bern", test=2, who="bad@1", prompt=1),
    ]
    for data, name in ((output(rows), "out.json"), (lines(rows), "out.jsonl")):
        got = parse(data, name)
        assert run_of(got).asset_id == "support-bot"
        (problem,) = (r.problem for r in got.rejected)
        assert problem.where == f"{name}: bad@1"
        assert problem.what.startswith("is refused: test 1: " + what)


def test_repeats_that_were_asked_different_prompts_are_refused() -> None:
    rows = [row("Rome", case={"description": "d"}), row("Rome", test=1, case={"description": "d"})]
    rows[1]["prompt"]["raw"] = "Today is Monday. Answer: Rome"
    with pytest.raises(SourceError, match=r"test 1 \(d\): its repeats had different prompts"):
        parse(rows)


def test_its_xml_is_refused_and_the_refusal_says_to_give_the_json() -> None:
    xml = b'<?xml version="1.0"?>\n<promptfoo>\n  <evalId>e</evalId>\n</promptfoo>'
    assert promptfoo.accepts("out.xml", Peek(xml))
    with pytest.raises(SourceError, match=r"own XML, no JUnit\. Give the JSON: promptfoo eval -o out\.json"):
        parse(xml, "out.xml")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (output([]), "has no results at all"),
        (output([], results={"version": 2, "results": []}), "of version 2, not 3"),
        (b"{}", "is not a valid promptfoo output: .*`results`"),
        (b"[]", "is not a valid promptfoo output"),
        (b'{"results": {"version": 3, "results": [{"testIdx": 0}]}}', r"`promptIdx` - at `\$\.results\.results"),
        (output([row("Rome")])[:400], r"out\.json:\d+:\d+: "),
        (output([row("Rome")])[:-3], r"out\.json:\d+:\d+: "),
        (b"{" * 100_000, r"out\.json"),
        (b"\xff\xfe", r"out\.json"),
        (b"", r"out\.json"),
    ],
)
def test_what_is_no_whole_output_is_an_error(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        parse(data)


def test_json_lines_that_are_cut_off_are_an_error_with_the_line() -> None:
    data = lines([row("Rome"), row("Oslo", test=1), row("Bern", test=2)])
    for size in (len(data) - 5, len(data) // 2, 300):
        with pytest.raises(SourceError, match=r"out\.jsonl:\d:\d+: the JSON ends too early"):
            parse(data[:size], "out.jsonl")


def test_a_line_of_another_shape_is_an_error_with_its_number() -> None:
    for place in range(2):
        rows = [row("Rome"), row("Oslo", test=1)]
        rows[place]["namedScores"] = [1]
        with pytest.raises(
            SourceError, match=rf"out\.jsonl:{place + 1} is not a valid row of promptfoo: .*`\$\.namedScores`"
        ):
            parse(lines(rows), "out.jsonl")


def test_texts_of_the_file_cannot_write_on_the_screen() -> None:
    bad = "x\x1b]0;owned\x07\u202e\x9b31m"
    case = {"description": f"d{bad}", "metadata": {"cluster": bad, "slice": bad, "task": bad}}
    rows = [row(bad, who="a@1" + bad, case=case, namedScores={f"n{bad}": 1}), row(bad + "2", test=1, who="a@1" + bad)]
    run = run_of(parse(output(rows, config={"description": bad})))
    texts = [run.suite, run.asset_id, run.version]
    for sheet in run.sheets:
        texts += [sheet.task, *sheet.items, *sheet.names, *sheet.clusters, *sheet.slices, *sheet.scores]
    assert all(is_clean(text) for text in texts)
    rows[0]["score"] = rows[1]["score"] = None
    with pytest.raises(SourceError) as caught:
        parse(rows)
    assert is_clean(str(caught.value))


def test_large_answers_cost_little() -> None:
    big = {"output": "short", "raw": {"body": "x" * 1_000_000}, "cached": False}
    data = output([row(f"q{i}", test=i, response=big) for i in range(30)])
    tracemalloc.start()
    began = time.process_time()
    assert run_of(parse(data)).scores[0].n == 30
    assert time.process_time() - began < 2.0
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(data: st.DataObject) -> None:
    rows = [row("Rome"), row("Oslo", 0, test=1)]
    whole = json.loads(output(rows))
    mine = whole["results"]["results"][0]
    places = [
        whole,
        whole["results"],
        mine,
        mine["testCase"],
        mine["testCase"]["vars"],
        mine["prompt"],
        mine["provider"],
    ]
    places += [mine["gradingResult"], mine["gradingResult"]["componentResults"][0]["assertion"], mine["response"]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(_JSON)
    forms = [(json.dumps(whole).encode(), "out.json")]
    if whole["results"] and isinstance(whole["results"], dict) and isinstance(whole["results"].get("results"), list):
        forms.append((lines(whole["results"]["results"]), "out.jsonl"))
    for raw, name in forms:
        try:
            told = "".join(str(r.problem) for r in parse(raw, name).rejected)
        except SourceError as error:
            told = str(error)
        assert is_clean(told)


# --------------------------------------------------------------------------- folders and detection


def test_a_folder_is_read_once_and_foreign_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(output([row("Rome")]))
    (tmp_path / "b.jsonl").write_bytes(lines([row("Oslo")]))
    (tmp_path / "promptfooconfig.json").write_text('{"prompts": []}')
    options = promptfoo.Options(path=".")
    got = promptfoo.collect(options, context(tmp_path))
    assert len(runs_of(got)) == 2
    assert [r.problem.where for r in got.rejected] == ["promptfooconfig.json"]
    assert promptfoo.collect(options, context(tmp_path, cursor=got.cursor)).unchanged


def test_its_files_are_told_from_others() -> None:
    huge = row("Rome", error="x" * 9_000)
    for data, name in (
        (output([row("Rome")]), "out.json"),
        (json.dumps(json.loads(output([]))).encode(), "stdin.json"),
        (lines([row("Rome")]), "out.jsonl"),
        (lines([{"cost": 0, "error": "x" * 9_000, **huge}]), "out.jsonl"),
    ):
        assert promptfoo.accepts(name, Peek(data[:4096]))
    for data, name in (
        (b'{"results": {"arc": {"acc,none": 1}}}', "results_1.json"),
        (b'{"doc_id":0,"doc":{"q":"x"}}', "samples_arc.jsonl"),
        (b'{"item_id":"a","score":1,"cost":0}', "items.jsonl"),
        (b"<testsuites/>", "junit.xml"),
        (b'<testsuites name="&lt;promptfoo>"/>', "junit.xml"),
        (as_json(four()), "log.json"),
    ):
        assert not promptfoo.accepts(name, Peek(data[:4096]))


def takers(name: str, data: bytes) -> list[str]:
    return [
        kind
        for kind, module in Kinds("collectors").items()
        if hasattr(module, "accepts") and module.accepts(name, Peek(data))
    ]


def test_no_two_formats_of_results_take_one_file() -> None:
    for data, name, kind in (
        (output([row("Rome")]), "out.json", "promptfoo"),
        (lines([row("Rome")]), "out.jsonl", "promptfoo"),
        (as_json(four()), "log.json", "inspect_ai"),
        (as_eval(four()), "log.eval", "inspect_ai"),
    ):
        assert takers(name, data) == [kind]


def test_real_files_are_taken_by_their_kind_alone() -> None:
    folder = shared_data("eval_samples")
    named = {"inspect_json": "inspect_ai", "promptfoo": "promptfoo", "lm_eval": "lm_eval", "junit": "junit"}
    for path in sorted(folder.rglob("*.*")):
        kind = named.get(path.relative_to(folder).parts[0])
        if path.suffix in (".json", ".jsonl", ".xml") and kind is not None:
            assert takers(str(path), path.read_bytes()) == [kind]
    for other in ("pytest_benchmark/benchmark.json",):
        assert not {"inspect_ai", "promptfoo"} & set(takers(other, (folder / other).read_bytes()))


def test_advisories_and_bills_are_not_taken_for_results() -> None:
    for path in sorted(shared_data("advisories").rglob("*.*")):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(4096)
            assert not promptfoo.accepts(path.name, Peek(head))
            assert not inspect_ai.accepts(path.name, Peek(head))


def test_what_promptfoo_wrote_is_read_and_both_forms_agree() -> None:
    folder = shared_data("eval_samples", "promptfoo")
    whole = json.loads((folder / "output.json").read_bytes())
    run = run_of(parse((folder / "output.json").read_bytes(), asset="a", suite="golden"))
    assert (run.asset_id, run.version) == ("a", "candidate-1.1")
    (sheet,) = run.sheets
    assert sheet.items == ("fails on purpose", "latency ok", "must-pass contains paris")
    assert sheet.clusters == ("", "", "geo")
    assert sheet.scores["pass_rate"] == ((0.0, 0.0), (1.0, 1.0), (1.0, 1.0))
    assert sheet.scores["latency"] == ((), (1.0, 1.0), ())
    (metrics,) = (p["metrics"] for p in whole["results"]["prompts"])
    rate = run.score("golden", "pass_rate")
    assert rate is not None
    assert rate.value == metrics["testPassCount"] / (metrics["testPassCount"] + metrics["testFailCount"])
    assert run.at == datetime(2026, 11, 23, 1, 17, 58, 907_000, tzinfo=UTC)
    other = run_of(parse((folder / "output.jsonl").read_bytes(), "output.jsonl", asset="a", suite="golden"))
    assert (other.id, other.sheets) == (run.id, run.sheets)
    with pytest.raises(SourceError, match="own XML"):
        parse((folder / "output.xml").read_bytes(), "output.xml")


# --------------------------------------------------------------------------- totals alone

SUMS = {
    "score": 7.5, "testPassCount": 7, "testFailCount": 3, "testErrorCount": 0,
    "namedScores": {"toxicity": 1.0, "uncounted": 3.0}, "namedScoresCount": {"toxicity": 4},
}  # fmt: skip


def summed(*prompts: dict[str, Any], **results: Any) -> bytes:
    body = {"version": 3, "timestamp": "2026-11-20T10:00:00Z", "results": [], "prompts": prompts, **results}
    return json.dumps({"evalId": "e", "results": body, "config": {"description": "golden"}}).encode()


def test_sums_of_each_prompt_are_totals_without_items() -> None:
    data = summed({"provider": "bot@1.0", "label": "p", "raw": "p", "metrics": SUMS})
    (run,) = promptfoo.parse("out.json", data, promptfoo.Options(), context()).observations
    assert isinstance(run, EvalRun)
    assert (run.asset_id, run.version, run.suite, run.sheets) == ("bot", "1.0", "golden", ())
    found = {s.metric: (s.value, s.n, s.directed, s.stderr) for s in run.scores}
    assert found == {
        "pass_rate": (0.7, 10, True, None), "score": (0.75, 10, True, None), "toxicity": (0.25, 4, False, None)
    }  # fmt: skip


def test_counts_of_all_tests_alone_are_a_pass_rate() -> None:
    options = promptfoo.Options(asset="bot", version="2")
    data = summed(stats={"successes": 9, "failures": 1, "errors": 0})
    (run,) = promptfoo.parse("out.json", data, options, context()).observations
    assert isinstance(run, EvalRun)
    assert [(s.metric, s.value, s.n) for s in run.scores] == [("pass_rate", 0.9, 10)]


@pytest.mark.parametrize(
    ("sums", "why"),
    [
        ({**SUMS, "testErrorCount": 2}, "2 of 12 answers ended with an error"),
        ({"score": 3}, "neither rows nor counts of tests"),
    ],
)
def test_sums_with_errors_or_without_tests_are_refused(sums: dict[str, Any], why: str) -> None:
    with pytest.raises(SourceError, match=why):
        promptfoo.parse("out.json", summed({"provider": "bot@1.0", "metrics": sums}), promptfoo.Options(), context())


def test_two_prompts_in_sum_that_would_be_one_release_are_refused_by_their_labels() -> None:
    data = summed(*({"provider": "bot@1.0", "label": p, "raw": p, "metrics": SUMS} for p in ("a", "b")))
    with pytest.raises(SourceError, match="--set prompt=a"):
        promptfoo.parse("out.json", data, promptfoo.Options(), context())
    got = promptfoo.parse("out.json", data, promptfoo.Options(prompt="a"), context())
    assert len(got.observations) == 1
