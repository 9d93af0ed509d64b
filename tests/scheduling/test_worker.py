"""The collecting process itself, over its pipes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.rounds.work import collect, housekeeping
from pulse_tui.running import converse
from pulse_tui.scheduling import WorkerRunner
from pulse_tui.services.parts import RollbackParts
from pulse_tui.wiring import House
from tests.fakes.small_estate import FEED, signal_line, write_estate
from tests.servers.loopback import Loopback, Reply, Request


@pytest.fixture
def go_on() -> Iterator[threading.Event]:
    """The feed answers once it is set."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def server(go_on: threading.Event) -> Iterator[Loopback]:
    def held(_request: Request) -> Reply:
        go_on.wait(120)
        return Reply(body=FEED)

    with Loopback() as server:
        server.on("GET", "/feed", held)
        server.on("POST", "/hook", Reply())
        yield server


@pytest.fixture
def estate(tmp_path: Path, server: Loopback) -> Path:
    folder = write_estate(tmp_path / "estate", server.url)
    House(folder).sync()
    (folder / "signals" / "s.jsonl").write_text(signal_line())
    return folder


def test_a_page_goes_out_while_another_source_does_not_answer(
    estate: Path, server: Loopback, go_on: threading.Event
) -> None:
    async def body() -> None:
        runner = WorkerRunner(lambda: converse([sys.executable, "-m", "pulse_tui", "worker", "--config", str(estate)]))
        await runner.housekeeping()
        slow = asyncio.create_task(runner.round("news"))
        while not server.seen("GET", "/feed"):
            await asyncio.sleep(0.02)
        outcome = await runner.round("drop")
        await runner.housekeeping()
        assert not slow.done()
        assert outcome.message
        assert "under way" in (await runner.round("news")).message
        go_on.set()
        assert (await slow).message == ""
        await runner.close()

    asyncio.run(body())


def test_a_chore_that_breaks_holds_up_no_page_and_is_announced_as_a_failure(estate: Path, server: Loopback) -> None:
    class Broken(House):
        @property
        def rollback(self) -> RollbackParts:
            raise RuntimeError("a bug")

    house = Broken(estate)
    assert collect(house, "drop").changed
    assert server.seen("POST", "/hook")
    outcome = housekeeping(house)
    house.close()
    assert outcome.failed
    assert "housekeeping broke: internal error: RuntimeError: a bug" in outcome.message


def test_sigterm_gives_back_the_lease_of_a_round_that_is_cut_off(estate: Path, server: Loopback) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", "worker", "--config", estate],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert worker.stdin is not None
        worker.stdin.write('{"id": 1, "do": "refresh", "source": "news"}\n')
        worker.stdin.flush()
        while not server.seen("GET", "/feed"):
            assert worker.poll() is None
            time.sleep(0.02)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 128 + signal.SIGTERM
        assert worker.stderr is not None
        assert worker.stderr.read() == ""
    finally:
        worker.kill()
        worker.communicate()
    house = House(estate)
    with house.store.write() as tx:
        assert tx.plumbing.claim("source:news", "somebody else", house.clock(), 60.0) is not None
    house.close()


def test_what_goes_wrong_is_an_answer_and_the_end_of_input_ends_it(estate: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "worker", "--config", estate],
        input='{"id": 1, "do": "refresh"}\n{"id": 2, "do": "housekeeping"}\n',
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = {answer["id"]: answer["message"] for answer in map(json.loads, done.stdout.splitlines())}
    assert said == {1: 'not a request: {"id": 1, "do": "refresh"}', 2: ""}
    assert (done.returncode, done.stderr) == (0, "")
