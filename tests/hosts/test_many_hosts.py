"""Several agents on one PostgreSQL, as processes on hosts of their own: what is read, what arrives, and who takes over."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from pulse_tui.cli.members import members_of
from pulse_tui.services.signals.refresh import LEASE_S
from tests.e2e.terminal import Terminal
from tests.fakes.pooler import BINARY, MISSING
from tests.hosts.estate import hosts, one_host

EVERY_S = 4.0


def test_four_agents_read_every_source_once_an_interval_and_send_every_message_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hosts(tmp_path, sources=6, every=EVERY_S) as estate:
        skewed = {"two": "+60s", "three": "-60s"} if shutil.which("faketime") else {}
        agents = [estate.agent(name, ahead=skewed.get(name, "")) for name in ("one", "two", "three", "four")]
        for each in agents:
            each.wait_for("collecting")
        began = time.monotonic()
        estate.breaches(0, 15)
        first = estate.sent()
        estate.wait_read(2, began)
        agents[0].kill()
        killed = time.monotonic()
        estate.breaches(15, 15)
        sent = estate.sent()
        estate.wait_read(2, killed + EVERY_S / 2, but=estate.held("one:"))
        gaps, lasted = estate.gaps(began), time.monotonic() - began
        keys = Counter(t.key for t in estate.receiver.taken())
    # Measured at the server, on a machine that does other things: a read may arrive late, and the next one in time.
    assert [g for each in gaps.values() for g in each if g < 0.6 * EVERY_S] == [], "none is read twice in one interval"
    assert max(map(len, gaps.values())) <= lasted / (0.9 * EVERY_S) + 1
    assert set(keys) == sent
    assert first < sent, "also what came after an agent was killed"
    assert set(keys.values()) == {1}
    with capsys.disabled():
        every = sorted(g for each in gaps.values() for g in each)
        print(
            f"4 agents, one killed: read every {every[0]:.2f}-{every[-1]:.2f} s of {EVERY_S:g} s, {len(keys)} messages once"
        )


def test_two_agents_of_one_host_share_an_sqlite_file_and_one_goes_on_at_once_without_the_other(tmp_path: Path) -> None:
    with one_host(tmp_path, sources=4, every=EVERY_S) as estate:
        agents = [estate.agent(name) for name in ("one", "two")]
        for each in agents:
            each.wait_for("collecting")
        began = time.monotonic()
        estate.breaches(0, 6)
        first = estate.sent()
        before = estate.gaps(began)
        agents[0].kill()
        killed = time.monotonic()
        estate.breaches(6, 6)
        sent = estate.sent()
        estate.wait_read(2, killed)
        after = estate.gaps(killed)
        keys = Counter(t.key for t in estate.receiver.taken())
    # What the killed one had read and not stored is read again at once: the gap over the kill is none of these.
    assert [g for gaps in (before, after) for each in gaps.values() for g in each if g < 0.6 * EVERY_S] == []
    assert first < sent == set(keys)
    assert set(keys.values()) == {1}


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason=MISSING)
def test_two_agents_behind_a_pooler_share_the_work_as_without_it(tmp_path: Path) -> None:
    with hosts(tmp_path, sources=4, every=EVERY_S, pooled=True) as estate:
        for name in ("one", "two"):
            estate.agent(name).wait_for("collecting")
        began = time.monotonic()
        estate.breaches(0, 6)
        sent = estate.sent()
        estate.wait_read(3, began, 60)
        gaps = estate.gaps(began)
        keys = Counter(t.key for t in estate.receiver.taken())
    assert [g for each in gaps.values() for g in each if g < 0.6 * EVERY_S] == []
    assert set(keys) == sent
    assert set(keys.values()) == {1}


@pytest.mark.slow
def test_six_towers_and_four_agents_through_a_kill_a_suspension_past_the_lease_and_clocks_a_minute_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The long form: three minutes, because leases are two."""
    every = 10.0
    with hosts(tmp_path, sources=10, every=every) as estate, ExitStack() as stack:
        skewed = {"two": "+60s", "three": "-60s"} if shutil.which("faketime") else {}
        agents = [estate.agent(name, ahead=skewed.get(name, "")) for name in ("one", "two", "three", "four")]
        for each in agents:
            each.wait_for("collecting")
        arguments: list[str | Path] = ["--config", estate.config]
        environment = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        towers = [
            stack.enter_context(Terminal([*arguments], columns=80, lines=24, environment=environment)) for _ in range(4)
        ]
        towers += [
            stack.enter_context(Terminal([*arguments, "--read-only"], columns=120, lines=36, environment=environment))
            for _ in range(2)
        ]
        for tower in towers:
            tower.wait_for("many-hosts", seconds=60)
        began = time.monotonic()
        estate.breaches(0, 6)
        first = estate.sent(60)
        estate.wait_read(2, began, 60)
        agents[0].kill()
        agents[1].signal(signal.SIGSTOP)
        struck = time.monotonic()
        estate.breaches(6, 6)
        second = estate.sent(120)
        estate.wait_read(2, struck + LEASE_S, LEASE_S + 90)
        taken_over = time.monotonic() - struck
        agents[1].signal(signal.SIGCONT)
        estate.breaches(12, 6)
        third = estate.sent(60)
        for tower in towers:
            tower.read(1.0)
        gaps = estate.gaps(began)
        keys = Counter(t.key for t in estate.receiver.taken())
        house = estate.house()
        try:
            view = members_of(house)
        finally:
            house.close()
    assert first < second < third
    assert set(keys) == third
    assert set(keys.values()) == {1}
    assert [g for each in gaps.values() for g in each if g < 0.8 * every] == [], "none is read twice in one interval"
    there = [row for row in view.members if row.state == "there"]
    assert sum(row.kind == "tower" for row in there) == 4, "who only reads is no member"
    assert sum(row.chores for row in there) == 1
    if skewed:
        assert {round(row.offset_s / 60) for row in there} == {0, 1, -1}
        assert "the clock of two is 60 s ahead of the database's" in " ".join(view.wrong)
    with capsys.disabled():
        spread = sorted(g for each in gaps.values() for g in each)
        print(
            f"4 agents, 6 towers: read every {spread[0]:.1f}-{spread[-1]:.1f} s of {every:g} s (median "
            f"{spread[len(spread) // 2]:.1f}), all taken over within {taken_over:.0f} s, {len(keys)} messages once"
        )
