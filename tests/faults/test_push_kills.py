"""An agent that is killed while eight senders push: what was answered as accepted is stored, once."""

from __future__ import annotations

import random
import signal as signals
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.fakes.databases import postgres
from tests.fakes.pushing import quiet
from tests.fakes.pushing_agent import Line, body_of, configure, ready, start, wire
from tests.servers.ports import free_port

AGAIN = (429, 503)


class Eight:
    """Eight senders, each with one request at a time, which go on with the same record until it is answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: list[set[str]] = [set() for _ in range(8)]
        self.done = threading.Event()
        self.broken: list[str] = []
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(8)]

    def total(self) -> int:
        return sum(map(len, self.accepted))

    def _run(self, sender: int) -> None:
        number, line = 0, None
        while not self.done.is_set():
            at = datetime.now(UTC).isoformat()
            records = [
                quiet(f"{number}-{n}", asset_id="asset-0", occurred_at=at, observed_at=at)
                for n in range(1 + sender % 3)
            ]
            request = wire(sender, body_of(*records))
            while not self.done.is_set():
                try:
                    line = line or Line(self.port)
                    status, body = line.send(request)
                except OSError:  # killed: the same once more
                    line = None
                    time.sleep(0.02)
                    continue
                if status in AGAIN:
                    time.sleep(0.1)
                    continue
                if status != 202:
                    self.broken.append(f"{status} {body!r}")
                    return
                self.accepted[sender].update(msgspec.json.decode(body)["ids"])
                number += 1
                break


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_nothing_that_was_accepted_is_lost_when_the_agent_is_killed(kills: int, tmp_path: Path) -> None:
    chance = random.Random(16)
    folder, port = tmp_path / "estate", free_port()
    configure(folder, port)
    senders = Eight(port)
    process = start(folder)
    try:
        ready(port, process)
        for thread in senders.threads:
            thread.start()
        for _ in range(kills):
            _more(senders, 20)
            time.sleep(chance.uniform(0.0, 0.1))
            process.kill()
            process.wait()
            process = start(folder)
            ready(port, process)
        _more(senders, 20)
        senders.done.set()
        for thread in senders.threads:
            thread.join(90)
        process.send_signal(signals.SIGTERM)
        assert process.wait(60) == 0
    finally:
        senders.done.set()
        process.kill()
        process.wait()
    accepted = set().union(*senders.accepted)
    assert senders.broken == []
    _all_there(folder, accepted)
    assert len(accepted) >= 20 * (kills + 1)


def _all_there(folder: Path, accepted: set[str]) -> None:
    """Each is stored once, and judged."""
    with closing(sqlite3.connect(folder / "pulse.db")) as database:
        stored = Counter(row[0] for row in database.execute("SELECT id FROM signals"))
        judged = {row[0] for row in database.execute("SELECT DISTINCT signal_id FROM decisions")}
    assert accepted - stored.keys() == set()
    assert max(stored.values()) == 1
    assert accepted - judged == set()


def test_a_changed_configuration_is_taken_up_while_eight_senders_push(tmp_path: Path) -> None:
    folder, port = tmp_path / "estate", free_port()
    configure(folder, port)
    senders = Eight(port)
    process = start(folder)
    try:
        ready(port, process)
        for thread in senders.threads:
            thread.start()
        for name in ("another-name", "one-more"):
            _more(senders, 20)
            file = folder / "pulse.yaml"
            file.write_text(file.read_text().replace(file.read_text().split("\n", 1)[0], f"name: {name}"))
            process.send_signal(signals.SIGHUP)
            time.sleep(0.5)
        _more(senders, 40)
        senders.done.set()
        for thread in senders.threads:
            thread.join(90)
        process.send_signal(signals.SIGTERM)
        assert process.wait(60) == 0
    finally:
        senders.done.set()
        process.kill()
        process.wait()
    assert senders.broken == []
    assert (folder / "agent.log").read_text().count("collecting") == 3  # it was taken up twice
    assert not any("cannot be listened on" in line for line in (folder / "agent.log").read_text().splitlines())
    _all_there(folder, set().union(*senders.accepted))


def _more(senders: Eight, count: int) -> None:
    """Wait until that many more are accepted."""
    before, end = senders.total(), time.monotonic() + 90
    while senders.total() < before + count:
        assert time.monotonic() < end, "nothing is accepted any more"
        assert senders.broken == []
        time.sleep(0.01)


@pytest.mark.slow
def test_two_agents_on_one_postgresql_store_what_comes_to_both_once(tmp_path: Path) -> None:
    name = postgres().create()
    ports, folders = [free_port(), free_port()], [tmp_path / "a", tmp_path / "b"]
    for folder, port in zip(folders, ports, strict=True):
        configure(folder, port, database=postgres().named(name))
    processes = [start(folder) for folder in folders]
    try:
        for port, process in zip(ports, processes, strict=True):
            ready(port, process)
        at = datetime.now(UTC).isoformat()
        answers: Counter[tuple[int, int]] = Counter()

        def send(sender: int, port: int) -> None:
            line = Line(port)
            for number in range(20):
                records = [quiet(f"{number}-{n}", asset_id="asset-0", occurred_at=at, observed_at=at) for n in range(5)]
                status, body = line.send(wire(sender, body_of(*records)))
                assert status == 202, body
                counts = msgspec.json.decode(body)
                answers[counts["accepted"], counts["repeated"]] += 1
            line.close()

        threads = [threading.Thread(target=send, args=(s, p)) for s in range(8) for p in ports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        for process in processes:
            process.send_signal(signals.SIGTERM)
            assert process.wait(60) == 0
        assert answers == {(5, 0): 160, (0, 5): 160}
    finally:
        for process in processes:
            process.kill()
            process.wait()
        postgres().drop(name)
