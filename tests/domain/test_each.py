"""One action on several things: each by itself, and the answer says what became of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.each import Each, Target, each, named, sentence
from pulse_tui.domain.errors import NotFound, Refused, StorageError

TARGETS = st.lists(
    st.builds(Target, st.text("abc", min_size=1, max_size=4), st.just("title"), st.sampled_from(["P1", "P2", "P4", "?", ""])),
    max_size=30,
)  # fmt: skip


@given(TARGETS, st.sets(st.text("abc", min_size=1, max_size=4)))
def test_every_one_is_either_done_or_refused_with_a_reason_in_its_order(targets: list[Target], bad: set[str]) -> None:
    def call(target: Target) -> None:
        if target.id in bad:
            raise Refused(f"{target.id} is not allowed")

    made = each(targets, call)
    assert list(made.done) == [target for target in targets if target.id not in bad]
    assert [target for target, _ in made.refused] == [target for target in targets if target.id in bad]
    assert all(target.id in why for target, why in made.refused)


def test_a_database_that_cannot_be_used_ends_it_and_the_rest_is_refused_untried() -> None:
    tried = []

    def call(target: Target) -> None:
        tried.append(target.id)
        if target.id == "b":
            raise StorageError("the database is locked")

    made = each([Target(name, name) for name in "abcd"], call)
    assert tried == ["a", "b"]
    assert made.words("alert", "silenced") == (
        "1 alert silenced; 3 refused: b: the database is locked; c, d: not tried: the database is locked"
    )


def test_what_is_refused_for_one_reason_is_named_together_and_counted() -> None:
    refused = tuple((Target(str(n), f"alert {n}"), "cyd may not act in production") for n in range(5))
    made = Each((Target("x", "x"),), (*refused, (Target("y", "y"), "no such alert")))
    assert made.words("alert", "silenced") == (
        "1 alert silenced; 6 refused: alert 0, alert 1, alert 2 and 2 more: cyd may not act in production; y: no such alert"
    )
    assert Each((), ()).words("advisory", "waived", "advisories") == "0 advisories waived"


def test_where_nothing_was_done_a_command_is_refused() -> None:
    def call(target: Target) -> None:
        raise NotFound("there is no alert 'a'")

    with pytest.raises(Refused, match="0 alerts acknowledged; 1 refused: a: there is no alert"):
        sentence(each([Target("a", "a")], call), "alert", "acknowledged")


@given(TARGETS.filter(bool), st.integers(2, 8))
def test_what_it_is_about_names_the_urgent_first_and_counts_the_rest(targets: list[Target], room: int) -> None:
    first, *lines = named(targets, room, "alert").split("\n")
    urgent = sum(target.priority == "P1" for target in targets)
    assert first.startswith(f"{len(targets)} alert")
    assert (f"{urgent} P1" in first) is (urgent > 0)
    assert len(lines) <= room
    shown = lines[:-1] if lines[-1].startswith("and ") else lines
    assert len(shown) == len(targets) or lines[-1] == f"and {len(targets) - len(shown)} more"
    assert sum(line.startswith("P1") for line in shown) == min(urgent, len(shown))
