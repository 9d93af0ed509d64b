"""The state of a deployment, from facts alone."""

from __future__ import annotations

import pytest

from pulse_tui.domain.health import Health, health
from pulse_tui.domain.standing import RISKY, Standing
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.standing import OpenAlert, StandingHold, failed, most_urgent, standing, widest_hold

FROZEN = (Standing.FROZEN, "cve open")
GOOD = {"alert": None, "hold": None, "release": "approved", "retest": None, "conflict": None}


def told(priority: str, kind: SignalType | str = SignalType.CVE, verdict: str = "") -> OpenAlert:
    return OpenAlert(priority, kind, verdict, "the title")


@pytest.mark.parametrize(
    ("facts", "state", "why"),
    [
        ({}, "ok", ""),
        ({"release": None}, "unknown", "this version is not in the registry"),
        ({"release": None, "retest": "note"}, "retest", "note"),
        ({"retest": "note", "alert": told("P4")}, "retest", "note"),
        ({"alert": told("note")}, "ok", ""),
        ({"alert": told("P4")}, "ok", ""),
        ({"retest": "note", "alert": told("P3")}, "watch", "the title"),
        ({"alert": told("unknown")}, "watch", "the title"),
        ({"alert": told("P3", SignalType.LATENCY_BREACH)}, "watch", "the title"),
        ({"alert": told("P3"), "conflict": "two owners"}, "conflict", "two owners"),
        ({"hold": FROZEN, "conflict": "two owners"}, "frozen", "cve open"),
        ({"hold": FROZEN, "alert": told("P2")}, "risk", "the title"),
        ({"alert": told("P1")}, "risk", "the title"),
        ({"alert": told("P1", "")}, "risk", "the title"),
        ({"alert": told("P2", SignalType.SAFETY_REGRESSION)}, "FAIL", "the title"),
        ({"alert": told("P2", SignalType.BENCHMARK_REGRESSION, "INCONCLUSIVE")}, "risk", "the title"),
        (
            {"alert": told("P1"), "release": "quarantined"},
            "quarantined",
            "this release is quarantined and still serves",
        ),
    ],
)
def test_the_most_urgent_thing_that_is_true_decides(facts: dict[str, object], state: str, why: str) -> None:
    assert standing(**{**GOOD, **facts}) == (state, why)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "verdict", "answer"),
    [
        (SignalType.LATENCY_BREACH, "", True),
        (SignalType.ERROR_RATE_BREACH, "", True),
        (SignalType.BENCHMARK_REGRESSION, "", True),
        (SignalType.BENCHMARK_REGRESSION, "INCONCLUSIVE", False),
        (SignalType.CALIBRATION_DRIFT, "", False),
        (SignalType.CALIBRATION_DRIFT, "FAIL", True),
        (SignalType.CVE, "", False),
        ("", "", False),
    ],
)
def test_a_measurement_fails_by_its_verdict_else_by_the_signals_type(kind: str, verdict: str, answer: bool) -> None:
    assert failed(kind, verdict) is answer


def test_every_signal_type_and_priority_has_a_state() -> None:
    for kind in SignalType:
        for priority in Priority:
            word, _ = standing(told(priority, kind), None, "approved", None, None)
            assert (word in RISKY) is (priority in ("P1", "P2"))


def test_the_more_urgent_of_two_alerts_decides_and_of_equals_the_first() -> None:
    here, everywhere = told("P3"), told("P1")
    assert most_urgent([here, None, everywhere]) is everywhere
    first, second = told("P2"), told("P2", SignalType.INCIDENT)
    assert most_urgent([first, second]) is first
    assert most_urgent([None]) is None


def test_the_widest_hold_that_covers_a_deployment_is_named() -> None:
    block = StandingHold("block", "bot", "2", None, "fell")
    freeze = StandingHold("freeze", None, None, "production", "cve")
    assert widest_hold([block, freeze], "2", "production") == ("frozen", "cve")
    assert widest_hold([block, freeze], "2", "canary") == ("blocked", "fell")
    assert widest_hold([block, freeze], "1", "canary") is None


def test_a_source_is_late_after_three_missed_rounds_and_failing_whatever_was_before() -> None:
    assert [health(0, s, 60) for s in (None, 0.0, 180.0, 180.1)] == [
        Health.NEVER,
        Health.GOOD,
        Health.GOOD,
        Health.LATE,
    ]
    assert health(1, 0.0, 60) is health(2, None, 60) is Health.FAILING
