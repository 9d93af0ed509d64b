"""kill -9 at every point of a run of two steps, then resume: exactly one effect a step, never none, never two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers import forms

ROOT = Path(__file__).parents[3]


def tries(scenario: str, seed: int, times: int) -> list[dict[str, Any]]:
    """What each try came to."""
    command = [sys.executable, "-m", "tests.services.crashing", scenario, str(seed), str(times)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=1_200, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _went_forward(one: dict[str, Any]) -> None:
    assert one["state"] == "verified", one
    assert one["steps"] == ["verified", "verified"], one
    assert one["effects"] == ["0", "1"], one
    assert one["holds"] == ["3.8.1", "3.8.1"], one
    assert one["serving"] == "3.8.1", one


def _went_back(one: dict[str, Any]) -> None:
    assert one["state"] == "undone", one
    assert one["effects"] == ["0", "0-undo"], one
    assert one["holds"] == ["3.8.2", "3.8.2"], one
    assert one["serving"] == "3.8.2", one


def test_a_run_that_is_killed_anywhere_is_finished_by_a_resume() -> None:
    got = tries("forward", 0, 0)
    assert len(got) >= (18 if forms.full() else 6)
    for one in got:
        assert one["codes"] == [9, 0], one
        _went_forward(one)


def test_an_undo_that_is_killed_anywhere_is_finished_by_a_resume() -> None:
    got = tries("undo", 0, 0)
    assert len(got) >= (18 if forms.full() else 6)
    for one in got:
        assert one["codes"] == [9, 0], one
        _went_back(one)


@pytest.mark.parametrize("scenario", ["forward", "undo"])
@pytest.mark.parametrize("times", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_resumes_that_are_killed_too_are_finished_in_the_end(scenario: str, times: int) -> None:
    for one in tries(scenario, times, times):
        (_went_forward if scenario == "forward" else _went_back)(one)


@pytest.mark.parametrize("times", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_a_drill_that_is_killed_anywhere_ends_as_it_began_and_touches_the_replica_alone(times: int) -> None:
    for one in tries("drill", times, times):
        assert one["state"] == "verified", one
        assert one["effects"] == ["0", "1", "2", "3"], one
        assert one["holds"] == ["3.8.2", "3.8.2"], one
        assert one["serving"] == "3.8.2", one
        assert one["touched"] == ["replica"], one
        assert one["drills"] == [True], one
