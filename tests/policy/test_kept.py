"""A policy as it is kept: loaded again it is the same, and what differs between two is written rule by rule."""

from __future__ import annotations

import pytest

from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.kept import LINES, differences, restored
from pulse_tui.policy.load import load_policy
from tests.fakes.house import default_policy
from tests.policy.build import KINDS, load, rule

BASE = rule(
    """
    all: [asset.known, eval.worse_pp > 2.0]
    context: [{when: asset.tier == "sandbox", priority: note}]
    respond_within: 4h
    tests: [{name: x, facts: {}, expect: indeterminate}]
    description: prose
    """
)


def again(text: str) -> Policy | None:
    return load_policy(restored(text, "kept"), action_kinds=KINDS, problems=[], variables=VARIABLES)


def test_the_policy_that_ships_is_the_same_when_it_is_loaded_again() -> None:
    policy = default_policy()
    loaded = again(policy.source)
    assert loaded is not None
    assert (loaded.digest, loaded.source) == (policy.digest, policy.source)


def test_tests_and_prose_are_not_kept_and_make_no_difference() -> None:
    other = BASE.replace("prose", "other words").replace("expect: indeterminate", "expect: fired")
    assert load(BASE).source == load(other).source
    assert differences(load(BASE).source, load(other).source) == ()


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("> 2.0", "> 2.5", ["accuracy: all[2]: eval.worse_pp > 2.0 -> eval.worse_pp > 2.5"]),
        ("[asset.known, eval", "[eval", ["accuracy: all: without asset.known"]),
        ("> 2.0]", "> 2.0, eval.must_pass]", ["accuracy: all[3]: with eval.must_pass"]),
        ("priority: P2", "priority: P1", ["accuracy: priority: P2 -> P1"]),
        ("[block, notify]", "[notify]", ["accuracy: actions: without block"]),
        ("4h", "2h", ["accuracy: respond_within: 4h -> 2h"]),
        ("respond_within: 4h", "mode: observe", ["accuracy: respond_within: 4h -> not stated", "accuracy: mode: not stated -> observe"]),
        ("id: accuracy", "id: precision", ["precision: new, enforce, P2: asset.known; eval.worse_pp > 2.0", "accuracy: is gone"]),
        (
            'sandbox", priority: note',
            'sandbox", priority: P4',
            ['accuracy: context[1]: {"when":"asset.tier == \\"sandbox\\"","priority":"note"} -> {"when":"asset.tier == \\"sandbox\\"","priority":"P4"}'],
        ),
    ],
)  # fmt: skip
def test_each_difference_is_a_line_with_its_place(old: str, new: str, lines: list[str]) -> None:
    assert list(differences(load(BASE).source, load(BASE.replace(old, new)).source)) == lines


def test_sections_differ_by_their_keys() -> None:
    before = BASE + "phase: policy\ngate: {production: {bill: off}}\n"
    after = BASE + "phase: visibility\ngate: {production: {bill: blocking}}\nchanges: {approvals: 1}\n"
    assert differences(load(before).source, load(after).source) == (
        "phase: policy -> visibility",
        "gate.production.bill: off -> blocking",
        "changes.approvals: not stated -> 1",
    )


def test_rules_in_another_order_are_a_difference() -> None:
    second = BASE.partition("\n")[2].replace("id: accuracy", "id: second")
    one, two = BASE + second, f"rules:\n{second}{BASE.partition(chr(10))[2]}"
    assert differences(load(one).source, load(two).source) == ("the rules stand in another order",)


def test_of_very_many_differences_the_first_are_written() -> None:
    many = "".join(BASE.partition("\n")[2].replace("id: accuracy", f"id: r{n}") for n in range(LINES + 5))
    lines = differences(load(BASE).source, load(f"rules:\n{many}").source)
    assert len(lines) == LINES + 1
    assert lines[-1] == "and 6 more"


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="truncated"):
        restored("{", "kept")
