"""The night without a screen: every row decided, the rollback verified at the target, and what must not happen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from pulse_tui.cli.main import run
from pulse_tui.demo.story import MATRIX, Row
from pulse_tui.wiring import bundled

NIGHT = bundled("fixtures") / "night"
CANARY = "acts/01-canary-accuracy/results/golden/support-bot@3.8.2/results_golden.json"
SAMPLES = "samples_support_golden_golden.jsonl"
BASELINE = "acts/00-evening/results/golden/support-bot@3.8.1"
LATENCY = "acts/07-latency/signals/latency.jsonl"


class Played(NamedTuple):
    code: int
    out: str
    folder: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The bundled night as a new user plays it: a process without a terminal, kept in a folder."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "demo", "--keep", home / "kept"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        cwd=home,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert {p.name for p in home.iterdir()} == {"kept"}, "nothing is left elsewhere"
    return Played(done.returncode, done.stdout, home / "kept")


def test_it_exits_with_0_and_says_that_the_rollback_is_verified(played: Played) -> None:
    assert played.code == 0, played.out
    assert played.out.rstrip().splitlines()[-3].startswith("RESULT: the night was handled, the rollback is verified")


@pytest.mark.parametrize("row", MATRIX, ids=lambda r: r.name)
def test_every_row_of_the_matrix_is_told_with_its_rule_and_its_actions(played: Played, row: Row) -> None:
    part = played.out.partition(f"\n  {row.name}\n")[2]
    assert f"(rule {row.rule}, decision " in part
    for action in row.actions:
        assert f"         {action}: " in part
    assert "MISSING" not in played.out


def test_the_target_s_own_log_proves_the_change(played: Played) -> None:
    log = json.loads((played.folder / "target-log.json").read_text())
    moved = [(w["target"], w["before"], w["after"]) for w in log]
    assert moved == [("support-bot/canary", "3.8.2", "3.8.1"), ("support-bot@canary", "41", "40")]
    assert "the target before: 3.8.2, after: 3.8.1" in played.out
    assert "ana approved" in played.out


def test_the_kept_estate_opens_again(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--config", str(played.folder), "--json"]) == 1
    board = json.loads(capsys.readouterr().out)
    rows = {(r["asset"], r["environment"]): r["version"] for r in board["registry"]}
    assert rows["support-bot", "canary"] == "3.8.1"
    assert {a["priority"] for a in board["alerts"]} >= {"P1", "P4"}
    assert board["header"]["frozen"] == ["embed-gateway", "support-bot canary"]
    assert run(["audit", "verify", "--config", str(played.folder)]) == 0
    assert run(["gate", "support-bot", "3.8.2", "--env", "production", "--config", str(played.folder)]) == 1


def test_a_ticket_is_a_file(played: Played) -> None:
    assert list((played.folder / "tickets").iterdir())


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("x")
    assert run(["demo", "--headless", "--keep", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_folder_without_a_night_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--headless", "--fixtures", str(tmp_path)]) == 2
    assert "holds no night" in capsys.readouterr().err


def test_with_a_healthy_canary_nothing_rolls_back_and_it_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = tmp_path / "night"
    shutil.copytree(NIGHT, night)
    _replace(night / CANARY, '"accuracy,none": 0.862', '"accuracy,none": 0.914')
    shutil.copy(night / BASELINE / SAMPLES, (night / CANARY).parent / SAMPLES)
    _replace(night / LATENCY, '"value": 1048.0', '"value": 640.0')
    code = run(["demo", "--json", "--fixtures", str(night), "--keep", str(tmp_path / "kept")])
    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert said["verified"] is False
    story = "\n".join(said["story"])
    assert "rule latency-breach-canary did not fire" in story
    assert "rule accuracy-regression did not fire" in story
    assert "nothing is rolled back" in story
    assert json.loads((tmp_path / "kept" / "target-log.json").read_text()) == []


def test_a_rollback_that_the_target_refuses_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = tmp_path / "night"
    shutil.copytree(NIGHT, night)
    _replace(night / "targets.json", '"support-bot/canary": "3.8.2"', '"support-bot/canary": "3.7.7"')
    code = run(["demo", "--headless", "--fixtures", str(night)])
    out = capsys.readouterr().out
    assert code == 1
    assert "NOT verified" in out
    assert "3.7.7" in out


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} holds no {old}"
    file.write_text(text.replace(old, new), encoding="utf-8")
