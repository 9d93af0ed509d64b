from __future__ import annotations

import msgspec
import pytest

from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.schema import policy_schema
from tests.policy.build import HEAD, KINDS, load, refused, rule, try_load


def test_a_policy_loads_from_its_section_and_from_a_whole_file() -> None:
    text = rule("all: [asset.known]")
    whole = "policy:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    assert load(text).digest == load(whole).digest


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("eval.worse_p > 2.0", "policy.yaml:9:7: there is no variable 'eval.worse_p'"),
        ("eval.worse_p > 2.0", "did you mean 'eval.worse_pp'?"),
        ("eval.delta_pp < -2", "write -2.0"),
        ("eval.delta_pp + 1.0", "a condition must be true or false, this is of type double"),
        ("eval.metric", "of type string"),
        ("eval.worse_pp >", "policy.yaml:9:22: Syntax error"),
        ("cost.ratio > 1.0", "cost.ratio is never known for benchmark_regression"),
        ('asset.tier == "customer"', "did you mean 'customer-facing'?"),
        ('asset.tier in ["internal", "sandpit"]', "asset.tier is never 'sandpit'"),
        ("nothing.like_it", "pulse-tui schema facts lists the variables"),
        ("5", "a condition is a text, not 5"),
    ],
)
def test_a_condition_that_could_never_be_judged_is_refused_with_its_place(condition: str, message: str) -> None:
    assert message in refused(rule(f"all:\n- {condition}"))


def test_the_caret_stands_under_the_place() -> None:
    lines = refused(rule("all:\n- asset.known && eval.delta_p < -2.0")).splitlines()
    assert lines[0].startswith("policy.yaml:9:22:")
    assert lines[1].index("eval.delta_p") == lines[2].index("^")


def test_a_quoted_condition_and_a_block_are_pointed_at_too() -> None:
    assert "policy.yaml:9:15:" in refused(rule("""all:\n- '"x" == eval.metrc'"""))
    assert "policy.yaml:11:" in refused(rule("all:\n- |\n  asset.known &&\n  eval.metrc == 'x'"))


def test_all_problems_of_all_rules_are_told_at_once() -> None:
    text = rule(
        """
        actoins: [block]
        any: [eval.worse_p > 1.0]
        context:
        - {when: asset.regulatd, priority: P9}
        """
    )
    text += "  - {id: accuracy, owner: x, on: [cves], priority: P1, actions: [blok]}\n"
    said = refused(text)
    for part in (
        "'actoins'",
        "'actions'",
        "eval.worse_p",
        "asset.regulatd",
        "'P9'",
        "'review' is missing",
        "'cve'",
        "'blok'",
    ):
        assert part in said, part
    assert "is given twice" in said


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("description: x", "has no condition"),
        ("all: [asset.known]\ncontext: [{when: asset.known}]", "changes nothing"),
        ("all: [asset.known]\nroutes: [pager]", "unknown route 'pager'"),
        ("all: [asset.known]\nmode: enforced", "did you mean 'enforce'?"),
        ("all: [asset.known]\nrespond_within: soon", "'soon' is not a duration"),
        (
            "all: [asset.known]\ntests: [{name: x, facts: {eval.worze_pp: 1.0}, expect: fired}]",
            "did you mean 'eval.worse_pp'?",
        ),
        ("all: [asset.known]\ntests: [{name: x, facts: {eval.n: 1.5}, expect: fired}]", "eval.n is of type int"),
        (
            "all: [asset.known]\ntests: [{name: x, facts: {asset.known: 1}, expect: fired}]",
            "asset.known is of type bool",
        ),
        ("all: [asset.known]\ntests: [{name: x, facts: {}, expect: fire}]", "did you mean 'fired'?"),
    ],
)
def test_what_makes_no_sense_in_a_rule_is_refused(rest: str, message: str) -> None:
    assert message in refused(rule(rest), routes=("mail",))


def test_a_rule_on_several_types_may_ask_for_what_only_one_of_them_knows() -> None:
    text = rule("any: [eval.worse_pp > 2.0, service.ratio > 1.0]").replace(
        "[benchmark_regression]", "[benchmark_regression, latency_breach]"
    )
    assert try_load(text)[1] == []


def test_the_digest_changes_with_a_rule_and_not_with_its_tests() -> None:
    plain = load(rule("all: [eval.worse_pp > 2.0]"))
    tested = load(rule("all: [eval.worse_pp > 2.0]\ntests: [{name: x, facts: {}, expect: indeterminate}]"))
    assert plain.digest == tested.digest
    others = ("all: [eval.worse_pp > 2.5]", "any: [eval.worse_pp > 2.0]", "all: [eval.worse_pp > 2.0]\nmode: observe")
    assert len({plain.digest, *(load(rule(o)).digest for o in others)}) == 4
    timed = load(rule("all: [eval.worse_pp > 2.0]") + "respond_within: {P2: 4h}\n")
    assert timed.digest != plain.digest


def test_a_rule_that_is_not_there_is_none() -> None:
    policy = load(rule("all: [asset.known]"))
    assert policy.rule("accuracy") is policy.rules[0]
    assert policy.rule("other") is None


def test_the_schema_of_the_file_lists_actions_variables_and_durations() -> None:
    schema = policy_schema(action_kinds=KINDS, variables=VARIABLES)
    assert schema["$defs"]["Rule"]["properties"]["actions"]["items"] == {"enum": sorted(KINDS)}
    assert "eval.worse_pp" in schema["$defs"]["RuleTest"]["properties"]["facts"]["propertyNames"]["enum"]
    assert msgspec.json.encode(schema)
    assert HEAD.startswith("rules:")
