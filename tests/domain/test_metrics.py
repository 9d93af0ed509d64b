"""What a metric's name tells: its scale, its direction, its unit, and what it is made from."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.metrics import Made, bounds_of, higher_is_better, is_amount, k_of, made_of, unit_of

SHARES = [
    "accuracy", "acc", "acc_norm,none", "exact_match,strict-match", "f1", "pass@1", "pass_rate", "tests_passed", "win_rate",
    "tool_call_accuracy", "refusal_quality", "compile_success", "planning", "recovery", "cost_accuracy", "jailbreak_success",
    "error_rate", "toxicity", "match/accuracy", "ACCURACY",
]  # fmt: skip
AMOUNTS = [
    "p95_latency", "latency_ms", "latency_p95", "duration_s", "response_time", "ttft", "cost", "cost_per_success", "usd",
    "output_tokens", "word_perplexity", "byte_perplexity,none", "time_to_recovery", "tokens_rate",
]  # fmt: skip
LOSSES = ["loss", "eval_loss", "rmse", "bits_per_byte", "ppl"]
UNKNOWN = ["score", "bleu", "mc2", "elo", "judge", "requests"]


@pytest.mark.parametrize("metric", SHARES)
def test_shares_lie_within_0_and_1(metric: str) -> None:
    assert bounds_of(metric) == (0.0, 1.0)
    assert not is_amount(metric)


@pytest.mark.parametrize("metric", AMOUNTS)
def test_amounts_are_not_negative_and_have_no_end(metric: str) -> None:
    assert bounds_of(metric) == (0.0, math.inf)
    assert is_amount(metric)


@pytest.mark.parametrize("metric", LOSSES + UNKNOWN)
def test_of_other_names_any_number_is_taken(metric: str) -> None:
    assert bounds_of(metric) == (-math.inf, math.inf)
    assert is_amount(metric) == (metric in LOSSES)


@pytest.mark.parametrize(
    "metric",
    [*(m for m in AMOUNTS), *LOSSES, "jailbreak_success", "jailbreak_rate", "attack_success_rate", "asr", "error_rate",
     "word_error_rate", "wer", "hallucination_rate", "false_refusal_rate", "over_refusal", "false_positive_rate", "pii_leak",
     "toxicity", "harmfulness_score", "brier", "brier_score", "ece", "spread", "timeout_rate", "failure_rate", "error",
     "mean_p95_latency,none"],
)  # fmt: skip
def test_less_is_better_of_amounts_losses_and_what_goes_wrong(metric: str) -> None:
    assert not higher_is_better(metric)


@pytest.mark.parametrize(
    "metric",
    [*(m for m in SHARES if m not in ("jailbreak_success", "error_rate", "toxicity")), *UNKNOWN, "tokens_per_second",
     "requests_per_s", "throughput", "jailbreak_resistance", "success_rate", "consistency", "error_recovery", "harmlessness"],
)  # fmt: skip
def test_more_is_better_of_everything_else(metric: str) -> None:
    assert higher_is_better(metric)


def test_made_metrics_are_known_by_their_very_names() -> None:
    made = {
        m: made_of(m)
        for m in ("pass@10", "consistency", "spread", "p95_latency", "cost", "brier", "accuracy", "scores")
    }
    assert list(made.values()) == [
        Made.PASS_AT_K, Made.CONSISTENCY, Made.SPREAD, Made.LATENCY, Made.COST, Made.BRIER, Made.SCORES, Made.SCORES,
    ]  # fmt: skip
    assert made_of("p99_latency") is Made.SCORES
    assert k_of("pass@10") == 10
    for wrong in ("accuracy", "pass@", "pass@" + "9" * 5_000, "pass@-1"):
        assert made_of(wrong) is Made.SCORES
        with pytest.raises(ValueError, match="is no pass@k"):
            k_of(wrong)


@given(st.text())
def test_any_name_has_bounds_and_a_direction(name: str) -> None:
    low, high = bounds_of(name)
    assert low < high
    assert higher_is_better(name) in (True, False)
    assert made_of(name) in Made


@pytest.mark.parametrize(
    ("metric", "scale", "values", "unit"),
    [
        ("accuracy", 100.0, (), ("pp", 100.0)),
        ("accuracy", 1.0, (91.0, 90.0), ("pp", 1.0)),
        ("pass@5", 100.0, (), ("pp", 100.0)),
        ("p95_latency", 100.0, (), ("ms", 1.0)),
        ("cost", 100.0, (0.1, 0.2), ("%", 100.0)),
        ("perplexity", 100.0, (5.4, 5.1), ("", 1.0)),
        ("duration_s", 100.0, (0.4, 0.6), ("", 1.0)),  # four tenths of a second are no points
        ("loss", 100.0, (0.4, 0.6), ("", 1.0)),
        ("judge", 100.0, (0.4, 0.6), ("pp", 100.0)),
        ("judge", 100.0, (0.4, 6.0), ("", 1.0)),
        ("judge", 100.0, (0.4, None), ("", 1.0)),
        ("judge", 100.0, (), ("", 1.0)),
        ("judge", 10.0, (4.0, 6.0), ("pp", 10.0)),
    ],
)
def test_differences_are_told_in_the_unit_of_the_metric(
    metric: str, scale: float, values: tuple[float | None, ...], unit: tuple[str, float]
) -> None:
    assert unit_of(metric, scale, values) == unit
