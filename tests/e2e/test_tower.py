"""The tower in a real terminal: it starts, it restores what it found, and it leaves nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import ENTER, Terminal, alive, children
from tests.fakes.small_estate import Target, signal_line, write_estate
from tests.servers.loopback import Loopback


def _ingest(config: Path, *lines: str) -> None:
    """As a pipeline would, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "ingest", "signals", "-", "--config", config],
        input="\n".join(lines).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"LANG": "C", "LC_ALL": "C"}],
    ids=["TERM=dumb", "NO_COLOR", "LANG=C"],
)
def test_it_starts_and_quits_in_a_poor_terminal(estate: Path, environment: dict[str, str]) -> None:
    with Terminal(["--config", estate], columns=80, lines=24, environment=environment) as terminal:
        terminal.wait_for("PULSE small", "PROD", "1 Registry")
        terminal.type("1")
        terminal.wait_for("my-bot", "1.0.1")
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
        if "NO_COLOR" in environment:
            assert b"\x1b[38;2;" not in terminal.raw


def test_a_terminal_of_20x5_gets_a_sentence(estate: Path) -> None:
    with Terminal(["--config", estate], columns=20, lines=5) as terminal:
        terminal.wait_for("needs", "20x5")
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_no_terminal_is_told_with_what_to_use_instead(estate: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "--config", estate],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "pulse-tui status" in done.stderr
    assert done.stdout == ""


def test_sigterm_restores_the_terminal_and_ends_the_worker(estate: Path) -> None:
    with Terminal(["--config", estate], columns=80, lines=24) as terminal:
        workers = terminal.wait_worker()
        terminal.terminate()
        assert terminal.wait_exit() == 128 + signal.SIGTERM
        assert terminal.restored
        terminal.wait_until(lambda: not any(map(alive, workers)), "the worker to end")


def test_kill_9_of_the_tower_leaves_no_orphan(estate: Path) -> None:
    with Terminal(["--config", estate], columns=80, lines=24) as terminal:
        workers = terminal.wait_worker()
        os.kill(terminal.process.pid, signal.SIGKILL)
        terminal.wait_exit()
        terminal.wait_until(lambda: not any(map(alive, workers)), "the worker to end")


def test_an_escape_sequence_in_a_title_never_reaches_the_terminal(estate: Path) -> None:
    title = "p95 \x1b]0;pwned\x07\x1b[2J\x1b[31mEVIL\x1b[0m \u202egnp.exe [red]loud[/red]"
    _ingest(estate, signal_line(title=title, summary=title))
    with Terminal(["--config", estate], columns=120, lines=36) as terminal:
        terminal.wait_for("my-bot", "p95")
        terminal.wait_worker()
        terminal.type("4")
        terminal.type(ENTER)
        screen = terminal.wait_for("WHAT CHANGED", "[red]loud[/red]")
        assert "EVIL" in screen
        assert b"pwned" not in terminal.raw
        assert b"\x1b[31mEVIL" not in terminal.raw
        assert "\u202e".encode() not in terminal.raw


def test_a_broken_configuration_is_told_in_full_after_the_screen_is_left(estate: Path) -> None:
    (estate / "pulse.yaml").write_text("name: x\nsorces: []\nestate: {asets: []}\n")
    with Terminal(["--config", estate], columns=80, lines=24) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.restored
        assert "did you mean 'sources'?" in terminal.after
        assert "did you mean 'assets'?" in terminal.after


def test_a_read_only_tower_offers_no_deed(estate: Path) -> None:
    _ingest(estate, signal_line())
    with Terminal(["--config", estate, "--read-only"], columns=120, lines=36) as terminal:
        terminal.wait_for("my-bot", "READ-ONLY")
        assert "a ack" not in terminal.text
        assert children(terminal.process.pid) == []


def test_what_another_process_writes_is_seen_by_itself(estate: Path) -> None:
    with Terminal(["--config", estate], columns=120, lines=36) as terminal:
        terminal.wait_for("my-bot", "1.0.1")
        terminal.wait_worker()
        _ingest(estate, signal_line())
        terminal.wait_for("p95")


@pytest.fixture
def estate(tmp_path: Path, loopback: Loopback) -> Path:
    Target(loopback)
    return write_estate(tmp_path / "estate", loopback.url)
