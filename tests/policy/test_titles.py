from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.evidence import CostEvidence, NoteEvidence, SuiteEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.policy.titles import title
from tests.enrich.build import (
    CANARY,
    CVE,
    DEPRECATION,
    DIGEST,
    ESTATE,
    HEALTH,
    JAILBREAK,
    LATENCY,
    REGRESSION,
    SHADOW,
    signal,
)


def titled(one: Signal) -> str:
    return title(facts(one, ESTATE)[0])


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (REGRESSION, "accuracy -5.2 pp on support-bot canary (refunds)"),
        (JAILBREAK, "success_rate +1.8 pp on support-bot canary (jailbreak)"),
        (LATENCY, "p95 1.31 x objective on support-bot canary"),
        (CVE, "CVE-2026-3248 reaches embed-gateway"),
        (DEPRECATION, "gpt-4.1 shuts down in 41 d (2027-01-03): support-bot"),
        (HEALTH, "source registry is failing: no answer"),
        (
            signal(SignalType.COST_CHANGE, CostEvidence(metric="usd per answer", baseline=1.0, current=1.4)),
            "usd per answer +40 % on support-bot canary",
        ),
        (
            signal(SignalType.SUITE_CHANGED, SuiteEvidence(suite="golden-v7", expected_digest="a", digest="b")),
            "suite golden-v7 differs from what was frozen: support-bot canary",
        ),
        (
            msgspec.structs.replace(DIGEST, change=Change.DIGEST_CHANGED),
            "digest of support-bot prod 3.8.2 changed under the same version",
        ),
        (
            signal(SignalType.INCIDENT, NoteEvidence(note="n", vendor="v", models=["a", "b"])),
            "a and 1 more vendor incident: support-bot",
        ),
        (
            signal(
                SignalType.VENDOR_NOTE, NoteEvidence(note="n", vendor="v", models=["a"], labels=["behaviour_change"])
            ),
            "a behaviour change: support-bot",
        ),
    ],
)
def test_an_alert_is_titled_with_what_an_operator_must_know(one: Signal, expected: str) -> None:
    assert titled(one) == expected


def test_a_task_named_like_its_metric_is_said_once() -> None:
    evidence = msgspec.structs.replace(REGRESSION.evidence, task="accuracy")
    assert titled(msgspec.structs.replace(REGRESSION, evidence=evidence)) == "accuracy -5.2 pp on support-bot canary"


def test_a_vulnerability_that_was_not_judged_or_is_not_in_production_says_so() -> None:
    evidence = msgspec.structs.replace(CVE.evidence, component="pkg:pypi/nltk")
    idle = msgspec.structs.replace(CVE, asset_id="lab", environment=SHADOW, evidence=evidence, confidence=0.4)
    assert titled(idle) == "CVE-2026-3248 may reach lab shadow (not used in production)"


def test_what_nobody_claims_keeps_the_title_of_its_source() -> None:
    assert titled(msgspec.structs.replace(CVE, asset_id="x", title="CVE-1 in something")) == "CVE-1 in something"
    plain = msgspec.structs.replace(DIGEST, change=Change.PROMOTION, title="promoted", environment=CANARY)
    assert titled(plain) == "promoted"
