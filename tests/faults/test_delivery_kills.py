"""kill -9 of a tower at random moments while it takes signals in and sends messages: what it accepted arrives, under one key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.bench.delivery import breach
from tests.fakes.nouns import NOW
from tests.servers.sink import sink


@pytest.mark.parametrize(
    ("count", "kills"), [(1_000, 10), pytest.param(10_000, 100, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_no_accepted_signal_is_lost_and_what_comes_twice_has_the_same_key(
    count: int, kills: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sink(tmp_path / "taken") as receiver:
        line = [
            sys.executable,
            "-m",
            "tests.faults.delivering",
            str(tmp_path),
            receiver.url,
            str(count),
            str(kills),
            "7",
        ]
        done = subprocess.run(line, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-2_000:]
        arrived = Counter(taken.key for taken in receiver.taken())
    found = json.loads(done.stdout)
    assert (found["accepted"], found["kills"], found["left"]) == (count, kills, [])
    accepted = [breach(number, NOW).id for number in range(count)]
    lost = [ident for ident in accepted if not any(key in arrived for key in found["keys"].get(ident, ()))]
    assert lost == []
    assert all(len(keys) == 1 for keys in found["keys"].values()), "a signal has one message, however often it was sent"
    assert len(arrived) == count
    with capsys.disabled():
        print(f"{count} signals, {kills} kills: 0 lost, {sum(arrived.values()) - count} repeats under the same key")
