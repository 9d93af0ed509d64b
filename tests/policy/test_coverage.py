"""What the tests of rules do not try."""

from __future__ import annotations

from pulse_tui.policy.coverage import Covered, coverage
from tests.policy.build import load, rule

TEXT = rule(
    """
    all: [asset.known, eval.worse_pp > 2.0]
    any: [eval.must_pass, asset.regulated]
    context:
    - {when: asset.tier == "sandbox", priority: note}
    - {when: asset.tier != "customer-facing", priority: P3}
    - {when: asset.tier == "internal", priority: P4}
    tests:
    - {name: fell, expect: fired, facts: {asset.known: true, eval.worse_pp: 5.0, eval.must_pass: true, asset.tier: internal}}
    - {name: held, expect: not_fired, facts: {asset.known: true, eval.worse_pp: 0.5, eval.must_pass: true, asset.tier: sandbox}}
    """
)


def by_place(text: str) -> dict[str, Covered]:
    return {covered.place: covered for covered in coverage(load(text))}


def test_a_condition_that_no_test_makes_false_or_true_is_named() -> None:
    found = by_place(TEXT)
    assert {place: covered.missing for place, covered in found.items()} == {
        "accuracy: all[1]": ("never false",),
        "accuracy: all[2]": (),
        "accuracy: any[1]": ("never false",),
        "accuracy: any[2]": ("never true", "never false"),
        "accuracy: context[1]": ("never true",),
        "accuracy: context[2]": ("never false",),
        "accuracy: context[3]": ("never false", "never decided"),
    }
    assert found["accuracy: any[2]"].unknown == 2


def test_only_a_rule_that_fires_reads_its_context() -> None:
    assert by_place(TEXT)["accuracy: context[1]"].true == 0, "the sandbox is of the test that does not fire"


def test_a_rule_without_tests_tries_nothing() -> None:
    assert by_place(rule("all: [asset.known]"))["accuracy: all[1]"].missing == ("never true", "never false")
