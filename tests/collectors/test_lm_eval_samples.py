"""Samples of the evaluation harness: paired by document, never half of them, refused when a score is none."""

from __future__ import annotations

import hashlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import lm_eval
from pulse_tui.collectors._shared.sheets import digest
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Sheet
from pulse_tui.domain.metrics import bounds_of, higher_is_better
from pulse_tui.domain.source import Collected
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

STAMP = "2026-11-23T01-22-05.121593"
RESULTS = f"results_{STAMP}.json"


def results(n: int = 4, **changes: Any) -> dict[str, Any]:
    return {
        "results": {"arc": {"alias": "arc", "acc,none": 0.75, "acc_stderr,none": "N/A"}},
        "higher_is_better": {"arc": {"acc": True}},
        "n-samples": {"arc": {"original": 600, "effective": n}},
        "task_hashes": {"arc": "h1"},
        "model_name": "support-bot@3.8.2",
        "date": 1795396924.5,
    } | changes


def sample(number: int, score: Any = 1.0, **changes: Any) -> dict[str, Any]:
    return {
        "doc_id": number,
        "doc": {"question": f"q{number}", "topic": "geo" if number % 2 else "math", "cluster": f"d{number // 2}"},
        "resps": [[["-0.2", "False"]]],
        "filtered_resps": [["-0.2", "False"]],
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": f"hash{number}",
        "prompt_hash": f"prompt{number}",
        "acc": score,
    } | changes


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


class Suite:
    """A folder as the harness leaves it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = base / "out" / "model"
        self.folder.mkdir(parents=True)
        self.cursor = context().cursor

    def put(self, rows: list[dict[str, Any]] | str, task: str = "arc") -> Path:
        path = self.folder / f"samples_{task}_{STAMP}.jsonl"
        path.write_text(rows if isinstance(rows, str) else jsonl(rows))
        return path

    def totals(self, **changes: Any) -> None:
        (self.folder / RESULTS).write_text(json.dumps(results(**changes)))

    def collect(self, **options: Any) -> Collected:
        got = lm_eval.collect(lm_eval.Options(path="out", **options), context(self.base, cursor=self.cursor))
        self.cursor = got.cursor
        return got


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    made = Suite(tmp_path)
    made.totals()
    return made


def run_of(collected: Collected) -> EvalRun:
    (run,) = collected.observations
    assert isinstance(run, EvalRun)
    return run


def sheet_of(collected: Collected) -> Sheet:
    (sheet,) = run_of(collected).sheets
    return sheet


def four(**changes: Any) -> list[dict[str, Any]]:
    return [sample(n, float(n < 3), **changes) for n in range(4)]


def test_samples_beside_the_results_are_the_items_of_the_run(suite: Suite) -> None:
    suite.put(four())
    got = suite.collect(slices=("topic",))
    run, sheet = run_of(got), sheet_of(got)
    assert sheet.items == ("hash0", "hash1", "hash2", "hash3")
    assert sheet.scores == {"acc": ((1.0,), (1.0,), (1.0,), (0.0,))}
    assert sheet.prompts == tuple(digest(f"prompt{n}") for n in range(4))
    assert sheet.clusters == ("d0", "d0", "d1", "d1")
    assert sheet.slices == {"topic=math": (0, 2), "topic=geo": (1, 3)}
    assert [(s.value, s.stderr, s.n) for s in run.scores] == [(0.75, None, 4)], "the totals stay the file's own"
    assert run.suite_digest is not None


def test_samples_that_are_a_link_out_of_the_folder_are_refused_by_name_and_the_totals_stay(suite: Suite) -> None:
    there = suite.put(four())
    (suite.base / "private").mkdir()
    there.symlink_to(there.rename(suite.base / "private" / there.name))
    got = suite.collect()
    assert run_of(got).sheets == ()
    assert [r.problem.what for r in got.rejected] == ["it is a link out of its folder"]
    assert got.rejected[0].problem.where.endswith(there.name)


def test_a_document_names_its_cluster_by_the_key_that_the_options_say(suite: Suite) -> None:
    suite.put(four())
    assert sheet_of(suite.collect(cluster="topic")).clusters == ("math", "geo", "math", "geo")


def test_a_document_without_such_a_key_has_no_cluster(suite: Suite) -> None:
    suite.put(four(doc="a plain text"))
    assert sheet_of(suite.collect(slices=("topic",))).clusters == ()


def test_samples_that_come_after_the_results_make_the_same_run_again(suite: Suite) -> None:
    first = suite.collect()
    assert run_of(first).sheets == ()
    assert first.rejected == ()
    assert suite.collect().unchanged
    suite.put(four())
    second = suite.collect()
    assert run_of(second).id == run_of(first).id
    assert len(sheet_of(second).items) == 4
    assert suite.collect().unchanged


def test_samples_that_are_still_being_written_add_nothing_yet(suite: Suite) -> None:
    text = jsonl(four())
    path = suite.put(text[: len(text) // 2 - 20])
    got = suite.collect()
    assert run_of(got).sheets == ()
    assert [r.problem.where for r in got.rejected] == [f"model/{path.name}:2"]
    assert "the totals are used" in got.rejected[0].problem.hint
    suite.put(jsonl(four()[:3]))
    assert "it has 3 documents, not the 4 of the run" in suite.collect().rejected[0].problem.what
    suite.put(text)
    os.utime(path, (time.time() + 5,) * 2)
    whole = suite.collect()
    assert (len(sheet_of(whole).items), whole.rejected) == (4, ())


def test_a_filter_with_too_few_documents_is_not_all_there(suite: Suite) -> None:
    suite.put(four(filter="strict") + four(filter="flex")[:2])
    assert "2 documents behind the filter flex" in suite.collect().rejected[0].problem.what


def test_each_filter_is_a_metric_of_its_own(suite: Suite) -> None:
    suite.put(four(filter="strict") + [sample(n, 1.0, filter="flex") for n in (3, 1, 0, 2)])
    sheet = sheet_of(suite.collect())
    assert sheet.scores["acc,strict"] == ((1.0,), (1.0,), (1.0,), (0.0,))
    assert sheet.scores["acc,flex"] == ((1.0,),) * 4
    assert (bounds_of("acc,flex"), higher_is_better("word_perplexity,flex")) == ((0.0, 1.0), False)


def test_the_same_document_twice_in_a_suite_keeps_its_partner(suite: Suite) -> None:
    rows = [sample(n, float(n == 2), doc_hash="same" if n else "other", prompt_hash="p") for n in range(4)]
    suite.totals(results={"arc": {"acc,none": 0.25}})
    suite.put([rows[3], rows[0], rows[2], rows[1]])
    sheet = sheet_of(suite.collect())
    assert sheet.items == ("other", "same", "same#2", "same#3")
    assert sheet.scores["acc"] == ((0.0,), (0.0,), (1.0,), (0.0,)), "in the order of doc_id, not of the file"


def test_items_whose_mean_is_not_the_reported_total_are_not_used_and_that_is_said(suite: Suite) -> None:
    suite.totals(results={"arc": {"acc,none": 0.75, "irt,none": 0.4}})
    suite.put(four(metrics=["acc", "irt"], irt=0.9))
    got = suite.collect()
    assert list(sheet_of(got).scores) == ["acc"]
    assert {s.metric: s.value for s in run_of(got).scores} == {"acc": 0.75, "irt": 0.4}
    (told,) = got.rejected
    assert told.problem.what == "the items give 0.9 for irt, the results report 0.4: they are not used"


def test_items_that_a_metric_is_not_about_are_none_of_its_items(suite: Suite) -> None:
    suite.totals(results={"arc": {"4096,none": 0.5, "8192,none": 1.0}})
    rows = [
        sample(n, metrics=["4096", "8192"], **{"4096": n % 2 if n < 2 else -1.0, "8192": -1.0 if n < 2 else 1.0})
        for n in range(4)
    ]
    suite.put(rows)
    got = suite.collect()
    assert sheet_of(got).scores == {"4096": ((0.0,), (1.0,), (), ()), "8192": ((), (), (1.0,), (1.0,))}
    assert got.rejected == ()


def test_a_task_of_which_no_items_can_be_used_has_its_totals(suite: Suite) -> None:
    suite.totals(results={"arc": {"acc,none": 0.1}})
    suite.put(four())
    assert run_of(suite.collect()).sheets == ()


def test_lines_of_the_same_document_are_repeats(suite: Suite) -> None:
    suite.put(four(filtered_resps=["yes"]) + four(filtered_resps=["no"]))
    sheet = sheet_of(suite.collect())
    assert sheet.scores["acc"] == ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (0.0, 0.0))
    assert sheet.answers == ((digest("yes"), digest("no")),) * 4


def test_a_document_with_more_lines_than_the_others_is_refused(suite: Suite) -> None:
    path = suite.put([*four(), sample(2)])
    got = suite.collect()
    assert got.observations == ()
    assert f"{path.name}:5: its document occurs 2 times, others 1" in got.rejected[0].problem.what


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ({"acc": float("nan")}, "acc is nan, not a finite number"),
        ({"acc": float("inf")}, "acc is inf, not a finite number"),
        ({"acc": None}, "acc is missing"),
        ({"acc": "nan"}, "acc is nan"),
        ({"acc": [1, 0]}, r"acc is \[1, 0\], not a finite number"),
        ({"acc": 1.5}, "acc is 1.5: outside 0 to 1"),
        ({"acc": "x" * 1_000_000}, "acc is 'xxx"),
    ],
)
def test_a_sample_without_a_score_refuses_that_run_and_the_others_land(
    suite: Suite, bad: dict[str, Any], what: str
) -> None:
    rows = four()
    rows[2] |= bad
    path = suite.put(rows)
    other = suite.base / "out" / "gateway@1.0"
    other.mkdir()
    (other / "results_9.json").write_text(json.dumps(results(model_name="x")))
    got = suite.collect()
    assert run_of(got).asset_id == "gateway"
    (refused,) = got.rejected
    assert refused.problem.where == f"model/{RESULTS}"
    with pytest.raises(SourceError, match=rf"is refused: {path.name}:3: {what}"):
        lm_eval.collect(lm_eval.Options(path=f"out/model/{RESULTS}"), context(suite.base))


def test_a_metric_that_a_line_lists_and_does_not_have_is_missing(suite: Suite) -> None:
    rows = four()
    del rows[1]["acc"]
    suite.put(rows)
    assert ":2: acc is missing" in suite.collect().rejected[0].problem.what


def test_a_metric_that_only_some_documents_have_is_theirs_alone(suite: Suite) -> None:
    rows = four()
    rows[1] |= {"metrics": ["acc", "acc_amb"], "acc_amb": 1.0}
    suite.put(rows)
    assert sheet_of(suite.collect()).scores["acc_amb"] == ((), (1.0,), (), ())


def test_metrics_that_are_one_number_over_all_documents_have_no_items(suite: Suite) -> None:
    more = {"metrics": ["acc", "f1", "bleu", "word_perplexity"], "f1": [0, 1], "word_perplexity": [-0.9, 3]}
    suite.put(four(**more, bleu=["reference", "text"]))
    assert list(sheet_of(suite.collect()).scores) == ["acc"]


def test_a_task_without_any_score_of_an_item_has_no_sheet(suite: Suite) -> None:
    suite.put(four(metrics=["word_perplexity"], word_perplexity=[-0.9, 3]))
    got = suite.collect()
    assert (run_of(got).sheets, got.rejected) == ((), ())


def test_numbers_of_numpy_that_were_written_as_text_are_numbers(suite: Suite) -> None:
    suite.totals(results={"arc": {"acc,none": 0.625}})
    suite.put([sample(0, "0.5"), sample(1, "True"), sample(2, "False"), sample(3, True)])
    assert sheet_of(suite.collect()).scores["acc"] == ((0.5,), (1.0,), (0.0,), (1.0,))


def test_samples_of_old_versions_are_named_by_their_document(suite: Suite) -> None:
    rows = four()
    for row in rows:
        del row["doc_hash"], row["metrics"], row["prompt_hash"]
    suite.put(rows)
    sheet = sheet_of(suite.collect())
    made = [hashlib.sha256(json.dumps(row["doc"], indent=2, ensure_ascii=False).encode()).hexdigest() for row in rows]
    assert sheet.items == tuple(sorted(made))
    assert list(sheet.scores) == ["acc"]
    assert sheet.prompts == ()


def test_samples_of_another_run_in_the_folder_are_let_be(suite: Suite) -> None:
    suite.put(four(), task="hellaswag")
    (suite.folder / "samples_arc_2026-01-01T00-00-00.000000.jsonl").write_text(jsonl(four()))
    got = suite.collect()
    assert (run_of(got).sheets, got.rejected) == ((), ())


def test_results_that_are_named_by_hand_find_their_samples(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "support-bot@3.8.2"
    folder.mkdir(parents=True)
    for stem in ("results_golden", f"mine_{STAMP}"):
        (folder / f"{stem}.json").write_text(json.dumps(results()))
        (folder / f"samples_arc_{stem.partition('_')[2]}.jsonl").write_text(jsonl(four()))
        data = (folder / f"{stem}.json").read_bytes()
        got = lm_eval.parse(f"{stem}.json", data, lm_eval.Options(), context()._replace(folder=folder))
        assert len(sheet_of(got).items) == 4


@pytest.mark.parametrize("name", ["../../secret", "..\\secret", "x\0y", "é" * 200, "\udcff"])
def test_a_task_that_is_named_like_no_file_reads_none(suite: Suite, name: str) -> None:
    (suite.base / f"secret_{STAMP}.jsonl").write_text(jsonl(four()))
    suite.totals(results={name: {"acc,none": 0.5}})
    got = suite.collect()
    assert (run_of(got).sheets, got.rejected) == ((), ())


def test_samples_over_their_cap_are_told_and_the_totals_stand(suite: Suite) -> None:
    suite.put(four())
    got = suite.collect(max_sample_bytes=100)
    assert run_of(got).sheets == ()
    assert "over the cap of 100 bytes" in got.rejected[0].problem.what


def test_a_megabyte_of_traceback_in_each_sample_is_read_past(suite: Suite) -> None:
    trace = "Traceback (most recent call last)\n" * 30_000
    suite.put(four(resps=[[trace]], filtered_resps=[trace]))
    began = time.process_time()
    assert sheet_of(suite.collect()).scores["acc"] == ((1.0,), (1.0,), (1.0,), (0.0,))
    assert time.process_time() - began < 5


# --------------------------------------------------------------------------- alone


def alone(rows: list[dict[str, Any]], name: str = f"samples_arc_easy_{STAMP}.jsonl", **options: Any) -> Collected:
    given = {"asset": "support-bot", "version": "3.8.2"} | options
    return lm_eval.parse(name, jsonl(rows).encode(), lm_eval.Options(**given), context())


def test_samples_alone_are_a_run_with_totals_made_from_them() -> None:
    run = run_of(alone(four()))
    assert (run.suite, run.suite_digest, run.format) == ("arc_easy", None, "lm_eval")
    assert run.at == datetime(2026, 11, 23, 1, 22, 5, 121593, tzinfo=UTC)
    (score,) = run.scores
    assert (score.task, score.metric, score.value, score.n) == ("arc_easy", "acc", 0.75, 4)
    assert score.stderr is not None
    (sheet,) = run.sheets
    assert sheet.task == "arc_easy"


def test_samples_alone_are_named_by_options_or_the_folder() -> None:
    named = alone(four(), name="x/bot@2.0/samples_arc.jsonl", asset=None, version=None, suite="golden")
    run = run_of(named)
    assert (run.asset_id, run.version, run.suite, run.at) == ("bot", "2.0", "golden", NOW)
    assert run.sheets[0].task == "arc"
    with pytest.raises(SourceError, match="does not name its asset"):
        alone(four(), asset=None)
    with pytest.raises(SourceError, match="does not name its task"):
        alone(four(), name="stdin")
    assert run_of(alone(four(), name="stdin", suite="golden")).sheets[0].task == "golden"


def test_a_timestamp_ahead_of_the_clock_is_not_believed() -> None:
    assert run_of(alone(four(), name="samples_arc_2027-01-01T00-00-00.000000.jsonl")).at == NOW


def test_samples_with_their_results_beside_are_that_run(suite: Suite) -> None:
    path = suite.put(four())
    expected = run_of(suite.collect())
    at = context()._replace(folder=suite.folder)
    got = lm_eval.parse(str(path), path.read_bytes(), lm_eval.Options(), at)
    assert run_of(got) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"doc_id": 0, "doc": {}, "metrics": ["acc"], "acc": 1.0', r":1: no whole sample"),
        ('{"doc_id": 0, "doc": {"a": 1}, "acc": 1.0}\n[]\n', r":2: no whole sample \(not an object\)"),
        ('{"doc_id": 0, "acc": 1.0}', r":1: no whole sample \(it has neither doc_hash nor doc\)"),
        ('{"doc_id": 0, "doc": {"a": 1}, "metrics": []}', "no metric with a score"),
        ('{"doc_id": 0, "doc": ' + "[" * 100_000, ":1: no whole sample"),
        ("\n\n", "it has no sample"),
    ],
)
def test_samples_that_are_none_are_an_error(text: str, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        lm_eval.parse("samples_arc.jsonl", text.encode(), lm_eval.Options(asset="a", version="1"), context())


def test_samples_are_told_from_other_json_lines() -> None:
    head = jsonl(four()).encode()[:4096]
    assert lm_eval.accepts("samples_arc.jsonl", Peek(head))
    assert lm_eval.accepts("stdin.jsonl", Peek(head))
    assert not lm_eval.accepts("samples_arc.json", Peek(head))
    assert not lm_eval.accepts("other.jsonl", Peek(b'{"item_id": 1, "score": 1}'))


def test_a_suite_of_fifty_thousand_samples_is_read_in_seconds() -> None:
    rows = [sample(n, float(n % 3 == 0)) for n in range(50_000)]
    data = jsonl(rows).encode()
    began = time.process_time()
    got = lm_eval.parse("samples_arc.jsonl", data, lm_eval.Options(asset="a", version="1"), context())
    assert time.process_time() - began < 20
    assert len(sheet_of(got).items) == 50_000


def test_what_the_real_harness_wrote_is_read_with_its_items() -> None:
    folder = shared_data("eval_samples", "lm_eval")
    options = lm_eval.Options(path=str(folder), asset="a", version="1", cluster="topic")
    got = lm_eval.collect(options, context())
    run, sheet = run_of(got), sheet_of(got)
    assert got.rejected == ()
    assert (len(sheet.items), len(sheet.prompts), set(sheet.clusters)) == (4, 4, {"geo", "math"})
    for score in run.scores:
        column = sheet.scores[score.metric]
        assert sum(values[0] for values in column) / len(column) == score.value
    (path,) = folder.rglob("samples_*.jsonl")
    by_itself = lm_eval.parse(path.name, path.read_bytes(), options, context())
    assert sheet_of(by_itself).items == sheet.items
    assert run_of(by_itself).scores[0].stderr == pytest.approx(run.scores[0].stderr)
