"""``pulse-tui compare BASE CANDIDATE``: any two result files, the verdict of each metric that both have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.cli.main import run
from pulse_tui.wiring import bundled

NIGHT = bundled("fixtures") / "night" / "acts"
BASE = NIGHT / "00-evening/results/golden/support-bot@3.8.1"
CANDIDATE = NIGHT / "01-canary-accuracy/results/golden/support-bot@3.8.2"


def table(path: Path, rows: dict[str, list[int]], metric: str = "accuracy", suite: str = "golden") -> str:
    """A CSV of items of several models."""
    lines = ["suite,item_id,model,metric,score"]
    for model, scores in rows.items():
        lines += [f"{suite},q{n:03d},{model},{metric},{score}" for n, score in enumerate(scores)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["compare", *words])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    code = run(["compare", *words, "--json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return code, found


def test_two_results_with_samples_are_paired_item_by_item(capsys: pytest.CaptureFixture[str]) -> None:
    code, (one,) = as_json(capsys, str(BASE), str(CANDIDATE))
    (line,) = one["lines"]
    assert (code, one["verdict"], line["basis"], line["n"]) == (1, "FAIL", "paired", 500)
    assert line["delta"] == pytest.approx(-0.052)
    assert line["high"] < -0.02
    assert (one["baseline"], one["candidate"]) == ("support-bot 3.8.1", "support-bot 3.8.2")


def test_the_same_run_twice_passes_with_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(tmp_path / "a.csv", {"bot@1": [1, 0, 1, 1] * 100})
    code, out = asked(capsys, file, file)
    assert code == 0
    assert "PASS" in out


def test_a_file_that_does_not_say_whose_it_is_is_compared_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(tmp_path / "models.csv", {"small": [1, 0, 0, 0] * 100, "large": [1, 1, 1, 0] * 100})
    code, (one,) = as_json(capsys, f"{file}#large", f"{file}#small")
    assert (code, one["verdict"]) == (1, "FAIL")


def test_a_file_of_several_versions_asks_which_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(tmp_path / "models.csv", {"small": [1, 0] * 50, "large": [1, 1] * 50})
    code, out = asked(capsys, file, file)
    assert code == 2
    assert "2 versions: large, small" in out
    assert f"{file}#large" in out
    code, out = asked(capsys, f"{file}#lrge", file)
    assert code == 2
    assert "did you mean 'large'?" in out


def test_other_items_are_refused_with_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = table(tmp_path / "a.csv", {"bot@1": [1, 0] * 60})
    after = table(tmp_path / "b.csv", {"bot@2": [1, 0] * 50})
    code, out = asked(capsys, before, after)
    assert code == 1
    assert "REFUSED" in out
    assert "20 only in the baseline" in out
    assert "q100" in out


def test_another_suite_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = table(tmp_path / "a.csv", {"bot@1": [1, 0] * 60})
    after = table(tmp_path / "b.csv", {"bot@2": [1, 0] * 60}, suite="redteam")
    code, out = asked(capsys, before, after)
    assert code == 1
    assert "redteam" in out
    assert "golden" in out


def test_a_lower_rate_of_jailbreaks_is_better_and_a_point_is_its_margin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = table(tmp_path / "a.csv", {"guard@1": [0] * 400}, metric="jailbreak_success")
    after = table(tmp_path / "b.csv", {"guard@2": [1] * 40 + [0] * 360}, metric="jailbreak_success")
    code, (one,) = as_json(capsys, before, after)
    (line,) = one["lines"]
    assert (code, line["verdict"], line["margin"], line["higher_is_better"]) == (1, "FAIL", 0.01, False)
    code, (one,) = as_json(capsys, after, before)
    assert (code, one["verdict"]) == (0, "PASS")


def test_a_margin_as_wide_as_the_scale_would_pass_anything_and_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(tmp_path / "a.csv", {"bot@1": [1, 0] * 60})
    code, out = asked(capsys, file, file, "--margin", "2")
    assert code == 2
    assert "did you mean 0.02?" in out


def test_a_metric_without_a_scale_needs_a_margin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = table(tmp_path / "a.csv", {"bot@1": [100, 120, 90, 95, 110] * 20}, metric="tokens")
    after = table(tmp_path / "b.csv", {"bot@2": [300, 331, 288, 301, 308] * 20}, metric="tokens")
    code, out = asked(capsys, before, after)
    assert code == 2
    assert "--margin" in out
    code, (one,) = as_json(capsys, before, after, "--margin", "50")
    assert (code, one["verdict"]) == (1, "FAIL")


def test_a_suite_of_the_configuration_asks_its_own_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "pulse.yaml"
    config.write_text(
        "suites:\n  - id: golden\n    tasks:\n      - {name: golden, metric: accuracy, margin: 0.9, zero_tolerance: [q001]}\n"
    )
    before = table(tmp_path / "a.csv", {"bot@1": [1, 1] * 60})
    after = table(tmp_path / "b.csv", {"bot@2": [1, 0] * 60})
    code, (one,) = as_json(capsys, before, after, "--suite", "golden", "--config", str(config))
    assert code == 1
    assert [(v.get("slice", ""), v["verdict"]) for v in one["lines"]] == [
        ("", "PASS"),
        ("zero tolerance", "FAIL"),
    ]


@pytest.mark.parametrize(
    ("score", "why"),
    [("nan", "finite"), ("inf", "finite"), ("", "missing"), ("1.5", "outside 0 to 1"), ("yes", "yes")],
)
def test_a_bad_score_refuses_the_file_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], score: str, why: str
) -> None:
    good = table(tmp_path / "a.csv", {"bot@1": [1, 0] * 60})
    bad = tmp_path / "b.csv"
    bad.write_text(
        Path(good).read_text().replace("golden,q007,bot@1,accuracy,0", f"golden,q007,bot@1,accuracy,{score}")
    )
    code, out = asked(capsys, good, str(bad))
    assert code in (1, 2)
    assert why in out
    assert "b.csv:9" in out or "q007" in out
    assert "Traceback" not in out


@pytest.mark.parametrize("words", [(), ("one.csv",), ("no.csv", "such.csv"), ("a", "b", "c")])
def test_wrong_use_is_told(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out = asked(capsys, *words)
    assert code == 2
    assert "Traceback" not in out
