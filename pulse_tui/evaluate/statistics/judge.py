"""Which statistic a comparison needs: yes/no items, scores, clusters, or latencies against an objective."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.evaluate.statistics.clustered import gathered, judge_clusters, numbered
from pulse_tui.evaluate.statistics.paired import judge_binary, judge_t
from pulse_tui.evaluate.verdict import Judgement, oriented


def judge(
    base: NDArray[np.float64],
    cand: NDArray[np.float64],
    *,
    margin: float,
    higher_is_better: bool = True,
    clusters: Sequence[Hashable] | None = None,
    span: float | None = None,
) -> Judgement:
    """The verdict on paired scores of shape (items,); a repeated item is its mean over repeats.

    Clusters of one item each are ignored. ``span`` is the length of the metric's scale; scores that all lie
    within 0 and 1 are taken to have a scale of 1.
    """
    gain = cand - base if higher_is_better else base - cand
    if span is None and within_one(base, cand):
        span = 1.0
    if clusters is not None:
        number, count = numbered(clusters)
        if count < gain.size:
            judgement = judge_clusters(gathered(gain, number, count), margin, span=span)
            return oriented(judgement, higher_is_better=higher_is_better)
    if binary(base) and binary(cand):
        judgement = judge_binary(int((gain > 0).sum()), int((gain < 0).sum()), gain.size, margin)
    else:
        judgement = judge_t(gain, margin, span=span)
    if clusters is not None:
        judgement = judgement._replace(clusters_effective=float(gain.size))
    return oriented(judgement, higher_is_better=higher_is_better)


def binary(scores: NDArray[np.float64]) -> bool:
    """Only 0 and 1."""
    return bool(((scores == 0.0) | (scores == 1.0)).all())


def within_one(base: NDArray[np.float64], cand: NDArray[np.float64]) -> bool:
    """Every score lies within 0 and 1."""
    return bool(min(base.min(), cand.min()) >= 0.0 and max(base.max(), cand.max()) <= 1.0)
