"""``pulse-tui compare --batch`` through its own ``arguments`` and ``run``."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.cli import compare
from pulse_tui.domain.errors import WrongUse

KEYS = ["id", "verdict", "delta", "low", "high", "method", "n", "clusters_effective", "p_worse", "more_items"]
PASSING = {
    "id": "ok",
    "metric": "accuracy",
    "higher_is_better": True,
    "margin": 0.02,
    "base": [1, 0] * 100,
    "cand": [1, 0] * 100,
}
FAILING = {**PASSING, "id": "bad", "base": [1] * 200, "cand": [1, 0] * 100}
SLOW = {"id": "slow", "metric": "p95_latency", "slo": 100, "limit": 1.15, "cand": [90, 130] * 40}


def said(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    parser = argparse.ArgumentParser()
    compare.arguments(parser, "compare")
    code = compare.run(parser.parse_args(["--batch", path]), "compare")
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def batch(tmp_path: Path, *lines: object) -> str:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    return str(file)


def test_all_passing_lines_exit_with_zero_and_exactly_the_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = said(batch(tmp_path, PASSING, {**PASSING, "id": 7}), capsys)
    assert code == 0
    assert [list(line) for line in lines] == [KEYS, KEYS]
    assert [line["id"] for line in lines] == ["ok", 7]
    assert (lines[0]["verdict"], lines[0]["delta"], lines[0]["more_items"]) == ("PASS", 0.0, 0)


def test_answers_come_in_the_order_of_the_lines_and_a_fail_exits_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = said(batch(tmp_path, FAILING, PASSING, SLOW), capsys)
    assert code == 1
    assert [line["verdict"] for line in lines] == ["FAIL", "PASS", "FAIL"]


def test_a_latency_line_is_answered_with_its_exceedances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = said(batch(tmp_path, SLOW), capsys)
    assert (lines[0]["exceedances"], lines[0]["n"]) == (40, 80)
    assert lines[0]["delta"] == pytest.approx(130 - 115)
    assert "exact binomial exceedance" in lines[0]["method"]


def test_clusters_are_told_with_how_many_they_amount_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clustered = {**FAILING, "cluster": [f"c{i // 50}" for i in range(200)]}
    code, lines = said(batch(tmp_path, clustered), capsys)
    assert code == 1
    assert lines[0]["clusters_effective"] == 4.0
    assert lines[0]["verdict"] == "INCONCLUSIVE"
    assert "cannot FAIL" in lines[0]["method"]


@pytest.mark.parametrize(
    ("line", "who", "reason"),
    [
        (b'{"id": "x", "metric": "accuracy", "margin": 0.02, "base": [1, NaN], "cand": [1, 0]}', "x", "base[1] is NaN"),
        (b'{"id": "x", "margin": 0.02, "base": [1, Infinity], "cand": [1, 0]}', "x", "base[1] is inf"),
        ({**PASSING, "cand": [1, None]}, "ok", "cand[1] is missing"),
        ({**PASSING, "cand": [1, 0]}, "ok", "base has 200 items and cand 2"),
        ({**PASSING, "base": [], "cand": []}, "ok", "base is empty"),
        ({**PASSING, "cand": [2] * 200}, "ok", "outside 0 to 1"),
        ({**PASSING, "margin": 2}, "ok", "did you mean 0.02"),
        ({**PASSING, "higher_is_better": "yes"}, "ok", "neither true nor false"),
        ({**PASSING, "metric": 3}, "ok", "metric is no text"),
        ({**PASSING, "cluster": ["a"]}, "ok", "1 labels for 200 items"),
        ({"id": "m", "base": [1], "cand": [1]}, "m", "margin is missing"),
        ({**SLOW, "cand": [90, -1]}, "slow", "cand[1] is -1: negative"),
        ({**SLOW, "slo": 0}, "slow", "slo is 0"),
        ({"id": "s", "metric": "p95_latency", "cand": [1]}, "s", "slo is missing"),
        ([1, 2], None, "not an object"),
        (b"{not json", None, "not JSON"),
        (b"\xff\xfe", None, "not JSON"),
        (b"[" * 100_000, None, "not JSON"),
    ],
)
def test_a_bad_line_is_answered_with_its_number_and_the_others_go_on(
    line: object, who: str | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = said(batch(tmp_path, PASSING, line, PASSING), capsys)
    assert code == 1
    assert [entry.get("verdict") for entry in lines] == ["PASS", None, "PASS"]
    assert list(lines[1]) == ["id", "error"]
    assert lines[1]["id"] == who
    assert lines[1]["error"].startswith("line 2: ")
    assert reason in lines[1]["error"]


def test_one_and_two_items_are_undecided_and_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = {**PASSING, "base": [1], "cand": [0]}
    two = {**PASSING, "metric": "points", "base": [3.5, 4.0], "cand": [3.0, 3.9]}
    same = {**two, "cand": [3.5, 4.0]}
    code, lines = said(batch(tmp_path, one, two, same), capsys)
    assert code == 1
    assert [line["verdict"] for line in lines] == ["INCONCLUSIVE"] * 3
    assert lines[2]["low"] is None


def test_an_id_of_any_kind_comes_back_in_a_form_that_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [10**30, -5, 1.5, True, None, ["a"], "a\x1b[2Jb"]
    _, lines = said(batch(tmp_path, *({**PASSING, "id": i} for i in ids)), capsys)
    assert [line["id"] for line in lines[:-1]] == [str(10**30), -5, 1.5, None, None, None]
    assert "\x1b" not in lines[-1]["id"]


def test_input_of_which_nothing_can_be_judged_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (batch(tmp_path, b"no", b"{}"), str(tmp_path / "absent.jsonl"), str(tmp_path)):
        with pytest.raises(WrongUse) as caught:
            said(path, capsys)
        assert caught.value.exit_code == 2
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(WrongUse, match="no comparison"):
        said(str(empty), capsys)


def test_standard_input_is_read_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(PASSING) + "\n\n" + json.dumps(FAILING)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, lines = said("-", capsys)
    assert (code, [line["id"] for line in lines]) == (1, ["ok", "bad"])
