"""A tower follows its configuration."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pulse_tui.cli import serving
from pulse_tui.cli.following import follow
from pulse_tui.cli.serving import Around, serve
from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.rounds.work import Rounds
from pulse_tui.service.log import Log
from pulse_tui.service.notify import Supervisor
from pulse_tui.wiring import House

BAD = ConfigError([Problem("pulse.yaml:3", "there is no kind 'mlfow'")])


class Desk:
    """A tower that lists what it reports."""

    def __init__(self) -> None:
        self.at_rest = True
        self.said: list[tuple[str, bool]] = []
        self.applied = False

    def report(self, text: str, *, bad: bool = False) -> None:
        self.said.append((text, bad))


async def _followed(desk: Desk, stamps: Callable[[], object | None], check: Callable[[], None]) -> None:
    def apply() -> None:
        desk.applied = True

    looks = 0

    def look() -> object | None:
        nonlocal looks
        looks += 1
        return stamps()

    following = asyncio.create_task(follow(desk, look, check, apply, every_s=0.001))
    while not following.done() and looks < 10:
        await asyncio.sleep(0.001)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


def play(desk: Desk, stamps: Callable[[], object | None], check: Callable[[], None]) -> None:
    asyncio.run(_followed(desk, stamps, check))


def refuse() -> None:
    raise BAD


def test_what_is_not_changed_is_not_applied() -> None:
    desk = Desk()
    play(desk, lambda: None, refuse)
    assert (desk.applied, desk.said) == (False, [])


def test_a_valid_change_is_applied() -> None:
    desk = Desk()
    play(desk, lambda: 1, lambda: None)
    assert desk.applied


def test_a_bad_change_is_reported_once_and_the_old_one_stays() -> None:
    desk = Desk()
    play(desk, lambda: 1, refuse)
    assert not desk.applied
    ((said, bad),) = desk.said
    assert bad
    assert "the old one stays: pulse.yaml:3" in said


def test_a_bad_change_that_is_mended_is_applied() -> None:
    desk = Desk()
    stamps = iter([1, 1, 2, 2])

    def check() -> None:
        if not desk.said:
            raise BAD

    play(desk, lambda: next(stamps), check)
    assert desk.applied


def test_what_the_operator_has_open_is_finished_first() -> None:
    desk = Desk()
    desk.at_rest = False
    play(desk, lambda: 1, lambda: None)
    assert not desk.applied
    assert desk.said == [("the configuration changed; it is applied when what is open is closed", False)]


def test_an_agent_keeps_the_old_configuration_while_the_new_one_is_bad_and_ends_to_apply_a_valid_one(
    tmp_path: Path,
) -> None:
    good = "name: acme\n"
    file = tmp_path / "pulse.yaml"
    file.write_text(good)
    house = House(tmp_path, database=f"sqlite:///{tmp_path / 'p.db'}")
    options = argparse.Namespace(json=False, database=house.database)
    lines: list[str] = []
    log = Log(house.clock, bytes, write=lines.append)

    async def edited() -> object:
        around = Around(log, Supervisor({}))
        serving = asyncio.create_task(serve(house, Rounds(house), options, 0.02, around))
        await asyncio.sleep(0.1)
        file.write_text("estate: [\n")
        while not any("is not valid" in line for line in lines):
            assert not serving.done()
            await asyncio.sleep(0.02)
        file.write_text(good + "# no other words\n")
        return await asyncio.wait_for(serving, 60)

    assert asyncio.run(edited()) == {}, "it begins again, with no socket to go on with"
    house.close()
    log.close(1.0)
    said = "".join(lines)
    assert "is not valid; the old one stays" in said
    assert "the configuration was changed and is applied" in said
    assert "restart" not in said


def test_an_agent_takes_up_no_configuration_while_a_rollback_is_under_way(tmp_path: Path) -> None:
    """It would answer nobody until that has ended."""
    file = tmp_path / "pulse.yaml"
    file.write_text("name: acme\n")
    house = House(tmp_path, database=f"sqlite:///{tmp_path / 'p.db'}")
    options = argparse.Namespace(json=False, database=house.database)
    rounds, free = Rounds(house), threading.Event()
    rounds.lanes.begin("automatic", lambda: [str(free.wait(120))])
    lines: list[str] = []

    async def edited() -> object:
        around = Around(Log(house.clock, bytes, write=lines.append), Supervisor({}))
        serving = asyncio.create_task(serve(house, rounds, options, 0.02, around))
        await asyncio.sleep(0.1)
        file.write_text("name: other\n")
        await asyncio.sleep(0.5)
        assert not serving.done()
        free.set()
        return await asyncio.wait_for(serving, 60)

    assert asyncio.run(edited()) == {}
    house.close()


def test_an_agent_that_is_to_end_while_it_reads_a_changed_configuration_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pulse.yaml"
    file.write_text("name: acme\n")
    house = House(tmp_path, database=f"sqlite:///{tmp_path / 'p.db'}")
    options = argparse.Namespace(json=False, database=house.database)
    begun, free, lines = threading.Event(), threading.Event(), list[str]()
    check = serving._Agent._check

    def slow(agent: serving._Agent) -> None:
        begun.set()
        free.wait(60)
        check(agent)

    monkeypatch.setattr(serving._Agent, "_check", slow)

    async def until(word: str) -> None:
        while not any(word in line for line in lines):
            await asyncio.sleep(0.005)

    async def asked() -> object:
        around = Around(Log(house.clock, bytes, write=lines.append), Supervisor({}))
        life = asyncio.create_task(serve(house, Rounds(house), options, 600, around))
        await until("collecting")
        file.write_text("name: other\n")
        os.kill(os.getpid(), signal.SIGHUP)
        assert await asyncio.to_thread(begun.wait, 60)
        os.kill(os.getpid(), signal.SIGTERM)
        await until("stopping")
        free.set()
        return await asyncio.wait_for(life, 60)

    assert asyncio.run(asked()) is None, "it does not begin again"
    house.close()
    assert not any("is applied" in line for line in lines)
