"""What an operator reads of the towers and agents that share a database."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.member import Member, MemberKind, concerns, gone, reads_others
from tests.fakes.nouns import NOW


def member(number: int = 1, **fields: object) -> Member:
    base = Member(
        id=f"host-{number}:space:47{number}",
        kind=MemberKind.AGENT,
        host=f"host-{number}",
        version="1.0",
        schema="0019",
        config="aaaa",
        started_at=NOW - timedelta(hours=5),
        seen_at=NOW - timedelta(seconds=5),
        sections={"sources": "s1", "policy": "p1"},
        config_at=NOW - timedelta(days=2),
    )
    return msgspec.structs.replace(base, **fields)


def test_members_that_agree_are_no_concern() -> None:
    assert concerns([member(1), member(2), member(3, kind=MemberKind.TOWER)], NOW, "0019") == ()


def test_two_configurations_are_named_with_what_differs_who_has_them_and_which_is_newer() -> None:
    other = member(2, config="bbbb", sections={"sources": "s1", "policy": "p2"}, config_at=NOW - timedelta(hours=1))
    (found,) = concerns([member(1), other, member(3)], NOW)
    assert found.short == "2 configurations"
    assert "they differ in policy" in found.what
    assert "agent host-1 (471) and 1 more has one of 2026-" in found.what
    assert found.todo.endswith("the newest is that of agent host-2 (472)")


def test_one_that_is_gone_disagrees_with_nobody() -> None:
    late = member(2, config="bbbb", seen_at=NOW - timedelta(minutes=5))
    assert gone(late, NOW)
    assert concerns([member(1), late], NOW) == ()


def test_a_configuration_that_is_just_being_applied_by_one_after_the_other_is_no_news() -> None:
    fresh = member(1, config="bbbb", started_at=NOW - timedelta(seconds=8), seen_at=NOW - timedelta(seconds=7))
    assert concerns([fresh, member(2, seen_at=NOW - timedelta(seconds=20))], NOW) == ()
    after = [
        msgspec.structs.replace(fresh, seen_at=NOW + timedelta(minutes=1)),
        member(2, seen_at=NOW + timedelta(minutes=1)),
    ]
    assert [c.short for c in concerns(after, NOW + timedelta(minutes=1))] == ["2 configurations"]


def test_an_older_version_and_a_clock_that_is_off_are_named_with_their_host() -> None:
    old = member(2, schema="0018", version="0.9", offset_s=61.2)
    found = concerns([member(1), old], NOW, "0019")
    assert [c.short for c in found] == ["old version", "clock off"]
    assert "agent host-2 (472) runs 0.9 (schema 0018), the database is for 0019" in found[0].what
    assert "the clock of host-2 is 61 s ahead of the database's" in found[1].what


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=8))
def test_there_are_as_many_configurations_as_digests(digests: list[str]) -> None:
    found = concerns([member(n, config=d, sections={"x": d}) for n, d in enumerate(digests)], NOW)
    distinct = len(set(digests))
    assert [c.short for c in found] == ([f"{distinct} configurations"] if distinct > 1 else [])


def test_another_process_reads_others_where_it_is_at_work_with_them_and_not_only_late_to_take_up_a_change() -> None:
    mine, other = member(1), member(2, sections={"sources": "s2", "policy": "p1"})
    assert reads_others([mine, other], mine, NOW)
    assert not reads_others([mine, member(3)], mine, NOW)
    assert not reads_others([mine, member(2, sections=other.sections, seen_at=NOW - timedelta(minutes=9))], mine, NOW)
    changed = member(1, config_at=NOW - timedelta(seconds=10))
    assert not reads_others([changed, other], changed, NOW), "it takes up what was written ten seconds ago"
