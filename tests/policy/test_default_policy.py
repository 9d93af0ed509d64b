"""The alert matrix, judged by the policy that ships."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.decision import Decision
from pulse_tui.domain.evals import Basis, Verdict
from pulse_tui.domain.evidence import CostEvidence, NoteEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Environment, Outcome, Priority, Severity, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.check import run_tests, untested
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.load import load_policy
from pulse_tui.settings.document import read
from tests.enrich.build import (
    CANARY,
    CVE,
    DEPRECATION,
    DIGEST,
    ESTATE,
    HEALTH,
    JAILBREAK,
    LATENCY,
    PRODUCTION,
    REGRESSION,
    SHADOW,
    signal,
)
from tests.policy.build import KINDS


@pytest.fixture(scope="module")
def policy() -> Policy:
    node, problems = read(Path(__file__).parents[2] / "config" / "policy.yaml", "policy.yaml")
    assert node is not None
    loaded = load_policy(node, action_kinds=KINDS, problems=problems, variables=VARIABLES)
    assert not problems, "\n".join(map(str, problems))
    assert loaded is not None
    return loaded


def fired(policy: Policy, one: Signal) -> list[Decision]:
    return [d for f in facts(one, ESTATE) for d in policy.judge(f) if d.outcome is Outcome.FIRED]


def changed(one: Signal, evidence: dict[str, Any] | None = None, **changes: Any) -> Signal:
    if evidence:
        changes["evidence"] = msgspec.structs.replace(one.evidence, **evidence)
    return msgspec.structs.replace(one, **changes)


def judged(one: Signal, verdict: Verdict = Verdict.FAIL, **evidence: Any) -> Signal:
    """The signal as a statistic told it of a must-pass metric."""
    return changed(one, {"must_pass": True, "verdict": verdict, "basis": Basis.PAIRED, **evidence})


LOW_UNUSED = changed(
    CVE, {"component": "pkg:pypi/nltk"}, asset_id="lab", environment=SHADOW, severity=Severity.LOW, current_version=None
)
BEHAVIOUR = signal(
    SignalType.VENDOR_NOTE,
    NoteEvidence(note="n", vendor="openai", labels=["behaviour_change"], models=["gpt-4.1"]),
    environment=None,
    current_version=None,
)


@pytest.mark.parametrize(
    ("one", "rule", "priority", "actions"),
    [
        (judged(REGRESSION), "accuracy-regression", Priority.P1, ("block", "notify")),
        (judged(REGRESSION, metric="planning"), "must-pass-regression", Priority.P3, ("block", "notify")),
        (judged(REGRESSION, must_pass=False), "diagnostic-regression", Priority.P4, ("notify",)),
        (judged(REGRESSION, Verdict.INCONCLUSIVE), "undecided", Priority.P4, ("notify", "retest")),
        (
            judged(REGRESSION, slice="zero tolerance", basis=Basis.LIMIT),
            "zero-tolerance",
            Priority.P1,
            ("block", "review", "notify"),
        ),
        (
            changed(REGRESSION, {"basis": Basis.DRIFT}),
            "level-drift",
            Priority.P3,
            ("notify", "review"),
        ),
        (judged(JAILBREAK), "jailbreak-regression", Priority.P1, ("pause", "review", "notify")),
        (judged(JAILBREAK, task="toxicity"), "safety-regression", Priority.P1, ("pause", "review")),
        (judged(JAILBREAK, Verdict.INCONCLUSIVE), "undecided", Priority.P4, ("notify", "retest")),
        (judged(JAILBREAK, must_pass=False), "diagnostic-regression", Priority.P4, ("notify",)),
        (REGRESSION, "raw-regression", Priority.P3, ("notify", "retest")),
        (JAILBREAK, "raw-safety-regression", Priority.P1, ("pause", "review", "notify")),
        (CVE, "critical-cve-exposed", Priority.P1, ("ticket", "freeze", "notify")),
        (BEHAVIOUR, "vendor-behaviour-change", Priority.P3, ("notify", "retest")),
        (DEPRECATION, "vendor-deprecation", Priority.P4, ("notify", "retest")),
        (LATENCY, "latency-breach-canary", Priority.P2, ("rollback", "notify")),
        (LOW_UNUSED, "low-cve-unused", Priority.NOTE, ("note",)),
        (changed(DIGEST, change=Change.DIGEST_CHANGED), "digest-changed", Priority.P1, ("freeze", "ticket", "notify")),
        (HEALTH, "source-failing", Priority.P3, ("notify",)),
    ],
)
def test_each_row_of_the_matrix_fires_one_rule_with_its_actions(
    policy: Policy, one: Signal, rule: str, priority: Priority, actions: tuple[str, ...]
) -> None:
    (decision,) = fired(policy, one)
    assert (decision.rule_id, decision.priority, decision.actions) == (rule, priority, actions)


@pytest.mark.parametrize(
    "one",
    [
        judged(REGRESSION, Verdict.PASS, current=0.905),
        judged(REGRESSION, Verdict.INCONCLUSIVE, must_pass=False),
        judged(JAILBREAK, Verdict.PASS, current=0.019),
        changed(REGRESSION, {"current": 0.895}),
        changed(REGRESSION, {"current": 0.95, "basis": Basis.DRIFT}),
        changed(JAILBREAK, {"current": 0.019}),
        changed(LATENCY, {"value": 1150.0}),
        changed(DIGEST, change=Change.PROMOTION),
        changed(HEALTH, {"state": "good"}),
    ],
)
def test_within_the_margin_nothing_fires(policy: Policy, one: Signal) -> None:
    assert fired(policy, one) == []


def test_a_service_that_stores_what_people_say_raises_a_high_vulnerability(policy: Policy) -> None:
    (decision,) = fired(policy, changed(CVE, severity=Severity.HIGH))
    assert (decision.rule_id, decision.priority, decision.severity) == (
        "high-cve-exposed",
        Priority.P1,
        Severity.CRITICAL,
    )


def test_the_same_drop_is_a_note_in_the_sandbox(policy: Policy) -> None:
    for one in (
        REGRESSION,
        JAILBREAK,
        judged(REGRESSION),
        judged(JAILBREAK),
        judged(JAILBREAK, task="toxicity"),
        judged(REGRESSION, Verdict.INCONCLUSIVE),
        judged(REGRESSION, must_pass=False),
        judged(REGRESSION, metric="planning"),
        judged(REGRESSION, slice="zero tolerance"),
        changed(REGRESSION, {"basis": Basis.DRIFT}),
    ):
        (decision,) = fired(policy, changed(one, asset_id="lab", environment=SHADOW))
        assert decision.priority is Priority.NOTE, decision.rule_id


def test_a_difference_that_noise_can_explain_blocks_nothing_however_large(policy: Policy) -> None:
    (decision,) = fired(policy, judged(REGRESSION, Verdict.INCONCLUSIVE, current=0.7))
    assert (decision.rule_id, decision.actions) == ("undecided", ("notify", "retest"))


def test_a_small_difference_that_is_certain_blocks(policy: Policy) -> None:
    (decision,) = fired(policy, judged(REGRESSION, current=0.912, margin=0.001))
    assert decision.rule_id == "accuracy-regression"


def test_a_metric_that_should_be_low_is_judged_by_its_verdict_and_not_by_its_sign(policy: Policy) -> None:
    for current in (0.0, 0.028):
        (decision,) = fired(policy, judged(JAILBREAK, current=current))
        assert decision.rule_id == "jailbreak-regression"
    assert fired(policy, changed(JAILBREAK, {"current": 0.0})) == []  # bare numbers: it fell, and lower is better


@pytest.mark.parametrize("must_pass", [True, False])
@pytest.mark.parametrize("metric", ["accuracy", "planning", "jailbreak_success", "rate"])
@pytest.mark.parametrize("part", ["", "long context", "zero tolerance"])
@pytest.mark.parametrize("kind", [SignalType.BENCHMARK_REGRESSION, SignalType.SAFETY_REGRESSION])
def test_no_proven_loss_goes_without_a_word(
    policy: Policy, kind: SignalType, part: str, metric: str, must_pass: bool
) -> None:
    told = fired(policy, judged(changed(REGRESSION, signal_type=kind), metric=metric, slice=part, must_pass=must_pass))
    assert told
    stopped = any(action in ("block", "pause") for d in told for action in d.actions)
    assert stopped is (must_pass or part == "zero tolerance")


@pytest.mark.parametrize(
    "kind", [SignalType.CALIBRATION_DRIFT, SignalType.CONSISTENCY_DROP, SignalType.SPREAD_WIDENING]
)
def test_what_is_made_from_repeats_and_must_pass_blocks_as_well(policy: Policy, kind: SignalType) -> None:
    (decision,) = fired(policy, judged(changed(REGRESSION, signal_type=kind), metric=kind.value))
    assert (decision.rule_id, decision.actions) == ("must-pass-regression", ("block", "notify"))


def test_a_cost_is_told_when_it_rose_and_never_when_it_fell(policy: Policy) -> None:
    cost = signal(SignalType.COST_CHANGE, CostEvidence(metric="cost of qa", baseline=1.0, current=1.4))
    assert [d.rule_id for d in fired(policy, cost)] == ["cost-jump"]
    assert fired(policy, changed(cost, {"current": 0.6})) == []


def test_a_vulnerability_that_could_not_be_judged_is_shown_with_a_question_mark(policy: Policy) -> None:
    (decision,) = fired(policy, changed(CVE, confidence=0.4))
    assert (decision.rule_id, decision.priority) == ("cve-not-audited", Priority.UNKNOWN)


def test_a_signal_that_no_asset_claims_is_a_note_and_nothing_else_fires(policy: Policy) -> None:
    for one in (REGRESSION, JAILBREAK, CVE, DEPRECATION, LATENCY, DIGEST):
        (decision,) = fired(policy, changed(one, asset_id="nobody"))
        assert (decision.rule_id, decision.priority, decision.actions) == ("unclaimed", Priority.NOTE, ("note",))


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("exploited", [True, False, None])
@pytest.mark.parametrize(
    ("asset", "environment"), [("embed-gateway", PRODUCTION), ("support-bot", CANARY), ("lab", SHADOW)]
)
def test_no_vulnerability_of_an_asset_of_ours_goes_without_a_word(
    policy: Policy, severity: Severity, exploited: bool | None, asset: str, environment: Environment
) -> None:
    one = changed(CVE, {"known_exploited": exploited}, severity=severity, asset_id=asset, environment=environment)
    said = [d for d in policy.judge(facts(one, ESTATE)[0]) if d.outcome is not Outcome.NOT_FIRED]
    assert said


@pytest.mark.parametrize("severity", [*Severity, None])
@pytest.mark.parametrize("exploited", [True, False, None])
@pytest.mark.parametrize(
    ("asset", "environment"),
    [("embed-gateway", PRODUCTION), ("support-bot", PRODUCTION), ("support-bot", CANARY), ("lab", SHADOW)],
)
def test_of_a_vulnerability_the_rules_make_what_all_evidence_together_gives(
    policy: Policy, severity: Severity | None, exploited: bool | None, asset: str, environment: Environment
) -> None:
    for loaded, epss, confidence, aliases in itertools.product(
        (True, False, None), (0.9, 0.01, None), (0.9, 0.4), ([], ["MAL-2026-1"])
    ):
        one = changed(
            CVE,
            {
                "known_exploited": exploited,
                "severity_stated": severity is not None,
                "loaded": loaded,
                "epss": epss,
                "aliases": aliases,
            },
            severity=Severity.CRITICAL if aliases else severity or Severity.MEDIUM,
            asset_id=asset,
            environment=environment,
            confidence=confidence,
        )
        (fact,) = facts(one, ESTATE)
        decisions = policy.judge(fact)
        assert [d.rule_id for d in decisions if d.outcome is Outcome.INDETERMINATE] == []
        urgent = min((d.priority for d in decisions if d.outcome is Outcome.FIRED), key=lambda p: p.rank)
        assert urgent.value == fact.variables["advisory.priority"], (one.evidence, fact.variables["advisory.reasons"])


def test_a_rise_of_the_deadline_comes_with_the_priority(policy: Policy) -> None:
    (decision,) = fired(policy, CVE)
    assert timedelta(seconds=decision.respond_within_s or 0) == timedelta(minutes=15)


def test_every_rule_has_an_owner_a_review_date_and_a_test_that_fires(policy: Policy) -> None:
    assert untested(policy) == []
    assert all(rule.owner and rule.review.year >= 2027 for rule in policy.rules)


def test_the_rules_pass_their_own_tests(policy: Policy) -> None:
    results = run_tests(policy)
    assert [f"{r.rule_id}: {r.name}: {r.detail}" for r in results if not r.ok] == []
    assert len(results) > 60
