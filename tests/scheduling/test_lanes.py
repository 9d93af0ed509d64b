"""Lanes of work: what does not answer holds up nobody else, and everything is said once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.errors import PulseError
from pulse_tui.rounds import work
from pulse_tui.rounds.lanes import RUNS, Ended, Lanes
from pulse_tui.rounds.work import Rounds, Trouble, outcome
from pulse_tui.wiring import House
from tests.fakes.small_estate import signal_line, write_estate
from tests.servers.loopback import Loopback, Reply


def until_seen(server: Loopback, path: str) -> None:
    end = time.monotonic() + 60
    while not server.seen("POST", path):
        assert time.monotonic() < end, f"{path} was not asked"
        time.sleep(0.01)


def first_of(lanes: Lanes) -> Ended:
    """What ended, once something has."""
    end = time.monotonic() + 60
    while not any(ended := lanes.ended()):
        assert time.monotonic() < end, "nothing ended"
        time.sleep(0.01)
    return ended


def test_a_lane_that_waits_holds_up_no_other_and_is_never_begun_twice() -> None:
    lanes, go_on, began = Lanes(), threading.Event(), list[str]()

    def slow() -> list[str]:
        began.append("slow")
        go_on.wait(60)
        return ["slow ended"]

    lanes.begin("slow", slow)
    for _ in range(5):
        lanes.begin("slow", slow)
    lanes.begin("quick", lambda: ["quick ended", "quick ended"])
    assert not lanes.wait(0.1)
    assert (first_of(lanes), began) == (Ended(["quick ended"], []), ["slow"])
    go_on.set()
    assert lanes.wait(60)
    assert began == ["slow", "slow"], "once more, for what came meanwhile"
    assert lanes.ended() == Ended(["slow ended"], [])
    assert lanes.ended() == Ended([], [])


def test_who_leaves_while_a_lane_begins_breaks_on_nothing() -> None:
    for _ in range(300):
        lanes, go = Lanes(), threading.Event()

        def begin(lanes: Lanes = lanes, go: threading.Event = go) -> None:
            go.wait(60)
            lanes.begin("late", lambda: ["ended"])

        beginning = threading.Thread(target=begin)
        beginning.start()
        go.set()
        while beginning.is_alive():
            lanes.wait(0.001)
        assert lanes.wait(60)
        assert lanes.ended() == Ended(["ended"], [])


def test_a_lane_that_breaks_says_so_and_is_begun_again() -> None:
    def breaks(error: Exception) -> list[str]:
        raise error

    lanes = Lanes(inline=True)
    lanes.begin("a", lambda: breaks(KeyError("x")))
    lanes.begin("a", lambda: breaks(PulseError("the database is locked")))
    lanes.begin("a", lambda: ["fine"])
    assert lanes.ended() == Ended(
        ["fine"], ["housekeeping broke: internal error: KeyError: 'x'", "housekeeping broke: the database is locked"]
    )


def test_a_destination_and_a_target_that_do_not_answer_hold_up_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def after(answer: Any) -> Any:
        go_on.wait(120)
        return answer

    monkeypatch.setattr(work, "_targets", lambda _keeping: after([]))  # a target that is silent
    with Loopback() as server:
        server.on("POST", "/hook", Reply())
        server.on("POST", "/slow", lambda _request: after(Reply()))
        folder = write_estate(tmp_path / "estate", server.url)
        config = folder / "pulse.yaml"
        slow = f'routes:\n  - {{id: a-slow-one, kind: notify, url: "{server.url}/slow"}}\n'
        config.write_text(config.read_text().replace("routes:\n", slow))
        house = House(folder)
        house.sync()
        rounds = Rounds(house)
        assert rounds.housekeeping().message == ""
        (folder / "signals" / "s.jsonl").write_text(signal_line())
        assert rounds.round("drop").changed
        until_seen(server, "/slow")
        until_seen(server, "/hook")
        began = time.monotonic()
        assert "broke" not in rounds.housekeeping().message
        assert time.monotonic() - began < 60
        assert not rounds.lanes.wait(0.01)
        go_on.set()
        assert rounds.lanes.wait(60)
        house.close()


def test_a_message_that_reached_nobody_and_a_missed_deadline_are_announced_as_failures_are() -> None:
    assert not outcome([], ["2 alerts fire again"]).failed
    bad = outcome([], ["2 alerts fire again", Trouble("1 deliveries to pager failed permanently", "delivery_failed")])
    assert (bad.failed, bad.message) == (True, "2 alerts fire again, 1 deliveries to pager failed permanently")
    assert outcome(["housekeeping broke: x"], []).failed


def test_a_process_that_leaves_waits_for_what_moves_targets_and_for_nothing_else() -> None:
    lanes, go, slow = Lanes(), threading.Event(), threading.Event()
    done: list[str] = []

    def moves() -> list[str]:
        go.wait(60)
        done.append("moved")
        return []

    lanes.begin("automatic", moves)
    lanes.begin("route page", lambda: [str(slow.wait(60))])
    assert not lanes.wait(0.02, RUNS)
    go.set()
    assert lanes.wait(60, RUNS)
    assert done == ["moved"]
    slow.set()
    assert lanes.wait(60)


def test_work_for_later_is_begun_once_however_often_it_was_asked_for() -> None:
    lanes, done, ran = Lanes(), list[int](), threading.Event()

    def work() -> list[str]:
        done.append(1)
        ran.set()
        return []

    threads = threading.active_count()
    for _ in range(50):
        lanes.later("route chat", work, 1.0)
    assert threading.active_count() <= threads + 1
    assert ran.wait(60)
    assert lanes.wait(60)
    assert done == [1]
    ran.clear()
    lanes.later("route chat", work, 0.01)
    assert ran.wait(60)
