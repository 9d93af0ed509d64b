"""Signals in the middle of a round or a rollback: nothing is lost, and the next one goes on."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.cli.processes import STARTED, end, start, until
from tests.fakes.small_estate import FEED, Target, signal_line
from tests.servers.loopback import Loopback, Reply


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    """Every process is over when its test is."""
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


def _slow(server: Loopback) -> None:
    server.on("GET", "/feed", Reply(body=FEED, delay_s=60.0))


def test_the_agent_collects_and_ends_on_sigterm(shell: Shell) -> None:
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    agent = start("agent", "--json", "--config", shell.config)
    until(lambda: "latency" in shell("status").out or "p95" in shell("status").out, "an alert")
    code, out, err, seconds = end(agent, signal.SIGTERM)
    assert (code, err) == (0, "")
    assert seconds < 30
    told = [json.loads(line)["message"] for line in out.splitlines()]
    assert told[0] == "collecting 2 sources"
    assert told[-1] == "stopping"


def test_sigterm_does_not_wait_for_a_source_that_does_not_answer(shell: Shell, server: Loopback) -> None:
    _slow(server)
    agent = start("agent", "--config", shell.config)
    until(lambda: server.seen("GET", "/feed"), "the request")
    code, out, err, seconds = end(agent, signal.SIGTERM)
    assert (code, err) == (0, "")
    assert seconds < 30
    assert "cut off: news" in out
    server.on("GET", "/feed", Reply(body=FEED))
    assert "another collector" not in shell("refresh").out


def test_the_agent_without_sources_says_so(shell: Shell, home: Path) -> None:
    (home / "c.yaml").write_text("name: x\ndatabase: sqlite:///p.db\n")
    said = shell.bare("agent", "--config", home / "c.yaml")
    assert said.code == 1
    assert "pulse-tui init" in said.err


def test_sigterm_during_a_round_gives_the_lease_back(shell: Shell, server: Loopback) -> None:
    _slow(server)
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    refresh = start("refresh", "--config", shell.config)
    until(lambda: server.seen("GET", "/feed"), "the request")
    code, _, err, seconds = end(refresh, signal.SIGTERM)
    assert (code, err) == (143, "")
    assert seconds < 30
    server.on("GET", "/feed", Reply(body=FEED))
    said = shell("refresh", "--json").json()
    assert [r["skipped"] for r in said["rounds"]] == [False, False]
    assert len(shell("status", "--json").json()["alerts"]) == 1


def test_kill_9_during_a_round_loses_nothing_that_had_landed(shell: Shell, server: Loopback) -> None:
    _slow(server)
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    refresh = start("refresh", "--config", shell.config)
    until(lambda: server.seen("GET", "/feed"), "the request")
    end(refresh, signal.SIGKILL)
    assert len(shell("status", "--json").json()["alerts"]) == 1
    assert shell("audit", "verify").code == 0
    server.on("GET", "/feed", Reply(body=FEED))
    said = shell("refresh", "news")
    assert said.code == 0
    assert "another collector has it" not in said.out  # its process is seen to be gone


def test_a_rollback_whose_session_was_dropped_goes_on_with_nobody_to_read_it(shell: Shell, target: Target) -> None:
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--json").json()["hash"]
    assert shell("rollback", "approve", plan).code == 0
    target.delay_s = 0.5
    run = start("rollback", "run", plan, "--config", shell.config)
    until(lambda: target.asked, "the write")
    for pipe in (run.stdout, run.stderr):
        assert pipe is not None
        pipe.close()
    run.send_signal(signal.SIGHUP)
    assert run.wait(60) == 0
    assert target.serving["my-bot/canary"] == "1.0.1"
    assert "verified" in shell("rollback", "list").out
    assert shell("audit", "verify").code == 0


def test_the_agent_survives_its_session_under_nohup(shell: Shell) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        agent = start("agent", "--config", shell.config)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert agent.stdout is not None
    assert "collecting" in agent.stdout.readline()
    agent.send_signal(signal.SIGHUP)
    code, out, _, _ = end(agent, signal.SIGTERM)
    assert code == 0
    assert "read again" not in out


def test_the_agent_ends_with_the_terminal_in_which_it_was_started(shell: Shell) -> None:
    """A dropped session is no wish for another configuration."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "pulse_tui", "agent", "--config", str(shell.config)])
    try:
        until(lambda: b"collecting" in os.read(terminal, 4_096), "the first line")
    finally:
        os.close(terminal)
    codes: list[int] = []

    def over() -> bool:
        found, status = os.waitpid(process, os.WNOHANG)
        codes.extend([os.waitstatus_to_exitcode(status)] if found else [])
        return bool(found)

    until(over, "its end")
    assert codes == [0]


@pytest.mark.parametrize("applied", [True, False], ids=["the write arrived", "the write was lost"])
def test_a_rollback_that_died_is_settled_by_resume(shell: Shell, target: Target, applied: bool) -> None:
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--json").json()["hash"]
    assert shell("rollback", "approve", plan).code == 0
    target.applies, target.delay_s = applied, 4.0
    run = start("rollback", "run", plan, "--config", shell.config)
    until(lambda: target.asked, "the write")
    end(run, signal.SIGKILL)
    target.applies, target.delay_s = True, 0.0
    with House(shell.config).store.read() as tx:
        (active,) = tx.rollbacks.runs(active_only=True)
    status, doctor = shell("status"), shell("doctor")
    assert (status.code, doctor.code) == (1, 1)
    assert f"ROLLBACK STOPPED: run {active.id} of my-bot in canary was abandoned" in status.out
    assert f"FAIL rollback run: run {active.id} of my-bot in canary was abandoned: its process is gone" in doctor.out
    again = shell("rollback", "plan", "my-bot", "--env", "canary")
    assert again.code == 1, "a second run must not be planned while this one is open"

    # Its process is seen to be gone: nobody has to wait until the lease runs out.
    done = shell("rollback", "resume", active.id)
    assert done.code == 0, done.err
    assert "verified" in done.out
    assert target.serving["my-bot/canary"] == "1.0.1"
    assert target.writes == [("my-bot/canary", "1.1.0", "1.0.1")]
    assert shell("audit", "verify").code == 0
    assert shell("rollback", "resume", active.id).code == 1
