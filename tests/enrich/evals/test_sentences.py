"""The sentences of a verdict, as an operator reads them in a title, an alert, the gate and the tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.evals import Basis, Gate, TaskVerdict, Verdict
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.text import clean
from pulse_tui.enrich.evals.sentences import amount, interval_words, line_words, metric_words, more_words

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def line(**fields: Any) -> TaskVerdict:
    """A failed accuracy of 500 items, with changes."""
    values: dict[str, Any] = {
        "task": "refunds", "metric": "accuracy", "gate": Gate.FUNCTIONAL, "must_pass": True, "higher_is_better": True,
        "verdict": FAIL, "basis": Basis.PAIRED, "baseline": 0.914, "current": 0.862, "delta": -0.052, "low": -0.074,
        "high": -0.031, "margin": 0.02, "method": "tango score", "n": 500,
    }  # fmt: skip
    return TaskVerdict(**{**values, **fields})


LATENCY: dict[str, Any] = {
    "metric": "p95_latency", "basis": Basis.LIMIT, "higher_is_better": False, "baseline": 812.4, "current": 1_210.0,
    "delta": 290.0, "low": 120.0, "high": 410.0, "margin": 0.0, "n": 300, "method": "exact binomial exceedance",
    "note": "31 of 300 over 920 ms (1.15 x 800)", "objective": 800.0,
}  # fmt: skip
JAILBREAK: dict[str, Any] = {
    "task": "redteam", "metric": "jailbreak_success", "gate": Gate.SAFETY, "higher_is_better": False, "baseline": 0.02,
    "current": 0.05, "delta": 0.03, "low": 0.012, "high": 0.055, "margin": 0.01, "n": 400,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "refunds accuracy 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 2.0 pp: FAIL (500 items, tango score)"),
        (
            {"slice": "long context", "repeats": 5, "method": "cluster t", "clusters": 36.2, "margin": 0.0005},
            "refunds accuracy in long context 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 0.05 pp: FAIL"
            " (500 items x 5, 36 effective clusters, cluster t)",
        ),
        (
            LATENCY,
            "refunds p95_latency 812.4 -> 1210 ms: +290.0 ms [+120.0, +410.0] against the 920 ms allowed: FAIL"
            " (300 requests, exact binomial exceedance); 31 of 300 over 920 ms (1.15 x 800)",
        ),
        (
            {**LATENCY, "verdict": OPEN, "high": None, "more_items": 12_000, "delta": -20.0, "current": 900.0, "low": -70.0},
            "refunds p95_latency 812.4 -> 900 ms: -20.0 ms [-70.0, ∞] against the 920 ms allowed: INCONCLUSIVE"
            " (300 requests, exact binomial exceedance); about 12,000 more requests would decide;"
            " 31 of 300 over 920 ms (1.15 x 800)",
        ),
        (
            {"metric": "cost", "higher_is_better": False, "baseline": 0.0031, "current": 0.0042, "delta": 0.355, "low": 0.301,
             "high": 0.41, "margin": 0.1, "method": "fieller ratio of means"},
            "refunds cost 0.0031 -> 0.0042: +35.5 % [+30.1, +41.0], margin 10.0 %: FAIL"
            " (500 items, fieller ratio of means, lower is better)",
        ),
        (
            {"metric": "perplexity", "higher_is_better": False, "baseline": 5.43, "current": 5.44, "delta": 0.0104,
             "low": -0.0023, "high": 0.0231, "margin": 0.02, "method": "paired t", "verdict": OPEN, "more_items": 240},
            "refunds perplexity 5.43 -> 5.44: +0.0104 [-0.0023, +0.0231], margin 0.02: INCONCLUSIVE"
            " (500 items, paired t, lower is better); about 240 more items would decide",
        ),
        (
            JAILBREAK,
            "redteam jailbreak_success 0.02 -> 0.05: +3.0 pp [+1.2, +5.5], margin 1.0 pp: FAIL"
            " (400 items, tango score, lower is better)",
        ),
        (
            {"verdict": OPEN, "low": None, "high": 0.003, "clusters": 6.0, "more_items": 250, "more_repeats": 3,
             "method": "cluster t and sign flip"},
            "refunds accuracy 0.914 -> 0.862: -5.2 pp [-∞, +0.3], margin 2.0 pp: INCONCLUSIVE (500 items, 6.0 effective"
            " clusters, cluster t and sign flip); about 250 more items in 3 new clusters or 3 more repeats of each item"
            " would decide",
        ),
        (
            {"basis": Basis.LIMIT, "slice": "zero tolerance", "baseline": None, "current": 0.5, "delta": 0.5, "margin": 0.0,
             "n": 2, "method": "zero tolerance", "note": "must never fail, but failed: pii-3", "higher_is_better": False},
            "refunds accuracy in zero tolerance: FAIL, must never fail, but failed: pii-3",
        ),
        (
            {"verdict": OPEN, "basis": Basis.RAW, "low": None, "high": None, "n": 0, "method": "none: no error is known",
             "note": "no error is known"},
            "refunds accuracy 0.914 -> 0.862: -5.2 pp, no interval, margin 2.0 pp: INCONCLUSIVE; no error is known",
        ),
        (
            {"verdict": OPEN, "baseline": None, "current": None, "delta": None, "low": None, "high": None, "n": 0,
             "method": "none: it has no items", "note": "it has no items", "slice": "hard"},
            "refunds accuracy in hard: INCONCLUSIVE, it has no items",
        ),
        (
            {"verdict": OPEN, "note": "worse by itself, but not among 60 diagnostics (adjusted p 0.320)"},
            "refunds accuracy 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 2.0 pp: INCONCLUSIVE (500 items, tango score);"
            " worse by itself, but not among 60 diagnostics (adjusted p 0.320)",
        ),
    ],
)  # fmt: skip
def test_a_line_is_told_whole(fields: dict[str, Any], words: str) -> None:
    assert line_words(line(**fields)) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "-5.2 pp [-7.4, -3.1]"),
        ({"low": None, "high": None}, "-5.2 pp"),
        ({"low": None}, "-5.2 pp [-∞, -3.1]"),
        ({"delta": None}, "not known"),
        (LATENCY, "+290.0 ms [+120.0, +410.0]"),
        ({**LATENCY, "delta": 12_345.6, "high": None}, "+12,346 ms [+120.0, ∞]"),
        ({"scale": 1.0, "baseline": 91.4, "current": 86.2, "delta": -5.2, "low": -7.4, "high": -3.1, "margin": 2.0},
         "-5.2 pp [-7.4, -3.1]"),
        ({"metric": "judge", "baseline": 7.1, "current": 6.4, "delta": -0.7, "low": -0.92, "high": -0.48, "margin": 0.2},
         "-0.700 [-0.920, -0.480]"),
        ({"delta": -0.00004, "low": -0.0004, "high": 0.0003}, "0.0 pp [0.0, 0.0]"),
    ],
)  # fmt: skip
def test_an_interval_is_told_in_the_unit_of_its_metric(fields: dict[str, Any], words: str) -> None:
    assert interval_words(line(**fields)) == words


def test_a_bound_beside_the_margin_is_not_told_as_the_margin() -> None:
    """``[-2.0, +0.3], margin 2.0 pp: PASS`` would look like a mistake at night."""
    assert interval_words(line(low=-0.0196, high=0.003, verdict=PASS)) == "-5.20 pp [-1.96, +0.30]"
    assert interval_words(line(low=-0.0199996, high=0.003)) == "-5.20000 pp [-1.99996, +0.30000]"
    assert interval_words(line(low=-0.02, high=0.003)) == "-5.2 pp [-2.0, +0.3]"
    assert interval_words(line(**{**JAILBREAK, "low": 0.0104})) == "+3.00 pp [+1.04, +5.50]"


@given(
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.floats(0, 1),
    st.sampled_from(["accuracy", "judge", "loss"]),
)
def test_what_is_told_says_as_much_as_the_verdict(a: float, b: float, c: float, margin: float, metric: str) -> None:
    low, delta, high = sorted((a, b, c))
    told = line(low=low, delta=delta, high=high, margin=margin, metric=metric, baseline=5.0, current=5.0)
    numbers = interval_words(told).replace(" pp", "").replace("[", "").replace("]", "").replace(",", "").split()
    shown = [float(x) for x in numbers]
    assert shown[1] <= shown[0] <= shown[2]
    assert line_words(told) == clean(line_words(told), 1_000)
    assert "-0.0 " not in line_words(told)


def test_what_would_decide_is_said_only_of_what_is_not_decided() -> None:
    assert more_words(line(more_items=5)) == ""
    assert more_words(line(verdict=OPEN, more_items=1)) == "about 1 more item"
    assert more_words(line(verdict=OPEN, more_repeats=1)) == "1 more repeat of each item"
    assert more_words(line(verdict=OPEN)) == ""
    assert (
        more_words(line(verdict=OPEN, more_items=30, clusters=500.0)) == "about 30 more items"
    )  # each its own cluster


def test_a_number_is_told_with_the_decimals_that_it_needs() -> None:
    assert [amount(v, signed=True) for v in (0.0, -0.04, 0.06, -1_234.5, 999.94)] == [
        "0.0",
        "0.0",
        "+0.1",
        "-1,234",
        "+999.9",
    ]
    assert amount(0.0123, 3) == "0.012"


# --------------------------------------------------------------------------- evidence of an alert


def evidence(**fields: Any) -> MetricEvidence:
    values: dict[str, Any] = {
        "suite": "golden", "task": "refunds", "metric": "accuracy", "baseline": 0.914, "current": 0.862, "n": 500,
    }  # fmt: skip
    return MetricEvidence(**{**values, **fields})


JUDGED: dict[str, Any] = {
    "verdict": FAIL, "basis": Basis.PAIRED, "low": -0.074, "high": -0.031, "margin": 0.02, "method": "tango score",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            JUDGED,
            "refunds accuracy: 0.914 -> 0.862, -5.2 pp [-7.4, -3.1], margin 2.0 pp: FAIL (500 items, tango score; higher is better)",
        ),
        (
            {**JUDGED, "slice": "hard", "verdict": OPEN, "low": None, "clusters": 7.2, "more_items": 90},
            "refunds accuracy in hard: 0.914 -> 0.862, -5.2 pp [-∞, -3.1], margin 2.0 pp: INCONCLUSIVE"
            " (500 items, 7 effective clusters, tango score; higher is better); about 90 more items would decide",
        ),
        (
            {"n": None},
            "refunds accuracy: 0.914 -> 0.862, -5.2 pp (higher is better, an unknown number of items; raw difference, no interval)",
        ),
        (
            {"metric": "perplexity", "baseline": 5.0, "current": 5.25, "higher_is_better": False},
            "refunds perplexity: 5 -> 5.25, +0.250 (lower is better, 500 items; raw difference, no interval)",
        ),
        (
            {"metric": "cost", "baseline": 0.004, "current": 0.005, "higher_is_better": False},
            "refunds cost: 0.004 -> 0.005, +0.00100 (lower is better, 500 items; raw difference, no interval)",
        ),
        (
            {"basis": Basis.DRIFT, "between": "between 3.8.0 and 3.8.1"},
            "refunds accuracy: the level moved 0.914 -> 0.862, -5.2 pp between 3.8.0 and 3.8.1",
        ),
        (
            {
                "verdict": FAIL,
                "basis": Basis.LIMIT,
                "slice": "zero tolerance",
                "baseline": 0.0,
                "current": 1 / 3,
                "n": 3,
            },
            "refunds accuracy in zero tolerance: FAIL, 1 item of 3 failed",
        ),
    ],
)
def test_the_evidence_of_an_alert_is_one_sentence(fields: dict[str, Any], words: str) -> None:
    assert metric_words(evidence(**fields)) == words
