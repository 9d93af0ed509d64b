"""Logs of inspect-ai: both forms say the same, what scorers say becomes metrics, and what refuses a run."""

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

from pulse_tui.collectors import inspect_ai
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score, Sheet
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import is_clean
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.inspect_logs import as_eval, as_json, four, header, members, report, sample
from tests.collectors.shared_data import shared_data
from tests.collectors.zips import DEFLATE, STORED, ZSTD, zipped


def parse(data: bytes, name: str = "log.json", **options: Any) -> Collected:
    return inspect_ai.parse(name, data, inspect_ai.Options(**options), context())


def run_of(collected: Collected) -> EvalRun:
    (run,) = collected.observations
    assert isinstance(run, EvalRun)
    return run


def sheet_of(collected: Collected) -> Sheet:
    (sheet,) = run_of(collected).sheets
    return sheet


def scored(value: Any, scores: list[dict[str, Any]] | None = None, **options: Any) -> Collected:
    """One sample whose scorers said ``value``: a score, or several by their names."""
    said = value if isinstance(value, dict) and "value" not in value else {"includes": value}
    made = {name: one if isinstance(one, dict) and "value" in one else {"value": one} for name, one in said.items()}
    return parse(as_json([sample("a", scores=made)], scores or [report(value=None)]), **options)


# --------------------------------------------------------------------------- what is read


def test_a_log_is_a_run_with_its_samples_as_items_and_epochs_as_repeats() -> None:
    run = run_of(parse(as_eval(four()), "log.eval"))
    assert (run.asset_id, run.version, run.suite) == ("support-bot", "3.8.2", "tiny")
    assert (run.format, run.source, run.at) == ("inspect_ai", "src", datetime(2026, 11, 23, 1, 19, 27, tzinfo=UTC))
    assert run.scores == (Score(task="tiny", metric="accuracy", value=0.75, stderr=None, n=2),)
    sheet = run.sheets[0]
    assert (sheet.task, sheet.items, sheet.clusters) == ("tiny", ("a", "b"), ("geo", "geo"))
    assert sheet.scores == {"accuracy": ((1.0, 1.0), (1.0, 0.0))}
    assert sheet.latencies == (250.0,) * 4
    assert [len(a) for a in sheet.answers] == [2, 2]
    assert len(sheet.prompts) == 2


@pytest.mark.parametrize("method", [ZSTD, DEFLATE, STORED])
def test_both_forms_of_one_log_are_one_and_the_same_run(method: int) -> None:
    long = "word " * 3_000
    picture = [{"type": "text", "text": long}, {"type": "image", "image": "data:image/png;base64,iVBOR"}]
    samples = [
        sample("a", input=long, choices=["yes", "no"]),
        sample(
            "b",
            input=[{"id": "x1", "role": "system", "content": long}, {"id": "x2", "role": "user", "content": picture}],
        ),
        sample(7, target=["Rome", "Roma"]),
    ]
    one = run_of(parse(as_json(samples, [report(value=1.0)]), "x.json"))
    other = run_of(parse(as_eval(samples, [report(value=1.0)], method), "elsewhere/y.eval"))
    assert one == other
    assert one.sheets[0].items == ("7", "a", "b")


def test_a_message_is_told_by_role_and_text_not_by_the_id_that_each_run_gives_it() -> None:
    def prompts(ident: str, text: str) -> tuple[str, ...]:
        asked = [{"id": ident, "role": "user", "content": text}]
        return sheet_of(parse(as_json([sample("a", input=asked)], [report(value=1.0)]))).prompts

    assert prompts("m1", "hello") == prompts("m2", "hello") != prompts("m1", "hullo")


def test_the_suite_digest_is_of_the_content_and_not_of_the_machine() -> None:
    def digest(samples: list[dict[str, Any]] | None = None, **spec: Any) -> str | None:
        return run_of(parse(as_json(samples or four(), eval=spec))).suite_digest

    first = digest()
    assert first is not None
    assert digest(dataset={"location": "/home/ana/tiny.jsonl"}, model="other/model", task_id="z") == first
    others = [
        digest(task_version="2"),
        digest(dataset={"name": "gsm8k"}),
        digest([sample("b", "C"), sample("c", "I"), sample("d"), sample("e")]),
    ]
    others.append(digest([{**s, "target": "Rome"} for s in four()]))
    assert len({first, *others}) == 5


def test_a_log_that_is_scored_anew_is_another_run() -> None:
    better = [sample(i, "C", e) for e in (1, 2) for i in ("a", "b")]
    ids = {run_of(parse(d)).id for d in (as_json(four()), as_json(four()), as_json(better, [report(value=1.0)]))}
    assert len(ids) == 2


def test_metadata_makes_clusters_and_slices() -> None:
    samples = [
        sample("a", metadata={"doc": 7, "slice": ["easy", "long context"], "topic": "geo"}),
        sample("b", metadata={"doc": 7, "slice": "hard | easy", "topic": ["geo", "maths"], "edge": True}),
        sample("c", metadata=None),
    ]
    got = parse(as_eval(samples, [report(value=1.0)]), cluster="doc", slices=("topic", "edge"))
    sheet = sheet_of(got)
    assert sheet.clusters == ("7", "7", "")
    assert sheet.slices == {
        "easy": (0, 1), "long context": (0,), "topic=geo": (0, 1), "hard": (1,), "topic=maths": (1,), "edge": (1,)
    }  # fmt: skip


def test_time_and_cost_are_of_the_whole_sample() -> None:
    usage = {"a/1": {"total_cost": 0.25}, "grader/1": {"total_cost": 0.5}}
    first = sample("a", working_time=None, model_usage=usage)
    sheet = sheet_of(parse(as_json([first], [report(value=1.0)])))
    assert (sheet.latencies, sheet.costs) == ((500.0,), (0.75,))
    unpriced = {**usage, "b/1": {"input_tokens": 3}}
    assert sheet_of(parse(as_json([sample("a", model_usage=unpriced)], [report(value=1.0)]))).costs == ()


def test_whose_run_it_is_is_told_by_options_metadata_tags_folder_and_model(tmp_path: Path) -> None:
    def told(tags: list[str], spec: dict[str, Any], **options: Any) -> tuple[str, str]:
        log = as_json(four(), tags=tags, eval=spec)
        at = context(tmp_path)._replace(folder=Path("runs/gateway@2.0"))
        run = run_of(inspect_ai.parse("log.json", log, inspect_ai.Options(**options), at))
        return run.asset_id, run.version

    vertex = {"model": "vertex/claude@20241022"}
    assert told([], vertex) == ("gateway", "2.0")
    assert told([], {**vertex, "tags": ["nightly", "bot@1.0"]}) == ("bot", "1.0")
    assert told(["bot@1.1"], vertex) == ("bot", "1.1")
    assert told(["bot@1.1"], {"metadata": {"asset": "chat", "version": 3}}) == ("chat", "3")
    assert told(["bot@1.1"], {}, asset="a", version="b") == ("a", "b")
    with pytest.raises(SourceError, match=r"log\.json does not name its asset and version"):
        parse(as_json(four(), tags=[]))


# --------------------------------------------------------------------------- scores


@pytest.mark.parametrize(
    ("value", "number"),
    [("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), (True, 1.0), (0.25, 0.25), ("yes", 1.0), ("0.75", 0.75)],
)
def test_grades_count_as_inspect_ai_counts_them(value: Any, number: float) -> None:
    assert sheet_of(scored(value, [report(value=number)])).scores == {"accuracy": ((number,),)}


def test_the_only_scorer_gives_accuracy_or_its_own_name() -> None:
    assert [s.metric for s in run_of(scored("C", [report(value=1.0)])).scores] == ["accuracy"]
    mean = {**report("toxicity", None), "metrics": {"mean": {"name": "mean", "value": 0.25}}}
    (score,) = run_of(scored({"toxicity": 0.25}, [mean])).scores
    assert (score.metric, score.value, score.higher_is_better) == ("toxicity", 0.25, False)


def test_several_scorers_and_values_of_many_keys_are_a_metric_each() -> None:
    said = {
        "includes": "C",
        "judge": {"value": {"quality": 3.5, "toxicity": 0.5}},
        "list": {"value": [1, 0]},
        "f1": 0.5,
    }
    reports = [report(value=1.0), {**report("judge", 3.5), "name": "quality"}]
    scores = {s.metric: (s.value, s.higher_is_better) for s in run_of(scored(said, reports)).scores}
    assert scores == {
        "includes/accuracy": (1.0, True),
        "judge/quality": (3.5, True),
        "judge/toxicity": (0.5, False),
        "list/1": (1.0, True),
        "list/2": (0.0, True),
        "f1": (0.5, True),
    }


def test_an_accuracy_rises_whatever_its_scorer_is_called() -> None:
    (score,) = run_of(scored({"price_extraction": "C"}, [report("price_extraction", 1.0)])).scores
    assert (score.metric, score.higher_is_better) == ("accuracy", True)


def test_metrics_can_be_given_the_names_of_the_suite() -> None:
    names = {"judge/safe": "jailbreak_success", "includes/accuracy": "correctness"}
    said = {"includes": "C", "judge": {"value": {"safe": 0}}}
    scores = run_of(scored(said, [report(value=1.0)], metrics=names)).scores
    assert {s.metric: s.higher_is_better for s in scores} == {"correctness": True, "jailbreak_success": False}
    with pytest.raises(SourceError, match="two of its metrics have one name"):
        scored(said, [report(value=1.0)], metrics={"judge/safe": "includes/accuracy"})


def test_a_scorer_of_labels_is_told_and_the_others_land() -> None:
    got = scored({"includes": "C", "topic": "geography", "judge": {"value": {"grade": 1, "why": "good"}}})
    assert sorted(s.metric for s in run_of(got).scores) == ["includes", "judge/grade"]
    assert [r.problem.where for r in got.rejected] == ["log.json: scorer topic", "log.json: scorer judge/why"]
    with pytest.raises(SourceError, match="scorer topic gives labels, not scores"):
        scored({"topic": "geography"})


def test_what_the_log_reports_is_what_its_samples_have() -> None:
    with pytest.raises(SourceError, match=r"its samples have 0\.75 of includes, it reports 0\.5"):
        parse(as_json(four(), [report(value=0.5)]))
    for other in ({"reducer": "at_least_2"}, {"name": "geo"}, {"metrics": {"accuracy": {"value": None}}}):
        assert run_of(parse(as_json(four(), [report(value=0.5, **other)]))).scores[0].value == 0.75


@pytest.mark.parametrize(("value", "mean"), [("C", 1.0), ("I", 0.0)])
def test_one_sample_and_none_right_are_a_run(value: str, mean: float) -> None:
    assert run_of(parse(as_eval([sample("a", value)], [report(value=mean)]))).scores[0].value == mean
    all_wrong = [sample(i, "I", e, metadata=None) for e in (1, 2) for i in range(30)]
    assert run_of(parse(as_eval(all_wrong, [report(value=0.0)]))).scores[0].stderr == 0.0


# --------------------------------------------------------------------------- what refuses a run

_ERROR = {"message": "RuntimeError('no \x1b[31mGPU')\nat line 3", "traceback": "x" * 99, "traceback_ansi": "y"}


@pytest.mark.parametrize("form", ["json", "eval"])
@pytest.mark.parametrize(
    ("samples", "changes", "what"),
    [
        (four(), {"status": "error", "error": _ERROR, "results": None}, r"status is 'error': RuntimeError\('no GPU'\)\. "),
        (four(), {"status": "cancelled", "results": None}, "status is 'cancelled'"),
        (four(), {"status": "started"}, "status is 'started'"),
        (four(), {"results": None}, "it has no results"),
        (four(), {"invalidated": True}, "samples of it were invalidated"),
        ([], {"results": {"scores": []}}, "it has no samples"),
        (four()[:3], {"results": {"total_samples": 6}}, "3 of its 6 samples are missing"),
        ([*four(), sample("c", float("inf"))], {}, r"sample c \(epoch 1\): accuracy is inf, not a finite"),
        ([*four(), sample("c", "Z")], {}, "accuracy is 'Z', not a finite number"),
        ([*four(), sample("c", 7)], {}, "accuracy is 7: outside 0 to 1"),
        ([sample("c", error=_ERROR), sample("d", error=_ERROR)], {}, r"sample c|d .*: RuntimeError.*1 more"),
        ([*four(), sample("b", "C", 2)], {}, r"sample b \(epoch 2\): the item occurs twice, repeat 2"),
        ([sample("a", scores={})], {}, "none of its samples has a score"),
        ([sample("a"), sample("a", input="Other?", epoch=2)], {}, "had different prompts"),
    ],
)  # fmt: skip
def test_a_bad_run_is_refused_and_says_why(form: str, samples: list[Any], changes: dict[str, Any], what: str) -> None:
    make = as_json if form == "json" else as_eval
    with pytest.raises(SourceError, match=what) as caught:
        parse(make(samples, **changes), f"log.{form}")
    assert is_clean(str(caught.value))
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("form", ["json", "eval"])
@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (sample("c", error=_ERROR), "ended with an error: RuntimeError('no GPU')"),
        (sample("c", None), "was not scored"),
        (sample("c", float("nan")), "was not scored"),
    ],
)
def test_a_sample_without_a_score_that_its_run_allowed_is_told_and_the_others_land(
    form: str, odd: dict[str, Any], what: str
) -> None:
    make = as_json if form == "json" else as_eval
    got = parse(make([*four(), odd, {**odd, "id": "d"}]), f"log.{form}")
    run = run_of(got)
    assert run.sheets[0].items == ("a", "b", "c", "d")
    assert run.sheets[0].scores == {"accuracy": ((1.0, 1.0), (1.0, 0.0), (), ())}
    assert (run.scores[0].value, run.scores[0].n) == (0.75, 2)
    (told,) = got.rejected
    assert told.problem.where == f"log.{form}: sample c (epoch 1)"
    assert told.problem.what == f"{what}, and 1 more such"
    assert "4 of 6 samples are used" in told.problem.hint


@pytest.mark.parametrize("form", ["json", "eval"])
def test_a_log_without_samples_gives_the_totals_that_it_reports(form: str) -> None:
    make = as_json if form == "json" else as_eval
    metrics = {"accuracy": {"value": 0.75}, "stderr": {"value": 0.05}}
    run = run_of(parse(make([], [report(metrics=metrics, scored_samples=40)]), f"log.{form}"))
    assert run.sheets == ()
    assert run.scores == (Score(task="tiny", metric="accuracy", value=0.75, stderr=0.05, n=40),)


def test_what_another_reducer_made_of_the_epochs_bears_a_name_of_its_own() -> None:
    both = run_of(parse(as_json(four(), [report(), report(value=1.0, reducer="max")])))
    assert {s.metric: s.value for s in both.scores} == {"accuracy": 0.75, "accuracy/max": 1.0}
    alone = run_of(parse(as_json(four(), [report(value=1.0, reducer="at_least_1")])))
    assert {s.metric: s.value for s in alone.scores} == {"accuracy/mean": 0.75, "accuracy/at_least_1": 1.0}, (
        "the log shows 1.0 as its accuracy: ours must not stand under that name"
    )
    bare = run_of(parse(as_json([], [report(value=1.0, reducer="max")])))
    assert [s.metric for s in bare.scores] == ["accuracy/max"]


def test_a_time_that_is_none_is_left_out_and_the_scores_stand() -> None:
    for odd in ({"total_time": -1, "working_time": -0.5}, {"working_time": "soon"}):
        got = parse(as_json([*four(), sample("c", **odd)], [report(value=0.8)]))
        assert len(run_of(got).sheets[0].latencies) == 4
        assert "is left out: sample c (epoch 1): its latency is" in got.rejected[0].problem.what


def test_a_sample_that_one_scorer_left_out_has_no_value_of_it() -> None:
    both = {"includes": {"value": "C"}, "judge": {"value": {"a": 1, "b": 1}}}
    for less in (
        {"includes": {"value": "C"}},
        {**both, "judge": {"value": {"a": 1}}},
        {**both, "includes": {"value": None}},
    ):
        got = parse(as_json([sample("a", scores=both), sample("b", scores=less)], [report(value=None)]))
        assert () in [items[1] for items in run_of(got).sheets[0].scores.values()]
        assert got.rejected[0].problem.what == "was not scored"


def test_an_invalidated_sample_refuses_the_run() -> None:
    with pytest.raises(SourceError, match=r"sample a \(epoch 1\) was invalidated"):
        parse(as_json([sample("a", invalidation={"author": "ana"})]))


def test_a_run_that_stopped_early_has_fewer_samples_and_that_is_right() -> None:
    results = {"total_samples": 8, "scores": [report(value=0.75)], "early_stopping": {"manager": "m"}}
    assert run_of(parse(as_json(four(), results=results))).scores[0].n == 2


def test_metadata_that_a_summary_left_out_is_not_taken_for_a_cluster() -> None:
    large = sample("a", metadata={"cluster": ["doc"] * 500})
    with pytest.raises(SourceError, match=r"'cluster' of sample a \(epoch 1\) is too long for a summary"):
        parse(as_eval([large], [report(value=1.0)]))
    assert run_of(parse(as_json([large], [report(value=1.0)]))).sheets[0].clusters[0].startswith('["doc"')


def test_texts_of_the_log_cannot_write_on_the_screen() -> None:
    bad = "x\x1b]0;owned\x07\u202e\x9b31m"
    one = sample(f"id{bad}", metadata={"cluster": bad, "slice": bad}, scores={bad: {"value": {f"k{bad}": 1}}})
    run = run_of(parse(as_json([one], [report(value=None)], eval={"task": f"t{bad}", "tags": ["a@1" + bad]}, tags=[])))
    sheet = run.sheets[0]
    texts = (
        run.suite,
        run.asset_id,
        run.version,
        sheet.task,
        *sheet.items,
        *sheet.clusters,
        *sheet.slices,
        *sheet.scores,
    )
    assert all(is_clean(text) and text for text in texts)


# --------------------------------------------------------------------------- the file itself


def test_the_samples_of_a_zip_are_not_read_when_there_are_summaries() -> None:
    whole = members(four())
    for name in [n for n in whole if n.startswith("samples/")]:
        whole[name] = b"\xff not JSON"
    assert run_of(parse(zipped(whole), "log.eval")).scores[0].value == 0.75


def test_without_summaries_the_samples_are_read() -> None:
    whole = members(four())
    del whole["summaries.json"], whole["_journal/summaries/1.json"]
    assert run_of(parse(zipped(whole), "log.eval")) == run_of(parse(as_eval(four())))


def test_a_member_of_several_frames_is_read_whole() -> None:
    assert run_of(parse(zipped(members(four()), frames=5), "log.eval")).scores[0].value == 0.75


def test_a_zip_that_was_cut_anywhere_is_refused() -> None:
    data = as_eval(four())
    for size in (3, 30, len(data) // 2, len(data) - 1):
        with pytest.raises(SourceError, match=r"log\.eval (is a zip that is cut off|is not a zip)"):
            parse(data[:size], "log.eval")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"not a zip", r"log\.eval is not a zip"),
        (zipped({"a.json": {}}), "is not a valid inspect-ai log: it has no header.json"),
        (zipped({"_journal/start.json": {}}), "has not ended: it has no header.json"),
        (zipped(members(four()), flags=1), "header.json cannot be unpacked: it is encrypted"),
        (zipped({"header.json": b"{"}), r"log\.eval/header\.json:1:2: "),
        (
            zipped({"header.json": {"status": "success"}}),
            "is not a valid inspect-ai log: .*missing required field `eval`",
        ),
        (zipped({"header.json": {"status": 1, "eval": {}}}), r"Expected `str`, got `int` - at `\$\.status`"),
        (zipped(members(four())).replace(b"\x5d\x00", b"\x5c\x00"), "method 92 is not known here"),
        (zipped(members(four()), STORED).replace(b'"status": "success"', b'"status": "succes5"'), "checksum is wrong"),
    ],
)
def test_a_broken_zip_says_what_is_wrong_with_which_member(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        parse(data, "log.eval")


def test_damage_in_a_member_never_passes() -> None:
    data = as_eval(four())
    for at in range(0, len(data), 7):
        broken = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        try:
            assert run_of(parse(broken, "log.eval")).scores[0].value == 0.75
        except SourceError:
            continue


@pytest.mark.parametrize("method", [ZSTD, DEFLATE, STORED])
def test_a_zip_bomb_is_stopped_at_the_cap(method: int) -> None:
    bomb = {**members(four()), "summaries.json": b"[" + b" " * 50_000_000 + b"]"}
    data = zipped(bomb, method)
    tracemalloc.start()
    with pytest.raises(SourceError, match=r"summaries\.json: it unpacks to more than the cap of 1,000,000 bytes"):
        parse(data, "log.eval", max_unpacked=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("form", ["json", "eval"])
def test_tracebacks_of_a_megabyte_in_each_sample_cost_little(form: str) -> None:
    retries = [{"message": "boom", "traceback": "x" * 500_000, "traceback_ansi": "y" * 500_000}]
    samples = [sample(i, error_retries=retries) for i in range(30)]
    data = as_json(samples, [report(value=1.0)]) if form == "json" else as_eval(samples, [report(value=1.0)])
    tracemalloc.start()
    began = time.process_time()
    assert run_of(parse(data, f"log.{form}")).scores[0].n == 30
    assert time.process_time() - began < 2.0
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_truncated_and_foreign_json_are_errors_with_name_and_position() -> None:
    data = as_json(four())
    for size in (30, 400, len(data) - 3):
        with pytest.raises(SourceError, match=r"log\.json:\d+:\d+: "):
            parse(data[:size])
    for other in (b"{}", b'{"status": []}', b"{" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(SourceError, match=r"log\.json"):
            parse(other)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(data: st.DataObject) -> None:
    whole = json.loads(as_json(four()))
    places = [whole, whole["eval"], whole["results"], whole["results"]["scores"][0]]
    places += [whole["samples"][0], whole["samples"][1]["scores"]["includes"], whole["samples"][2]["metadata"]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(_JSON)
    try:
        assert run_of(parse(json.dumps(whole).encode())).sheets[0].scores
        told = ""
    except SourceError as error:
        told = str(error)
    assert is_clean(told)


# --------------------------------------------------------------------------- folders and detection


def test_a_folder_is_read_once_in_both_forms_and_manifests_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "support-bot@3.8.2"
    folder.mkdir(parents=True)
    (folder / "a_tiny_1.eval").write_bytes(as_eval(four(), tags=[]))
    (folder / "a_tiny_2.json").write_bytes(as_json(four(), tags=[], eval={"eval_id": "z"}))
    (folder / "broken.eval").write_bytes(b"PK\x03\x04")
    (folder / "eval-set.json").write_text('{"eval_set_id": "x"}')
    (folder / "notes.txt").write_text("x")
    got = inspect_ai.collect(inspect_ai.Options(path="logs"), context(tmp_path))
    runs = [o for o in got.observations if isinstance(o, EvalRun)]
    assert [(r.asset_id, r.version) for r in runs] == [("support-bot", "3.8.2")] * 2
    assert len({r.id for r in runs}) == 2
    assert [r.problem.where for r in got.rejected] == ["support-bot@3.8.2/broken.eval"]
    assert inspect_ai.collect(inspect_ai.Options(path="logs"), context(tmp_path, cursor=got.cursor)).unchanged


def test_logs_are_told_from_other_files() -> None:
    assert inspect_ai.accepts("x/log.json", Peek(as_json(four())[:4096]))
    assert inspect_ai.accepts("log.json", Peek(b"\xef\xbb\xbf" + json.dumps(header([], [])).encode()[:4096]))
    assert inspect_ai.accepts("x.eval", Peek(b""))
    assert inspect_ai.accepts("stdin.zip", Peek(as_eval(four())[:4096]))
    assert not inspect_ai.accepts("osv.zip", Peek(zipped({"GHSA-1.json": {}})))
    assert not inspect_ai.accepts("a.json", Peek(b'{"version": 3, "status": "ok", "evaluations": {}}'))
    assert not inspect_ai.accepts("a.jsonl", Peek(as_json(four())[:4096]))
    assert not inspect_ai.accepts("bom.json", Peek(b'{"bomFormat": "CycloneDX", "version": 1}'))


def test_a_log_without_a_time_is_of_now() -> None:
    log = as_json(four(), stats={}, eval={"created": "soon"})
    assert run_of(parse(log)).at == NOW


def test_what_inspect_ai_wrote_agrees_with_its_own_accuracy() -> None:
    (path,) = shared_data("eval_samples", "inspect_json").glob("*.json")
    data = path.read_bytes()
    assert inspect_ai.accepts(path.name, Peek(data[:4096]))
    whole = json.loads(data)
    run = run_of(parse(data, path.name, asset="a", version="1"))
    (reported,) = whole["results"]["scores"]
    score = run.score("tiny", "accuracy")
    assert score is not None
    assert score.value == reported["metrics"]["accuracy"]["value"] == 0.75
    assert score.n == reported["scored_samples"] == 4
    sheet = run.sheets[0]
    assert sheet.scores["accuracy"] == ((1.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert sheet.clusters == ("geo", "geo", "math", "math")
    assert sheet.latencies == tuple(round(s["working_time"] * 1_000.0, 9) for s in whole["samples"])
    assert len(sheet.prompts) == 4
    packed = members(whole["samples"], whole["results"]["scores"])
    packed["header.json"] = {k: v for k, v in whole.items() if k not in ("samples", "reductions")}
    assert run_of(parse(zipped(packed), "x.eval", asset="a", version="1")) == run


def test_how_it_was_measured_is_kept_and_the_model_is_none_of_it() -> None:
    spec: dict[str, Any] = {
        "config": {"epochs": 2, "limit": 100, "max_connections": 8},
        "task_args": {"level": "hard"},
        "model_generate_config": {"temperature": 0.5, "max_retries": 3},
    }
    found = run_of(parse(as_json(four(), eval=spec))).conditions
    assert found["limit"] == "100"
    assert found["epochs"] == "2"
    assert found["message limit"] == "none"
    assert found["task arguments"] == '{"level":"hard"}'
    assert found["generation"] == '{"temperature":0.5}'
    other = spec | {"model": "openai/other", "model_args": {"device": "cpu"}}
    assert run_of(parse(as_json(four(), eval=other))).conditions == found
