"""Suites in the collecting process: a new release is measured by itself, and nothing waits for the command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.evals import SuiteRun, SuiteRunState
from pulse_tui.running import converse
from pulse_tui.scheduling import Outcome, WorkerRunner
from pulse_tui.wiring import House
from tests.fakes.small_estate import FEED, write_estate
from tests.servers.loopback import Loopback, Reply

RUN = """\
import os, pathlib, sys, time
asset, version, output = sys.argv[1:]
pathlib.Path("begun").write_text(f"{os.getpid()} {version}")
while pathlib.Path("wait").exists():
    time.sleep(0.02)
pathlib.Path(output, "report.xml").write_text(
    '<testsuite name="tools" tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
)
"""
SUITES = """
suites:
  - id: tools
    tasks: [{name: tools, metric: pass_rate}]
    baselines: {my-bot: 1.0.1}
    command: [PYTHON, run.py, "{asset}", "{version}", "{output}"]
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        server.on("GET", "/feed", Reply(body=FEED))
        server.on("POST", "/hook", Reply())
        yield server


@pytest.fixture
def estate(tmp_path: Path, server: Loopback) -> Path:
    folder = write_estate(tmp_path / "estate", server.url)
    (folder / "suites.yaml").write_text(SUITES.replace("PYTHON", json.dumps(sys.executable)))
    (folder / "run.py").write_text(RUN)
    House(folder).sync()
    return folder


def suite_runs(estate: Path) -> list[SuiteRun]:
    house = House(estate)
    try:
        with house.store.read() as tx:
            return tx.evals.suite_runs("tools")
    finally:
        house.close()


async def until_told(runner: WorkerRunner, words: str) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = (await runner.round("suite:tools")).message
        if words in told:
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(f"nobody said {words!r}")


def with_worker(estate: Path, body: Callable[[WorkerRunner], Awaitable[None]]) -> None:
    async def whole() -> None:
        runner = WorkerRunner(lambda: converse([sys.executable, "-m", "pulse_tui", "worker", "--config", str(estate)]))
        try:
            await body(runner)
        finally:
            await runner.close()

    asyncio.run(whole())


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def begun(estate: Path) -> tuple[int, str]:
    """(process, version) of the command that was started last."""
    end = time.monotonic() + 60
    while not (there := (estate / "begun").read_text().split() if (estate / "begun").exists() else []):
        assert time.monotonic() < end
        time.sleep(0.02)
    return int(there[0]), there[1]


def gone(pid: int) -> bool:
    end = time.monotonic() + 60
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not lives(pid)


def test_the_baseline_and_the_new_release_are_measured_by_themselves(estate: Path) -> None:
    async def body(runner: WorkerRunner) -> None:
        first = await until_told(runner, "tools on my-bot 1.0.1 (baseline): done, run suite:")
        second = await until_told(runner, "tools on my-bot 1.1.0 (new release): done, run suite:")
        assert "done, run " in first
        assert "done, run " in second
        assert await runner.round("suite:tools") == Outcome("", 30.0)

    with_worker(estate, body)
    assert [(r.version, r.state) for r in suite_runs(estate)] == [
        ("1.1.0", SuiteRunState.DONE),
        ("1.0.1", SuiteRunState.DONE),
    ]


def test_nothing_waits_for_a_long_command(estate: Path) -> None:
    (estate / "wait").touch()

    async def body(runner: WorkerRunner) -> None:
        assert "tools on my-bot 1.0.1 began (baseline)" in await until_told(runner, "began")
        began = time.monotonic()
        for _ in range(3):
            assert (await runner.round("suite:tools")).message == ""
        await runner.round("drop")
        await runner.housekeeping()
        assert time.monotonic() - began < 30
        (estate / "wait").unlink()
        await until_told(runner, "done")

    with_worker(estate, body)


def test_leaving_ends_the_command_and_it_is_due_again(estate: Path) -> None:
    (estate / "wait").touch()

    async def body(runner: WorkerRunner) -> None:
        await until_told(runner, "began")
        await asyncio.to_thread(begun, estate)

    began = time.monotonic()
    with_worker(estate, body)
    assert time.monotonic() - began < 60
    assert gone(begun(estate)[0])
    (run,) = suite_runs(estate)
    assert (run.state, run.detail) == (SuiteRunState.STOPPED, "the program that ran it was stopped")
    (estate / "wait").unlink()

    async def again(runner: WorkerRunner) -> None:
        await until_told(runner, "tools on my-bot 1.0.1 (baseline): done")

    with_worker(estate, again)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="what a killed process left is found in /proc")
def test_a_worker_that_is_killed_leaves_nothing_running_and_another_one_goes_on(estate: Path) -> None:
    (estate / "wait").touch()
    worker = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", "worker", "--config", estate],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert worker.stdin is not None
        worker.stdin.write('{"id": 1, "do": "refresh", "source": "suite:tools"}\n')
        worker.stdin.flush()
        left, version = begun(estate)
        assert version == "1.0.1"
        worker.send_signal(signal.SIGKILL)
        worker.wait(60)
    finally:
        worker.kill()
        worker.communicate()
    assert lives(left)
    assert [r.state for r in suite_runs(estate)] == [SuiteRunState.RUNNING]
    (estate / "begun").unlink()

    async def body(runner: WorkerRunner) -> None:
        # The baseline waits for its pause; the other release is measured meanwhile.
        await until_told(runner, "tools on my-bot 1.1.0 began")
        assert gone(left)
        (estate / "wait").unlink()
        await until_told(runner, "tools on my-bot 1.1.0 (new release): done")

    with_worker(estate, body)
    assert [(r.version, r.state, r.detail) for r in suite_runs(estate)] == [
        ("1.1.0", SuiteRunState.DONE, ""),
        ("1.0.1", SuiteRunState.INTERRUPTED, "the process that ran it is gone"),
    ]
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob(f"pulse-suite-{suite_runs(estate)[1].id}-*"))


def test_the_agent_runs_suites_and_ends_them_when_it_is_left(estate: Path) -> None:
    (estate / "wait").touch()
    agent = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", "agent", "--config", estate],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        left, _ = begun(estate)
        agent.send_signal(signal.SIGTERM)
        out, err = agent.communicate(timeout=60)
    finally:
        agent.kill()
        agent.communicate()
    assert err == ""
    assert "suite:tools: tools on my-bot 1.0.1 began (baseline)" in out
    assert gone(left)
    assert [(r.state, r.detail) for r in suite_runs(estate)] == [
        (SuiteRunState.STOPPED, "the program that ran it was stopped")
    ]


def test_a_changed_suite_is_told_by_housekeeping(estate: Path) -> None:
    (estate / "items").write_text("1")
    text = (estate / "suites.yaml").read_text()
    (estate / "suites.yaml").write_text(text + f"    path: items\n    digest: sha256:{'0' * 64}\n")

    async def body(runner: WorkerRunner) -> None:
        assert "suite tools: items differs from what was frozen" in (await runner.housekeeping()).message
        assert (await runner.housekeeping()).message == ""
        assert await runner.round("suite:tools") == Outcome("", 30.0)

    with_worker(estate, body)
