"""Facts that are incomplete, of the wrong type, or hostile: the default policy decides nothing on what it does not know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pulse_tui.domain.words import Outcome
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.judge import CompiledRule, View
from tests.fakes.house import default_policy

MISSING = object()
HOSTILE: dict[str, tuple[Any, ...]] = {
    "string": (MISSING, 1, True, None, [], "x" * 10**6, "\ud800", b"bytes", {"a": 1}),
    "double": (MISSING, "2.5", True, None, [], math.nan, 10**400, "nan", {"a": 1}),
    "int": (MISSING, "2", 2.5, None, [], 2**70, math.nan, "\ud800", {"a": 1}),
    "bool": (MISSING, "true", 1, None, [], 1.0, "\ud800", {"a": 1}),
    "list<string>": (MISSING, "a", 1, None, [1], {"a": 1}, ["\ud800"], ["x"] * 2_000),
}


def firing() -> Iterator[tuple[CompiledRule, dict[str, Any]]]:
    """Each rule with a fact that makes it fire."""
    for compiled in default_policy().compiled:
        for test in compiled.rule.tests:
            if test.expect is Outcome.FIRED:
                yield compiled, {"signal.type": str(compiled.rule.on[0]), **test.facts}
                break


def test_every_rule_has_a_fact_that_makes_it_fire() -> None:
    assert {c.rule.id for c, _ in firing()} == {r.id for r in default_policy().rules}


def test_no_rule_fires_while_a_condition_that_it_needs_rests_on_something_else_than_a_value_of_its_type() -> None:
    engine, tried, fired = default_policy().engine, 0, []
    for compiled, facts in firing():
        for name in sorted({c.names[0] for c in compiled.every if len(c.names) == 1}):
            for value in HOSTILE[VARIABLES[name].type]:
                hostile = {**facts, name: value}
                if value is MISSING:
                    hostile.pop(name, None)
                ruling = compiled.rule_on(View(engine, hostile))
                tried += 1
                if ruling.outcome is Outcome.FIRED:
                    fired.append((compiled.rule.id, name, str(value)[:20]))
    assert tried >= 200
    assert fired == []


def test_whatever_a_variable_holds_a_rule_fires_only_where_each_of_its_conditions_is_true() -> None:
    engine, tried, wrong = default_policy().engine, 0, []
    for compiled, facts in firing():
        for name in sorted(compiled.names):
            for value in HOSTILE[VARIABLES[name].type]:
                hostile = {**facts, name: value}
                if value is MISSING:
                    hostile.pop(name)
                ruling = compiled.rule_on(View(engine, hostile))
                tried += 1
                unknown = any(c.held is not True for c in ruling.comparisons[: len(compiled.every)])
                if ruling.outcome is Outcome.FIRED and unknown:
                    wrong.append((compiled.rule.id, name, value))
                if ruling.outcome is Outcome.INDETERMINATE and not any(c.error for c in ruling.comparisons):
                    wrong.append((compiled.rule.id, name, "indeterminate without a reason"))
    assert tried >= 400
    assert wrong == []
