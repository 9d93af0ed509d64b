"""pytest-benchmark: each benchmark a task in milliseconds, its rounds repeats of one item."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import junit, lm_eval, pytest_benchmark
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

STATS: dict[str, Any] = {"min": 0.001, "mean": 0.002, "median": 0.0015, "stddev": 0.0004, "rounds": 4}
ROUNDS = [0.0025, 0.001, 0.0015, 0.003]


def benchmark(name: str = "t.py::test_a", **changes: Any) -> dict[str, Any]:
    return {"name": "a", "fullname": name, "group": None, "param": None, "extra_info": {}, "stats": STATS} | changes


def document(*benchmarks: Any, **changes: Any) -> bytes:
    whole = {
        "machine_info": {"node": "vm", "python_version": "3.11.7"},
        "commit_info": {"id": "41c9"},
        "benchmarks": benchmarks,
        "datetime": "2026-11-23T01:19:14.810032+00:00",
        "version": "5.3.1",
    }
    return json.dumps(whole | changes).encode()


def run_of(*benchmarks: Any, name: str = "b.json", **options: Any) -> EvalRun:
    given = pytest_benchmark.Options(**({"asset": "a", "version": "1"} | options))
    (run,) = pytest_benchmark.parse(name, document(*benchmarks), given, context()).observations
    assert isinstance(run, EvalRun)
    return run


def test_a_benchmark_is_a_task_in_milliseconds_where_less_is_better() -> None:
    run = run_of(benchmark())
    assert run.suite == "pytest_benchmark"
    assert run.at == datetime(2026, 11, 23, 1, 19, 14, 810032, tzinfo=UTC)
    assert run.suite_digest is None
    told = {s.metric: (s.value, s.stderr, s.n, s.higher_is_better) for s in run.scores}
    assert told == {
        "mean_ms": (2.0, 0.4 / math.sqrt(4), 4, False),
        "median_ms": (1.5, None, 4, False),
        "min_ms": (1.0, None, 4, False),
        "stddev_ms": (0.4, None, 4, False),
    }
    assert run.sheets == (), "no rounds are kept"


def test_kept_rounds_are_repeats_of_one_item_and_the_latencies() -> None:
    run = run_of(benchmark(stats=STATS | {"data": ROUNDS}), benchmark("t.py::test_b"))
    (sheet,) = run.sheets
    assert (sheet.task, sheet.items) == ("t.py::test_a", ("t.py::test_a",))
    assert sheet.scores == {"duration_ms": ((2.5, 1.0, 1.5, 3.0),)}
    assert sheet.latencies == (2.5, 1.0, 1.5, 3.0)


def test_parameters_stand_in_the_name_once() -> None:
    run = run_of(benchmark("t.py::test_a[3]", param="3"), benchmark("lone", param="4"))
    assert list(dict.fromkeys(s.task for s in run.scores)) == ["t.py::test_a[3]", "lone[4]"]


def test_a_single_round_has_no_error_and_equal_rounds_one_of_zero() -> None:
    one = run_of(benchmark(stats=STATS | {"rounds": 1, "stddev": 0}))
    assert one.scores[0] == Score(
        task="t.py::test_a", metric="mean_ms", value=2.0, higher_is_better=False, stderr=None, n=1
    )
    assert run_of(benchmark(stats=STATS | {"stddev": 0.0})).scores[0].stderr == 0.0
    assert run_of(benchmark(stats=STATS | {"rounds": 2})).scores[0].n == 2


def test_what_was_not_measured_is_left_out() -> None:
    run = run_of(benchmark("t.py::failed", stats=None), benchmark())
    assert {s.task for s in run.scores} == {"t.py::test_a"}
    for nothing in ([], [benchmark(stats=None)]):
        with pytest.raises(SourceError, match="has no benchmark that was measured"):
            run_of(*nothing)


def test_asset_and_version_come_from_options_the_benchmarks_or_the_folder() -> None:
    told = benchmark(extra_info={"asset": "gateway", "version": "2.0"})
    run = run_of(told, benchmark("other"), asset=None, version=None)
    assert (run.asset_id, run.version) == ("gateway", "2.0")
    assert run_of(told).version == "1", "the options come first"
    folder = run_of(benchmark(), name="x/bot@3.1/b.json", asset=None, version=None)
    assert (folder.asset_id, folder.version) == ("bot", "3.1")
    with pytest.raises(SourceError, match="does not name its asset and version"):
        run_of(benchmark(), asset=None, version=None)
    with pytest.raises(SourceError, match="its benchmarks say version '1' and '2'"):
        run_of(*(benchmark(v, extra_info={"asset": "a", "version": v}) for v in ("1", "2")), asset=None, version=None)


@pytest.mark.parametrize(
    ("stats", "what"),
    [
        ({"mean": math.nan}, "its mean is nan: not a finite number"),
        ({"mean": math.inf}, "its mean is inf: not a finite number"),
        ({"median": None}, "its median is missing: not a finite number"),
        ({"min": -0.1}, "its min is -0.1: negative"),
        ({"stddev": "N/A"}, "its stddev is 'N/A': not a finite number"),
        ({"data": [0.1, -0.2]}, r"its data\[1\] is -0.2: negative"),
        ({"data": [0.1, None]}, r"its data\[1\] is missing"),
    ],
)
def test_a_bad_number_refuses_the_run_by_its_name(stats: dict[str, Any], what: str) -> None:
    with pytest.raises(SourceError, match=rf"b\.json: t\.py::test_a is refused: {what}"):
        run_of(benchmark(stats=STATS | stats))


def test_one_odd_benchmark_is_refused_by_its_name_and_the_others_land() -> None:
    odd, twice = benchmark("t.py::test_b", stats=STATS | {"mean": -1.0}), benchmark("t.py::test_c")
    data = document(benchmark(), odd, twice, twice)
    got = pytest_benchmark.parse("b.json", data, pytest_benchmark.Options(asset="a", version="1"), context())
    (run,) = got.observations
    assert isinstance(run, EvalRun)
    assert {s.task for s in run.scores} == {"t.py::test_a"}
    assert [r.problem.where.rpartition(": ")[2] for r in got.rejected] == ["t.py::test_b", "t.py::test_c"]
    assert set(run.refused) == {"t.py::test_b", "t.py::test_c"}
    assert "negative" in run.refused["t.py::test_b"]
    assert "occurs twice" in run.refused["t.py::test_c"]


def test_a_benchmark_that_stands_twice_is_refused() -> None:
    with pytest.raises(SourceError, match="test_a occurs twice"):
        run_of(benchmark(), benchmark())


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (document(benchmark())[:-30], r"b\.json:1:\d+: "),
        (b"", r"b\.json:1:1: the JSON ends too early"),
        (b"[]", "is not a pytest-benchmark file"),
        (b'{"benchmarks": {}}', "is not a pytest-benchmark file"),
        (b"\xff", r"b\.json"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_whole_file_is_an_error(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        pytest_benchmark.parse("b.json", data, pytest_benchmark.Options(asset="a", version="1"), context())


def test_a_file_without_a_time_is_of_now() -> None:
    options = pytest_benchmark.Options(asset="a", version="1")
    for told in (None, "yesterday", 3):
        (run,) = pytest_benchmark.parse("b.json", document(benchmark(), datetime=told), options, context()).observations
        assert isinstance(run, EvalRun)
        assert run.at == NOW


def test_the_id_is_the_same_for_the_same_file() -> None:
    assert run_of(benchmark(), name="x/b.json").id == run_of(benchmark(), name="y/b.json").id
    assert run_of(benchmark()).id != run_of(benchmark("other")).id


def test_its_files_are_told_apart() -> None:
    head = document(benchmark())[:4096]
    assert pytest_benchmark.accepts("0001_x.json", Peek(head))
    assert not pytest_benchmark.accepts("0001_x.jsonl", Peek(head))
    assert not pytest_benchmark.accepts("x.json", Peek(b'{"machine_info": {"gpu": 1}}'))
    assert not lm_eval.accepts("0001_x.json", Peek(head))
    assert not junit.accepts("0001_x.json", Peek(head))


def test_new_files_of_a_folder_are_read_once(tmp_path: Path) -> None:
    folder = tmp_path / "bench" / "bot@1.0"
    folder.mkdir(parents=True)
    (folder / "0001.json").write_bytes(document(benchmark()))
    (folder / "broken.json").write_bytes(b"{")
    got = pytest_benchmark.collect(pytest_benchmark.Options(path="bench"), context(tmp_path))
    assert [len(got.observations), len(got.rejected)] == [1, 1]
    again = context(tmp_path, cursor=got.cursor)
    assert pytest_benchmark.collect(pytest_benchmark.Options(path="bench"), again).unchanged


def test_what_the_real_plugin_wrote_is_read() -> None:
    path = shared_data("eval_samples", "pytest_benchmark", "benchmark.json")
    data = path.read_bytes()
    assert pytest_benchmark.accepts(path.name, Peek(data[:4096]))
    options = pytest_benchmark.Options(asset="a", version="1")
    (run,) = pytest_benchmark.parse(path.name, data, options, context()).observations
    assert isinstance(run, EvalRun)
    mean = run.score("tmp/test_gate.py::test_latency", "mean_ms")
    assert mean is not None
    assert (round(mean.value, 5), mean.n) == (0.02797, 25184)
