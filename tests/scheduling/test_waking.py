"""A message leaves as soon as it is on disk, whichever process stored it, and the housekeeping sends the heartbeat."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.delivery import Delivery
from pulse_tui.rounds.work import Rounds, housekeeping
from pulse_tui.wiring import House
from tests.fakes.small_estate import write_estate
from tests.servers.loopback import Loopback, Reply


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        running.on("POST", "/hook", Reply(202))
        running.on("POST", "/alive", Reply(200), Reply(500))
        yield running


def estate(tmp_path: Path, server: Loopback) -> Path:
    folder = write_estate(tmp_path / "estate", server.url)
    config = folder / "pulse.yaml"
    beat = f'heartbeat: {{url: "{server.url}/alive", every: 1s, method: POST}}\n'
    config.write_text(beat + config.read_text())
    return folder


def queue(house: House, key: str) -> None:
    route = next(r.id for r in house.settings.routes if r.kind == "notify")
    with house.store.write() as tx:
        tx.plumbing.enqueue(
            Delivery(key=key, kind="notify", route=route, payload={"title": key}, created_at=house.clock())
        )


def until_sent(server: Loopback, key: str) -> None:
    end = time.monotonic() + 60
    while key not in [r.headers["idempotency-key"] for r in server.seen("POST", "/hook")]:
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_message_is_sent_without_a_tick_whether_this_process_stored_it_or_another(
    tmp_path: Path, server: Loopback
) -> None:
    folder = estate(tmp_path, server)
    house, other = House(folder), House(folder)
    house.sync()
    rounds = Rounds(house)
    rounds.housekeeping()
    queue(house, "notify-mine")
    until_sent(server, "notify-mine")
    queue(other, "notify-theirs")
    until_sent(server, "notify-theirs")
    rounds.leave()
    assert rounds.lanes.wait(60)
    other.close()
    house.close()


def test_the_housekeeping_sends_the_heartbeat_and_announces_once_that_it_does_not_arrive(
    tmp_path: Path, server: Loopback
) -> None:
    house = House(estate(tmp_path, server))
    house.sync()
    rounds = Rounds(house)
    said = []
    for _ in range(4):
        said.append(rounds.housekeeping())
        assert rounds.lanes.wait(60)
    assert len(server.seen("POST", "/alive")) == 4, "every second, and at once after one that failed"
    assert [o.failed for o in said] == [False, False, True, False]
    assert "the heartbeat does not arrive since" in said[2].message
    rounds.leave()
    house.close()


def test_a_refresh_by_hand_sends_all_that_a_route_with_a_pace_has(tmp_path: Path, server: Loopback) -> None:
    server.on("POST", "/workflow", Reply(202))
    folder = estate(tmp_path, server)
    config = folder / "pulse.yaml"
    room = f'routes:\n  - {{id: room, kind: teams, webhook: "{server.url}/workflow", owner_teams: [nobody]}}\n'
    config.write_text(config.read_text().replace("routes:\n", room))
    house = House(folder)
    house.sync()
    with house.store.write() as tx:
        for key in ("notify-1", "notify-2", "notify-3"):
            made = Delivery(key=key, kind="teams", route="room", payload={"title": key}, created_at=house.clock())
            tx.plumbing.enqueue(made)
    housekeeping(house)
    assert len(server.seen("POST", "/workflow")) == 3
    house.close()
