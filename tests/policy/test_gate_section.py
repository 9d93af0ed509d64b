"""The ``gate`` section: what closes the gate is policy, and a misspelt word of it never loads."""

from __future__ import annotations

import pytest

from pulse_tui.domain.words import Environment
from pulse_tui.policy.gate import GateReason, GateSection, GateStatus, GateWord, GateWords
from pulse_tui.policy.schema import policy_schema
from tests.fakes.house import default_policy
from tests.policy.build import load, refused, rule

PRODUCTION = Environment.PRODUCTION


def gated(text: str) -> str:
    """A policy with a gate section of these lines."""
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    return f"gate:\n{lines}" + rule("all: [asset.known]")


def test_an_environment_goes_before_default_and_default_before_the_bare_rule() -> None:
    gate = load(gated("default: {pointer: advisory, bill: off}\nproduction: {pointer: blocking}")).gate
    failed, missing = GateStatus.FAILED, GateStatus.MISSING
    assert gate.word(PRODUCTION, GateReason.POINTER, missing) is GateWord.BLOCKING
    assert gate.word(Environment.CANARY, GateReason.POINTER, failed) is GateWord.ADVISORY
    assert gate.word(Environment.CANARY, GateReason.BILL, failed) is GateWord.OFF
    assert gate.word(Environment.CANARY, GateReason.DIGEST, failed) is GateWord.BLOCKING
    assert gate.word(Environment.CANARY, GateReason.DIGEST, missing) is GateWord.ADVISORY


def test_a_policy_that_says_nothing_blocks_on_failures_and_tells_absences() -> None:
    gate = load(rule("all: [asset.known]")).gate
    for reason in GateReason:
        word = GateWord.ADVISORY if reason is GateReason.ENDS else GateWord.BLOCKING  # an end is far off
        assert gate.word(PRODUCTION, reason, GateStatus.FAILED) is word
        assert gate.word(PRODUCTION, reason, GateStatus.MISSING) is GateWord.ADVISORY


def test_failure_absence_and_nothing_configured_are_told_apart() -> None:
    told_apart = "production: {safety: {missing: blocking, unconfigured: advisory}, lineage: {missing: blocking}}"
    word = load(gated(told_apart)).gate.word
    assert word(PRODUCTION, GateReason.SAFETY, GateStatus.FAILED) is GateWord.BLOCKING
    assert word(PRODUCTION, GateReason.SAFETY, GateStatus.MISSING) is GateWord.BLOCKING
    assert word(PRODUCTION, GateReason.SAFETY, GateStatus.UNCONFIGURED) is GateWord.ADVISORY
    assert word(PRODUCTION, GateReason.LINEAGE, GateStatus.UNCONFIGURED) is GateWord.BLOCKING


def test_what_is_undecided_holds_like_a_failure_unless_policy_tells_it_apart() -> None:
    word = load(gated("production: {functional: blocking, safety: {failed: blocking, undecided: advisory}}")).gate.word
    assert word(PRODUCTION, GateReason.FUNCTIONAL, GateStatus.UNDECIDED) is GateWord.BLOCKING
    assert word(PRODUCTION, GateReason.SAFETY, GateStatus.UNDECIDED) is GateWord.ADVISORY
    assert word(Environment.CANARY, GateReason.SAFETY, GateStatus.UNDECIDED) is GateWord.BLOCKING  # nothing was said


def test_a_risk_that_was_accepted_is_told_and_never_blocks() -> None:
    word = load(gated("production: {functional: blocking, safety: off}")).gate.word
    assert word(PRODUCTION, GateReason.FUNCTIONAL, GateStatus.ACCEPTED) is GateWord.ADVISORY
    assert word(PRODUCTION, GateReason.SAFETY, GateStatus.ACCEPTED) is GateWord.OFF


@pytest.mark.parametrize(
    ("section", "where", "hint"),
    [
        (
            "production: {pointr: blocking}",
            "policy.yaml:2: policy.gate.production: 'pointr'",
            "did you mean 'pointer'?",
        ),
        ("production: {pointer: blokking}", "policy.yaml:2: policy.gate.production.pointer: 'blokking'", "'blocking'?"),
        (
            "production: {pointer: {faild: blocking}}",
            "policy.gate.production.pointer: unknown key 'faild'",
            "'failed'?",
        ),
        ("production: {pointer: {failed: yes}}", "policy.gate.production.pointer.failed: 'yes'", "known: advisory"),
        ("staging: {pointer: blocking}", "policy.yaml:2: policy.gate: unknown key 'staging'", "known: canary"),
        ("production: [pointer]", "policy.gate.production: expected keys and values", ""),
    ],
)
def test_what_the_gate_does_not_know_is_refused_with_its_place_and_the_nearest(
    section: str, where: str, hint: str
) -> None:
    said = refused(gated(section))
    assert where in said
    assert hint in said


def test_the_policy_digest_changes_with_what_closes_the_gate() -> None:
    texts = ("production: {bill: off}", "production: {bill: blocking}", "canary: {bill: off}")
    digests = {load(gated(t)).digest for t in texts} | {load(rule("all: [asset.known]")).digest}
    assert len(digests) == 4
    spelt = load(gated("production: {bill: {failed: off, missing: off}}")).digest
    assert spelt == load(gated("production: {bill: off}")).digest


def test_the_schema_lists_the_reasons_and_the_words() -> None:
    known = policy_schema()["$defs"]
    assert known["GateWord"]["enum"] == ["advisory", "blocking", "off"]
    assert set(known["GateReason"]["enum"]) == {r.value for r in GateReason}
    assert known["GateSection"]["properties"]["production"]["propertyNames"] == {"$ref": "#/$defs/GateReason"}


def test_production_of_the_default_policy_needs_a_functional_and_a_safety_verdict() -> None:
    word = default_policy().gate.word
    for reason in (GateReason.FUNCTIONAL, GateReason.SAFETY):
        for status in (GateStatus.MISSING, GateStatus.UNCONFIGURED, GateStatus.UNDECIDED, GateStatus.FAILED):
            assert word(PRODUCTION, reason, status) is GateWord.BLOCKING
        assert word(PRODUCTION, reason, GateStatus.ACCEPTED) is GateWord.ADVISORY
        assert word(Environment.CANARY, reason, GateStatus.UNDECIDED) is GateWord.BLOCKING
        assert word(Environment.CANARY, reason, GateStatus.UNCONFIGURED) is GateWord.ADVISORY
        assert word(Environment.SHADOW, reason, GateStatus.UNDECIDED) is GateWord.ADVISORY
        assert word(Environment.SHADOW, reason, GateStatus.FAILED) is GateWord.ADVISORY
    for reason in (GateReason.DRILLED, GateReason.AUTHORISED):
        assert word(PRODUCTION, reason, GateStatus.MISSING) is GateWord.BLOCKING
        assert word(Environment.CANARY, reason, GateStatus.MISSING) is not GateWord.BLOCKING
    for reason in set(GateReason) - {GateReason.PLAN}:
        if reason not in (GateReason.BILL, GateReason.ENDS):
            assert word(PRODUCTION, reason, GateStatus.FAILED) is GateWord.BLOCKING, reason
    for reason in (GateReason.LINEAGE, GateReason.BILL, GateReason.POINTER):
        assert word(PRODUCTION, reason, GateStatus.MISSING) is GateWord.ADVISORY, reason
    assert word(Environment.REPLICA, GateReason.HOLDS, GateStatus.FAILED) is GateWord.BLOCKING


def test_a_section_made_in_code_says_the_same() -> None:
    section = GateSection(production={GateReason.BILL: GateWords(missing=GateWord.BLOCKING)})
    assert section.word(PRODUCTION, GateReason.BILL, GateStatus.MISSING) is GateWord.BLOCKING
