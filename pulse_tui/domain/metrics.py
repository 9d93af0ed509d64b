"""What is known of a metric by its name: its scale, its direction, and what it is made from."""

from __future__ import annotations

import math
import re
from enum import StrEnum

_SHARE = re.compile(
    r"(^|[_\W])(acc(uracy)?|acc_norm|correct(ness)?|exact_match|em|f1|precision|recall|brier|agreement|consistency"
    r"|faithfulness|groundedness|refusal_quality|tool_call_accuracy|pass(ed)?|pass@\d+|success|jailbreak_success"
    r"|compile_success|planning|recovery|toxicity|win_?rate|\w*_rate|\w*_accuracy|\w*_success|\w*_quality)$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"latency|duration|seconds|_ms$|_us$|cost|price|tokens|bytes|perplexity|ttft|tpot|usd", re.IGNORECASE
)
_LOWER = re.compile(
    r"(^|_)(latency|duration|seconds|ms|us|cost|price|usd|tokens|perplexity|ppl|bits_per_byte|loss|brier(_score)?|wer|cer|ter"
    r"|mse|mae|rmse|ttft|tpot|spread|ece|asr|toxicity|jailbreak_success|attack_success(_rate)?|(false_refusal|error|failure"
    r"|hallucination|refusal_error)_rate)$",
    re.IGNORECASE,
)
_PASS_AT = re.compile(r"^pass@(\d+)$")


class Made(StrEnum):
    """From what a metric of a task is made."""

    SCORES = "scores"
    """Of an item's scores: their mean over the repeats."""
    PASS_AT_K = "pass@k"  # noqa: S105  a metric
    """Of an item's repeats: the chance that one of k is right."""
    CONSISTENCY = "consistency"
    """Of an item's repeats: the chance that two agree."""
    SPREAD = "spread"
    """Of an item's repeats: how far they lie apart."""
    LATENCY = "p95_latency"
    """Of the requests' latencies."""
    COST = "cost"
    """Of the items' costs."""
    BRIER = "brier"
    """Of the probabilities that an answer states of itself, and whether it was right."""


def made_of(metric: str) -> Made:
    """From what a metric of this name is made, unless a run brings item scores under the very name."""
    if _PASS_AT.match(metric):
        return Made.PASS_AT_K
    return next((m for m in Made if m.value == metric and m is not Made.SCORES), Made.SCORES)


def k_of(metric: str) -> int:
    """The k of ``pass@k``. Raises ValueError for another name."""
    found = _PASS_AT.match(metric)
    if found is None:
        raise ValueError(f"{metric} is no pass@k")
    return int(found[1])


def bounds_of(metric: str) -> tuple[float, float]:
    """What values a metric allows: 0 to 1 for shares, 0 and up for amounts, anything for what is not known."""
    metric = _plain(metric)
    if _AMOUNT.search(metric):
        return 0.0, math.inf
    return (0.0, 1.0) if _SHARE.search(metric) else (-math.inf, math.inf)


def higher_is_better(metric: str) -> bool:
    """The direction, for files that do not say it themselves."""
    return _LOWER.search(_plain(metric)) is None


def _plain(metric: str) -> str:
    """Without the filter that the evaluation harness names behind a comma: ``exact_match,strict``."""
    return metric.partition(",")[0]
