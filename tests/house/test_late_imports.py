"""What the screen's process and a gate in a pipeline never pay for: the statistics' libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.databases import sqlite_file
from tests.fakes.small_estate import measure, write_estate

HEAVY = ("numpy", "scipy", "pulse_tui.evaluate.compare.comparing", "pulse_tui.evaluate.drift")
READING = """
desk = house.desk("ana")
story = desk.bench("my-bot", "golden")
told["verdict"], told["rows"] = story.verdict, len(story.rows)
told["flips"] = desk.flips(story.run, "qa", "acc").headline
told["gate"] = desk.gate_story("my-bot", "1.1.0", "production").word
told["trends"], told["history"] = len(desk.trends("my-bot")), len(desk.history("my-bot"))
told["board"] = len(desk.board().registry)
"""
OWN_ACTIONS = """
desk = house.desk("ana")
told["risk"] = desk.accept_risk("golden-1.1.0", "production", "functional", 7, "the fix cannot wait")
told["pin"] = desk.pin_baseline("golden-1.1.0", "it is the new normal")
"""
KEEPING = """
from pulse_tui.services.evals.baselines import rejudge
told["judged"] = rejudge(house.judging)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An estate in which 1.1.0 is not decided."""
    folder = write_estate(tmp_path / "estate", "http://127.0.0.1:9")
    sqlite_file(folder / "pulse.db")
    measure(folder, "1.0.1")
    measure(folder, "1.1.0", accuracy=0.885)
    return folder


def fresh(config: Path, script: str) -> tuple[dict[str, Any], list[str]]:
    """What the script told in an interpreter of its own, and which heavy modules it had in the end."""
    code = f"""
import json, sys
from pathlib import Path
from pulse_tui.wiring import House
house, told = House(Path({str(config)!r})), {{}}
{script}
house.close()
print(json.dumps([told, [m for m in {HEAVY!r} if m in sys.modules]]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told, heavy = json.loads(done.stdout)
    return told, heavy


def test_reading_verdicts_imports_no_statistics(config: Path) -> None:
    told, heavy = fresh(config, READING)
    assert heavy == []
    assert told == {
        "verdict": "INCONCLUSIVE",
        "rows": 1,
        "flips": "15 lost, 0 won of 1000 items",
        "gate": "BLOCKED",
        "trends": 2,
        "history": 3,
        "board": 2,
    }


def test_deeds_of_the_screen_import_none_either(config: Path) -> None:
    told, heavy = fresh(config, OWN_ACTIONS)
    assert heavy == []
    assert told["pin"].endswith("the others are judged again in a moment")


def test_housekeeping_imports_them_when_there_is_something_to_judge(config: Path) -> None:
    assert fresh(config, KEEPING) == ({"judged": 0}, [])
    fresh(config, OWN_ACTIONS)
    told, heavy = fresh(config, KEEPING)
    assert told == {"judged": 2}
    assert "scipy" in heavy


@pytest.mark.parametrize("command", [["gate", "my-bot", "1.1.0", "--env", "production"], ["status"]])
def test_a_command_that_reads_imports_none(config: Path, command: list[str]) -> None:
    code = f"""
import sys
from pulse_tui.cli.main import run
run({[*command, "--config", str(config)]!r})
print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == "[]"
