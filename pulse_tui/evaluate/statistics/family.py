"""Many comparisons at once: diagnostics share one rate of false discoveries, and a suite has one weighted mean.

Must-pass gates stay outside: each of them keeps its own error rate, whatever else is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.verdict import ALPHA, Interval, Judgement, decide


def adjusted(p: Sequence[float]) -> NDArray[np.float64]:
    """p-values adjusted by Benjamini and Hochberg (1995): those <= q are the discoveries at a false rate of q.

    Holds when the statistics are independent or positively dependent, as those of one candidate are.
    """
    values = np.asarray(p, np.float64)
    count = values.size
    order = np.argsort(values, kind="stable")[::-1]
    scaled = values[order] * count / np.arange(count, 0, -1)
    out = np.empty(count)
    out[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return out


def as_family(judgements: Sequence[Judgement], q: float = ALPHA) -> list[Judgement]:
    """The diagnostics of one release: a FAIL stands only when it is a discovery of the family, else INCONCLUSIVE."""
    if not judgements:
        return []
    out = []
    for judgement, p in zip(judgements, adjusted([j.p_worse for j in judgements]), strict=True):
        if judgement.verdict is Verdict.FAIL and p > q:
            note = f"worse by itself, but not among {len(judgements)} diagnostics (adjusted p {p:.3f})"
            out.append(judgement._replace(verdict=Verdict.INCONCLUSIVE, more_items=None, note=note))
        else:
            out.append(judgement)
    return out


class Part(NamedTuple):
    """One task of a weighted mean. ``gain``: more is better."""

    gain: float
    error: float
    """Standard error of the gain."""
    freedom: float
    """Degrees of freedom of the error."""
    weight: float


def part(judgement: Judgement, weight: float, *, higher_is_better: bool = True) -> Part:
    """A task from its judgement: the error is that of its interval, taken as a t interval."""
    freedom = max((judgement.clusters_effective or judgement.n) - 1.0, 1.0)
    error = (judgement.high - judgement.low) / 2.0 / float(special.stdtrit(freedom, 1 - ALPHA))
    return Part(judgement.delta if higher_is_better else -judgement.delta, error, freedom, weight)


def weighted(parts: Sequence[Part], margin: float) -> Judgement:
    """The verdict on the weighted mean of independent tasks, with its standard error.

    The degrees of freedom are those of Welch and Satterthwaite. Tasks that share items are not independent: give
    them as one task.

    :raises Unusable: without a positive weight, or with a negative one
    """
    total = sum(p.weight for p in parts)
    if not parts or total <= 0 or any(p.weight < 0 for p in parts):
        raise Unusable("the weights of a suite must be zero or more, and one of them more than zero")
    shares = [p.weight / total for p in parts]
    mean = sum(s * p.gain for s, p in zip(shares, parts, strict=True))
    terms = [(s * p.error) ** 2 for s, p in zip(shares, parts, strict=True)]
    variance = sum(terms)
    if not math.isfinite(variance) or variance <= 0:
        estimate = Interval(mean, -math.inf, math.inf)
        return Judgement(Verdict.INCONCLUSIVE, *estimate, margin, "weighted mean", len(parts), None, 1.0, None)
    freedom = variance**2 / sum(t**2 / p.freedom for t, p in zip(terms, parts, strict=True))
    error = math.sqrt(variance)
    reach = float(special.stdtrit(freedom, 1 - ALPHA)) * error
    estimate = Interval(mean, mean - reach, mean + reach)
    p_worse = float(special.stdtr(freedom, (mean + margin) / error))
    verdict = decide(estimate, margin)
    note = f"standard error {error:.4g}, {freedom:.0f} degrees of freedom"
    more = 0 if verdict is not Verdict.INCONCLUSIVE else None
    return Judgement(verdict, *estimate, margin, "weighted mean", len(parts), None, p_worse, more, note)
