"""The ``rollback`` section: policy names the failures that a pre-authorised rollback answers, and only rules it has."""

from __future__ import annotations

import pytest

from pulse_tui.policy.schema import policy_schema
from tests.fakes.house import default_policy
from tests.policy.build import load, refused, rule


def named(lines: str, of: str = "all: [asset.known]") -> str:
    """A policy with a rollback section of these lines."""
    return "rollback:\n" + "".join(f"  {line}\n" for line in lines.splitlines()) + rule(of)


def test_a_policy_without_the_section_names_nothing() -> None:
    assert (
        load(rule("all: [asset.known]")).automatic.refusal("accuracy", {}).startswith("policy does not name accuracy")
    )


def test_the_default_policy_names_the_hard_gate_p95_and_safety_on_a_production_critical_route() -> None:
    automatic = default_policy().automatic
    assert automatic.refusal("accuracy-regression", {}) == ""
    assert automatic.refusal("latency-breach-canary", {}) == ""
    assert automatic.refusal("jailbreak-regression", {"deployment.production_critical": True}) == ""
    off_route = automatic.refusal("safety-regression", {"deployment.production_critical": False})
    assert off_route == "policy asks for deployment.production_critical, which does not hold"
    for other in ("latency-breach", "critical-cve-exposed", "raw-safety-regression", "undecided", "level-drift"):
        assert automatic.refusal(other, {}) != ""


def test_a_condition_that_cannot_be_evaluated_is_no_yes() -> None:
    why = default_policy().automatic.refusal("safety-regression", {})
    assert why.startswith("whether deployment.production_critical holds is indeterminate")


@pytest.mark.parametrize(
    ("lines", "where", "hint"),
    [
        ("automatic: [acuracy]", "policy.yaml:2: rollback.automatic: there is no rule 'acuracy'", "'accuracy'?"),
        (
            "automatic:\n  - {rule: nothing}",
            "policy.yaml:3: rollback.automatic: there is no rule 'nothing'",
            "accuracy",
        ),
        ("automatic: [accuracy, accuracy]", "policy.yaml:2: rollback.automatic: rule 'accuracy' is named twice", ""),
        ("automatic: [{rule: accuracy, when: asset.tieer == 'x'}]", "there is no variable 'asset.tieer'", "asset.tier"),
        ("automatic: [{rule: accuracy, when: advisory.cvss > 9.0}]", "advisory.cvss is never known", ""),
        ("automatic: [accuracy]\nat_mst: 2", "policy.rollback: unknown key 'at_mst'", "'at_most'?"),
        ("automatic: [accuracy]\nat_most: 0", "policy.yaml:3: policy.rollback.at_most", ""),
        ("automatic: [{whenn: x}]", "policy.yaml:2", ""),
    ],
)
def test_what_the_section_does_not_know_is_refused_with_its_place_and_the_nearest(
    lines: str, where: str, hint: str
) -> None:
    told = refused(named(lines))
    assert where in told
    assert hint in told


def test_a_rule_that_only_observes_cannot_be_named() -> None:
    told = refused(named("automatic: [accuracy]", "mode: observe\nall: [asset.known]"))
    assert "rule 'accuracy' observes and acts on nothing" in told


def test_the_section_is_part_of_the_digest_and_of_the_schema() -> None:
    bare, one = load(rule("all: [asset.known]")), load(named("automatic: [accuracy]"))
    narrower = load(named("automatic: [{rule: accuracy, when: asset.regulated}]"))
    fewer = load(named("automatic: [accuracy]\nat_most: 1"))
    assert len({policy.digest for policy in (bare, one, narrower, fewer)}) == 4
    assert "RollbackSection" in policy_schema()["$defs"]
