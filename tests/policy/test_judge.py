from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.words import Mode, Outcome, Priority, Severity
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.check import run_tests, untested
from pulse_tui.policy.conditions import engine, names_in
from pulse_tui.policy.explain import explain
from pulse_tui.policy.judge import outcome_of
from tests.enrich.build import CVE, ESTATE, REGRESSION
from tests.policy.build import HEAD, load, rule


def with_values(**values: Any) -> Fact:
    """The regression's fact with variables changed (``eval__n=1``) or, for None, not known."""
    (fact,) = facts(REGRESSION, ESTATE)
    changed = {**fact.variables, **{name.replace("__", "."): value for name, value in values.items()}}
    return msgspec.structs.replace(fact, variables={k: v for k, v in changed.items() if v is not None})


def decide(rest: str, **values: Any) -> Decision:
    (decision,) = load(rule(rest)).judge(with_values(**values))
    return decision


def test_a_rule_fires_when_all_holds_and_keeps_each_condition_with_its_values() -> None:
    decision = decide("all: [asset.known, eval.worse_pp > 2.0]")
    assert (decision.outcome, decision.priority, decision.actions) == (Outcome.FIRED, Priority.P2, ("block", "notify"))
    assert [(c.text, c.held, c.values) for c in decision.comparisons] == [
        ("asset.known", True, {"asset.known": True}),
        ("eval.worse_pp > 2.0", True, {"eval.worse_pp": 5.2}),
    ]
    assert (decision.title, decision.owner, decision.version) == (
        "accuracy -5.2 pp on support-bot canary (refunds)",
        "ml-support",
        "3.8.2",
    )
    assert decision.acts


def test_a_rule_that_does_not_fire_is_a_decision_too_and_acts_on_nothing() -> None:
    decision = decide("all: [eval.worse_pp > 20.0]")
    assert (decision.outcome, decision.actions, decision.acts) == (Outcome.NOT_FIRED, (), False)


def test_a_value_that_is_not_known_makes_the_rule_indeterminate_and_it_does_nothing() -> None:
    decision = decide("all: [asset.known, eval.worse_pp > 2.0]", eval__worse_pp=None)
    assert (decision.outcome, decision.priority) == (Outcome.INDETERMINATE, Priority.UNKNOWN)
    assert (decision.actions, decision.acts) == ((), False)
    assert decision.comparisons[1].held is None
    assert decision.comparisons[1].error == "eval.worse_pp is not known"


@pytest.mark.parametrize("wrong", ["yes", 1.5, []])
def test_an_error_of_the_engine_is_a_text_that_is_truthy_and_still_never_holds(wrong: Any) -> None:
    assert decide("all: [asset.regulated]", asset__regulated=wrong).outcome is Outcome.INDETERMINATE


def test_in_all_a_definite_false_decides_and_in_any_a_definite_true() -> None:
    assert decide("all: [eval.n > 1, eval.worse_pp > 20.0]", eval__n=None).outcome is Outcome.NOT_FIRED
    assert decide("any: [eval.n > 1, eval.worse_pp > 2.0]", eval__n=None).outcome is Outcome.FIRED
    assert decide("any: [eval.n > 1, eval.worse_pp > 20.0]", eval__n=None).outcome is Outcome.INDETERMINATE


def test_with_both_lists_both_must_hold() -> None:
    both = "all: [asset.known]\nany: [eval.n > 1000, eval.worse_pp > {limit}]"
    assert decide(both.format(limit="2.0")).outcome is Outcome.FIRED
    assert decide(both.format(limit="20.0")).outcome is Outcome.NOT_FIRED


def test_the_first_context_line_that_holds_decides_the_priority_and_is_told() -> None:
    rest = """
    all: [asset.known]
    context:
    - {when: asset.tier == "sandbox", priority: note}
    - {when: asset.tier == "customer-facing" && asset.regulated, priority: P1}
    - {when: asset.known, priority: P4}
    """
    decision = decide(rest)
    assert decision.priority is Priority.P1
    assert decision.context == 'asset.tier == "customer-facing" && asset.regulated -> P1'
    assert decide(rest, asset__regulated=False).priority is Priority.P4


def test_an_error_in_a_context_line_makes_the_priority_unknown_and_the_rule_still_fires() -> None:
    rest = """
    all: [asset.known]
    context:
    - {when: asset.regulated, priority: P1}
    - {when: asset.known, priority: P4}
    """
    decision = decide(rest, asset__regulated=None)
    assert (decision.outcome, decision.priority) == (Outcome.FIRED, Priority.UNKNOWN)
    assert "asset.regulated is not known" in decision.context


def test_a_line_that_holds_before_the_error_decides() -> None:
    rest = "all: [asset.known]\ncontext: [{when: asset.known, priority: P3}, {when: asset.regulated, priority: P1}]"
    assert decide(rest, asset__regulated=None).priority is Priority.P3


def test_severity_is_the_signals_unless_the_rule_or_its_context_raises_it() -> None:
    assert decide("all: [asset.known]").severity is Severity.HIGH
    assert decide("all: [asset.known]\nseverity: low").severity is Severity.LOW
    raised = "all: [asset.known]\nseverity: low\ncontext: [{when: asset.stores_data, severity: critical}]"
    decision = decide(raised)
    assert (decision.severity, decision.priority) == (Severity.CRITICAL, Priority.P2)


def test_the_time_to_respond_comes_with_the_priority() -> None:
    times = "respond_within: {P1: 15m, P2: 4h, P3: 3d}\n"
    rest = "all: [asset.known]\nrespond_within: 1h\ncontext: [{when: asset.regulated, priority: P1}]"
    policy = load(rule(rest) + times)
    assert policy.judge(with_values())[0].respond_within_s == 900
    assert policy.judge(with_values(asset__regulated=False))[0].respond_within_s == 3600
    assert load(rule("all: [asset.known]") + times).judge(with_values())[0].respond_within_s == 14_400


def test_a_rule_in_observe_mode_says_what_it_would_do_and_does_not_act() -> None:
    decision = decide("all: [asset.known]\nmode: observe")
    assert (decision.mode, decision.outcome, decision.acts) == (Mode.OBSERVE, Outcome.FIRED, False)
    assert "would do block, notify, does nothing" in "\n".join(explain(decision))


def test_only_the_rules_for_the_type_of_signal_speak() -> None:
    assert load(rule("all: [asset.known]")).judge(facts(CVE, ESTATE)[0]) == []


def test_the_same_fact_and_policy_give_the_same_bytes() -> None:
    text = rule('all: [asset.known]\nany: [eval.worse_pp > 2.0, eval.metric == "f1"]')
    one, two = (load(text).judge(with_values()) for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)


def test_another_environment_is_another_decision_and_another_alert() -> None:
    policy = load(rule("all: [asset.known]"))
    everywhere = msgspec.structs.replace(REGRESSION, environment=None, current_version=None)
    production = policy.judge(facts(everywhere, ESTATE)[0])[0]
    canary = policy.judge(with_values())[0]
    assert production.id != canary.id
    assert canary.fingerprint == "accuracy/fp-accuracy"
    assert production.fingerprint == "accuracy/fp-accuracy/production"


def test_the_moment_of_a_decision_is_when_the_signal_was_observed() -> None:
    assert decide("all: [asset.known]").at == REGRESSION.observed_at


ANSWERS = st.lists(st.sampled_from([True, False, None]), max_size=4)


@given(ANSWERS, st.one_of(st.none(), ANSWERS.filter(bool)))
def test_filling_in_an_unknown_never_turns_fired_into_not_fired_or_back(
    every: list[bool | None], some: list[bool | None] | None
) -> None:
    said = outcome_of(every, some)
    if said is not Outcome.INDETERMINATE:
        for value in (True, False):
            filled = [value if a is None else a for a in every]
            options = None if some is None else [value if a is None else a for a in some]
            assert outcome_of(filled, options) is said


def test_names_are_read_from_an_expression_and_not_from_its_texts() -> None:
    text = """eval.metric == "asset.id" && r'asset.tier' != asset.owner && note.labels.exists(x, x == "a")"""
    assert names_in(text, VARIABLES) == ("eval.metric", "asset.owner", "note.labels")


def test_the_engine_is_made_once_for_the_published_variables() -> None:
    assert engine(VARIABLES) is engine(VARIABLES)


def test_a_case_that_a_rule_decides_otherwise_is_told_with_what_it_saw() -> None:
    rest = """
    all: [eval.worse_pp > 2.0]
    tests:
    - {name: right, facts: {eval.worse_pp: 1.0}, expect: not_fired}
    - {name: wrong, facts: {eval.worse_pp: 1.0}, expect: fired, priority: P1}
    """
    policy = load(rule(rest))
    right, wrong = run_tests(policy)
    assert (right.ok, wrong.ok) == (True, False)
    assert "expected fired, got not_fired (eval.worse_pp > 2.0: false)" in wrong.detail
    assert untested(policy) == []
    assert untested(load(rule("all: [asset.known]"))) == ["accuracy"]


def test_an_explanation_shows_every_comparison_with_its_values() -> None:
    lines = explain(decide("all: [asset.known, eval.worse_pp > 2.0, eval.n > 1]", eval__n=None))
    assert lines[1] == "indeterminate, nothing is done: eval.n is not known"
    assert "eval.worse_pp > 2.0  true  (eval.worse_pp = 5.2)" in lines
    assert "eval.n > 1  ?  (eval.n is not known)" in lines


BREAKS = {
    "a lone surrogate": ('eval.suite == "golden"', {"eval__suite": "\ud800"}),
    "a text of a megabyte": ('eval.suite != "golden"', {"eval__suite": "x" * 10**6}),
    "a number beyond a double": ("eval.worse_pp > 2.0", {"eval__worse_pp": 10**400}),
    "a whole number of 70 bits": ("eval.n > 2", {"eval__n": 2**70}),
}


@pytest.mark.parametrize(("condition", "values"), BREAKS.values(), ids=BREAKS)
def test_an_engine_that_breaks_leaves_that_rule_indeterminate_and_the_next_rule_decides(
    condition: str, values: dict[str, Any]
) -> None:
    second = HEAD.partition("\n")[2].replace("id: accuracy", "id: second") + "    all: [asset.known]\n"
    broken, whole = load(rule(f"all: ['{condition}']") + second).judge(with_values(**values))
    assert (broken.outcome, broken.acts) == (Outcome.INDETERMINATE, False)
    assert broken.comparisons[0].error
    assert whole.outcome is Outcome.FIRED


def test_values_that_the_engine_cannot_take_at_all_leave_each_condition_indeterminate() -> None:
    class Refusing:
        def Activation(self, _variables: object) -> object:  # noqa: N802  the engine's name
            raise TypeError("not these")

    cel = engine(VARIABLES)
    condition = cel.compile("asset.known")
    whole, cel._env = cel._env, Refusing()
    try:
        held = condition.holds(cel.activate({}))  # type: ignore[union-attr]
    finally:
        cel._env = whole
    assert held == (None, "the engine broke: not these")
