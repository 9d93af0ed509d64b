"""Who is there, and who does the chores: on both databases, with each process a holder of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pulse_tui.cli.members import NOBODY, members_of
from pulse_tui.domain.member import MemberKind
from pulse_tui.rounds import attendance
from pulse_tui.rounds.attendance import CHORES_S, Attendance
from pulse_tui.wiring import House, SharedClock
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW

CONFIG = "name: x\nsources: [{id: drop, kind: signals, path: drop}]\n"


class Hosts:
    """Processes that share a database; each call is one housekeeping of one of them."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._url, self._patch = folder, url, monkeypatch
        self.clock, self.ticks = Clock(NOW), 1_000.0
        self.dead = set[str]()
        self.houses: dict[str, House] = {}
        self._there: dict[str, Attendance] = {}
        self._holder = ""
        monkeypatch.setattr(attendance, "holder_name", lambda: self._holder)
        monkeypatch.setattr(attendance, "is_dead", lambda holder: holder in self.dead)
        monkeypatch.setattr(attendance, "steady", lambda: self.ticks)

    def add(self, name: str, kind: MemberKind = MemberKind.AGENT, config: str = CONFIG) -> None:
        folder = self._folder / name
        folder.mkdir()
        (folder / "pulse.yaml").write_text(config)
        self.houses[name] = House(folder, database=self._url, clock=self.clock)
        self._there[name] = Attendance(self.houses[name], kind)

    def turn(self, name: str) -> bool:
        self._holder = f"{name}:space:1"
        return self._there[name].turn()

    def leave(self, name: str) -> None:
        self._holder = f"{name}:space:1"
        self._there[name].leave()

    def pass_(self, seconds: float) -> None:
        self.ticks += seconds
        self.clock.pass_(seconds=seconds)


@pytest.fixture(params=["sqlite", "postgresql"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    server = postgres() if request.param == "postgresql" else None
    name = server.create() if server is not None else ""
    url = server.named(name) if server is not None else sqlite_file(tmp_path / "pulse.db")
    made = Hosts(tmp_path, url, monkeypatch)
    yield made
    for house in made.houses.values():
        house.close()
    if server is not None:
        server.drop(name)


def test_one_does_the_chores_and_another_one_has_them_when_it_leaves_or_is_not_seen(hosts: Hosts) -> None:
    for name in "abc":
        hosts.add(name)
    assert [hosts.turn(name) for name in "abc"] == [True, False, False]
    hosts.pass_(10)
    assert [hosts.turn(name) for name in "abc"] == [True, False, False]
    hosts.leave("a")
    assert [hosts.turn(name) for name in "bc"] == [True, False]
    hosts.pass_(CHORES_S - 1)
    assert not hosts.turn("c")
    hosts.pass_(2)
    assert hosts.turn("c"), "b was not seen for as long as it had them"
    assert not hosts.turn("b")


def test_a_tower_leaves_the_chores_to_an_agent_and_has_them_where_there_is_none(hosts: Hosts) -> None:
    hosts.add("tower", MemberKind.TOWER)
    assert hosts.turn("tower")
    hosts.add("agent")
    assert not hosts.turn("agent")
    hosts.pass_(30)
    assert not hosts.turn("tower")
    assert hosts.turn("agent")
    hosts.dead.add("agent:space:1")
    hosts.pass_(10)
    assert hosts.turn("tower"), "a process of this host that is gone need not be waited for"


def test_one_whose_configuration_changed_under_it_leaves_the_chores_to_the_others(hosts: Hosts) -> None:
    hosts.add("a")
    hosts.add("b")
    assert [hosts.turn(name) for name in "ab"] == [True, False]
    (hosts.houses["a"].config or Path()).joinpath("pulse.yaml").write_text(CONFIG + "# changed\n")
    hosts.pass_(30)
    assert [hosts.turn(name) for name in "ab"] == [False, True]


def test_members_are_listed_with_who_does_the_chores_and_what_they_do_not_agree_about(hosts: Hosts) -> None:
    hosts.add("a")
    hosts.add("b", config=CONFIG.replace("drop}", "other}"))
    assert members_of(hosts.houses["a"]).wrong == (NOBODY,)
    hosts.turn("a")
    hosts.turn("b")
    view = members_of(hosts.houses["a"])
    assert [(row.id, row.state, row.chores) for row in view.members] == [
        ("a:space:1", "there", True),
        ("b:space:1", "there", False),
    ]
    (wrong,) = view.wrong
    assert "they differ in sources" in wrong
    header = hosts.houses["a"].store.board("x", None, hosts.clock()).header
    assert [c.short for c in header.members] == ["2 configurations"]
    hosts.pass_(91)
    hosts.turn("a")
    view = members_of(hosts.houses["a"])
    assert [row.state for row in view.members] == ["there", "gone"]
    assert view.wrong == ()
    hosts.pass_(86_400)
    hosts.turn("a")
    assert [row.id for row in members_of(hosts.houses["a"]).members] == ["a:space:1"], "forgotten after a day"


def test_a_sign_of_life_wakes_nobody_who_looks_at_a_board(tmp_path: Path) -> None:
    server = postgres()
    name = server.create()
    (tmp_path / "pulse.yaml").write_text(CONFIG)
    house, other = House(tmp_path, database=server.named(name)), House(tmp_path, database=server.named(name))
    try:
        mark = other.store.change_mark()
        assert isinstance(mark, int)
        Attendance(house, MemberKind.AGENT).turn()
        with house.store.write() as tx:
            tx.plumbing.put_value("x", "y")
        end = time.monotonic() + 60
        while other.store.change_mark() == mark and time.monotonic() < end:
            time.sleep(0.01)
        assert other.store.change_mark() == mark + 1, "of two transactions one was news"
    finally:
        house.close()
        other.close()
        server.drop(name)


def test_the_time_is_the_databases_carried_on_by_a_clock_that_nobody_sets() -> None:
    ticks, own = [100.0], [datetime(2026, 1, 1, tzinfo=UTC)]
    clock = SharedClock(lambda: own[0], lambda: ticks[0])
    assert clock() == own[0]
    theirs = own[0] - timedelta(seconds=61)
    clock.take(theirs)
    ticks[0] += 5
    own[0] += timedelta(hours=3)  # somebody sets this host's clock
    assert clock() == theirs + timedelta(seconds=5)
    assert clock.ahead_s == 3 * 3_600 + 61 - 5
    clock.take(theirs + timedelta(seconds=4.9))
    assert clock() == theirs + timedelta(seconds=5), "an answer that was under way for a while sets nothing back"
    clock.take(theirs - timedelta(seconds=30))
    assert clock() == theirs - timedelta(seconds=30), "the database's own clock was set back"


def test_who_left_is_not_written_down_again_by_a_housekeeping_under_way(hosts: Hosts) -> None:
    hosts.add("a")
    assert hosts.turn("a")
    hosts.leave("a")
    hosts.pass_(CHORES_S)
    assert not hosts.turn("a")
    with hosts.houses["a"].store.read() as tx:
        assert tx.members.all() == []
