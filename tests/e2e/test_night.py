"""The demo's night as an operator lives it: it arrives, the alert is opened, the rollback is approved by keyboard."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.terminal import ENTER, ESCAPE, Terminal

CTRL_Y, CTRL_U = "\x19", "\x15"


def _serving(kept: Path) -> str:
    """What the deployment target itself says serves."""
    url = re.search(r"http://127\.0\.0\.1:\d+", (kept / "pulse.yaml").read_text())
    assert url is not None
    with urllib.request.urlopen(f"{url[0]}/deployments/support-bot/canary", timeout=60) as answer:
        return str(json.load(answer)["version"])


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 36)])
def test_the_night_is_seen_and_the_rollback_approved_by_keyboard(tmp_path: Path, columns: int, lines: int) -> None:
    kept = tmp_path / "kept"
    pace = {"PULSE_DEMO_PACE": "0.3"}
    with Terminal(["demo", "--keep", kept], columns=columns, lines=lines, environment=pace) as terminal:
        terminal.wait_for("PULSE acme-ai")
        terminal.type("4")
        terminal.wait_for("CVE-2026-3248", "gpt-4.1 shuts down", "p95")

        terminal.type("/")
        terminal.wait_for("!text")
        terminal.type("p95")
        terminal.wait_gone("gpt-4.1 shuts down: ")
        terminal.type(ENTER)
        terminal.wait_for("1 of ")
        terminal.type(ENTER)
        terminal.wait_for("WHAT CHANGED", "WHAT IS THE RISK", "WHAT TO DO NOW", "3.8.1")

        terminal.type("p")
        terminal.wait_for("Rollback plan", "3.8.2", "3.8.1", "proposed", "[a] approve")
        terminal.type("a")
        terminal.wait_for("Type support-bot", "Cancel")
        terminal.read(0.6)  # keys typed before the dialog was seen are dropped
        for _ in range(3):
            terminal.type(ENTER)
        terminal.read(0.3)
        terminal.wait_for("Type support-bot")
        assert _serving(kept) == "3.8.2", "Enter must not approve"

        terminal.type("support-bto" + CTRL_Y)
        terminal.read(0.4)
        terminal.wait_for("Type support-bot")
        assert _serving(kept) == "3.8.2", "a wrong name must not approve"

        terminal.type(CTRL_U)
        terminal.wait_gone("support-bto")
        terminal.type("support-bot")
        terminal.read(0.3)
        assert _serving(kept) == "3.8.2", "the name alone must not approve"
        terminal.type(CTRL_Y)
        terminal.wait_for("verified")
        assert _serving(kept) == "3.8.1"

        terminal.read(0.6)
        terminal.type(ESCAPE)
        terminal.wait_gone("Rollback plan")
        terminal.type(ESCAPE)
        terminal.wait_gone("WHAT CHANGED")
        terminal.type("1")
        screen = terminal.wait_for("kb-retriever")
        row = next(line for line in screen.splitlines() if "support-bot" in line and "canary" in line)
        assert "3.8.1" in row
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
        assert f"pulse-tui --config {kept}" in re.sub(r"\s+", " ", terminal.after).replace("\r", "")
    log = [(w["target"], w["after"]) for w in json.loads((kept / "target-log.json").read_text())]
    assert log == [("support-bot/canary", "3.8.1"), ("support-bot@canary", "40")]


def test_sigterm_during_the_night_restores_the_terminal_and_takes_its_folder_along(tmp_path: Path) -> None:
    with Terminal(["demo"], columns=80, lines=24, environment={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait_worker()
        assert list(tmp_path.glob("pulse-demo-*"))
        terminal.terminate()
        assert terminal.wait_exit() == 143
        assert terminal.restored
        assert list(tmp_path.glob("pulse-demo-*")) == []


def test_the_first_line_says_what_to_press_before_the_evening_is_read_and_while_it_is_quiet(tmp_path: Path) -> None:
    pace = {"PULSE_DEMO_PACE": "60"}
    with Terminal(["demo", "--keep", tmp_path / "kept"], columns=80, lines=24, environment=pace) as terminal:
        first = terminal.wait_for("PULSE pulse-tui", "Enter opens  ? keys", "reading…").splitlines()[0]
        assert first.rstrip().endswith("Enter opens  ? keys")
        quiet = terminal.wait_for("PULSE acme-ai", "no alert is open").splitlines()[0]
        assert "P1 0" in quiet
        assert quiet.rstrip().endswith("Enter opens  ? keys")
        terminal.type("q")
        assert terminal.wait_exit() == 0
