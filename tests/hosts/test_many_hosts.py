"""Several agents on one PostgreSQL, as processes on hosts of their own: what is read, what arrives, and who takes over."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.hosts.estate import hosts

EVERY_S = 2.0


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
