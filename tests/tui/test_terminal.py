"""The tower in a real terminal: what reaches it as bytes, and what it does with signals, locales and colours."""

from __future__ import annotations

import base64
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver

from pulse_tui.tui.kit import driver
from pulse_tui.tui.kit.clipboard import LIMIT, osc52
from tests.tui.terminal import Terminal

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a pty of Linux")

HEAVY = {
    "sqlalchemy", "httpx", "feedparser", "apscheduler", "plotext", "yaml", "msgspec", "cel_expr_python", "cryptography",
    "importlib.metadata", "concurrent.futures.thread", "json", "pulse_tui.domain.text",
    "pulse_tui.tui.kit.document", "pulse_tui.tui.evals.chart",
}  # fmt: skip


def test_the_first_frame_needs_nothing_heavy(tmp_path: Path) -> None:
    file = tmp_path / "modules"
    with Terminal("modules", str(file)) as terminal:
        terminal.see("reading…")
        terminal.wait(file.exists, "the first frame")
        modules = set(file.read_text().split("\n"))
    assert "pulse_tui.tui.main" in modules
    assert modules & HEAVY == set()


# ------------------------------------------------------------------ the driver


def test_escape_is_answered_before_the_100_ms_for_which_the_stock_driver_waits() -> None:
    times: list[float] = []
    with Terminal() as terminal:
        terminal.see("platform-ai")
        while len(times) < 30 and min(times, default=math.inf) >= 90:  # a busy machine makes any single one late
            terminal.press("?")
            terminal.see("KEYS")
            terminal.quiet(0.15)
            began, mark = time.perf_counter(), len(terminal.written)
            terminal.press("\x1b")
            terminal.wait(lambda mark=mark: len(terminal.written) > mark, "an answer")  # type: ignore[misc]
            times.append((time.perf_counter() - began) * 1e3)
            terminal.see("4 Alerts")
    assert min(times) < 90, times


def test_quitting_gives_the_terminal_back_as_it_was() -> None:
    with Terminal() as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.see("platform-ai")
        assert termios.tcgetattr(terminal.fd)[3] != before[3]
        terminal.press("q")
        assert terminal.exit_code() == 0
        assert termios.tcgetattr(terminal.fd)[3] == before[3]
        assert b"\x1b[?1049l" in terminal.written  # the shell's screen
        assert b"\x1b[?25h" in terminal.written  # the cursor


def test_ctrl_z_gives_the_shell_its_screen_and_coming_back_draws_all_again() -> None:
    with Terminal() as terminal:
        terminal.see("platform-ai")
        terminal.press("\x1a")
        terminal.wait(lambda: b"\x1b[?1049l" in terminal.written, "the shell's screen")
        terminal.wait(lambda: _state(terminal.pid) == "T", "the stop")
        mark = len(terminal.written)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait(lambda: b"CVE-2026-3248 reaches" in terminal.written[mark:], "the panes, drawn again")
        terminal.press("j\r")
        terminal.see("WHAT CHANGED")


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_burst_of_input_loses_no_letter() -> None:
    words = "".join(chr(ord("a") + n % 26) for n in range(60))
    with Terminal() as terminal:
        terminal.see("platform-ai")
        terminal.press("/")
        terminal.see("prio<=P2")
        terminal.press(words)
        terminal.see(f" {words}")
        terminal.press(b"\x15")
        terminal.see("prio<=P2")
        terminal.press(b"\x1b[200~pasted words\x1b[201~")
        terminal.see(" pasted words")


def test_a_burst_of_keys_opens_one_screen_and_acts_on_nothing_else() -> None:
    with Terminal() as terminal:
        terminal.see("platform-ai")
        for burst, opened in (
            ("ssss", "Silence this alert"),
            ("?qqq", "KEYS"),
            ("pj\ra", "WHAT CHANGES"),
            ("\ra", "WHY"),
        ):
            terminal.press(burst)
            terminal.see(opened)
            terminal.quiet()
            terminal.press("\x1b")
            terminal.see("4 Alerts")
            terminal.quiet()
            assert "acked: CVE" not in terminal.text()
            assert "▌P1" in terminal.text(), "the cursor did not move"


def test_a_textual_that_is_not_the_known_one_gets_the_stock_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    assert driver.quiet_driver(LinuxDriver).__name__ == "QuietDriver"
    assert driver.quiet_driver(HeadlessDriver) is HeadlessDriver
    monkeypatch.setattr(driver, "KNOWN", "0.0.1")
    assert driver.quiet_driver(LinuxDriver) is LinuxDriver


# ------------------------------------------------------------------ the clipboard


def test_copying_writes_one_osc_52_with_the_line() -> None:
    with Terminal() as terminal:
        terminal.see("platform-ai")
        terminal.press("y")
        terminal.see("to the terminal's clipboard")
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.written)
    assert [base64.b64decode(f).decode() for f in found] == [
        "P1 CVE-2026-3248 reaches embed-gateway (embed-gateway production) al-1"
    ]


def test_more_than_a_terminal_takes_is_refused_and_not_cut() -> None:
    room = LIMIT // 4 * 3
    sequence = osc52("x" * room)
    assert sequence is not None
    assert len(sequence) - len("\x1b]52;c;\x07") <= LIMIT
    assert osc52("x" * (room + 1)) is None


@pytest.fixture
def tmux() -> Iterator[list[str]]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = ["tmux", "-L", f"pulse-{uuid.uuid4().hex[:8]}", "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)


def test_inside_tmux_a_copy_lands_in_its_buffer(tmux: list[str]) -> None:
    program = f"{sys.executable} -m tests.tui.run_fake"
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", program], check=True)

    def until(command: list[str], text: str) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = subprocess.run([*tmux, *command], check=False, capture_output=True, text=True).stdout
            if text in answer:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{text!r} was not seen: {answer}")

    until(["capture-pane", "-p"], "platform-ai")
    subprocess.run([*tmux, "send-keys", "y"], check=True)
    until(["capture-pane", "-p"], "tmux buffer")
    assert until(["show-buffer"], "CVE").startswith("P1 CVE-2026-3248 reaches embed-gateway")


# ------------------------------------------------------------------ what is drawn


def test_a_title_cannot_write_on_the_terminal() -> None:
    evil = r"\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x9b31m\x1b[2J\u202egnp.exe\u2066\u200b[red]bad[/red]\rX"
    with Terminal("title", evil) as terminal:
        terminal.see("[red]bad[/red]")
        terminal.press("\r")
        terminal.see("WHAT CHANGED")
        terminal.press("\x1b:")
        terminal.see("▌")
        terminal.press("\x1bM")
        terminal.quiet()
    text = terminal.written.decode()
    for sequence in ("\x1b]52", "\x1b]0;", "ZXZpbA", "owned", "\x9b", "\x1b[2J\u202e", "\u202e", "\u2066", "\u200b"):
        assert sequence not in text
    assert "[red]bad[/red]" in text


COLOURS = re.compile(rb"\x1b\[([0-9;]*)m")


def codes(terminal: Terminal) -> set[bytes]:
    return {code for found in COLOURS.findall(terminal.written) for code in re.findall(rb"[34]8;[25]|[0-9]+", found)}


def seen(**env: str) -> Terminal:
    with Terminal(env=env) as terminal:
        terminal.see("platform-ai")
        terminal.quiet()
    return terminal


def test_by_default_only_the_terminals_own_sixteen_colours_are_used() -> None:
    assert not codes(seen()) & {b"38;2", b"48;2", b"38;5", b"48;5"}


def test_no_color_is_heeded_and_glyph_and_word_stay() -> None:
    terminal = seen(NO_COLOR="1")
    assert not codes(terminal) & {str(n).encode() for n in (*range(31, 37), *range(41, 47), *range(91, 97))}
    assert "▲ overdue" in terminal.text()


@pytest.mark.parametrize("theme", ["nord", "textual-light"])
def test_a_theme_of_textual_can_be_chosen(theme: str) -> None:
    terminal = seen(TEXTUAL_THEME=theme, COLORTERM="truecolor")
    assert b"38;2" in codes(terminal)
    assert "▲ overdue" in terminal.text()


@pytest.mark.parametrize("env", [{"PULSE_ASCII": "1"}, {"LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_without_utf_8_every_byte_is_ascii_and_the_frames_stand(env: dict[str, str]) -> None:
    terminal = seen(**env)
    assert terminal.written.isascii()
    assert "! overdue" in terminal.text()
    assert "+- 4 Alerts --" in terminal.text() or "+ 4 Alerts --" in terminal.text()


def test_a_terminal_of_20_by_5_gets_a_sentence_and_a_larger_one_the_panes() -> None:
    with Terminal(size=(20, 5)) as terminal:
        terminal.see("60x15; this terminal")
        terminal.press("j\r?")
        terminal.quiet()
        terminal.press("\x1b\x1b")
        terminal.resize(80, 24)
        os.kill(terminal.pid, signal.SIGWINCH)
        terminal.see("platform-ai")


# ------------------------------------------------------------------ type-ahead


def test_a_burst_after_slash_is_text_for_the_filter_and_never_an_action() -> None:
    with Terminal() as terminal:
        terminal.see("platform-ai")
        terminal.press("/afpswR")
        terminal.see("afpswR")
        terminal.quiet(0.3)
        text = terminal.text()
        terminal.press("\x1b")
        terminal.quiet(0.3)
    assert "acknowledged" not in text
    assert "Rollback plan" not in text
    assert "Why" not in text
