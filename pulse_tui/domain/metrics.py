"""What a metric's name says about it: its scale, its direction, and what it is computed from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from pulse_tui.domain.pattern import late

_SHARE = late(
    r"(^|[_\W])(acc(uracy)?|acc_norm|correct(ness)?|exact_match|em|f1|precision|recall|brier|agreement|consistency"
    r"|faithfulness|groundedness|refusal_quality|tool_call_accuracy|pass(ed)?|pass@\d+|success|jailbreak_success"
    r"|compile_success|planning|recovery|toxicity|win_?rate|\w*_rate|\w*_accuracy|\w*_success|\w*_quality)$",
    re.IGNORECASE,
)
_AMOUNT = late(
    r"latency|duration|seconds|_ms$|_us$|cost|price|tokens|bytes|perplexity|ttft|tpot|usd"
    r"|(^|[_\W])(time|elapsed|runtime)(_|$)|_s$",
    re.IGNORECASE,
)
_LOSS = late(r"(^|[_\W])(loss|nll|ppl|bits_per_byte|mse|mae|rmse)$", re.IGNORECASE)
"""Sizes of errors: they have no scale, though many lie within 0 and 1."""
_BAD = late(
    r"(^|[_\W])(error|failure|fail(ed)?|timeout|crash|hallucination|(false|over)_?refusal|refusal_error|jailbreak|attack"
    r"|violation|leak(age)?|harm(ful(ness)?)?|unsafe|toxic(ity)?|false_(positive|negative|alarm)|invalid)"
    r"(_(rate|score|success|success_rate|share|ratio|count))?$"
    r"|(^|[_\W])(brier(_score)?|wer|cer|ter|spread|ece|asr|fpr|fnr)$",
    re.IGNORECASE,
)
_GOOD = late(
    r"(^|[_\W])(scores?|reward|bleu\d?|sacrebleu|rouge\w*|meteor|chrf\w*|bert_?score|bleurt|comet|mcc|matthews\w*|ndcg|mrr|map"
    r"|auc|auroc|auprc|roc_auc|kappa|corr(elation)?|pearson\w*|spearman\w*|kendall\w*|r2|iou|dice|hits?|exact|match(es)?"
    r"|quality|rating|elo|wins?|coverage|helpful(ness)?|relevanc[ey]|coherence|fluency|usefulness|similarity|mc[12]"
    r"|right|solved|resolved|includes?|model_graded_(qa|fact))(@\d+|[-_][0-9l]|[-_]?l(sum)?)?$",
    re.IGNORECASE,
)
"""Names of metrics where more is better and no scale is known."""
_SAFETY = late(r"jailbreak|attack_success|(^|[_\W])(asr|unsafe|toxic(ity)?|harm(ful(ness)?)?)($|[_\W])", re.IGNORECASE)
_PER = late(r"_(per|to)_", re.IGNORECASE)
_SPEED = late(r"throughput|_per_(s|sec|second|minute|hour|usd|dollar)s?$", re.IGNORECASE)
_LONGEST = 200
_PASS_AT = late(r"^pass@([0-9]{1,9})$")


class Made(StrEnum):
    """What a metric of a task is computed from."""

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
    """Of the confidence that each answer states, and whether it was right."""


@lru_cache(maxsize=1_024)
def made_of(metric: str) -> Made:
    """What a metric of this name is computed from, unless a run brings item scores under the same name."""
    if _PASS_AT.match(metric):
        return Made.PASS_AT_K
    return next((m for m in Made if m.value == metric and m is not Made.SCORES), Made.SCORES)


def k_of(metric: str) -> int:
    """The k of ``pass@k``. Raises ValueError for another name."""
    found = _PASS_AT.match(metric)
    if found is None:
        raise ValueError(f"{metric} is no pass@k")
    return int(found[1])


@lru_cache(maxsize=1_024)
def bounds_of(metric: str) -> tuple[float, float]:
    """The values a metric may take: 0 to 1 for shares, 0 and up for amounts, anything when unknown."""
    metric = _plain(metric)
    if _is_share(metric):
        return 0.0, 1.0
    return (0.0, math.inf) if _AMOUNT.search(metric) else (-math.inf, math.inf)


@lru_cache(maxsize=1_024)
def is_amount(metric: str) -> bool:
    """Whether a metric is known to have no scale of 0 to 1, wherever its values lie: seconds, money, tokens, losses."""
    metric = _plain(metric)
    return not _is_share(metric) and (_AMOUNT.search(metric) or _LOSS.search(metric)) is not None


def direction_of(metric: str) -> bool | None:
    """Whether more of a metric of this name is better; None where the name does not say it (``pct_stereotype``)."""
    metric = _plain(metric)
    if _SPEED.search(metric):
        return True
    if is_amount(metric) or _BAD.search(metric):
        return False
    return True if _is_share(metric) or _GOOD.search(metric) or made_of(metric) is not Made.SCORES else None


def higher_is_better(metric: str) -> bool:
    """The direction, for files that do not give it: down for amounts, losses and failures, else up."""
    return direction_of(metric) is not False


def guards_safety(metric: str) -> bool:
    """Whether a metric of this name is about safety, where it is not declared what it guards."""
    return _SAFETY.search(_plain(metric)) is not None


def unit_of(metric: str, scale: float = 100.0, values: Sequence[float | None] = ()) -> tuple[str, float]:
    """(unit, factor) in which differences of a metric are shown: points of shares, per cent of costs, milliseconds.

    An unknown metric is shown in points when all ``values`` lie within 0 and 1; a loss or a duration
    never is.
    """
    made = made_of(metric)
    if made is Made.LATENCY:
        return "ms", 1.0
    if made is Made.COST:
        return "%", 100.0
    if is_amount(metric):
        return "", 1.0
    within = bool(values) and all(v is not None and 0.0 <= v <= 1.0 for v in values)
    if bounds_of(metric) == (0.0, 1.0) or made is not Made.SCORES or scale != 100.0 or within:
        return "pp", scale
    return "", 1.0


def _is_share(metric: str) -> bool:
    """``cost_accuracy`` is a share of right answers; ``cost_per_success`` and ``cost_rate`` are amounts."""
    if _SHARE.search(metric) is None:
        return False
    return _AMOUNT.search(metric) is None or (_PER.search(metric) is None and not metric.lower().endswith("_rate"))


def _plain(metric: str) -> str:
    """Without the filter that the evaluation harness names behind a comma: ``exact_match,strict``; its last characters,
    which say it all, of a long one."""
    return metric.partition(",")[0][-_LONGEST:]
