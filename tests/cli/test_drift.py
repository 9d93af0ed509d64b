"""``pulse-tui drift`` through its own ``arguments`` and ``run``."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.cli import drift
from pulse_tui.domain.errors import PulseError, WrongUse
from pulse_tui.evaluate.inputs import Unusable

STEP = [0.9] * 20 + [0.8] * 20


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    drift.arguments(parser, "drift")
    return drift.run(parser.parse_args(list(words)), "drift")


def written(folder: Path, *lines: object) -> str:
    file = folder / "series"
    file.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    return str(file)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_batch_gives_one_line_per_line_in_the_same_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, {"id": "a", "y": STEP}, {"id": 7, "y": [1, 2, 3]}, {"id": "c", "y": []})
    assert run("--batch", path) == 0
    assert answers(capsys) == [{"id": "a", "changes": [20]}, {"id": 7, "changes": []}, {"id": "c", "changes": []}]


@pytest.mark.parametrize(
    ("bad", "name", "why"),
    [
        (b'{"id": "x", "y": [1, NaN]}', "x", r"y[1] is NaN"),
        (b'{"id": "x", "y": [1, Infinity]}', "x", r"y[1] is inf"),
        ({"id": "x", "y": [1, None]}, "x", r"y[1] is missing"),
        ({"id": "x", "y": ["1"]}, "x", r"y[0] is the text"),
        ({"id": "x", "y": 3}, "x", "y is not a list"),
        ({"id": "x"}, "x", "y is missing"),
        ([1, 2], None, "not an object"),
        (b'{"id": "x", "y": [1', None, "not JSON"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b"[" * 100_000, None, "not JSON"),
    ],
)
def test_a_bad_line_is_answered_with_its_number_and_the_others_land(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: object, name: str | None, why: str
) -> None:
    assert run("--batch", written(tmp_path, {"id": "a", "y": STEP}, bad, {"id": "b", "y": STEP})) == 1
    first, refused, last = answers(capsys)
    assert (first["changes"], last["changes"]) == ([20], [20])
    assert refused["id"] == name
    assert "line 2: " in refused["error"]
    assert why in refused["error"]


def test_a_batch_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given = json.dumps({"id": "a", "y": STEP}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert run("--batch", "-") == 0
    assert answers(capsys) == [{"id": "a", "changes": [20]}]


@pytest.mark.parametrize("data", [json.dumps(STEP).encode(), "\n".join(map(str, STEP)).encode()])
def test_one_series_is_a_list_or_one_number_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    assert run(written(tmp_path, data)) == 0
    assert "at 20: 0.9 -> 0.8" in capsys.readouterr().out
    assert run(written(tmp_path, data), "--json") == 0
    (change,) = answers(capsys)[0]["changes"]
    assert (change["index"], change["confirmed"], change["points_after"]) == (20, True, 20)


def test_a_series_without_a_change_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(written(tmp_path, [0.5] * 30)) == 0
    assert "no change of level in 30 points" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"1\n2\nthree\n", b"[1, 2", b'{"id": 1}', b"1\n\xff\n"])
def test_a_file_that_is_no_series_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PulseError, match="series"):
        run(written(tmp_path, data))


def test_numbers_that_are_not_finite_are_refused_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"y\[1\] is NaN"):
        run(written(tmp_path, b"1\nnan\n3"))


@pytest.mark.parametrize("words", [[], ["a", "--batch", "b"], ["a", "--material", "-1"], ["a", "--material", "nan"]])
def test_wrong_use_is_told(words: list[str]) -> None:
    with pytest.raises(WrongUse):
        run(*words)


def test_a_missing_file_is_told_with_its_name() -> None:
    with pytest.raises(PulseError, match=r"absent\.json"):
        run("--batch", "absent.json")
