"""The state of a deployment, from facts alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.health import Health, health
from pulse_tui.domain.standing import RISKY, Standing
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.standing import Judged, OpenAlert, StandingHold, failed, holds_here, standing

FROZEN = (Standing.FROZEN, "cve open")
BLOCKED = (Standing.BLOCKED, "accuracy fell")
GOOD: dict[str, Any] = {"alerts": (), "holds": (), "release": "approved", "retest": None, "conflict": None}
STOPPED = "run 7 stopped as unknown"


def told(priority: str, kind: SignalType | str = SignalType.CVE, verdict: str = "") -> OpenAlert:
    return OpenAlert(priority, kind, verdict, "the title")


@pytest.mark.parametrize(
    ("facts", "state", "why"),
    [
        ({}, "ok", ""),
        ({"release": None}, "unknown", "this version is not in the registry"),
        ({"release": None, "retest": "note"}, "unknown retest", "this version is not in the registry"),
        ({"retest": "note", "alerts": [told("P4")]}, "retest", "note"),
        ({"alerts": [told("note")]}, "ok", ""),
        ({"alerts": [told("P4")]}, "ok", ""),
        ({"retest": "note", "alerts": [told("P3")]}, "retest watch", "note"),
        ({"alerts": [told("unknown")]}, "watch", "the title"),
        ({"alerts": [told("P3", SignalType.LATENCY_BREACH)]}, "watch", "the title"),
        ({"alerts": [told("P3")], "conflict": "two owners"}, "conflict watch", "two owners"),
        ({"holds": [FROZEN], "conflict": "two owners"}, "conflict frozen", "two owners"),
        ({"holds": [FROZEN], "alerts": [told("P2")]}, "risk frozen", "the title"),
        ({"holds": [FROZEN, BLOCKED]}, "frozen blocked", "cve open"),
        ({"alerts": [told("P1")]}, "risk", "the title"),
        ({"alerts": [told("P1", "")]}, "risk", "the title"),
        ({"alerts": [told("P2", SignalType.SAFETY_REGRESSION)]}, "FAIL", "the title"),
        ({"alerts": [told("P2", SignalType.BENCHMARK_REGRESSION, "INCONCLUSIVE")]}, "risk", "the title"),
        (
            {"alerts": [told("P1"), told("P2", SignalType.SAFETY_REGRESSION)], "holds": [BLOCKED], "stopped": STOPPED},
            "FAIL risk blocked",
            "the title",
        ),
        ({"alerts": [told("P1")], "stopped": STOPPED}, "risk", STOPPED),
        (
            {"alerts": [told("P1")], "release": "quarantined"},
            "quarantined risk",
            "this release is quarantined and still serves",
        ),
    ],
)
def test_the_worst_that_is_true_is_the_word_and_the_rest_stands_beside_it(
    facts: dict[str, Any], state: str, why: str
) -> None:
    judged = standing(**{**GOOD, **facts})
    assert (" ".join((judged.state, *judged.also)), judged.why) == (state, why)


def test_a_row_carries_the_priority_of_its_most_urgent_alert() -> None:
    assert standing([told("P3"), told("P2")], (), "approved", None, None).priority == "P2"
    assert standing((), (), "approved", None, None).priority == ""


alerts = st.builds(told, st.sampled_from(list(Priority)), st.sampled_from(list(SignalType)), st.sampled_from(["", "FAIL", "PASS"]))  # fmt: skip
more = st.one_of(
    alerts.map(lambda alert: ("alerts", alert)),
    st.sampled_from([(Standing.PAUSED, "p"), FROZEN, BLOCKED]).map(lambda hold: ("holds", hold)),
    st.sampled_from([("release", "quarantined"), ("release", None), ("retest", "note"), ("conflict", "two owners"), ("stopped", STOPPED)]),
)  # fmt: skip


@given(st.lists(more, max_size=6), more)
def test_one_fact_more_never_makes_the_word_better_nor_hides_another(
    facts: list[tuple[str, Any]], another: tuple[str, Any]
) -> None:
    def judged(these: list[tuple[str, Any]]) -> Judged:
        known = {**GOOD, "alerts": [], "holds": []}
        for name, fact in these:
            if name in ("alerts", "holds"):
                known[name].append(fact)
            elif name != "release" or known["release"] == "approved":  # a release has one state
                known[name] = fact
        known["alerts"].sort(key=lambda alert: Priority(alert.priority).rank)
        return standing(**known)

    before, after = judged(facts), judged([*facts, another])
    assert after.state.rank <= before.state.rank
    assert {before.state, *before.also} - {Standing.OK} <= {after.state, *after.also}
    assert (after.state in RISKY) >= (before.state in RISKY)
    assert list(after.also) == sorted(set(after.also) - {after.state}, key=lambda word: word.rank)


def test_what_counts_as_at_risk_comes_before_all_else() -> None:
    assert set(list(Standing)[: len(RISKY)]) == RISKY


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
            judged = standing([told(priority, kind)], (), "approved", None, None)
            assert (judged.state in RISKY) is (priority in ("P1", "P2"))


def test_every_hold_that_covers_a_deployment_is_named_the_widest_first() -> None:
    block = StandingHold("block", "bot", "2", None, "fell")
    freeze = StandingHold("freeze", None, None, "production", "cve")
    assert holds_here([block, freeze], "2", "production") == [("frozen", "cve"), ("blocked", "fell")]
    assert holds_here([block, freeze], "2", "canary") == [("blocked", "fell")]
    assert holds_here([block, freeze], "1", "canary") == []


def test_a_source_is_late_after_three_missed_rounds_and_failing_whatever_was_before() -> None:
    assert [health(0, s, 60) for s in (None, 0.0, 180.0, 180.1)] == [
        Health.NEVER,
        Health.GOOD,
        Health.GOOD,
        Health.LATE,
    ]
    assert health(1, 0.0, 60) is health(2, None, 60) is Health.FAILING
