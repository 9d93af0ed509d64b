"""Run the tests that rules carry."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.words import Outcome
from pulse_tui.policy.judge import CompiledRule, Policy, View
from pulse_tui.policy.rules import RuleTest


class CaseResult(NamedTuple):
    """One case: whether the rule decided as expected, and its ruling."""

    rule_id: str
    name: str
    ok: bool
    detail: str


def run_tests(policy: Policy) -> list[CaseResult]:
    """Every test of every rule, in the order of the file."""
    return [_run(policy, compiled, test) for compiled in policy.compiled for test in compiled.rule.tests]


def untested(policy: Policy) -> list[str]:
    """Ids of rules without a test that expects them to fire."""
    return [r.id for r in policy.rules if not any(t.expect is Outcome.FIRED for t in r.tests)]


def _run(policy: Policy, compiled: CompiledRule, test: RuleTest) -> CaseResult:
    rule = compiled.rule
    ruling = compiled.rule_on(View(policy.engine, {"signal.type": str(rule.on[0]), **test.facts}))
    wrong = []
    if ruling.outcome is not test.expect:
        seen = "; ".join(
            f"{c.text}: {_word(c.held)}{' (' + c.error + ')' if c.error else ''}" for c in ruling.comparisons
        )
        wrong.append(f"expected {test.expect}, got {ruling.outcome} ({seen})")
    if test.priority is not None and ruling.priority is not test.priority:
        wrong.append(
            f"expected priority {test.priority}, got {ruling.priority} ({ruling.context or 'no context line held'})"
        )
    if test.severity is not None and ruling.severity is not test.severity:
        wrong.append(f"expected severity {test.severity}, got {ruling.severity or 'the severity of the signal'}")
    return CaseResult(rule.id, test.name, not wrong, "; ".join(wrong))


def _word(held: bool | None) -> str:
    return "not known" if held is None else str(held).lower()
