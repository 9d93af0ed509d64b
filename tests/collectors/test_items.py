"""Tables of items, CSV and JSON Lines: whose runs they are, what is read, and what refuses a run or a file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import items, junit, lm_eval, pytest_benchmark
from pulse_tui.collectors._shared.sheets import digest, short
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.source import Collected
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

HEADER = "suite,item_id,model,score"
GOOD = ["golden,q1,bot@1.0,1", "golden,q2,bot@1.0,0"]


def parse(data: str | bytes, name: str = "items.csv", **options: Any) -> Collected:
    raw = data.encode() if isinstance(data, str) else data
    return items.parse(name, raw, items.Options(**options), context())


def table(*rows: str, header: str = HEADER, **options: Any) -> Collected:
    return parse("\n".join([header, *rows]) + "\n", **options)


def runs_of(collected: Collected) -> list[EvalRun]:
    return [run for run in collected.observations if isinstance(run, EvalRun)]


def run_of(collected: Collected) -> EvalRun:
    (run,) = runs_of(collected)
    return run


# --------------------------------------------------------------------------- what is read


def test_each_suite_and_model_of_a_file_is_a_run() -> None:
    got = table(*GOOD, "golden,q1,bot@1.1,0.5", "redteam,q1,bot@1.0,1")
    told = [(r.asset_id, r.version, r.suite, [s.value for s in r.scores]) for r in runs_of(got)]
    assert told == [("bot", "1.0", "golden", [0.5]), ("bot", "1.1", "golden", [0.5]), ("bot", "1.0", "redteam", [1.0])]
    run = runs_of(got)[0]
    assert (run.at, run.format, run.source, run.suite_digest) == (NOW, "items", "src", None)
    assert (run.sheets[0].task, run.sheets[0].scores) == ("golden", {"score": ((1.0,), (0.0,))})


def test_every_column_has_its_place() -> None:
    header = "suite,item_id,slice,cluster,model,score,repeat,latency_ms,cost,prompt,probability,answer,task,metric,note"
    rows = [
        f"golden,q1,long|edge,doc1,bot@1,0.{r},{r},{10 + r}.5,0.01,what?,0.{r}5,yes,refunds,accuracy,x" for r in (1, 2)
    ]
    sheet = run_of(table(*rows, header=header)).sheets[0]
    assert (sheet.task, sheet.items, sheet.clusters) == ("refunds", ("q1",), ("doc1",))
    assert sheet.scores == {"accuracy": ((0.1, 0.2),)}
    assert sheet.slices == {"long": (0,), "edge": (0,)}
    assert (sheet.latencies, sheet.costs) == ((11.5, 12.5), (0.01,))
    assert sheet.probabilities[0] == pytest.approx(0.2)
    assert (sheet.prompts, sheet.answers) == ((digest("what?"),), ((digest("yes"), digest("yes")),))


def test_several_metrics_of_an_item_may_stand_on_lines_of_their_own() -> None:
    header = "item_id,metric,score,latency_ms"
    got = table("q1,accuracy,1,10", "q1,latency_s,2,10", header=header, asset="a", version="1")
    run = run_of(got)
    assert [(s.metric, s.higher_is_better) for s in run.scores] == [("accuracy", True), ("latency_s", False)]
    assert run.sheets[0].latencies == (10.0,)
    assert run.suite == run.sheets[0].task == "items"


def test_the_metric_of_all_rows_may_be_an_option_and_tells_its_direction() -> None:
    (score,) = run_of(table(*GOOD, metric="jailbreak_success")).scores
    assert (score.metric, score.higher_is_better) == ("jailbreak_success", False)


def test_a_suite_of_the_options_makes_tasks_of_the_suites_of_the_rows() -> None:
    run = run_of(table(*GOOD, "redteam,q1,bot@1.0,1", suite="nightly"))
    assert run.suite == "nightly"
    assert [sheet.task for sheet in run.sheets] == ["golden", "redteam"]


def test_columns_become_slices_and_clusters_when_the_options_name_them() -> None:
    header = "item_id,score,difficulty,adversarial,topic"
    rows = ["q1,1,hard,true,geo", "q2,0,,False,geo", "q3,0,easy,,math"]
    told = {"header": header, "asset": "a", "version": "1"}
    assert run_of(table(*rows, **told)).sheets[0].slices == {}
    sheet = run_of(table(*rows, **told, slices=("difficulty", "adversarial", "nothing"), cluster="topic")).sheets[0]
    assert sheet.slices == {"difficulty=hard": (0,), "adversarial": (0,), "difficulty=easy": (2,)}
    assert sheet.clusters == ("geo", "geo", "math")


def test_booleans_and_blank_cells_are_read_and_blank_lines_are_passed_over() -> None:
    header = "suite,item_id,model,score,latency_ms,repeat"
    got = table("", "g,q1,bot@1,True,,", ",,,,,", "  , , , , , ", "g,q2,bot@1,FALSE, ,", header=header)
    sheet = run_of(got).sheets[0]
    assert (sheet.scores, sheet.latencies) == ({"score": ((1.0,), (0.0,))}, ())


def test_suites_of_one_or_two_items_all_right_or_all_wrong_are_read() -> None:
    for score in (0, 1):
        for n in (1, 2, 30):
            (total,) = run_of(table(*(f"g,q{i},bot@1,{score}" for i in range(n)))).scores
            assert (total.value, total.n) == (score, n)
            assert total.stderr == (None if n == 1 else 0.0)


# --------------------------------------------------------------------------- whose runs


def test_a_model_is_a_version_when_the_options_name_the_asset() -> None:
    got = table("g,q1,gpt-x-2026,1", "g,q1,vicuna-13b,0", asset="chat")
    assert [(r.asset_id, r.version) for r in runs_of(got)] == [("chat", "gpt-x-2026"), ("chat", "vicuna-13b")]
    assert run_of(table("g,q1,chat,1", version="7")).asset_id == "chat"


def test_asset_and_version_may_be_columns_options_or_the_folder() -> None:
    columns = run_of(table("q1,1,bot,2.0", header="item_id,score,asset,version"))
    assert (columns.asset_id, columns.version) == ("bot", "2.0")
    given = run_of(table(*GOOD, asset="a", version="1"))
    assert (given.asset_id, given.version) == ("a", "1")
    folder = run_of(table("q1,1", header="item_id,score", name="deep/bot@3.1/golden.csv.gz"))
    assert (folder.asset_id, folder.version, folder.suite) == ("bot", "3.1", "golden")
    data, at = b"item_id,score\nq1,1\n", context()._replace(folder=Path("/x/bot@3.2"))
    assert run_of(items.parse("golden.csv", data, items.Options(), at)).version == "3.2"


def test_a_model_that_is_nobodys_is_refused_and_the_others_land() -> None:
    got = table(*GOOD, "golden,q1,gpt-x,1", "golden,q2,gpt-x,1")
    assert run_of(got).version == "1.0"
    (refused,) = got.rejected
    assert "items.csv:4: the model 'gpt-x' does not name the release of its run. Set 'asset'" in refused.problem.what
    with pytest.raises(SourceError, match=r"items\.csv:2: the row does not name the release of its run"):
        table("q1,1", header="item_id,score")


def test_two_models_are_never_one_version() -> None:
    with pytest.raises(SourceError, match=r"the models 'x' and 'y' are both a 1\. Set only 'asset'"):
        table("g,q1,x,1", "g,q2,y,1", asset="a", version="1")


def test_a_row_without_its_model_may_be_missing_from_any_run() -> None:
    with pytest.raises(SourceError, match=r"items\.csv:4: the row does not name the release of its run"):
        table(*GOOD, "golden,q3,,1")


def test_the_id_of_a_run_is_of_its_own_rows() -> None:
    one = run_of(table(*GOOD))
    grown = runs_of(table(*GOOD, "golden,q1,bot@1.1,1"))
    assert grown[0].id == one.id
    assert grown[1].id != one.id
    assert run_of(table(*GOOD, "golden,q3,bot@1.0,1")).id != one.id
    assert run_of(table(*GOOD, name="elsewhere/items.csv")).id == one.id


def test_a_suite_digest_is_taken_when_all_rows_say_the_same() -> None:
    header = "suite_digest,item_id,model,score"
    assert run_of(table("sha256:1,q1,bot@1,1", header=header)).suite_digest == "sha256:1"
    with pytest.raises(SourceError, match="several suite_digests"):
        table("sha256:1,q1,bot@1,1", "sha256:2,q2,bot@1,1", header=header)


# --------------------------------------------------------------------------- what refuses a run


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("golden,q3,bot@1.0,NaN", "accuracy is nan, not a finite number"),
        ("golden,q3,bot@1.0,inf", "accuracy is inf, not a finite number"),
        ("golden,q3,bot@1.0,-Infinity", "accuracy is -inf, not a finite number"),
        ("golden,q3,bot@1.0,", "accuracy is missing, not a finite number"),
        ("golden,q3,bot@1.0,N/A", "accuracy is 'N/A', not a finite number"),
        ('golden,q3,bot@1.0,"0,5"', "accuracy is '0,5', not a finite number"),
        ("golden,q3,bot@1.0,1_0", "accuracy is '1_0', not a finite number"),
        ("golden,q3,bot@1.0,1.5", "accuracy is 1.5: outside 0 to 1"),
        ("golden,q3,bot@1.0,-1", "accuracy is -1: outside 0 to 1"),
        ("golden,q2,bot@1.0,1", "the item occurs twice"),
        ("golden,,bot@1.0,1", "it has no id"),
        ("golden,q3,bot@1.0,1,extra", "5 cells under 4 columns"),
        ("golden,q3,bot@1.0", "3 cells under 4 columns"),
    ],
)
def test_a_bad_row_refuses_its_run_by_line_and_the_others_land(bad: str, what: str) -> None:
    got = table(*GOOD, bad, "golden,q1,bot@1.1,1", metric="accuracy")
    assert run_of(got).version == "1.1"
    (refused,) = got.rejected
    assert refused.problem.where == "items.csv: bot 1.0 on golden"
    assert f"bot 1.0 on golden is refused: items.csv:4: {what}" in refused.problem.what
    with pytest.raises(SourceError, match=r"is refused: items\.csv:4: "):
        table(*GOOD, bad, metric="accuracy")


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("latency_ms", "-1", "its latency is -1.0: negative"),
        ("latency_ms", "nan", "its latency is nan: not a finite number"),
        ("latency_ms", "fast", "its latency is 'fast': not a finite number"),
        ("cost", "-0.01", "its cost is -0.01: negative"),
        ("probability", "1.01", "its probability is 1.01: above 1"),
    ],
)
def test_a_bad_amount_is_left_out_by_its_line_and_the_scores_stand(column: str, value: str, what: str) -> None:
    got = table("q1,bot@1,1,", f"q2,bot@1,1,{value}", header=f"item_id,model,score,{column}")
    assert run_of(got).sheets[0].scores == {"score": ((1.0,), (1.0,))}
    assert f"is left out: items.csv:3: {what}" in got.rejected[0].problem.what


def test_a_task_with_a_bad_row_is_refused_and_the_others_of_its_run_land() -> None:
    got = table("q1,bot@1,1,a", "q2,bot@1,x,b", "q3,bot@1,0,b", header="item_id,model,score,task")
    assert [s.task for s in run_of(got).sheets] == ["a"]
    assert "task b: is refused: items.csv:3: score is 'x', not a finite number" in str(got.rejected[0].problem)


def test_how_many_more_are_bad_is_told() -> None:
    got = table("g,q1,a@1,x", "g,q2,a@1,", "g,q3,a@1,nan", *GOOD)
    assert run_of(got).asset_id == "bot"
    assert "items.csv:2: score is 'x', not a finite number, and 2 more such" in got.rejected[0].problem.what
    got = table("g,q0,b@1,1", "g,q1,b@1,1,1", "g,q2,b@1,1,1", *GOOD)
    assert "items.csv:3: 5 cells under 4 columns, and 1 more such" in got.rejected[0].problem.what


def test_repeats_need_their_numbers() -> None:
    header = "item_id,model,score,repeat"
    sheet = run_of(table("q1,bot@1,1,1", "q1,bot@1,0,2", "q2,bot@1,1,1", header=header)).sheets[0]
    assert sheet.scores == {"score": ((1.0, 0.0), (1.0,))}
    with pytest.raises(SourceError, match="the item occurs twice, repeat 2"):
        table("q1,bot@1,1,2", "q1,bot@1,0,2", header=header)


def test_a_row_of_nobody_knows_which_run_refuses_the_file() -> None:
    with pytest.raises(SourceError, match=r"items\.csv:4: 2 cells under 4 columns: its run is unknown"):
        table(*GOOD, "golden,q3", "golden,q1,bot@1.1,1")


# --------------------------------------------------------------------------- what is not a table


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("", r"items\.csv is empty"),
        (" \r\n\n", r"items\.csv is empty"),
        (HEADER, r"items\.csv has no row below its header"),
        ("item_id,value\nq1,1\n", r"items\.csv:1: the header has no column 'score'; it has item_id, value"),
        ("name;value\nq1;1\n", r"the header has no column 'item_id' and 'score'; it has name, value"),
        ("q1,1\nq2,0\n", "the header has no column"),
        ("item_id,score,score\nq1,1,1\n", r"items\.csv:1: the column 'score' occurs twice"),
        ('item_id,score\nq1,1\n"q2,1\nq3,1\n', r"items\.csv:3: a quote is opened and not closed"),
        ('item_id,score\n"q1"x,1\n', r"items\.csv:2: "),
        (b"item_id,score\nq1,1\nq\xff,1\n", r"items\.csv:3: not UTF-8 \(byte 20\)"),
        ('[{"item_id": 1, "score": 1}]', "is a JSON array"),
        ('{"item_id": 1, "score": 1}\n{"item_id": 2, "sco', r"items\.csv:2: not JSON"),
        ('{"item_id": 1, "score": 1}\n3\n', r"items\.csv:2: not an object"),
        ('{"item_id": 1, "score": 1}\n' + "[" * 100_000, r"items\.csv:2: not"),
    ],
)
def test_a_file_that_is_damaged_or_none_is_an_error(data: str | bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        parse(data, asset="a", version="1")


def test_packed_files_are_unpacked_up_to_their_cap() -> None:
    whole = gzip.compress("\n".join([HEADER, *GOOD]).encode())
    assert len(run_of(parse(whole, "items.csv.gz")).sheets[0].items) == 2
    for damaged, what in (
        (whole[:-12], "is cut off"),
        (whole[:12] + b"xxxx" + whole[16:], "is not a complete gzip file"),
    ):
        with pytest.raises(SourceError, match=rf"items\.csv\.gz {what}"):
            parse(damaged, "items.csv.gz")
    with pytest.raises(SourceError, match="unpacks to more than the cap of 100,000 bytes"):
        parse(gzip.compress(b"x" * 1_000_000), "items.csv.gz", max_bytes=100_000)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_write_is_read(mark: str, end: str, encoding: str) -> None:
    text = end.join(line.replace(",", mark) for line in [HEADER, *GOOD, 'golden,"é,;\tq",bot@1.0,1']) + end
    if mark != ",":
        text = text.replace(f"é{mark};\tq", "é,;\tq")
    assert items.accepts("items.csv", text.encode(encoding)[:4096])
    run = run_of(parse(text.encode(encoding)))
    assert run.sheets[0].items == ("q1", "q2", "é,; q")


def test_a_cell_may_hold_line_breaks_and_lines_are_still_counted_right() -> None:
    header = "item_id,model,score,note"
    with pytest.raises(SourceError, match=r"items\.csv:5: score is 'x'"):
        table('q1,bot@1,1,"a\nb\nc"', "q2,bot@1,x,", header=header)


def test_a_megabyte_of_traceback_in_a_column_is_read_past() -> None:
    trace = "Traceback (most recent call last)\n" * 30_000
    rows = [f'q{n},bot@1,0,"{trace}"' for n in range(5)]
    assert len(run_of(table(*rows, header="item_id,model,score,error")).sheets[0].items) == 5


def test_separators_at_the_end_of_a_line_are_no_cells() -> None:
    assert run_of(table(f"{GOOD[0]},,", GOOD[1])).scores[0].n == 2


# --------------------------------------------------------------------------- JSON Lines


def lines(*rows: dict[str, Any], **options: Any) -> Collected:
    return parse(
        "\n".join(json.dumps({"model": "bot@1", "suite": "g"} | row) for row in rows), "items.jsonl", **options
    )


def test_json_lines_carry_the_same_fields() -> None:
    got = lines(
        {"item_id": 1, "score": True, "slice": ["long", "edge"], "repeat": 0, "latency_ms": 3, "extra": {"a": [1]}},
        {"item_id": 2, "score": 0.5, "slice": "long", "cluster": 7, "difficulty": "hard"},
        slices=("difficulty",),
    )
    run = run_of(got)
    assert (run.suite, run.asset_id, run.version) == ("g", "bot", "1")
    sheet = run.sheets[0]
    assert (sheet.items, sheet.scores) == (("1", "2"), {"score": ((1.0,), (0.5,))})
    assert sheet.slices == {"long": (0, 1), "edge": (0,), "difficulty=hard": (1,)}
    assert (sheet.clusters, sheet.latencies) == (("", "7"), (3.0,))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None, "0.5", [1], {}])
def test_a_bad_score_in_json_lines_refuses_its_run_by_line(bad: Any) -> None:
    good = {"item_id": 1, "score": 1, "model": "bot@2"}
    got = lines({"item_id": 1, "score": 1}, {"item_id": 2, "score": bad}, good)
    assert run_of(got).version == "2"
    assert "items.jsonl:2: score is " in got.rejected[0].problem.what
    missing = lines({"item_id": 1}, good)
    assert "items.jsonl:1: score is missing" in missing.rejected[0].problem.what


# --------------------------------------------------------------------------- kinds and folders


def test_tables_are_told_from_the_files_of_other_kinds() -> None:
    head = "\n".join([HEADER, *GOOD]).encode()
    assert items.accepts("x/items.csv", head)
    assert items.accepts("stdin.csv", head.replace(b",", b";"))
    assert items.accepts("items.csv.gz", gzip.compress(head * 2_000)[:4096])
    row = b'{"suite": "g", "item_id": "q", "prompt": "' + b"x" * 5_000 + b'", "score": 1}\n'
    assert items.accepts("items.jsonl", row)
    assert items.accepts("items.jsonl", row[:4096])
    assert not items.accepts("items.json", row)
    assert not items.accepts("sheet.csv", b"model,acc\nx,1\n")
    assert not items.accepts("sheet.csv.gz", b"\x1f\x8b nothing of the kind")
    assert not items.accepts("x.jsonl", b'{"item_id": 1}\n{"item_id": 2, "score": 1}\n')
    assert not items.accepts("x.jsonl", b'{"schema": "pulse.signal/1", "item_id": 1, "score": "' + b"x" * 5_000)
    assert not items.accepts("samples_arc.jsonl", b'{"doc_id": 0, "doc": {"item_id": 1, "score": 2}, "acc": 1}\n')
    for kind in (junit, lm_eval, pytest_benchmark):
        assert not kind.accepts("items.jsonl", Peek(row))
        assert not kind.accepts("items.csv", Peek(head))


def test_every_table_of_a_folder_is_read_once(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "a.csv").write_text("\n".join([HEADER, *GOOD]))
    (folder / "b.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *GOOD]).encode()))
    (folder / "c.jsonl").write_text('{"item_id": 1, "score": 1, "model": "bot@3"}')
    (folder / "d.csv").write_text("")
    (folder / "notes.txt").write_text("none")
    got = items.collect(items.Options(path="runs"), context(tmp_path))
    assert len(runs_of(got)) == 3
    assert [r.problem.where for r in got.rejected] == ["d.csv"]
    assert items.collect(items.Options(path="runs"), context(tmp_path, cursor=got.cursor)).unchanged


@given(st.dictionaries(st.text(max_size=20).filter(lambda t: bool(short(t))), st.floats(0, 1), min_size=1, max_size=9))
def test_whatever_a_csv_can_hold_comes_back(table_of: dict[str, float]) -> None:
    scores = {short(item): score for item, score in table_of.items()}
    if len(scores) < len(table_of):
        return  # two ids that look alike are told apart by a hash
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["item_id", "score", "model"])
    writer.writerows([item, repr(score), "bot@1"] for item, score in table_of.items())
    sheet = run_of(parse(out.getvalue().encode("utf-8", "surrogatepass").decode("utf-8", "replace"))).sheets[0]
    assert dict(zip(sheet.items, (s[0] for s in sheet.scores["score"]), strict=True)) == scores


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"item_id,score\n", b'{"item_id": 1, "score": ', b"\x1f\x8b\x08"])
)
def test_no_bytes_do_more_than_be_refused(data: bytes, begin: bytes) -> None:
    kinds: list[Any] = [items, junit, lm_eval, pytest_benchmark]
    for kind in kinds:
        for name in ("x.csv", "samples_x.jsonl", "x.json", "x.xml"):
            kind.accepts(name, Peek((begin + data)[:4096]))
            try:
                kind.parse(name, begin + data, kind.Options(asset="a", version="1"), context())
            except SourceError:
                continue


def test_a_hundred_thousand_rows_are_read_in_seconds() -> None:
    header = "suite,item_id,slice,cluster,model,score,repeat,latency_ms,cost"
    rows = [f"g,q{n // 5},long,d{n // 50},bot@1.0,0.{n % 10},{n % 5},12.5,0.01" for n in range(100_000)]
    data = "\n".join([header, *rows]).encode()
    began = time.process_time()
    run = run_of(parse(data))
    assert time.process_time() - began < 15
    assert (run.scores[0].n, len(run.sheets[0].latencies)) == (20_000, 100_000)


@pytest.mark.parametrize(
    ("name", "models", "count"),
    [("jailbreakbench", 9, 100), ("lcb_execution", 15, 479), ("lcb_generation_400", 21, 400), ("lcb_testgen", 13, 442)],
)
def test_real_tables_are_read_whole(name: str, models: int, count: int) -> None:
    path = shared_data("evals", f"{name}.csv.gz")
    assert items.accepts(path.name, path.read_bytes()[:4096])
    got = items.collect(items.Options(path=str(path), asset="a", slices=("difficulty",)), context())
    assert got.rejected == ()
    runs = runs_of(got)
    assert len(runs) == models
    assert {len(run.sheets[0].items) for run in runs} == {count}
    assert all(run.sheets[0].clusters for run in runs)


def test_real_tables_of_totals_are_none_of_items() -> None:
    for name in ("aider_polyglot", "pythia_lm_eval_trend"):
        path = shared_data("evals", f"{name}.csv.gz")
        assert not items.accepts(path.name, path.read_bytes()[:4096])
        with pytest.raises(SourceError, match="the header has no column 'item_id' and 'score'"):
            items.parse(path.name, path.read_bytes(), items.Options(asset="a"), context())
