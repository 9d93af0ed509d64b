"""Kill, SIGHUP, SIGINT, SIGTERM and a closed terminal at the points of a rollback: however it ends, nobody has to guess that it stopped half-way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ("run", "undo", "resume", "put_back", "tower")
SHORT = (
    "run:*:1:1", "undo:*:5:1", "resume:*:5:2", "put_back:*:5:1", "tower:*:5:1",
    "run:SIGINT,SIGINT:9:3", "undo:SIGTERM,SIGTERM:13:6", "run:SIGTERM,SIGHUP:9:3",
    "run:hangup:9:5", "tower:hangup:9:4",
)  # fmt: skip
LONG = tuple(
    f"{s}:{k}:1:1" for s in SCENARIOS for k in ("SIGKILL", "SIGHUP", "SIGINT", "SIGTERM", "SIGINT,SIGTERM", "hangup")
)


def tries(*what: str) -> list[dict[str, Any]]:
    """What each try came to."""
    command = [sys.executable, "-m", "tests.cli.interrupting", *what]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=1_800, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def unreported(one: dict[str, Any]) -> list[str]:
    """What an operator would not learn of it."""
    if not one["run"]:
        return []  # nothing has begun, nothing was sent
    missing = []
    survived = one["signals"] != ["SIGKILL"]
    if one["state"] not in ("verified", "undone"):
        seen = {"status": True, "header": 1, "row": ["stopped"], "p1": True}
        missing += [name for name, value in seen.items() if one[name] != value]
        if survived and one["scenario"] != "tower":
            missing += [] if f"rollback resume {one['run']}" in one["written"] else ["the command that resumes it"]
            missing += ["the exit code"] if one["code"] == 0 else []
    if one["resumed"] not in ("verified", "undone"):
        missing.append(f"a resume: {one['resumed']}")
    elif len(one["effects"]) != len(set(one["effects"])):
        missing.append(f"one effect a step: {one['effects']}")
    return [*missing, *one["audit"]]


@pytest.mark.parametrize("what", [SHORT, pytest.param(LONG, marks=pytest.mark.slow)], ids=["short", "long"])
def test_a_rollback_that_a_signal_ends_anywhere_is_reported(what: tuple[str, ...]) -> None:
    got = tries(*what)
    assert {one["scenario"] for one in got} == set(SCENARIOS)
    wrong = [(one["scenario"], one["at"], one["point"], one["signals"], why) for one in got if (why := unreported(one))]
    counts = Counter((one["scenario"], "+".join(one["signals"])) for one in got)
    ends = Counter(one["state"] for one in got)
    print(f"{len(got)} tries, {len(wrong)} unreported; {dict(ends)}; {dict(counts)}")
    assert wrong == []
    # The operator's own wish is followed: Ctrl-C halts before the next step, a dropped session goes on to the end.
    ended = {
        k: {one["state"] for one in got if one["run"] and one["signals"] == [k]}
        for k in ("SIGHUP", "SIGTERM", "hangup")
    }
    assert set().union(*ended.values()) <= {"verified", "undone"}
    assert any(one["state"] == "halted" for one in got if one["signals"] == ["SIGINT"])
