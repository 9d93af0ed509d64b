"""Everywhere a person looks: towers and agents that do not agree, and that nobody collects."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pulse_tui.domain.member import Member, MemberKind
from pulse_tui.domain.source import SourceStatus
from pulse_tui.wiring import House, now
from tests.cli.conftest import Shell


def write_down(shell: Shell, *changes: dict[str, object]) -> None:
    """A member for each, on a host of its own, with this configuration but for the changes."""
    house = House(shell.config)
    now = house.clock()
    with house.store.write() as tx:
        for number, change in enumerate(changes):
            base = Member(
                id=f"db-{number}:space:4{number}", kind=MemberKind.AGENT, host=f"db-{number}",
                started_at=now - timedelta(hours=2), seen_at=now, **house.works_with,
            )  # fmt: skip
            tx.members.put(msgspec.structs.replace(base, **change))
    house.close()


def test_members_that_agree_are_listed_and_nothing_is_wrong(shell: Shell) -> None:
    write_down(shell, {}, {})
    listed = shell("members")
    assert listed.code == 0
    assert [line.split()[:3] for line in listed.out.splitlines()] == [
        ["there", "agent", "db-0"],
        ["there", "agent", "db-1"],
    ]
    assert "ok   members: 2 agents and 0 towers collect, with one configuration" in shell("doctor").out
    assert "pulse-tui members" not in shell("status").out


def test_different_configurations_are_said_by_status_doctor_and_members(shell: Shell) -> None:
    write_down(shell, {}, {"config": "other", "sections": {"policy": "another"}})
    words = "2 configurations are in use at once, they differ in "
    status, doctor, members = shell("status"), shell("doctor"), shell("members")
    assert words in status.out
    assert f"FAIL members: {words}" in doctor.out
    assert words in members.out
    assert (doctor.code, members.code) == (1, 1)
    assert words in shell("members", "--json").json()["wrong"][0]
    assert "2 configurations" in str(shell("status", "--json").json())


def test_that_nobody_collects_is_said_and_one_that_is_gone_is_listed_as_gone(shell: Shell) -> None:
    house = House(shell.config)
    late = house.clock() - timedelta(minutes=10)
    house.close()
    write_down(shell, {"seen_at": late, "config": "other"})
    members = shell("members")
    assert members.code == 1
    assert members.out.startswith("gone   agent  db-0")
    assert "no agent or tower collects" in members.out
    assert "note members: no agent or tower collects" in shell("doctor").out
    assert "configurations" not in shell("status").out


def test_an_agent_with_another_schema_and_a_clock_that_is_off_is_named(shell: Shell) -> None:
    write_down(shell, {}, {"schema": "0018", "version": "0.2.9"}, {"offset_s": -75.0})
    out = shell("members").out
    assert "agent db-1 (41) runs 0.2.9 (schema 0018)" in out
    assert "the clock of db-2 is 75 s behind the database's" in out


def test_a_source_that_only_another_process_at_work_knows_is_not_forgotten_by_one_that_starts(shell: Shell) -> None:
    house = House(shell.config)
    with house.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="only-theirs", kind="feed"))
    house.close()
    later = timedelta(minutes=2)  # as if these files had been written long ago
    write_down(shell, {"sections": {"sources": "others"}, "seen_at": now() + later})
    shell("refresh", "drop")
    assert "only-theirs" in sources(shell)
    write_down(shell, {"seen_at": now() + later})
    shell("refresh", "drop")
    assert "only-theirs" not in sources(shell), "nobody at work has it any more"


def sources(shell: Shell) -> set[str]:
    house = House(shell.config)
    with house.store.read() as tx:
        found = set(tx.plumbing.sources())
    house.close()
    return found
